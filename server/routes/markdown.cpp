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

QString harmless(const QString &line)
{
    QString made;
    bool inCode = false;
    for (const QChar c : line) {
        if (c == '`'_L1)
            inCode = !inCode;
        if (c == '<'_L1 && !inCode)
            made += "&lt;"_L1;
        else if (c == '['_L1 && !inCode && made.endsWith('!'_L1))
            made += " ["_L1;
        else
            made += c;
    }
    return made;
}

} // namespace

QString markdownOf(const QString &text)
{
    const QStringList lines = text.trimmed().split('\n'_L1);
    const qsizetype indent = commonIndent(lines);
    QStringList made;
    bool fenced = false;
    for (qsizetype i = 0; i < lines.size(); ++i) {
        const QString line = i > 0 ? lines.at(i).mid(indent) : lines.at(i);
        const bool isFence = line.trimmed().startsWith("```"_L1);
        fenced = fenced != isFence;
        if (fenced || isFence)
            made += line;
        // Two blanks at its end break a line in Markdown.
        else if (!line.trimmed().isEmpty() && i + 1 < lines.size())
            made += QString(harmless(line) + "  "_L1);
        else
            made += harmless(line);
    }
    return made.join('\n'_L1);
}

} // namespace bridge::routes
