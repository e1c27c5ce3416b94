// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/envfile.h"

#include <algorithm>
#include <optional>

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

bool isName(QStringView name)
{
    return !name.isEmpty() && !name.at(0).isDigit()
           && std::all_of(name.begin(), name.end(), [](QChar c) {
                  return c.unicode() < 128 && (c.isLetterOrNumber() || c == u'_' || c == u'.');
              });
}

class Parser
{
public:
    explicit Parser(const QString &text) : m_text(text) {}

    EnvFile run()
    {
        while (m_at < m_text.size())
            line();
        return m_file;
    }

private:
    QStringView rest() const { return QStringView(m_text).mid(m_at); }

    /// Takes the remaining line without its end.
    QStringView takeLine()
    {
        const qsizetype end = rest().indexOf(u'\n');
        const QStringView taken = end < 0 ? rest() : rest().left(end);
        m_at = end < 0 ? m_text.size() : m_at + end + 1;
        ++m_line;
        return taken;
    }

    void problem(int line, const QString &message)
    {
        m_file.problems.append({u".env: line %1"_s.arg(line), message});
    }

    void line()
    {
        const int number = m_line + 1;
        const qsizetype start = m_at;
        const QStringView whole = takeLine();
        const QStringView content = whole.trimmed();
        if (content.isEmpty() || content.startsWith(u'#'))
            return;
        const qsizetype sign = whole.indexOf(u'=');
        QStringView name = whole.left(std::max<qsizetype>(sign, 0)).trimmed();
        if (name.startsWith("export "_L1))
            name = name.mid(7).trimmed();
        if (!isName(name)) {
            problem(number, u"is no assignment; write NAME=value."_s);
            return;
        }
        QStringView value = whole.mid(sign + 1);
        const qsizetype blanks = value.size() - value.trimmed().size();
        value = value.trimmed();
        if (value.isEmpty() || (value.at(0) != u'"' && value.at(0) != u'\'')) {
            m_file.entries.append({name.toString(), bare(value, blanks > 0), number});
            return;
        }
        // A quoted value may go on over several lines: read it from the text itself.
        m_at = start + sign + 1 + whole.mid(sign + 1).indexOf(value.at(0));
        m_line = number - 1;
        quoted(name.toString(), number);
    }

    /// A bare value ends at a # that follows a blank.
    static QString bare(QStringView value, bool afterBlank)
    {
        if (value.startsWith(u'#') && afterBlank)
            return {};
        for (qsizetype i = 1; i < value.size(); ++i) {
            if (value.at(i) == u'#' && value.at(i - 1).isSpace())
                return value.left(i).trimmed().toString();
        }
        return value.toString();
    }

    void quoted(const QString &name, int number)
    {
        const QChar quote = m_text.at(m_at++);
        QString value;
        while (m_at < m_text.size() && m_text.at(m_at) != quote)
            value += takeCharacter(quote == u'"');
        if (m_at >= m_text.size()) {
            problem(number, u"opens a quote that is never closed; close it."_s);
            return;
        }
        ++m_at;
        const QStringView after = takeLine().trimmed();
        if (!after.isEmpty() && !after.startsWith(u'#'))
            problem(number, u"has text behind the closing quote; remove it."_s);
        else
            m_file.entries.append({name, value, number});
    }

    QString takeCharacter(bool escapes)
    {
        const QChar c = m_text.at(m_at++);
        if (c == u'\n')
            ++m_line;
        if (!escapes || c != u'\\' || m_at >= m_text.size())
            return c;
        const QChar next = m_text.at(m_at++);
        switch (next.unicode()) {
        case u'n':
            return u"\n"_s;
        case u'r':
            return u"\r"_s;
        case u't':
            return u"\t"_s;
        case u'"':
        case u'\\':
        case u'$':
            return next;
        default:
            return QString(c) + next;
        }
    }

    const QString &m_text;
    qsizetype m_at = 0;
    int m_line = 0; ///< lines taken so far
    EnvFile m_file;
};

} // namespace

EnvFile parseEnvFile(const QString &text)
{
    return Parser(text.startsWith(QChar(0xfeff)) ? text.mid(1) : text).run();
}

} // namespace bridge::config
