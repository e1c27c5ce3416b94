// SPDX-License-Identifier: GPL-3.0-or-later
// GET /, /health, /readyz, /healthz/child and /metrics.
#include "common/base/duration.h"
#include "common/base/version.h"
#include "server/routes/address.h"
#include "server/routes/descriptions.h"
#include "server/routes/scope.h"
#include "server/routes/serversample.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

using http::Response;

/// What probes tell everybody. Command lines and what a server wrote are for the log, and for
/// those who may ask GET /servers.
QString couldNotStart(const upstream::Server &server)
{
    return u"The MCP server \"%1\" could not be started. The bridge's log says why."_s.arg(
        server.definition().name);
}

/// The server needs to know for whom it starts, which a probe cannot say.
bool startsPerUser(const upstream::ServerDefinition &definition, const Error &failure)
{
    return failure.code == ErrorCode::Unauthorized
           || (failure.code == ErrorCode::Forbidden && definition.needsIdentity());
}

Response perUser()
{
    return Response::json(
        200, QJsonObject{{"status"_L1, u"ok"_s},
                         {"tools"_L1, QJsonValue::Null},
                         {"note"_L1, u"This MCP server starts for each user, so it was not started "
                                     u"here. Ask with the token of a user to have it tried."_s}});
}

/// Liveness: says nothing of MCP servers and never starts one.
Task<Response> health(Services *services, http::Exchange *, http::PathParams)
{
    co_return Response::json(200,
                             QJsonObject{{"status"_L1, u"healthy"_s},
                                         {"version"_L1, QString::fromLatin1(kVersion)},
                                         {"uptime"_L1, humanDuration(services->uptime.elapsed())}});
}

/// Without a warm pool only calls start servers, and an instance that is not ready gets no calls:
/// so readiness itself tries again, as often as the circuit allows.
void revive(Services *services, upstream::Server *server)
{
    if (std::exchange(services->reviving, true))
        return;
    services->revival =
        server->lease({}, [services, pin = server->pin()](const Result<upstream::LeasePtr> &) {
            services->reviving = false;
        });
}

/// Readiness: traffic is welcome unless the process is stopping or its server cannot start.
Task<Response> ready(Services *services, http::Exchange *, http::PathParams)
{
    QJsonObject body{{"status"_L1, u"ready"_s}};
    upstream::Server *server = services->registry->defaultServer();
    if (services->draining) {
        body = {{"status"_L1, u"stopping"_s}};
    } else if (server && server->status().state == "failed"_L1) {
        body = {{"status"_L1, u"failed"_s}, {"detail"_L1, couldNotStart(*server)}};
        revive(services, server);
    }
    co_return Response::json(body.value("status"_L1) == "ready"_L1 ? 200 : 503, body);
}

/// Really starts (or takes a prepared) MCP server and lists its tools.
Task<Response> healthOfChild(Services *services, http::Exchange *exchange, http::PathParams params)
{
    Result<Address> address = addressOf(*services, *exchange, params);
    if (!address)
        co_return address.error();
    address->sessionId.clear(); // the probe is about the server, not about a session
    Result<Target> target = co_await acquire(services, exchange, *address);
    Error failure;
    if (target) {
        Result<QList<QByteArray>> tools =
            co_await answer<QList<QByteArray>>([&](Handler<QList<QByteArray>> done) {
                return target->client().list(u"tools/list"_s, u"tools"_s, std::move(done));
            });
        if (tools)
            co_return Response::json(
                200, QJsonObject{{"status"_L1, u"ok"_s}, {"tools"_L1, tools->size()}});
        failure = tools.error();
    } else if (startsPerUser(address->server->definition(), target.error())) {
        co_return perUser();
    } else {
        failure = target.error();
    }
    exchange->fields().more.insert(u"cause"_s, failure.message.left(500));
    Error told(failure.code, couldNotStart(*address->server));
    told.status = 503;
    if (failure.extra.contains("retry_after"_L1))
        told.extra.insert("retry_after"_L1, failure.extra.value("retry_after"_L1));
    co_return told;
}

void tellIssuers(const Services &services)
{
    if (!services.issuerStates)
        return;
    const QJsonArray issuers = services.issuerStates();
    for (const QJsonValue &issuer : issuers) {
        const QString state = issuer["state"_L1].toString();
        if (state != "unknown"_L1)
            services.metrics->issuerSeen(issuer["issuer"_L1].toString(), state == "reachable"_L1);
    }
}

Task<Response> metrics(Services *services, http::Exchange *, http::PathParams)
{
    if (!services->settings.metrics)
        co_return Error(ErrorCode::NotFound,
                        u"Metrics are off. PROMETHEUS_ENABLED=true turns them on."_s);
    services->metrics->childrenRunning(services->registry->childCount());
    for (const upstream::Server *server : services->registry->servers())
        services->metrics->serverSeen(serverSample(*server));
    tellIssuers(*services);
    co_return Response::text(200, services->metrics->expose(),
                             "text/plain; version=0.0.4; charset=utf-8");
}

Task<Response> root(Services *services, http::Exchange *, http::PathParams)
{
    const QJsonObject urls{
        {"list_resources"_L1, u"/resources"_s},
        {"get_resource_details"_L1, u"/resources/{resource_name}"_s},
        {"list_prompts"_L1, u"/prompts"_s},
        {"list_tools"_L1, u"/tools"_s},
        {"get_tool_details"_L1, u"/tools/{tool_name}"_s},
        {"[POST] run_tool"_L1, u"/tools/{tool_name}"_s},
        {"[POST] run_tool - single call streaming"_L1, u"/tools/{tool_name}/stream"_s},
        {"[POST] run_prompt"_L1, u"/prompts/{prompt_name}"_s},
        {"[POST] start_session"_L1, u"/session/start"_s},
        {"[POST] close_session"_L1, u"/session/close"_s}};
    co_return Response::json(
        200,
        QJsonObject{{"name"_L1, services->settings.serviceName},
                    {"version"_L1, QString::fromLatin1(kVersion)},
                    {"message"_L1, u"This is MCP Bridge. Read %1/docs for what it can do."_s.arg(
                                       services->router->basePath())},
                    {"documentation"_L1, QString(services->router->basePath() + "/docs"_L1)},
                    {"openapi"_L1, QString(services->router->basePath() + "/openapi.json"_L1)},
                    {"urls"_L1, urls}});
}

} // namespace

void addHealthRoutes(http::Router &router, Services *services)
{
    addPlain(router, services, "GET", u"/"_s, root, describe::root());
    addPlain(router, services, "GET", u"/health"_s, health, describe::health(), true, true);
    addPlain(router, services, "GET", u"/readyz"_s, ready, describe::ready(), true, true);
    addPlain(router, services, "GET", u"/metrics"_s, metrics, describe::metrics(), true);
    addOperation(router, services, "GET", u"/healthz/child"_s, healthOfChild,
                 describe::healthOfChild(), SessionForm::None);
}

} // namespace bridge::routes
