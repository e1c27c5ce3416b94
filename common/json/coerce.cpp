// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/coerce.h"
#include "common/json/compare.h"
#include "common/json/scan.h"
#include "common/json/schema.h"
#include "common/json/writer.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

#include <cmath>

using namespace Qt::StringLiterals;

namespace bridge::json {
namespace {

/// Alternatives within alternatives; a form field has one level.
constexpr int kMaxAlternativeDepth = 8;

using Coerced = std::optional<QJsonValue>;

Coerced coerceAt(const QString &text, const QJsonObject &schema, int depth);

bool isTextOf(const QJsonValue &value, const QString &text)
{
    if (value.isString())
        return value.toString() == text;
    const QString own = QString::fromUtf8(compactJson(value));
    const QString typed = text.trimmed();
    return value.isBool() ? own.compare(typed, Qt::CaseInsensitive) == 0 : own == typed;
}

Coerced choose(const QString &text, const QJsonArray &choices)
{
    for (const QJsonValue choice : choices) {
        if (isTextOf(choice, text))
            return choice;
    }
    return std::nullopt;
}

/// The value for \a schema, if the schema then accepts it.
Coerced coerceValid(const QString &text, const QJsonObject &schema, int depth)
{
    Coerced value = coerceAt(text, schema, depth + 1);
    if (!value)
        return value;
    const Result<Schema> compiled = Schema::compile(schema);
    return compiled && compiled->validate(*value).isEmpty() ? value : std::nullopt;
}

Coerced firstAlternative(const QString &text, const QJsonArray &alternatives, int depth)
{
    for (const QJsonValue alternative : alternatives) {
        if (const Coerced value = coerceValid(text, alternative.toObject(), depth))
            return value;
    }
    return std::nullopt;
}

Coerced firstType(const QString &text, const QJsonObject &schema, const QJsonArray &types,
                  int depth)
{
    QJsonObject single = schema;
    for (const QJsonValue type : types) {
        single.insert("type"_L1, type);
        if (const Coerced value = coerceValid(text, single, depth))
            return value;
    }
    return std::nullopt;
}

Coerced toBoolean(const QString &text)
{
    const QString word = text.trimmed().toLower();
    if (QStringList{u"true"_s, u"1"_s, u"yes"_s, u"on"_s}.contains(word))
        return QJsonValue(true);
    if (QStringList{u"false"_s, u"0"_s, u"no"_s, u"off"_s}.contains(word))
        return QJsonValue(false);
    return std::nullopt;
}

Coerced toNumber(const QString &text)
{
    bool ok = false;
    const qint64 whole = text.trimmed().toLongLong(&ok);
    if (ok)
        return QJsonValue(whole);
    const double number = text.trimmed().toDouble(&ok);
    return ok && std::isfinite(number) ? Coerced(number) : std::nullopt;
}

Coerced toInteger(const QString &text)
{
    const Coerced number = toNumber(text);
    return number && isInteger(*number) ? number : std::nullopt;
}

Coerced toContainer(const QString &text, bool isArray)
{
    const QByteArray bytes = text.toUtf8();
    if (!check(bytes))
        return std::nullopt;
    const QJsonDocument document = QJsonDocument::fromJson(bytes);
    if (isArray)
        return document.isArray() ? Coerced(document.array()) : std::nullopt;
    return document.isObject() ? Coerced(document.object()) : std::nullopt;
}

Coerced ofType(const QString &text, const QString &type)
{
    if (type == "boolean"_L1)
        return toBoolean(text);
    if (type == "integer"_L1)
        return toInteger(text);
    if (type == "number"_L1)
        return toNumber(text);
    if (type == "null"_L1)
        return QJsonValue(QJsonValue::Null);
    if (type == "array"_L1 || type == "object"_L1)
        return toContainer(text, type == "array"_L1);
    return QJsonValue(text);
}

Coerced coerceAt(const QString &text, const QJsonObject &schema, int depth)
{
    if (depth > kMaxAlternativeDepth)
        return std::nullopt;
    const QJsonValue choices = schema.value("enum"_L1);
    if (choices.isArray())
        return choose(text, choices.toArray());
    if (schema.contains("const"_L1))
        return choose(text, QJsonArray{schema.value("const"_L1)});
    for (const auto &keyword : {"oneOf"_L1, "anyOf"_L1}) {
        const QJsonArray alternatives = schema.value(keyword).toArray();
        if (!alternatives.isEmpty())
            return firstAlternative(text, alternatives, depth);
    }
    const QJsonValue type = schema.value("type"_L1);
    if (type.isArray())
        return firstType(text, schema, type.toArray(), depth);
    return ofType(text, type.toString());
}

} // namespace

std::optional<QJsonValue> coerceText(const QString &text, const QJsonObject &fieldSchema)
{
    return coerceAt(text, fieldSchema, 0);
}

} // namespace bridge::json
