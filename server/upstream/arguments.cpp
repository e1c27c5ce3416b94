// SPDX-License-Identifier: GPL-3.0-or-later
// pipeline.h, the way in: from the caller's arguments to those of the tool.
#include "server/upstream/pipeline.h"

#include "common/json/coerce.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

constexpr QLatin1StringView kOauthToken("oauth_token");

QJsonObject propertySchema(const Tool &tool, const QString &property)
{
    return tool.object["inputSchema"_L1]["properties"_L1][property].toObject();
}

Error invalid(const Tool &tool, QList<FieldProblem> problems)
{
    const FieldProblem &first = problems.first();
    const QString where = first.path.isEmpty() ? u"the body"_s : u"\"%1\""_s.arg(first.path);
    Error error(
        ErrorCode::InvalidArguments,
        u"Input validation error for tool \"%1\": %2 %3."_s.arg(tool.name, where, first.message));
    error.problems = std::move(problems);
    return error;
}

Result<Nothing> injectToken(const Tool &tool, const CallInput &input, QJsonObject &arguments)
{
    if (!tool.wantsOauthToken)
        return Nothing{};
    // Never the caller's own value: the bridge vouches for this one.
    arguments.remove(kOauthToken);
    if (input.oauthToken.isEmpty())
        return Error(ErrorCode::Unauthorized,
                     u"Tool \"%1\" needs an access token for its oauth_token, and the request "
                     "brought none, or another credential that goes before it. Send one, and no "
                     "other credential."_s.arg(tool.name));
    arguments.insert(kOauthToken, input.oauthToken);
    return Nothing{};
}

/// The value for a mapped property, undefined when the header is absent or empty.
Result<QJsonValue> headerValue(const Tool &tool, const CallInput &input,
                               const HeaderMapping &mapping)
{
    const QByteArray bytes = input.header ? input.header(mapping.header) : QByteArray();
    if (bytes.isEmpty())
        return QJsonValue(QJsonValue::Undefined);
    const QString text = QString::fromUtf8(bytes);
    if (const auto value = json::coerceText(text, propertySchema(tool, mapping.property)))
        return *value;
    return invalid(tool, {{u'/' + mapping.property,
                           u"is taken from the header %1, whose value does not fit"_s.arg(
                               QString::fromLatin1(mapping.header))}});
}

Result<Nothing> mapHeaders(const Tool &tool, const CallInput &input, bool strict,
                           QJsonObject &arguments)
{
    for (const HeaderMapping &mapping : tool.mappings) {
        if (!strict && arguments.contains(mapping.property))
            continue;
        // Strict: a caller cannot claim what only the proxy in front may say (weakness S11).
        arguments.remove(mapping.property);
        const Result<QJsonValue> value = headerValue(tool, input, mapping);
        if (!value)
            return value.error();
        if (!value->isUndefined())
            arguments.insert(mapping.property, *value);
    }
    return Nothing{};
}

/// Texts that read cleanly as the declared number or boolean become one: form fields, command
/// lines and language models often send "3" for 3, and the reference accepts that.
QJsonObject withTextsRead(const Tool &tool, const QJsonObject &arguments)
{
    QJsonObject copy = arguments;
    for (auto it = arguments.begin(); it != arguments.end(); ++it) {
        const QJsonObject schema = propertySchema(tool, it.key());
        const QString type = schema.value("type"_L1).toString();
        const bool isPlain = type == "integer"_L1 || type == "number"_L1 || type == "boolean"_L1;
        if (!isPlain || !it.value().isString())
            continue;
        if (const auto value = json::coerceText(it.value().toString().trimmed(), schema))
            copy.insert(it.key(), *value);
    }
    return copy;
}

/// Callers do not see mapped properties in the schema, so a missing one names its header.
void explainMissingHeaders(const Tool &tool, const QJsonObject &arguments,
                           QList<FieldProblem> &problems)
{
    const QJsonArray required = tool.object["inputSchema"_L1]["required"_L1].toArray();
    for (const HeaderMapping &mapping : tool.mappings) {
        if (required.contains(mapping.property) && !arguments.contains(mapping.property))
            problems.prepend({u'/' + mapping.property,
                              u"is taken from the header %1, which the request lacks"_s.arg(
                                  QString::fromLatin1(mapping.header))});
    }
}

} // namespace

Result<QJsonObject> prepareArguments(const Tool &tool, const CallInput &input,
                                     const ServerDefinition &definition)
{
    QJsonObject arguments = input.arguments;
    const Result<Nothing> injected = injectToken(tool, input, arguments);
    if (!injected)
        return injected.error();
    const Result<Nothing> mapped =
        mapHeaders(tool, input, definition.headerMappingStrict, arguments);
    if (!mapped)
        return mapped.error();
    if (!definition.validateInput || !tool.input || tool.input->validate(arguments).isEmpty())
        return arguments;
    QJsonObject read = withTextsRead(tool, arguments);
    QList<FieldProblem> problems = tool.input->validate(read);
    if (problems.isEmpty())
        return read;
    explainMissingHeaders(tool, read, problems);
    return invalid(tool, std::move(problems));
}

} // namespace bridge::upstream
