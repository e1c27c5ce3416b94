// SPDX-License-Identifier: GPL-3.0-or-later
// The HTTP server: listener, connection guard, host policy and router in one piece.
#pragma once

#include "common/base/networks.h"
#include "server/http/hostpolicy.h"
#include "server/http/limits.h"
#include "server/http/router.h"

#include <QtCore/QObject>
#include <QtCore/QSet>
#include <QtCore/QTimer>

#include <chrono>
#include <functional>
#include <memory>

namespace bridge::http {

class Connection;
class Listener;

struct ServerOptions {
    QHostAddress address{QHostAddress::LocalHost};
    quint16 port = 8000; ///< 0 = any free port
    ServerLimits limits;
    QString basePath;         ///< MCP_BASE_PATH
    QStringList allowedHosts; ///< ALLOWED_HOSTS
    QStringList corsOrigins;  ///< CORS_ORIGINS
    bool corsCredentials = false;
    Networks proxies; ///< see Server::setProxies()
    std::chrono::milliseconds heartbeat{15000}; ///< pause between SSE comments
};

/// What is left of an exchange when it is over, for metrics and the access log.
struct ExchangeSummary {
    QByteArray method; ///< empty when the request line could not be read
    QByteArray target;
    QHostAddress peer;
    QHostAddress client;
    int status = 0;           ///< 499 when the client left before the answer
    qint64 requestBytes = 0;  ///< body only
    qint64 responseBytes = 0; ///< with head
    qint64 durationUs = 0;
    QString requestId;
    QString traceId;
    std::shared_ptr<const Attachment> attachment; ///< who it was, for those who know the type
    ExchangeFields fields;                        ///< `handler` is `none` when no route was reached
};

class Server : public QObject
{
    Q_OBJECT

public:
    explicit Server(ServerOptions options, QObject *parent = nullptr);
    ~Server() override;

    Router &router() { return m_router; }
    const Router &router() const { return m_router; }
    const ServerOptions &options() const { return m_options; }

    /// Starts listening and returns the port; a taken port or foreign address is InvalidConfig
    /// with a sentence about it.
    Result<quint16> listen();
    quint16 port() const;
    /// For streams that begin from now on.
    void setHeartbeat(std::chrono::milliseconds interval) { m_options.heartbeat = interval; }
    /// Whose X-Forwarded-For says where a request comes from, and who has no share of his own of
    /// the memory for bodies: requests, and connections, from now on.
    void setProxies(Networks proxies) { m_options.proxies = std::move(proxies); }
    int connectionCount() const;
    int runningExchanges() const { return int(m_running.size()); }

    /// Stops accepting, closes idle connections, lets running exchanges finish and runs \a done
    /// when all are gone; what is left after \a timeout is cut off.
    void drain(std::chrono::milliseconds timeout, std::function<void()> done);

Q_SIGNALS:
    void exchangeFinished(const bridge::http::ExchangeSummary &summary);

private:
    friend class Connection;
    /// Called by a connection for each complete request.
    Exchange *begin(Request request, Connection *connection);
    /// Called by a connection that answered \a error without a request to go by.
    void refused(const QHostAddress &peer, const Error &error, const QString &requestId,
                 qint64 bytes);
    void run(Exchange &exchange);
    void over(Exchange *exchange);
    void checkDrained();

    ServerOptions m_options;
    Router m_router;
    HostPolicy m_policy;
    std::unique_ptr<Listener> m_listener;
    QSet<Exchange *> m_running;
    QTimer m_drainTimer;
    std::function<void()> m_drained;
};

} // namespace bridge::http
