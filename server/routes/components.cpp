// SPDX-License-Identifier: GPL-3.0-or-later
// The shared part of the OpenAPI document: error bodies, results, session parameters.
#include "server/routes/descriptions.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::routes::describe {

namespace {

struct StatusText {
    int status;
    const char *name;
    const char *text;
    const char *code;
};

constexpr StatusText kStatuses[] = {
    {400, "BadRequest", "Arguments or ids that break their rules", "invalid_arguments"},
    {401, "Unauthorized", "A credential is missing, has ended or does not verify", "unauthorized"},
    {403, "Forbidden", "Not allowed for this host, origin or caller", "forbidden"},
    {404, "NotFound", "No such tool, prompt, resource, session or server", "tool_not_found"},
    {409, "Conflict", "The tool asks something, or the id is taken", "feedback_required"},
    {413, "PayloadTooLarge", "The body is larger than MAX_REQUEST_BODY_BYTES", "payload_too_large"},
    {422, "Unprocessable", "The body is no JSON object, or the tool failed", "tool_failed"},
    {429, "TooManyRequests", "A limit is reached", "too_many_requests"},
    {502, "BadGateway", "The MCP server could not be started, died or broke the protocol",
     "upstream_failed"},
    {503, "Unavailable", "Try again later", "overloaded"},
    {504, "GatewayTimeout", "The MCP server did not answer in time", "upstream_timeout"},
};

QJsonObject parse(const char *text)
{
    return QJsonDocument::fromJson(text).object();
}

QJsonObject schemas()
{
    return {
        {"Error"_L1, parse(R"({"type":"object","required":["detail","error","status_code"],
            "properties":{"detail":{"description":"What to do about it; an object where clients need more than text"},
            "error":{"type":"string","description":"Short machine token"},
            "status_code":{"type":"integer"},"request_id":{"type":"string"},
            "errors":{"type":"array","items":{"type":"object","properties":{
              "path":{"type":"string","description":"JSON pointer"},"message":{"type":"string"}}}},
            "result":{"$ref":"#/components/schemas/ToolResult"}}})")},
        {"Tool"_L1, parse(R"({"type":"object","required":["name","inputSchema","url"],
            "properties":{"name":{"type":"string","examples":["add"]},"title":{"type":["string","null"]},
            "description":{"type":["string","null"]},"inputSchema":{"type":"object"},
            "outputSchema":{"type":["object","null"]},"annotations":{"type":["object","null"]},
            "meta":{"type":["object","null"]},"url":{"type":"string","examples":["/tools/add"]}}})")},
        {"ToolResult"_L1, parse(R"({"type":"object","required":["isError","content"],
            "properties":{"isError":{"type":"boolean","examples":[false]},
            "content":{"type":"array","items":{"type":"object","properties":{
              "type":{"type":"string","examples":["text"]},
              "text":{"type":"string","examples":["What the tool says"]},
              "structuredContent":{"examples":[null]}}}},
            "structuredContent":{"description":"The result as data, where there is one",
              "examples":[{"result":5}]}}})")},
        {"Session"_L1, parse(R"({"type":"object","required":["session_id","status"],
            "properties":{"session_id":{"type":"string","examples":["my-session-123"]},
            "status":{"type":"string","examples":["started"]},
            "created_at":{"type":"string","format":"date-time"},
            "expires_at":{"type":"string","format":"date-time"},
            "user_id":{"type":["string","null"]},"group":{"type":"string"}}})")},
    };
}

QJsonObject securitySchemes()
{
    return {
        {"bearer"_L1, parse(R"({"type":"http","scheme":"bearer",
            "description":"Access token of an issuer the bridge trusts, or the admin token"})")},
        {"apiKey"_L1, parse(R"({"type":"apiKey","in":"header","name":"X-API-Key",
            "description":"Key made by `mcp-bridge apikey create`"})")},
        {"login"_L1, parse(R"({"type":"apiKey","in":"cookie","name":"mcp-bridge",
            "description":"Set by `/oauth/login`; over https its name begins with `__Host-`"})")},
    };
}

QJsonObject errorResponse(const StatusText &row)
{
    const QJsonObject example{{"detail"_L1, QString::fromLatin1(row.text)},
                              {"error"_L1, QString::fromLatin1(row.code)},
                              {"status_code"_L1, row.status},
                              {"request_id"_L1, u"4fZ0w1b2c3d4e5f6g7h8i9"_s}};
    const QJsonObject media{
        {"schema"_L1, QJsonObject{{"$ref"_L1, u"#/components/schemas/Error"_s}}},
        {"example"_L1, example}};
    return {{"description"_L1, QString::fromLatin1(row.text)},
            {"content"_L1, QJsonObject{{"application/json"_L1, media}}}};
}

struct NamedText {
    const char *name;
    const char *text;
};

constexpr NamedText kTags[] = {
    {"Tools", "List and describe the tools, call any of them by its name"},
    {"Prompts", "List and render prompts"},
    {"Resources", "List and read resources"},
    {"Sessions", "Keep one MCP server and its state over several calls"},
    {"Servers", "Which MCP servers there are and how they do"},
    {"Login", "For people with a browser, and who one is"},
    {"Accounts", "Accounts of the caller at remote MCP servers"},
    {"Administration", "For administrators: settings, reload, why the policy decides as it does"},
    {"Service", "The bridge itself: health and metrics"},
};

constexpr NamedText kPathParameters[] = {
    {"tool", "Name of the tool, as `GET /tools` lists it"},
    {"prompt", "Name of the prompt, as `GET /prompts` lists it"},
    {"resource", "Name of the resource, as `GET /resources` lists it"},
    {"session", "Id of the session, as `POST /session/start` answers it"},
    {"view", "Name of the view, as `GET /views` lists it"},
    {"server", "Name of the MCP server, as `GET /servers` lists it"},
};

} // namespace

QJsonArray tags()
{
    QJsonArray list;
    for (const NamedText &row : kTags)
        list.append(QJsonObject{{"name"_L1, QString::fromLatin1(row.name)},
                                {"description"_L1, QString::fromLatin1(row.text)}});
    return list;
}

QJsonObject pathParameter(const QString &name)
{
    QJsonObject parameter{{"name"_L1, name},
                          {"in"_L1, u"path"_s},
                          {"required"_L1, true},
                          {"schema"_L1, QJsonObject{{"type"_L1, u"string"_s}}}};
    for (const NamedText &row : kPathParameters) {
        if (name == QLatin1String(row.name))
            parameter["description"_L1] = QString::fromLatin1(row.text);
    }
    return parameter;
}

QJsonObject errorResponses(const QList<int> &statuses)
{
    QJsonObject responses;
    for (const StatusText &row : kStatuses) {
        if (statuses.contains(row.status))
            responses[QString::number(row.status)] = QJsonObject{
                {"$ref"_L1, QString(u"#/components/responses/"_s + QLatin1String(row.name))}};
    }
    return responses;
}

QJsonObject components()
{
    QJsonObject responses;
    for (const StatusText &row : kStatuses)
        responses[QLatin1String(row.name)] = errorResponse(row);
    return {{"schemas"_L1, schemas()},
            {"responses"_L1, responses},
            {"securitySchemes"_L1, securitySchemes()}};
}

QJsonArray security()
{
    // The empty one says that some operations, or all, need no credential.
    QJsonArray list{QJsonObject()};
    const QJsonObject schemes = securitySchemes();
    for (auto it = schemes.begin(); it != schemes.end(); ++it)
        list.append(QJsonObject{{it.key(), QJsonArray()}});
    return list;
}

QJsonArray sessionParameters(const QString &field)
{
    return {
        QJsonObject{{"name"_L1, field},
                    {"in"_L1, u"header"_s},
                    {"required"_L1, false},
                    {"description"_L1,
                     u"Id of the session to run in. Empty: a fresh MCP server, without memory"_s},
                    {"schema"_L1, QJsonObject{{"type"_L1, u"string"_s}}}}};
}

} // namespace bridge::routes::describe
