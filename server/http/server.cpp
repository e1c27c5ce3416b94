// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/server.h"

#include "server/http/clientaddress.h"
#include "server/http/connection.h"
#include "server/http/guardedserver.h"
#include "server/http/listener.h"

using namespace Qt::StringLiterals;

namespace bridge::http {

Server::Server(ServerOptions options, QObject *parent)
    : QObject(parent)
    , m_options(std::move(options))
    , m_policy({m_options.address.isLoopback(), m_options.allowedHosts, m_options.corsOrigins,
                m_options.corsCredentials})
    , m_listener(std::make_unique<Listener>(*this))
{
    m_router.setBasePath(m_options.basePath);
    m_drainTimer.setSingleShot(true);
    connect(&m_drainTimer, &QTimer::timeout, this, [this] { m_listener->guard().cutOffAll(); });
    connect(&m_listener->guard(), &GuardedServer::connectionClosed, this, &Server::checkDrained);
}

Server::~Server()
{
    m_drained = nullptr;
    m_listener->guard().disconnect(this);
    m_listener.reset();
}

Result<quint16> Server::listen()
{
    return m_listener->listen(m_options.address, m_options.port);
}

quint16 Server::port() const
{
    return m_listener->guard().serverPort();
}

int Server::connectionCount() const
{
    return m_listener->guard().connectionCount();
}

Exchange *Server::begin(Request request, Connection *connection)
{
    request.client = clientAddress(request, m_options.proxies);
    request.isForwarded = m_options.proxies.contains(request.peer);
    ExchangeDefaults defaults;
    defaults.headers = m_policy.corsHeaders(request);
    defaults.heartbeat = m_options.heartbeat;
    defaults.maxQueuedBytes = m_options.limits.queuedBytes;
    auto *exchange = new Exchange(std::move(request), connection, std::move(defaults));
    exchange->fields().handler = u"none"_s;
    m_running.insert(exchange);
    return exchange;
}

void Server::run(Exchange &exchange)
{
    if (const std::optional<Error> refusal = m_policy.check(exchange.request())) {
        const Router::Match probe =
            m_router.match(exchange.request().method, exchange.request().rawPath());
        if (!probe.route || !probe.route->anyHost || exchange.request().hasHeader("origin"))
            return exchange.finish(*refusal);
    }
    if (HostPolicy::isPreflight(exchange.request())) {
        const Router::Match match =
            m_router.match(exchange.request().method, exchange.request().rawPath());
        for (const auto &[name, value] : m_policy.preflightHeaders(exchange.request(), match.allow))
            exchange.addHeader(name, value);
    }
    m_router.dispatch(exchange);
}

void Server::over(Exchange *exchange)
{
    if (!m_running.remove(exchange))
        return;
    ExchangeSummary summary;
    summary.method = exchange->request().method;
    summary.target = exchange->request().target;
    summary.peer = exchange->request().peer;
    summary.client = exchange->request().client;
    summary.status = exchange->status();
    summary.requestBytes = exchange->request().body.size();
    summary.responseBytes = exchange->responseBytes();
    summary.durationUs = exchange->elapsedUs();
    summary.requestId = exchange->requestId();
    summary.traceId = exchange->traceId();
    summary.attachment = exchange->attachment();
    summary.fields = exchange->fields();
    Q_EMIT exchangeFinished(summary);
}

void Server::refused(const QHostAddress &peer, const Error &error, const QString &requestId,
                     qint64 bytes)
{
    ExchangeSummary summary;
    summary.peer = peer;
    summary.client = plainAddress(peer);
    summary.status = httpStatus(error);
    summary.responseBytes = bytes;
    summary.requestId = requestId;
    summary.fields.handler = u"none"_s;
    summary.fields.errorType = errorType(error);
    Q_EMIT exchangeFinished(summary);
}

void Server::drain(std::chrono::milliseconds timeout, std::function<void()> done)
{
    m_drained = std::move(done);
    m_listener->guard().close();
    m_listener->guard().closeIdle();
    m_drainTimer.start(timeout);
    // Never from inside this function, even when nothing was open.
    QMetaObject::invokeMethod(this, &Server::checkDrained, Qt::QueuedConnection);
}

void Server::checkDrained()
{
    if (!m_drained || connectionCount() > 0)
        return;
    m_drainTimer.stop();
    std::exchange(m_drained, nullptr)();
}

} // namespace bridge::http
