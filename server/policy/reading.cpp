// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/policy/reading.h"

#include "common/config/suggest.h"

#include <QtCore/QJsonArray>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::policy {

namespace {

bool isRemark(const QString &key)
{
    return key.startsWith(u'_') || key.startsWith("//"_L1);
}

/// Singular for plural and the other way round is what people mistype most.
QString meantBy(const QString &key, const QStringList &known)
{
    for (const QString &other : {QString(key + u's'), key.chopped(key.endsWith(u's') ? 1 : 0)}) {
        const auto found = std::find_if(known.cbegin(), known.cend(), [&](const QString &name) {
            return name.compare(other, Qt::CaseInsensitive) == 0;
        });
        if (found != known.cend())
            return *found;
    }
    return config::nearest(key, known);
}

} // namespace

void Reading::checkKeys(const QString &place, const QJsonObject &object, const QStringList &known)
{
    const QStringList keys = object.keys();
    for (const QString &key : keys) {
        if (known.contains(key) || isRemark(key))
            continue;
        const QString meant = meantBy(key, known);
        problem(place + u'.' + key,
                meant.isEmpty() ? u"is no key here. There are %1."_s.arg(known.join(", "_L1))
                                : u"is no key here. Did you mean %1?"_s.arg(meant));
    }
}

std::optional<QStringList> Reading::texts(const QString &place, const QJsonValue &value)
{
    if (value.isUndefined())
        return std::nullopt;
    QStringList list;
    const QJsonArray items = value.isString() ? QJsonArray{value} : value.toArray();
    for (const QJsonValue &item : items)
        list.append(item.isString() ? item.toString().trimmed() : QString());
    if (list.isEmpty() || list.contains(QString())) {
        problem(place, u"must be a text or an array of texts, none of them empty. To mean "
                       "everything, leave it out."_s);
        return QStringList();
    }
    return list;
}

std::optional<config::GlobList> Reading::globs(const QString &place, const QJsonValue &value)
{
    const auto list = texts(place, value);
    return list ? std::optional(config::GlobList::fromList(*list)) : std::nullopt;
}

std::optional<config::GlobList> Reading::serverGlobs(const QString &place, const QJsonValue &value,
                                                     const QStringList &servers)
{
    const auto list = texts(place, value);
    if (!list)
        return std::nullopt;
    for (const QString &pattern : *list) {
        const config::Glob glob(pattern);
        const bool fits = std::any_of(servers.cbegin(), servers.cend(),
                                      [&](const QString &name) { return glob.matches(name); });
        if (!fits)
            problem(place, u"names \"%1\", which fits no server.%2 There are: %3."_s.arg(
                               pattern.left(64), config::didYouMean(pattern, servers),
                               servers.join(u", "_s)));
    }
    return config::GlobList::fromList(*list);
}

QString Reading::text(const QString &place, const QJsonValue &value)
{
    if (!value.isUndefined() && !value.isString())
        problem(place, u"must be a text."_s);
    return value.toString();
}

QString placeOf(const QString &list, qsizetype index)
{
    return u"%1[%2]"_s.arg(list).arg(index);
}

} // namespace bridge::policy
