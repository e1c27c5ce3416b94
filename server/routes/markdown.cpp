// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/markdown.h"

#include <QtCore/QStringList>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

/// Leading blanks that all lines but the first have in common; that one often follows a quote.
qsizetype commonIndent(const QStringList &lines)
{
    qsizetype indent = -1;
    for (const QString &line : lines.mid(1)) {
        const auto first =
            std::find_if_not(line.begin(), line.end(), [](QChar c) { return c.isSpace(); });
        const qsizetype width = first - line.begin();
        if (first != line.end() && (indent < 0 || width < indent))
            indent = width;
    }
    return std::max<qsizetype>(indent, 0);
}

qsizetype backticksAt(QStringView line, qsizetype at)
{
    qsizetype end = at;
    while (end < line.size() && line.at(end) == '`'_L1)
        ++end;
    return end - at;
}

/// Where the code span that begins with \a ticks backticks before \a from ends; -1 when those
/// backticks are only text, because no run as long follows on the line.
qsizetype endOfSpan(QStringView line, qsizetype from, qsizetype ticks)
{
    while (from < line.size()) {
        const qsizetype run = backticksAt(line, from);
        if (run == ticks)
            return from + run;
        from += std::max<qsizetype>(run, 1);
    }
    return -1;
}

QString harmless(QStringView line)
{
    QString made;
    for (qsizetype i = 0; i < line.size();) {
        const QChar c = line.at(i);
        if (const qsizetype ticks = backticksAt(line, i); ticks > 0) {
            const qsizetype end = std::max(endOfSpan(line, i + ticks, ticks), i + ticks);
            made += line.mid(i, end - i);
            i = end;
            continue;
        }
        if (c == '<'_L1)
            made += "&lt;"_L1;
        else if (c == '['_L1 && made.endsWith('!'_L1))
            made += " ["_L1;
        else
            made += c;
        ++i;
    }
    return made;
}

bool isListItem(QStringView trimmed)
{
    const auto first =
        std::find_if_not(trimmed.begin(), trimmed.end(), [](QChar c) { return c.isDigit(); });
    const QStringView rest = trimmed.mid(first - trimmed.begin());
    return (first == trimmed.begin() ? QStringView(u"-*+") : QStringView(u".)"))
        .contains(rest.isEmpty() ? QChar('x'_L1) : rest.front());
}

/// Markdown eats the blanks before a line that goes on with a paragraph.
QString withIndent(const QString &line)
{
    if (isListItem(QStringView(line).trimmed()))
        return line;
    const auto text = std::find_if(line.begin(), line.end(), [](QChar c) { return c != ' '_L1; });
    const qsizetype width = text - line.begin();
    return u"&nbsp;"_s.repeated(width) + line.mid(width);
}

/// Tells which lines belong to a fenced block, its fences included (CommonMark §4.5).
class Fences
{
public:
    bool covers(const QString &line)
    {
        const QString trimmed = line.trimmed();
        const qsizetype ticks = line.startsWith("    "_L1) ? 0 : backticksAt(trimmed, 0);
        if (m_ticks > 0) {
            if (ticks >= m_ticks && ticks == trimmed.size())
                m_ticks = 0;
            return true;
        }
        if (ticks < 3 || trimmed.mid(ticks).contains('`'_L1))
            return false;
        m_ticks = ticks;
        return true;
    }

private:
    qsizetype m_ticks = 0; ///< of the open fence
};

} // namespace

QString markdownOf(const QString &text)
{
    const QStringList lines = text.trimmed().split('\n'_L1);
    const qsizetype indent = commonIndent(lines);
    QStringList made;
    Fences fences;
    for (qsizetype i = 0; i < lines.size(); ++i) {
        QString line = i > 0 ? lines.at(i).mid(indent) : lines.at(i);
        const bool goesOn = i > 0 && !lines.at(i - 1).trimmed().isEmpty();
        if (fences.covers(line)) {
            made += line;
            continue;
        }
        line = harmless(goesOn ? withIndent(line) : line);
        // Two blanks at its end break a line in Markdown.
        const bool breaks = !line.trimmed().isEmpty() && i + 1 < lines.size();
        made += breaks ? QString(line + "  "_L1) : line;
    }
    return made.join('\n'_L1);
}

} // namespace bridge::routes
