// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/openapi.h"

#include "common/async/later.h"
#include "common/base/version.h"
#include "common/json/writer.h"
#include "server/routes/descriptions.h"
#include "server/routes/tooloperations.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QRegularExpression>

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

/// The event loop is held up no longer than this.
constexpr std::chrono::milliseconds kStep{4};

/// Lets everything else that waits have its turn.
Task<> breath()
{
    co_return co_await answer<Nothing>([](Handler<Nothing> done) {
        return after(std::chrono::milliseconds(1), [done = std::move(done)] { done(Nothing{}); });
    });
}

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

void addMembers(QMap<QString, QByteArray> &into, const QJsonObject &object)
{
    for (auto it = object.begin(); it != object.end(); ++it)
        into.insert(it.key(), json::compactJson(*it));
}

QByteArray objectOf(const QMap<QString, QByteArray> &members)
{
    json::ObjectWriter writer;
    for (auto it = members.begin(); it != members.end(); ++it)
        writer.raw(it.key(), it.value());
    const QByteArray object = writer.take();
    return object.isEmpty() ? "{}"_ba : object;
}

void addRouteOperations(ToolDocument &document, const Services &services)
{
    QJsonObject paths;
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
        operation["operationId"_L1] = document.operationIds.take(operationId(*route));
        QJsonObject item = paths.value(route->pattern).toObject();
        item[QString::fromLatin1(route->method).toLower()] = operation;
        paths[route->pattern] = item;
    }
    addMembers(document.paths, paths);
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

/// Everything but the tools, which are in \a document already.
QByteArray finished(const Services &services, ToolDocument &document, const QStringList &silent,
                    const QString &address)
{
    // The order of the tags is the order on the pages: what people came for comes first.
    for (const QJsonValue tag : describe::tags())
        document.tags.append(tag);
    QMap<QString, QByteArray> components;
    addMembers(components, describe::components());
    components.insert(u"schemas"_s, objectOf(document.schemas));
    json::ObjectWriter writer;
    writer.value(u"openapi", u"3.1.0"_s);
    writer.value(u"info", QJsonObject{{"title"_L1, services.settings.serviceName},
                                      {"version"_L1, QString::fromLatin1(kVersion)},
                                      {"description"_L1, introduction(services, silent)}});
    writer.value(u"servers", QJsonArray{QJsonObject{{"url"_L1, address}}});
    writer.value(u"security", describe::security());
    writer.value(u"tags", document.tags);
    writer.raw(u"paths", objectOf(document.paths));
    writer.raw(u"components", objectOf(components));
    if (!silent.isEmpty())
        writer.value(u"x-degraded-servers", QJsonArray::fromStringList(silent));
    return writer.take();
}

} // namespace

Task<QByteArray> openApiDocument(const Services *services, QList<GatheredTools> servers,
                                 QString address)
{
    ToolDocument document;
    QStringList silent;
    addRouteOperations(document, *services);
    addMembers(document.schemas, describe::components().value("schemas"_L1).toObject());
    QElapsedTimer clock;
    clock.start();
    for (const GatheredTools &entry : std::as_const(servers)) {
        if (!entry.tools) {
            silent.append(entry.server->definition().name);
            continue;
        }
        const ToolSection section = addToolSection(document, *services, entry);
        for (const auto &tool : entry.tools->tools()) {
            addToolOperation(document, section, *tool);
            if (clock.elapsed() < kStep.count())
                continue;
            co_await breath();
            clock.restart();
        }
    }
    co_return finished(*services, document, silent, address);
}

} // namespace bridge::routes
