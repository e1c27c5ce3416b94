// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/checks.h"

#include "common/config/shellwords.h"
#include "common/logging/rules.h"

#include <QtCore/QJsonArray>
#include <QtCore/QRegularExpression>
#include <QtCore/QUrl>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

bool isFieldName(QStringView name)
{
    return !name.isEmpty() && std::all_of(name.begin(), name.end(), [](QChar c) {
        return c.unicode() < 128
               && (c.isLetterOrNumber() || QStringView(u"!#$%&'*+-.^_`|~").contains(c));
    });
}

bool isOrigin(const QString &text)
{
    const QUrl url(text, QUrl::StrictMode);
    return url.isValid() && !url.scheme().isEmpty() && !url.host().isEmpty() && url.path().isEmpty()
           && !url.hasQuery() && !url.hasFragment() && url.userInfo().isEmpty();
}

} // namespace

QString checkFieldName(const QJsonValue &value)
{
    if (isFieldName(value.toString()))
        return {};
    return u"must be a name that fits an HTTP header: letters, digits and hyphens."_s;
}

QString checkBasePath(const QJsonValue &value)
{
    const QString path = value.toString();
    const QStringList parts = path.split(u'/');
    const bool plain = std::all_of(path.begin(), path.end(), [](QChar c) {
        return c.unicode() > 0x20 && c.unicode() < 0x7f && !QStringView(u"?#%\\\"<>{}").contains(c);
    });
    if (plain && !parts.contains("."_L1) && !parts.contains(".."_L1))
        return {};
    return u"must be a plain path such as /api, without ?, #, %, dots as segments or spaces."_s;
}

QString checkShellWords(const QJsonValue &value)
{
    const Result<QStringList> words = splitShellWords(value.toString());
    return words ? QString() : words.error().message;
}

QString checkHeaderMapping(const QJsonValue &value)
{
    for (const QJsonValue entry : value.toArray()) {
        const QString property = entry.toString().section(u'=', 0, 0).trimmed();
        const QString header = entry.toString().section(u'=', 1).trimmed();
        if (property.isEmpty() || !isFieldName(header))
            return u"has the entry \"%1\"; each must read property=Header-Name."_s.arg(
                entry.toString());
    }
    return {};
}

QString checkOrigins(const QJsonValue &value)
{
    for (const QJsonValue entry : value.toArray()) {
        if (entry.toString() != "*"_L1 && !isOrigin(entry.toString()))
            return u"has the entry \"%1\"; each must be * or an origin such as "
                   "https://app.example.com, without a path."_s.arg(entry.toString());
    }
    return {};
}

QString checkTokenTemplate(const QJsonValue &value)
{
    static const QRegularExpression placeholder(u"\\{[^{}]*\\}"_s);
    const QString text = value.toString();
    auto found = placeholder.globalMatch(text);
    while (found.hasNext()) {
        const QString name = found.next().captured();
        if (name != "{token}"_L1 && name != "{token_type}"_L1)
            return u"has the placeholder %1; there are {token} and {token_type}."_s.arg(name);
    }
    if (!text.isEmpty() && !text.contains("{token}"_L1))
        return u"must hold {token}."_s;
    return {};
}

QString checkLogRules(const QJsonValue &value)
{
    QStringList rules;
    for (const QJsonValue entry : value.toArray())
        rules.append(entry.toString());
    const Result<QString> parsed = logging::filterRules(u"info"_s, rules);
    if (parsed)
        return {};
    const FieldProblem &problem = parsed.error().problems.first();
    return u"has the entry \"%1\", which %2"_s.arg(problem.path, problem.message);
}

} // namespace bridge::config
