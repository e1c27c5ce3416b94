// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/gateway.h"

#include "common/mcp/revisions.h"
#include "server/gate/visitor.h"
#include "server/gateway/rpc.h"
#include "server/policy/warden.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

TableLimits withoutExpiry(TableLimits limits)
{
    limits.idleTimeout = std::chrono::milliseconds(0);
    return limits;
}

/// Streamable HTTP, HTTP+SSE and handles: a session is a session, however a client has it.
GatewaySettings counting(GatewaySettings settings)
{
    settings.table.counted = std::make_shared<OwnerCount>();
    return settings;
}

http::Route route(const QByteArray &method, const QString &pattern, http::RouteHandler run)
{
    http::Route made;
    made.method = method;
    made.pattern = pattern;
    made.handler = pattern;
    made.run = std::move(run);
    made.undocumented = true; // JSON-RPC, not REST: resources/docs/mcp.md
    return made;
}

} // namespace

Gateway::Gateway(GatewaySettings settings, Backend backend, upstream::Registry *registry,
                 sessions::SessionManager *manager, QObject *parent)
    : QObject(parent)
    , m_settings(counting(std::move(settings)))
    , m_backend(std::move(backend))
    , m_registry(registry)
    , m_views(m_settings.views)
    , m_sessions(m_settings.table)
    , m_sseSessions(withoutExpiry(m_settings.table))
    , m_modern({m_settings.sessionField, m_settings.legacy.streamAfter, m_settings.sessionTools,
                m_settings.table, m_settings.views},
               m_backend, registry, manager)
{
    connect(registry, &upstream::Registry::serverRetired, this,
            [this](const upstream::Server *server, bool gone) {
                if (gone)
                    m_sessions.removeServer(
                        server->definition().name,
                        rpcError(kInvalidRequest, 404,
                                 u"This MCP server is no longer served: it was taken out of the "
                                 "configuration."_s));
            });
    if (m_views)
        connect(m_views, &ViewBook::viewRemoved, this, &Gateway::dropView);
}

Gateway::~Gateway() = default;

void Gateway::addRoutes(http::Router &router)
{
    m_basePath = router.basePath();
    const auto endpoint = [this](http::Exchange &exchange, const http::PathParams &params) {
        serve(exchange, params);
    };
    for (const QString &pattern : {u"/mcp"_s, u"/servers/{server}/mcp"_s, u"/views/{view}/mcp"_s}) {
        for (const QByteArray &method : {"POST"_ba, "GET"_ba, "DELETE"_ba})
            router.add(route(method, pattern, endpoint));
    }
    addViewRoutes(router);
    router.add(route("GET", u"/sse"_s, [this](http::Exchange &exchange, const http::PathParams &) {
        openSse(exchange);
    }));
    router.add(
        route("POST", u"/sse/messages"_s,
              [this](http::Exchange &exchange, const http::PathParams &) { postSse(exchange); }));
}

bool Gateway::shows(const http::Exchange &exchange, const QString &server) const
{
    return !m_settings.warden
           || m_settings.warden->showsServer(*gate::principalOf(exchange), server);
}

void Gateway::serve(http::Exchange &exchange, const http::PathParams &params)
{
    if (params.contains(u"view"))
        return serveView(exchange, params[u"view"]);
    const QString name = params[u"server"];
    if (params.contains(u"server")) {
        const upstream::Server *server = m_registry->find(name);
        if (!server || server->definition().disabled || !shows(exchange, name))
            return refuse(exchange, {},
                          rpcError(kInvalidRequest, 404, u"There is no such MCP server."_s));
    }
    serveAt(exchange, name);
}

void Gateway::serveAt(http::Exchange &exchange, const QString &name)
{
    if (m_stopping)
        return refuse(exchange, {},
                      Error(ErrorCode::Overloaded, u"The bridge is shutting down."_s));
    const QByteArray &method = exchange.request().method;
    if (method == "POST")
        return post(exchange, name);
    // The modern revision has neither; HEAD would be a stream without content.
    if (method == "HEAD" || isModernOrLater(exchange.request().header("mcp-protocol-version")))
        return exchange.finish(Error(ErrorCode::MethodNotAllowed, u"Send each message by POST."_s),
                               {{"Allow"_ba, "POST, OPTIONS"_ba}});
    return method == "DELETE" ? endSession(exchange, name) : getStream(exchange, name);
}

void Gateway::post(http::Exchange &exchange, const QString &server)
{
    const Result<Incoming> incoming = readBody(exchange.request());
    if (!incoming)
        return refuse(exchange, idIn(exchange.request().body), incoming.error());
    if (eraOf(exchange.request(), *incoming) == mcp::Era::Modern)
        return m_modern.post(exchange, *incoming, server);
    postLegacy(exchange, *incoming, server);
}

void Gateway::setSettings(const GatewaySettings &settings)
{
    m_settings.table = settings.table;
    m_settings.legacy = settings.legacy;
    m_settings.streams = settings.streams;
    m_sessions.setLimits(settings.table);
    m_sseSessions.setLimits(withoutExpiry(settings.table));
    m_modern.setLimits(settings.table);
}

void Gateway::shutDown()
{
    m_stopping = true;
    m_modern.shutDown();
    m_sessions.removeAll();
    m_sseSessions.removeAll();
    if (m_backend.dropSuspended)
        m_backend.dropSuspended();
}

} // namespace bridge::gateway
