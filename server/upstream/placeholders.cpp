// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/placeholders.h"

#include "common/config/suggest.h"

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

constexpr std::array kNames{QLatin1StringView("data_path"), QLatin1StringView("user_id"),
                            QLatin1StringView("group_id")};

/// The placeholder that begins at the brace at \a at, empty when there is none.
QLatin1StringView placeholderAt(QStringView text, qsizetype at)
{
    const QStringView rest = text.sliced(at + 1);
    for (const QLatin1StringView name : kNames) {
        if (rest.startsWith(name) && rest.size() > name.size() && rest[name.size()] == u'}')
            return name;
    }
    return {};
}

/// The word between the brace at \a at and the next one, without blanks; empty when there is more.
QString wordAt(QStringView text, qsizetype at)
{
    const QStringView rest = text.sliced(at + 1);
    const qsizetype end = rest.indexOf(u'}');
    if (end < 0)
        return {};
    const QStringView word = rest.first(end).trimmed();
    const bool isPlain = std::all_of(word.begin(), word.end(), [](QChar c) {
        return c.isLetterOrNumber() || c == u'_' || c == u'-' || c == u'.' || c == u' ';
    });
    return isPlain ? word.toString() : QString();
}

bool isHarmless(const QString &value)
{
    for (const QChar c : value) {
        if (c.category() == QChar::Other_Control)
            return false;
    }
    const auto parts = QStringView(value).split(u'/');
    for (const QStringView part : parts) {
        if (part == ".."_L1 || part == "."_L1)
            return false;
    }
    return !value.startsWith(u'/') && !value.contains(u'\\');
}

Result<QString> valueOf(QLatin1StringView name, const QMap<QString, QString> &values)
{
    const QString value = values.value(name);
    if (value.isEmpty() && !values.isEmpty())
        return Error(
            ErrorCode::Forbidden,
            u"This MCP server works per user: it needs {%1}, which your access token does "
            "not tell. Ask whoever runs the identity provider for that claim."_s.arg(name));
    if (value.isEmpty())
        return Error(ErrorCode::Unauthorized,
                     u"This MCP server works per user: it needs {%1}, which only an access token "
                     "tells. Send one with the request."_s.arg(name));
    if (!isHarmless(value))
        return Error(
            ErrorCode::Forbidden,
            u"The value for {%1} in your token cannot be used for this MCP server."_s.arg(name));
    return value;
}

} // namespace

bool hasPlaceholder(QStringView text)
{
    for (qsizetype at = text.indexOf(u'{'); at >= 0; at = text.indexOf(u'{', at + 1)) {
        if (!placeholderAt(text, at).isEmpty())
            return true;
    }
    return false;
}

QString placeholderProblem(QStringView text)
{
    static const QStringList known(kNames.begin(), kNames.end());
    for (qsizetype at = text.indexOf(u'{'); at >= 0; at = text.indexOf(u'{', at + 1)) {
        if (!placeholderAt(text, at).isEmpty() || (at > 0 && text[at - 1] == u'$'))
            continue;
        const QString word = wordAt(text, at);
        const QString meant = config::nearest(word, known);
        if (!meant.isEmpty())
            return u"{%1} is no placeholder. Did you mean {%2}?"_s.arg(word, meant);
    }
    return {};
}

Result<QString> fillPlaceholders(const QString &text, const QMap<QString, QString> &values)
{
    QString filled;
    qsizetype copied = 0;
    for (qsizetype at = text.indexOf(u'{'); at >= 0; at = text.indexOf(u'{', at + 1)) {
        const QLatin1StringView name = placeholderAt(text, at);
        if (name.isEmpty())
            continue;
        const Result<QString> value = valueOf(name, values);
        if (!value)
            return value.error();
        filled += QStringView(text).sliced(copied, at - copied);
        filled += *value;
        copied = at + name.size() + 2;
    }
    filled += QStringView(text).sliced(copied);
    return filled;
}

Result<QStringList> fillCommand(const QStringList &command, const QMap<QString, QString> &values)
{
    QStringList filled;
    for (const QString &word : command) {
        const Result<QString> result = fillPlaceholders(word, values);
        if (!result)
            return result.error();
        if (result->startsWith(u'-') && !word.startsWith(u'-'))
            return Error(ErrorCode::Forbidden,
                         u"Your user or group name begins with \"-\" and cannot be given to this "
                         "MCP server as an argument."_s);
        filled.append(*result);
    }
    return filled;
}

} // namespace bridge::upstream
