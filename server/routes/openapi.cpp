// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/openapi.h"

#include "common/base/version.h"
#include "server/routes/descriptions.h"
#include "server/routes/tooloperations.h"

#include <QtCore/QRegularExpression>

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

const QRegularExpression &parameterPattern()
{
    static const QRegularExpression pattern(u"\\{([^}]+)\\}"_s);
    return pattern;
}

QJsonArray pathParameters(const QString &pattern)
{
    QJsonArray parameters;
    auto matches = parameterPattern().globalMatch(pattern);
    while (matches.hasNext())
        parameters.append(describe::pathParameter(matches.next().captured(1)));
    return parameters;
}

/// `POST /tools/{tool}/stream` is `post_tools_by_tool_stream`.
QString operationId(const http::Route &route)
{
    QString words = route.pattern;
    words.replace(parameterPattern(), u"by_\\1"_s);
    words = QString::fromLatin1(route.method).toLower() + words;
    return words.endsWith('/'_L1) ? QString(words + "root"_L1) : words;
}

bool mayRunInSession(const QString &pattern)
{
    return pattern.startsWith("/tools"_L1) || pattern.startsWith("/prompts"_L1)
           || pattern.startsWith("/resources"_L1) || pattern == "/session/close"_L1
           || pattern == "/session/ping"_L1;
}

void addRouteOperations(QJsonObject &paths, UniqueNames &operationIds, const Services &services)
{
    const QString field = QString::fromLatin1(services.settings.sessionField);
    for (const auto &route : services.router->routes()) {
        if (route->undocumented || route->openApi.isEmpty())
            continue;
        QJsonObject operation = route->openApi;
        QJsonArray parameters = pathParameters(route->pattern);
        for (const QJsonValue parameter : operation.value("parameters"_L1).toArray())
            parameters.append(parameter);
        if (mayRunInSession(route->pattern)) {
            for (const QJsonValue parameter : describe::sessionParameters(field))
                parameters.append(parameter);
        }
        if (!parameters.isEmpty())
            operation["parameters"_L1] = parameters;
        operation["operationId"_L1] = operationIds.take(operationId(*route));
        QJsonObject item = paths.value(route->pattern).toObject();
        item[QString::fromLatin1(route->method).toLower()] = operation;
        paths[route->pattern] = item;
    }
}

QString introduction(const Services &services, const QStringList &silent)
{
    QString text =
        u"MCP servers behind HTTP. Every operation on tools, prompts and resources also exists "
        "under `/session/{session}`"_s;
    text += services.registry->isMany() ? u" and, for each server, under `/servers/{server}`."_s
                                        : u"."_s;
    if (!silent.isEmpty()) {
        text += u"\n\n**Tools are missing here:** these servers did not list theirs in time: `"_s
                + silent.join("`, `"_L1)
                + u"`. `GET /servers` tells why; load the page again later."_s;
    }
    return text;
}

} // namespace

QJsonObject openApiDocument(const Services &services, const QList<GatheredTools> &servers,
                            const QString &address)
{
    QJsonObject paths;
    QJsonObject components = describe::components();
    QJsonObject schemas = components.value("schemas"_L1).toObject();
    QJsonArray tags;
    QStringList silent;
    UniqueNames operationIds;
    addRouteOperations(paths, operationIds, services);
    ToolDocument tools{paths, schemas, tags, operationIds};
    for (const GatheredTools &entry : servers) {
        if (entry.tools)
            addToolOperations(tools, services, entry);
        else
            silent.append(entry.server->definition().name);
    }
    // The order of the tags is the order on the pages: what people came for comes first.
    for (const QJsonValue tag : describe::tags())
        tags.append(tag);
    components["schemas"_L1] = schemas;
    QJsonObject document{
        {"openapi"_L1, u"3.1.0"_s},
        {"info"_L1, QJsonObject{{"title"_L1, services.settings.serviceName},
                                {"version"_L1, QString::fromLatin1(kVersion)},
                                {"description"_L1, introduction(services, silent)}}},
        {"servers"_L1, QJsonArray{QJsonObject{{"url"_L1, address}}}},
        {"tags"_L1, tags},
        {"paths"_L1, paths},
        {"components"_L1, components}};
    if (!silent.isEmpty())
        document["x-degraded-servers"_L1] = QJsonArray::fromStringList(silent);
    return document;
}

} // namespace bridge::routes
