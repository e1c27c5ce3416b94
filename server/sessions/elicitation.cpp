// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/sessions/elicitation.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::sessions {

namespace {

QJsonObject textField()
{
    return {{"type"_L1, "string"_L1}};
}

QJsonObject formOf(const QJsonObject &properties, const QString &required)
{
    return {{"type"_L1, "object"_L1},
            {"properties"_L1, properties},
            {"required"_L1, QJsonArray{required}}};
}

QJsonObject freeTextForm()
{
    return formOf({{"response"_L1, textField()}}, u"response"_s);
}

/// `expected_responses: [{id, …}]` of the payload before `requestedSchema` existed.
QJsonObject legacyForm(const QJsonArray &expected)
{
    QJsonArray ids;
    for (const QJsonValue &entry : expected) {
        const QJsonValue id = entry.isObject() ? entry["id"_L1] : entry;
        if (id.isString() && !id.toString().isEmpty())
            ids.append(id);
    }
    if (ids.isEmpty())
        return freeTextForm();
    const QJsonObject selection{{"type"_L1, "string"_L1}, {"enum"_L1, ids}};
    return formOf({{"selection"_L1, selection}, {"value"_L1, textField()}}, u"selection"_s);
}

bool isLegacy(const QJsonObject &params)
{
    return !params.contains("requestedSchema"_L1)
           && (params.contains("question"_L1) || params.contains("expected_responses"_L1));
}

/// Fills in what is needed to answer at a URL instead of in a form.
void describeUrl(const QJsonObject &params, QJsonObject &elicitation, QJsonObject &meta)
{
    elicitation["mode"_L1] = "url"_L1;
    elicitation["url"_L1] = params["url"_L1].toString();
    elicitation["requestedSchema"_L1] =
        QJsonObject{{"type"_L1, "object"_L1}, {"properties"_L1, QJsonObject()}};
    if (params.contains("elicitationId"_L1))
        meta["elicitationId"_L1] = params["elicitationId"_L1];
}

bool isPrimitive(const QJsonValue &value)
{
    return value.isString() || value.isDouble() || value.isBool() || value.isNull();
}

bool isPrimitiveTypeName(const QJsonValue &name)
{
    static const QStringList kNames{u"string"_s, u"number"_s, u"integer"_s, u"boolean"_s,
                                    u"null"_s};
    return name.isString() && kNames.contains(name.toString());
}

bool isPrimitiveType(const QJsonValue &type)
{
    if (!type.isArray())
        return isPrimitiveTypeName(type);
    const QJsonArray names = type.toArray();
    return !names.isEmpty() && std::all_of(names.begin(), names.end(), [](const QJsonValue &name) {
        return isPrimitiveTypeName(name);
    });
}

// Schemas of servers are not trusted, so alternatives within alternatives are bounded.
constexpr int kMaxNesting = 8;

bool isAskable(const QJsonValue &value, int depth);

bool areAskable(const QJsonValue &alternatives, int depth)
{
    const QJsonArray list = alternatives.toArray();
    return !list.isEmpty() && std::all_of(list.begin(), list.end(), [depth](const QJsonValue &one) {
        return isAskable(one, depth + 1);
    });
}

bool isAskable(const QJsonValue &value, int depth)
{
    const QJsonObject field = value.toObject();
    if (!value.isObject() || depth > kMaxNesting)
        return false;
    if (field.contains("type"_L1) && !isPrimitiveType(field["type"_L1]))
        return false;
    if (field.contains("enum"_L1)) {
        const QJsonArray values = field["enum"_L1].toArray();
        return !values.isEmpty() && std::all_of(values.begin(), values.end(), isPrimitive);
    }
    for (const auto &keyword : {"oneOf"_L1, "anyOf"_L1}) {
        if (field.contains(keyword))
            return areAskable(field[keyword], depth);
    }
    return field.contains("type"_L1)
           || (field.contains("const"_L1) && isPrimitive(field["const"_L1]));
}

bool isTextEnum(const QJsonObject &items)
{
    const QJsonArray values = items["enum"_L1].toArray();
    if (items["type"_L1].toString() == "string"_L1 && !values.isEmpty()) {
        return std::all_of(values.begin(), values.end(),
                           [](const QJsonValue &value) { return value.isString(); });
    }
    for (const auto &keyword : {"anyOf"_L1, "oneOf"_L1}) {
        const QJsonArray titled = items[keyword].toArray();
        if (!titled.isEmpty())
            return std::all_of(titled.begin(), titled.end(),
                               [](const QJsonValue &one) { return one["const"_L1].isString(); });
    }
    return false;
}

void checkFields(const QJsonObject &properties, QList<FieldProblem> &problems)
{
    for (auto field = properties.begin(); field != properties.end(); ++field) {
        if (isAskable(field.value(), 0) || isMultiSelect(field.value().toObject()))
            continue;
        problems.append({"/properties/"_L1 + field.key(),
                         u"must be a text, number, boolean, null or a choice among those"_s});
    }
}

void checkRequired(const QJsonValue &required, QList<FieldProblem> &problems)
{
    const QJsonArray names = required.toArray();
    const bool fine =
        required.isUndefined()
        || (required.isArray() && std::all_of(names.begin(), names.end(), [](const QJsonValue &n) {
                return n.isString();
            }));
    if (!fine)
        problems.append({u"/required"_s, u"must be a list of names"_s});
}

QList<FieldProblem> problemsOf(const QJsonObject &schema)
{
    QList<FieldProblem> problems;
    if (schema["type"_L1] != QJsonValue("object"_L1))
        problems.append({u"/type"_s, u"must be \"object\""_s});
    if (!schema["properties"_L1].isObject())
        problems.append({u"/properties"_s, u"must be an object"_s});
    checkFields(schema["properties"_L1].toObject(), problems);
    checkRequired(schema["required"_L1], problems);
    return problems;
}

} // namespace

QJsonObject elicitationFrom(const QJsonObject &params)
{
    QJsonObject elicitation{{"message"_L1, params["message"_L1].toString()}};
    QJsonObject meta = params["_meta"_L1].toObject();
    if (meta.isEmpty())
        meta = params["meta"_L1].toObject();
    if (params["mode"_L1].toString() == "url"_L1) {
        describeUrl(params, elicitation, meta);
    } else if (isLegacy(params)) {
        const QString question = params["question"_L1].toString();
        if (!question.isEmpty())
            elicitation["message"_L1] = question;
        elicitation["requestedSchema"_L1] = legacyForm(params["expected_responses"_L1].toArray());
        meta["legacy_format"_L1] = true;
    } else {
        const QJsonValue schema = params["requestedSchema"_L1];
        elicitation["requestedSchema"_L1] =
            schema.isUndefined() || schema.isNull() ? QJsonValue(freeTextForm()) : schema;
    }
    elicitation["meta"_L1] = meta;
    return elicitation;
}

bool isMultiSelect(const QJsonObject &field)
{
    return field["type"_L1].toString() == "array"_L1 && field["items"_L1].isObject()
           && isTextEnum(field["items"_L1].toObject());
}

Result<Nothing> checkElicitation(const QJsonObject &elicitation)
{
    QList<FieldProblem> problems;
    if (elicitation["mode"_L1].toString() == "url"_L1) {
        if (elicitation["url"_L1].toString().isEmpty())
            problems.append({u"/url"_s, u"must be the address to open"_s});
    } else {
        problems = problemsOf(elicitation["requestedSchema"_L1].toObject());
    }
    if (problems.isEmpty())
        return Nothing{};
    const FieldProblem &first = problems.constFirst();
    Error error =
        elicitationError(ErrorCode::UnsupportedElicitation,
                         u"The tool asks for input this bridge cannot pass on: %1 %2."_s.arg(
                             first.path, first.message),
                         elicitation);
    error.problems = problems;
    return error;
}

Error elicitationError(ErrorCode code, const QString &message, const QJsonObject &elicitation)
{
    Error error(code, message);
    error.detail = QJsonObject{
        {"error"_L1, codeName(code)}, {"detail"_L1, message}, {"elicitation"_L1, elicitation}};
    return error;
}

} // namespace bridge::sessions
