// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/descriptions.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::routes::describe {

namespace {

QJsonObject content(const QString &type, const QJsonObject &schema)
{
    return {{type, QJsonObject{{"schema"_L1, schema}}}};
}

QJsonObject reply(const QString &description, const QJsonObject &schema,
                  const QString &type = u"application/json"_s)
{
    return {{"description"_L1, description}, {"content"_L1, content(type, schema)}};
}

QJsonObject reference(const QString &name)
{
    return {{"$ref"_L1, QString(u"#/components/schemas/"_s + name)}};
}

QJsonObject objectSchema(const QString &description = {})
{
    QJsonObject schema{{"type"_L1, u"object"_s}};
    if (!description.isEmpty())
        schema["description"_L1] = description;
    return schema;
}

QJsonObject operation(const QString &tag, const QString &summary, const QString &description,
                      const QJsonObject &success, const QList<int> &errors)
{
    QJsonObject responses = errorResponses(errors);
    responses["200"_L1] = success;
    QJsonObject op{
        {"tags"_L1, QJsonArray{tag}}, {"summary"_L1, summary}, {"responses"_L1, responses}};
    if (!description.isEmpty())
        op["description"_L1] = description;
    return op;
}

QJsonObject withBody(QJsonObject op, const QJsonObject &schema, const QJsonValue &example,
                     bool required)
{
    QJsonObject media{{"schema"_L1, schema}};
    if (!example.isUndefined())
        media["example"_L1] = example;
    op["requestBody"_L1] = QJsonObject{{"required"_L1, required},
                                       {"content"_L1, QJsonObject{{"application/json"_L1, media}}}};
    return op;
}

QJsonObject queryParameter(const QString &name, const QString &description)
{
    return {{"name"_L1, name},
            {"in"_L1, u"query"_s},
            {"description"_L1, description},
            {"schema"_L1, QJsonObject{{"type"_L1, u"string"_s}}}};
}

const QList<int> kUpstream{404, 422, 502, 503, 504};
const QList<int> kSession{404};

} // namespace

QJsonObject root()
{
    return operation(u"Service"_s, u"What this is and where to go"_s, {},
                     reply(u"Name, version and the main paths"_s, objectSchema()), {});
}

QJsonObject health()
{
    return operation(u"Service"_s, u"Is the bridge alive?"_s,
                     u"Never starts an MCP server; fit for a liveness probe."_s,
                     reply(u"It is"_s, objectSchema()), {503});
}

QJsonObject ready()
{
    return operation(u"Service"_s, u"Should it get traffic?"_s,
                     u"Fit for a readiness probe: 503 while it stops or when the default MCP "
                     "server cannot start."_s,
                     reply(u"It should"_s, objectSchema()), {503});
}

QJsonObject healthOfChild()
{
    return operation(u"Service"_s, u"Does the MCP server start and list its tools?"_s, {},
                     reply(u"It does; `tools` is their number before any policy"_s, objectSchema()),
                     {503});
}

QJsonObject metrics()
{
    return operation(
        u"Service"_s, u"Prometheus metrics"_s, {},
        reply(u"Text exposition format"_s, {{"type"_L1, u"string"_s}}, u"text/plain"_s), {404});
}

QJsonObject listTools()
{
    QJsonObject op = operation(u"Tools"_s, u"List the tools"_s, {},
                               reply(u"An array of tools"_s,
                                     {{"type"_L1, u"array"_s}, {"items"_L1, reference(u"Tool"_s)}}),
                               {404, 502, 503, 504});
    op["parameters"_L1] = QJsonArray{
        queryParameter(u"format"_s, u"`object` answers `{\"tools\":[…]}` instead of an array"_s)};
    return op;
}

QJsonObject getTool()
{
    return operation(u"Tools"_s, u"Describe one tool"_s, {},
                     reply(u"The tool"_s, reference(u"Tool"_s)), {404, 502, 503, 504});
}

QJsonObject getToolSchema()
{
    return operation(u"Tools"_s, u"Schemas of one tool"_s, {},
                     reply(u"Name, description and schemas"_s, objectSchema()),
                     {404, 502, 503, 504});
}

QJsonObject postTool()
{
    const QJsonObject op = operation(
        u"Tools"_s, u"Call any tool by its name"_s,
        u"The body holds the arguments. Without a session every call gets a fresh MCP server. "
        "409 means the tool asks something: repeat the call in the same session with "
        "`_user_feedback`."_s,
        reply(u"The tool's result"_s, reference(u"ToolResult"_s)),
        {400, 404, 409, 413, 422, 429, 502, 503, 504});
    return withBody(op, objectSchema(u"Arguments of the tool"_s), QJsonObject(), false);
}

QJsonObject postToolStream()
{
    QJsonObject op =
        operation(u"Tools"_s, u"Call a tool and watch it work"_s,
                  u"Server-sent events: `progress` and `log` while it runs, then one of `result`, "
                  "`feedback_required`, `error`."_s,
                  reply(u"The events"_s, {{"type"_L1, u"string"_s}}, u"text/event-stream"_s),
                  {404, 409, 413, 422});
    return withBody(op, objectSchema(u"Arguments of the tool"_s), QJsonObject(), false);
}

QJsonObject listPrompts()
{
    return operation(u"Prompts"_s, u"List the prompts"_s, {},
                     reply(u"The prompts"_s, objectSchema()), {404, 502, 503, 504});
}

QJsonObject postPrompt()
{
    const QJsonObject op =
        operation(u"Prompts"_s, u"Render a prompt"_s, u"The body holds its arguments, all texts."_s,
                  reply(u"The messages"_s, objectSchema()), {400, 404, 422, 502, 503, 504});
    return withBody(op,
                    {{"type"_L1, u"object"_s},
                     {"additionalProperties"_L1, QJsonObject{{"type"_L1, u"string"_s}}}},
                    QJsonObject{{"name"_L1, u"Ada"_s}}, false);
}

QJsonObject listResources()
{
    QJsonObject op = operation(u"Resources"_s, u"List the resources, or read one by its URI"_s, {},
                               reply(u"The resources, or the content of `uri`"_s, objectSchema()),
                               {404, 422, 502, 503, 504});
    op["parameters"_L1] = QJsonArray{
        queryParameter(u"uri"_s, u"Read this resource, e.g. one made from a template"_s)};
    return op;
}

QJsonObject listTemplates()
{
    return operation(u"Resources"_s, u"List the resource templates"_s, {},
                     reply(u"The templates"_s, objectSchema()), {404, 502, 503, 504});
}

QJsonObject getResource()
{
    QJsonObject op =
        operation(u"Resources"_s, u"Read a resource by its name"_s,
                  u"Answers the content itself under its own media type."_s,
                  reply(u"The content"_s, {{"type"_L1, u"string"_s}}, u"*/*"_s), kUpstream);
    QJsonObject responses = op.value("responses"_L1).toObject();
    responses["204"_L1] = QJsonObject{{"description"_L1, u"The resource is empty"_s}};
    op["responses"_L1] = responses;
    return op;
}

QJsonObject startSession()
{
    const QJsonObject op = operation(
        u"Sessions"_s, u"Start a session"_s,
        u"A session has an MCP server of its own that keeps its state between calls. Send the id "
        "you get as header, cookie or in the path."_s,
        reply(u"The session"_s, reference(u"Session"_s)), {400, 409, 429, 502, 503, 504});
    const QJsonObject id{{"type"_L1, u"string"_s},
                         {"pattern"_L1, u"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"_s},
                         {"description"_L1, u"An id of your choice; left out, one is made"_s}};
    return withBody(
        op, {{"type"_L1, u"object"_s}, {"properties"_L1, QJsonObject{{"session_id"_L1, id}}}},
        QJsonObject{}, false);
}

QJsonObject pingSession()
{
    return operation(u"Sessions"_s, u"Keep a session alive"_s, {},
                     reply(u"Its new expiry"_s, objectSchema()), kSession);
}

QJsonObject sessionStatus()
{
    return operation(u"Sessions"_s, u"How a session does"_s, {},
                     reply(u"Its state"_s, objectSchema()), kSession);
}

QJsonObject closeSession()
{
    return operation(u"Sessions"_s, u"Close the session of the header or cookie"_s, {},
                     reply(u"How long it lived"_s, objectSchema()), {400, 404});
}

QJsonObject closeNamedSession()
{
    return operation(u"Sessions"_s, u"Close a session"_s, {},
                     reply(u"How long it lived"_s, objectSchema()), kSession);
}

QJsonObject listSessions()
{
    return operation(u"Sessions"_s, u"Your sessions"_s, {},
                     reply(u"The caller's own sessions"_s, objectSchema()), {});
}

QJsonObject listServers()
{
    return operation(u"Servers"_s, u"List the MCP servers"_s,
                     u"Every path of tools, prompts, resources and sessions also exists under "
                     "`/servers/{server}`."_s,
                     reply(u"Names and states"_s, objectSchema()), {});
}

QJsonObject getServer()
{
    return operation(u"Servers"_s, u"Describe one MCP server"_s, {},
                     reply(u"Its state"_s, objectSchema()), {404});
}

QJsonObject reload()
{
    return operation(u"Administration"_s, u"Read the configuration again"_s,
                     u"For administrators; without an admin token and without authentication, for "
                     "callers on the bridge's own machine. With a problem anywhere in the new "
                     "configuration nothing changes."_s,
                     reply(u"Names of servers that were added, changed, removed or left as they "
                           "are, of settings now in force and of those that need a restart"_s,
                           objectSchema()),
                     {401, 403, 422});
}

QJsonObject showConfig()
{
    return operation(
        u"Administration"_s, u"The settings in force"_s,
        u"For administrators. Where each value comes from; secrets are masked."_s,
        reply(
            u"`options`, `families` of names that begin alike, and `issuers` with whether they can "
            "be asked"_s,
            objectSchema()),
        {401, 403});
}

QJsonObject protectedResource()
{
    return operation(u"Service"_s, u"Where to get a token (RFC 9728)"_s,
                     u"Also with the path of a resource of the bridge behind it, e.g. `/mcp`."_s,
                     reply(u"The document"_s, objectSchema()), {404});
}

QJsonObject authorizationServer()
{
    return operation(u"Service"_s, u"The authorization server (RFC 8414)"_s, {},
                     reply(u"The document"_s, objectSchema()), {404, 503});
}

QJsonObject clientMetadata()
{
    return operation(u"Service"_s, u"The bridge as an OAuth client of remote MCP servers"_s, {},
                     reply(u"The client id metadata document"_s, objectSchema()), {});
}

QJsonObject agentCard()
{
    return operation(u"Service"_s, u"The agent card"_s,
                     u"One skill for the whole and one for each tool that strangers may see."_s,
                     reply(u"The card"_s, objectSchema()), {});
}

} // namespace bridge::routes::describe
