// SPDX-License-Identifier: GPL-3.0-or-later
// Example texts for simple regular expressions: literals, classes, groups, alternatives (the
// first one), repetitions (the fewest rounds plus some). Look-around is skipped.
#include "common/json/samplescalar.h"

#include <utility>
#include <vector>

using namespace Qt::StringLiterals;

namespace bridge::json {
namespace {

constexpr int kMaxGroups = 32;   ///< within each other
constexpr int kMaxRounds = 1000; ///< of one repetition
constexpr int kMaxText = 10'000;

class PatternSampler
{
public:
    PatternSampler(const QString &pattern, int extra) : m_in(pattern), m_extra(extra) {}

    QString run()
    {
        const QString text = alternatives(0);
        return m_bad || m_at < m_in.size() ? QString() : text;
    }

private:
    using Ranges = std::vector<std::pair<char16_t, char16_t>>;

    bool atEnd() const { return m_at >= m_in.size(); }
    bool skip(QLatin1StringView text)
    {
        const bool there = QStringView(m_in).sliced(m_at).startsWith(text);
        m_at += there ? text.size() : 0;
        return there;
    }

    QString alternatives(int depth)
    {
        const QString first = sequence(depth);
        while (skip("|"_L1))
            sequence(depth);
        return first;
    }

    QString sequence(int depth)
    {
        QString text;
        while (!atEnd() && !m_bad && m_in.at(m_at) != u'|' && m_in.at(m_at) != u')') {
            const QString one = atom(depth);
            const int rounds = repetition();
            m_bad = m_bad || text.size() + one.size() * rounds > kMaxText;
            if (!m_bad)
                text += one.repeated(rounds);
        }
        return text;
    }

    QString atom(int depth)
    {
        const QChar c = m_in.at(m_at++);
        if (c == u'(')
            return group(depth);
        if (c == u'[')
            return fromClass();
        if (c == u'^' || c == u'$')
            return QString();
        if (c == u'.')
            return u"a"_s;
        return c == u'\\' ? fromRanges(escape()) : QString(c);
    }

    QString group(int depth)
    {
        const bool silent = skip("?="_L1) || skip("?!"_L1) || skip("?<="_L1) || skip("?<!"_L1);
        if (!silent && !skip("?:"_L1) && skip("?<"_L1))
            m_at = m_in.indexOf(u'>', m_at) + 1; // a named group
        m_bad = m_bad || depth >= kMaxGroups || m_at == 0;
        const QString text = m_bad ? QString() : alternatives(depth + 1);
        m_bad = m_bad || !skip(")"_L1);
        return silent ? QString() : text;
    }

    Ranges escape()
    {
        const QChar c = atEnd() ? QChar() : m_in.at(m_at++);
        switch (c.unicode()) {
        case u'd':
            return {{u'1', u'9'}, {u'0', u'0'}};
        case u'w':
            return {{u'a', u'z'}, {u'A', u'Z'}, {u'0', u'9'}, {u'_', u'_'}};
        case u's':
            return {{u' ', u' '}, {u'\t', u'\r'}};
        case u'n':
            return {{u'\n', u'\n'}};
        case u't':
            return {{u'\t', u'\t'}};
        case u'D':
        case u'S':
        case u'W':
            return {c == u'W' ? std::pair{u'-', u'-'} : std::pair{u'a', u'z'}};
        case u'b':
        case u'B':
            return {};
        default:
            m_bad = m_bad || c.isLetterOrNumber() || c.isNull();
            return {{c.unicode(), c.unicode()}};
        }
    }

    Ranges classItem()
    {
        const QChar c = m_in.at(m_at++);
        return c == u'\\' ? escape() : Ranges{{c.unicode(), c.unicode()}};
    }

    QString fromClass()
    {
        const bool negated = skip("^"_L1);
        Ranges ranges;
        while (!atEnd() && m_in.at(m_at) != u']') {
            Ranges item = classItem();
            const bool isRange = m_at + 1 < m_in.size() && m_in.at(m_at) == u'-'
                                 && m_in.at(m_at + 1) != u']' && item.size() == 1;
            if (isRange) {
                ++m_at;
                const Ranges last = classItem();
                item.front().second = last.empty() ? item.front().first : last.front().second;
            }
            ranges.insert(ranges.end(), item.begin(), item.end());
        }
        m_bad = m_bad || !skip("]"_L1);
        return negated ? outside(ranges) : fromRanges(ranges);
    }

    static QString fromRanges(const Ranges &ranges)
    {
        return ranges.empty() ? QString() : QString(QChar(ranges.front().first));
    }

    QString outside(const Ranges &ranges)
    {
        for (QChar c : u"aZ0-_ .,/é"_s) {
            bool inside = false;
            for (const auto &[first, last] : ranges)
                inside = inside || (c >= QChar(first) && c <= QChar(last));
            if (!inside)
                return c;
        }
        m_bad = true;
        return QString();
    }

    int number()
    {
        int value = -1;
        while (!atEnd() && m_in.at(m_at) >= u'0' && m_in.at(m_at) <= u'9')
            value = std::min(std::max(value, 0) * 10 + m_in.at(m_at++).digitValue(), kMaxText);
        return value;
    }

    /// How often the atom before is written.
    int repetition()
    {
        int fewest = 1;
        int most = 1;
        if (skip("*"_L1)) {
            fewest = 0;
            most = kMaxRounds;
        } else if (skip("+"_L1)) {
            most = kMaxRounds;
        } else if (skip("?"_L1)) {
            fewest = 0;
        } else if (skip("{"_L1)) {
            fewest = most = number();
            if (skip(","_L1)) {
                most = number();
                most = most < 0 ? kMaxRounds : most;
            }
            m_bad = m_bad || fewest < 0 || !skip("}"_L1);
        }
        skip("?"_L1); // lazy
        return std::clamp(fewest + m_extra, fewest, std::max(fewest, most));
    }

    const QString m_in;
    const int m_extra;
    qsizetype m_at = 0;
    bool m_bad = false;
};

} // namespace

QString textForPattern(const QString &pattern, int extra)
{
    return PatternSampler(pattern.left(1000), extra).run();
}

} // namespace bridge::json
