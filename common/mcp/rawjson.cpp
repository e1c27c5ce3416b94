// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/rawjson.h"

#include "common/json/scan.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

namespace bridge::mcp {

QByteArray compact(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

QJsonObject objectOf(const QByteArray &text)
{
    return QJsonDocument::fromJson(text).object();
}

QByteArray quoted(const QString &text)
{
    const QByteArray array = QJsonDocument(QJsonArray{text}).toJson(QJsonDocument::Compact);
    return array.mid(1, array.size() - 2);
}

QByteArray rawMember(const QByteArray &object, QLatin1StringView name)
{
    const Result<QList<json::Member>> all = json::members(object);
    return all ? json::valueOf(*all, QString(name)).toByteArray() : QByteArray();
}

std::optional<QString> stringMember(const QByteArray &object, QLatin1StringView name)
{
    const QByteArray raw = rawMember(object, name);
    if (!raw.startsWith('"'))
        return std::nullopt;
    return QJsonDocument::fromJson('[' + raw + ']').array().at(0).toString();
}

std::optional<QList<QByteArray>> rawItems(const QByteArray &array)
{
    const Result<QList<QByteArrayView>> all = json::elements(array);
    if (!all)
        return std::nullopt;
    QList<QByteArray> items;
    items.reserve(all->size());
    for (QByteArrayView item : *all)
        items.append(item.toByteArray());
    return items;
}

QByteArray withMember(const QByteArray &params, QLatin1StringView name, const QByteArray &value)
{
    QByteArray out = params.trimmed();
    if (out.isEmpty())
        out = QByteArrayLiteral("{}");
    out.chop(1);
    while (!out.isEmpty()
           && (out.back() == ' ' || out.back() == '\n' || out.back() == '\t' || out.back() == '\r'))
        out.chop(1);
    if (out.size() > 1)
        out += ',';
    out += '"' + QByteArray(name.data(), name.size()) + "\":" + value + '}';
    return out;
}

} // namespace bridge::mcp
