// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/openapi.h"

#include "common/base/version.h"
#include "common/json/sample.h"
#include "server/routes/descriptions.h"

#include <QtCore/QRegularExpression>

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

constexpr int kMaxSchemaDepth = 64;

/// Members whose values are data and not schemas: a `$ref` in there is nobody's reference.
bool holdsData(const QString &key)
{
    static const QSet<QString> keys{u"const"_s, u"enum"_s, u"default"_s, u"example"_s,
                                    u"examples"_s};
    return keys.contains(key);
}

QJsonValue rebase(const QJsonValue &value, const QString &place, int depth)
{
    if (depth > kMaxSchemaDepth)
        return QJsonObject();
    if (value.isArray()) {
        QJsonArray items;
        for (const QJsonValue &item : value.toArray())
            items.append(rebase(item, place, depth + 1));
        return items;
    }
    if (!value.isObject())
        return value;
    QJsonObject object = value.toObject();
    // A reference that leaves the document would make the page fetch it.
    if (const QJsonValue target = object.value("$ref"_L1); target.isString()) {
        if (target.toString().startsWith('#'_L1))
            object["$ref"_L1] = QString(place + target.toString().mid(1));
        else
            object.remove("$ref"_L1);
    }
    for (auto it = object.begin(); it != object.end(); ++it) {
        if (!holdsData(it.key()))
            *it = rebase(*it, place, depth + 1);
    }
    object.remove("$schema"_L1);
    object.remove("$id"_L1);
    return object;
}

/// A component name may hold letters, digits, dots, hyphens and underscores (OpenAPI 3.1 §4.8.7).
QString componentName(const QString &server, const QString &tool, QLatin1String suffix)
{
    static const QRegularExpression other(u"[^A-Za-z0-9._-]"_s);
    return (server.isEmpty() ? QString() : QString(server + '.'_L1)).append(tool)
               .replace(other, u"_"_s)
        + suffix;
}

QJsonArray pathParameters(const QString &pattern)
{
    QJsonArray parameters;
    static const QRegularExpression name(u"\\{([^}]+)\\}"_s);
    auto matches = name.globalMatch(pattern);
    while (matches.hasNext()) {
        parameters.append(QJsonObject{{"name"_L1, matches.next().captured(1)},
                                      {"in"_L1, u"path"_s},
                                      {"required"_L1, true},
                                      {"schema"_L1, QJsonObject{{"type"_L1, u"string"_s}}}});
    }
    return parameters;
}

bool mayRunInSession(const QString &pattern)
{
    return pattern.startsWith("/tools"_L1) || pattern.startsWith("/prompts"_L1)
        || pattern.startsWith("/resources"_L1) || pattern == "/session/close"_L1;
}

void addRouteOperations(QJsonObject &paths, const Services &services)
{
    const QString field = QString::fromLatin1(services.settings.sessionField);
    for (const auto &route : services.router->routes()) {
        if (route->undocumented || route->openApi.isEmpty())
            continue;
        QJsonObject operation = route->openApi;
        QJsonArray parameters = operation.value("parameters"_L1).toArray();
        for (const QJsonValue &parameter : pathParameters(route->pattern))
            parameters.append(parameter);
        if (mayRunInSession(route->pattern)) {
            for (const QJsonValue &parameter : describe::sessionParameters(field))
                parameters.append(parameter);
        }
        if (!parameters.isEmpty())
            operation["parameters"_L1] = parameters;
        QJsonObject item = paths.value(route->pattern).toObject();
        item[QString::fromLatin1(route->method).toLower()] = operation;
        paths[route->pattern] = item;
    }
}

/// The result of one tool: the general one with its own structuredContent.
QJsonObject resultSchema(const QString &outputPlace, const QJsonValue &output)
{
    const QJsonObject general{{"$ref"_L1, u"#/components/schemas/ToolResult"_s}};
    if (!output.isObject())
        return general;
    const QJsonObject own{
        {"type"_L1, u"object"_s},
        {"properties"_L1,
         QJsonObject{{"structuredContent"_L1, QJsonObject{{"$ref"_L1, outputPlace}}}}}};
    return {{"allOf"_L1, QJsonArray{general, own}}};
}

struct ToolPlace {
    QString path;   ///< of the operation
    QString input;  ///< JSON pointer of the input schema in the document
    QString output;
};

QJsonObject toolOperation(const Services &services, const upstream::Tool &tool,
                          const ToolPlace &place, const QString &server)
{
    const QString title = tool.object.value("title"_L1).toString();
    const QString description = tool.object.value("description"_L1).toString();
    QJsonObject responses = describe::errorResponses({400, 404, 409, 422, 502, 503, 504});
    responses["200"_L1] = QJsonObject{
        {"description"_L1, u"The tool's result"_s},
        {"content"_L1,
         QJsonObject{{"application/json"_L1,
                      QJsonObject{{"schema"_L1, resultSchema(place.output, tool.outputSchema)}}}}}};
    const QJsonObject media{{"schema"_L1, QJsonObject{{"$ref"_L1, place.input}}},
                            {"example"_L1, json::sample(tool.inputSchema)}};
    const QString scope = server.isEmpty() ? QString() : QString(server + '_'_L1);
    return {{"tags"_L1, QJsonArray{server.isEmpty() ? u"Discovered tools"_s
                                                    : QString(u"Tools of "_s + server)}},
            {"operationId"_L1, QString(u"call_"_s + scope + tool.name)},
            {"summary"_L1, title.isEmpty() ? tool.name : title},
            {"description"_L1, description},
            {"parameters"_L1,
             describe::sessionParameters(QString::fromLatin1(services.settings.sessionField))},
            {"requestBody"_L1,
             QJsonObject{{"required"_L1, !tool.inputSchema.value("required"_L1).toArray().isEmpty()},
                         {"content"_L1, QJsonObject{{"application/json"_L1, media}}}}},
            {"responses"_L1, responses}};
}

void addToolOperations(QJsonObject &paths, QJsonObject &schemas, const Services &services,
                       const GatheredTools &entry)
{
    // The default server lives at the root; the others under their name.
    const bool atRoot = entry.server == services.registry->defaultServer();
    const QString server = atRoot ? QString() : entry.server->definition().name;
    const QString scope = atRoot ? QString()
                                 : QString(u"/servers/"_s
                                           + QString::fromLatin1(QUrl::toPercentEncoding(server)));
    for (const auto &tool : entry.tools->tools()) {
        const QString input = componentName(server, tool->name, "_input"_L1);
        const QString output = componentName(server, tool->name, "_output"_L1);
        const ToolPlace place{
            scope + u"/tools/"_s + QString::fromLatin1(QUrl::toPercentEncoding(tool->name)),
            u"#/components/schemas/"_s + input, u"#/components/schemas/"_s + output};
        schemas[input] = rebasedSchema(tool->inputSchema, place.input);
        if (tool->outputSchema.isObject())
            schemas[output] = rebasedSchema(tool->outputSchema, place.output);
        paths[place.path] =
            QJsonObject{{"post"_L1, toolOperation(services, *tool, place, server)}};
    }
}

} // namespace

QJsonValue rebasedSchema(const QJsonValue &schema, const QString &place)
{
    return rebase(schema, place, 0);
}

QJsonObject openApiDocument(const Services &services, const QList<GatheredTools> &servers)
{
    QJsonObject paths;
    QJsonObject components = describe::components();
    QJsonObject schemas = components.value("schemas"_L1).toObject();
    QJsonArray degraded;
    addRouteOperations(paths, services);
    for (const GatheredTools &entry : servers) {
        if (entry.tools)
            addToolOperations(paths, schemas, services, entry);
        else
            degraded.append(entry.server->definition().name);
    }
    components["schemas"_L1] = schemas;
    const QString base = services.router->basePath();
    QJsonObject document{
        {"openapi"_L1, u"3.1.0"_s},
        {"info"_L1,
         QJsonObject{{"title"_L1, services.settings.serviceName},
                     {"version"_L1, QString::fromLatin1(kVersion)},
                     {"description"_L1,
                      u"MCP servers behind HTTP. Every operation on tools, prompts and resources "
                      "also exists under `/session/{session}` and, with several servers, under "
                      "`/servers/{server}`."_s}}},
        {"servers"_L1, QJsonArray{QJsonObject{{"url"_L1, base.isEmpty() ? u"/"_s : base}}}},
        {"paths"_L1, paths},
        {"components"_L1, components}};
    if (!degraded.isEmpty())
        document["x-degraded-servers"_L1] = degraded;
    return document;
}

} // namespace bridge::routes
