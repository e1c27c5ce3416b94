// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/samplemerge.h"
#include "common/json/compare.h"
#include "common/json/pointer.h"

#include <QtCore/QJsonArray>
#include <QtCore/QStringList>
#include <QtCore/QUrl>

using namespace Qt::StringLiterals;

namespace bridge::json {
namespace {

constexpr int kMaxHops = 24; ///< `$ref` and `allOf` within each other

QJsonArray listOf(const QJsonValue &value)
{
    return value.isArray() ? value.toArray() : QJsonArray{value};
}

bool holds(const QJsonArray &list, const QJsonValue &value)
{
    return std::any_of(list.begin(), list.end(),
                       [&](const QJsonValue &item) { return sameValue(item, value); });
}

QJsonValue commonTypes(const QJsonValue &a, const QJsonValue &b)
{
    const QJsonArray left = listOf(a);
    const QJsonArray right = listOf(b);
    QJsonArray both;
    for (const QJsonValue type : left) {
        if (holds(right, type) || (type == "integer"_L1 && holds(right, u"number"_s)))
            both.append(type);
        else if (type == "number"_L1 && holds(right, u"integer"_s))
            both.append(u"integer"_s);
    }
    return both.isEmpty() ? a : both.size() == 1 ? both.at(0) : QJsonValue(both);
}

QJsonValue commonChoices(const QJsonArray &a, const QJsonArray &b)
{
    QJsonArray both;
    for (const QJsonValue value : a) {
        if (holds(b, value))
            both.append(value);
    }
    return both.isEmpty() ? a : both;
}

QJsonValue unitedNames(const QJsonArray &a, const QJsonArray &b)
{
    QJsonArray all = a;
    for (const QJsonValue name : b) {
        if (!holds(all, name))
            all.append(name);
    }
    return all;
}

/// Members of both; a name in both must satisfy both schemas.
QJsonValue unitedSchemas(const QJsonObject &a, const QJsonObject &b)
{
    QJsonObject all = a;
    for (auto it = b.constBegin(); it != b.constEnd(); ++it) {
        if (!all.contains(it.key()))
            all.insert(it.key(), it.value());
        else
            all.insert(it.key(),
                       QJsonObject{{u"allOf"_s, QJsonArray{all.value(it.key()), it.value()}}});
    }
    return all;
}

QJsonValue mergedKeyword(const QString &keyword, const QJsonValue &a, const QJsonValue &b)
{
    static const QStringList lower = {u"minimum"_s,  u"exclusiveMinimum"_s, u"minLength"_s,
                                      u"minItems"_s, u"minProperties"_s,    u"minContains"_s};
    static const QStringList upper = {u"maximum"_s,  u"exclusiveMaximum"_s, u"maxLength"_s,
                                      u"maxItems"_s, u"maxProperties"_s,    u"maxContains"_s};
    static const QStringList maps = {u"properties"_s, u"patternProperties"_s, u"$defs"_s,
                                     u"definitions"_s};
    if (lower.contains(keyword))
        return compareNumbers(a, b) < 0 ? b : a;
    if (upper.contains(keyword))
        return compareNumbers(a, b) > 0 ? b : a;
    if (maps.contains(keyword))
        return unitedSchemas(a.toObject(), b.toObject());
    if (keyword == "type"_L1)
        return commonTypes(a, b);
    if (keyword == "enum"_L1)
        return commonChoices(a.toArray(), b.toArray());
    if (keyword == "required"_L1)
        return unitedNames(a.toArray(), b.toArray());
    if (keyword == "items"_L1 && a.isObject() && b.isObject())
        return QJsonObject{{u"allOf"_s, QJsonArray{a, b}}};
    return a;
}

QJsonObject flattenAt(const QJsonValue &schema, const QJsonValue &root, int *budget, int hops)
{
    if (schema.isBool() && !schema.toBool())
        return QJsonObject{{u"not"_s, QJsonObject()}};
    QJsonObject flat = schema.toObject();
    const QString target = flat.take("$ref"_L1).toString();
    const QJsonArray parts = flat.take("allOf"_L1).toArray();
    if (hops >= kMaxHops || --*budget < 0)
        return flat;
    if (target.startsWith(u'#')) {
        const QString pointer = QUrl::fromPercentEncoding(target.sliced(1).toUtf8());
        flat = mergeSchemas(flat, flattenAt(resolvePointer(root, pointer), root, budget, hops + 1));
    }
    for (const QJsonValue part : parts)
        flat = mergeSchemas(flat, flattenAt(part, root, budget, hops + 1));
    return flat;
}

} // namespace

QJsonObject mergeSchemas(const QJsonObject &a, const QJsonObject &b)
{
    QJsonObject merged = a;
    for (auto it = b.constBegin(); it != b.constEnd(); ++it) {
        if (!merged.contains(it.key())) {
            merged.insert(it.key(), it.value());
        } else if (it.key() == "anyOf"_L1 && !merged.contains("oneOf"_L1)) {
            merged.insert("oneOf"_L1, it.value()); // a second choice; the result is checked anyway
        } else {
            merged.insert(it.key(), mergedKeyword(it.key(), merged.value(it.key()), it.value()));
        }
    }
    return merged;
}

QJsonObject flattenSchema(const QJsonValue &schema, const QJsonValue &root, int *budget)
{
    return flattenAt(schema, root, budget, 0);
}

} // namespace bridge::json
