// SPDX-License-Identifier: GPL-3.0-or-later
// The MCP face of the bridge over HTTP: the routes and what they share.
#pragma once

#include "server/gateway/modernface.h"
#include "server/gateway/sessiontable.h"
#include "server/gateway/views.h"
#include "server/http/router.h"

namespace bridge::gateway {

struct GatewaySettings {
    TableLimits table;
    LegacyLimits legacy;
    OwnerLimits streams;             ///< listening ones of legacy clients
    QByteArray sessionField;         ///< SESSION_FIELD_NAME, a second name of the session handle
    bool sessionTools = false;       ///< MCP_SESSION_TOOLS
    const ViewBook *views = nullptr; ///< outlives the gateway; null = there are none
    const policy::Warden *warden = nullptr; ///< outlives the gateway; null = all is allowed
};

class Gateway : public QObject
{
    Q_OBJECT
public:
    /// The registry and the manager outlive the gateway; so does what \a backend stands for.
    Gateway(GatewaySettings settings, Backend backend, upstream::Registry *registry,
            sessions::SessionManager *manager, QObject *parent = nullptr);
    ~Gateway() override;

    /// `/mcp`, `/servers/{server}/mcp`, `/views` and what is below, `/sse` and `/sse/messages`.
    /// \a router dies first.
    void addRoutes(http::Router &router);
    /// Ends sessions and long streams, so that the HTTP server can finish.
    void shutDown();
    /// From now on; the session field and the session tools stay as they are.
    void setSettings(const GatewaySettings &settings);

private:
    void serve(http::Exchange &exchange, const http::PathParams &params);
    void serveAt(http::Exchange &exchange, const QString &server);
    void post(http::Exchange &exchange, const QString &server);

    // --- views (viewroutes.cpp)
    void addViewRoutes(http::Router &router);
    void serveView(http::Exchange &exchange, const QString &name);
    /// The caller may know that there is a server of this name.
    bool shows(const http::Exchange &exchange, const QString &server) const;
    /// As the caller may see it; empty when nothing in it is for him.
    QJsonObject viewOf(const http::Exchange &exchange, const View &view) const;
    void listViews(http::Exchange &exchange);
    void describeView(http::Exchange &exchange, const QString &name);
    void listTools(http::Exchange &exchange, const QString &name);
    void dropView(const QString &name);

    // --- legacy Streamable HTTP (legacyface.cpp)
    void postLegacy(http::Exchange &exchange, const Incoming &incoming, const QString &server);
    void initialize(http::Exchange &exchange, const Incoming &incoming, const QString &server);
    void welcome(http::Exchange &exchange, const LegacySessionPtr &session, const QByteArray &id,
                 const Result<Answer> &answer);
    void getStream(http::Exchange &exchange, const QString &server);
    void endSession(http::Exchange &exchange, const QString &server);
    Result<LegacySessionPtr> sessionOf(http::Exchange &exchange, const QString &server);
    std::shared_ptr<qint64> bufferedOf(const QString &owner);
    LegacySessionPtr newSession(const QString &id, const ClientStatePtr &state, bool resumable);

    // --- HTTP+SSE (sseface.cpp)
    void openSse(http::Exchange &exchange);
    void postSse(http::Exchange &exchange);
    void takeSse(const LegacySessionPtr &session, const ChannelPtr &channel,
                 http::Exchange &exchange, const jsonrpc::Message &message);

    GatewaySettings m_settings;
    Backend m_backend;
    upstream::Registry *m_registry;
    const ViewBook *m_views;
    QString m_basePath;
    std::shared_ptr<qint64> m_buffered = std::make_shared<qint64>(0); ///< bytes for resumption
    QHash<QString, std::weak_ptr<qint64>> m_bufferedBy;               ///< the same, by owner
    SessionTable m_sessions;                                          ///< Streamable HTTP
    SessionTable m_sseSessions; ///< HTTP+SSE: each ends with its stream
    ModernFace m_modern;
    bool m_stopping = false;
};

} // namespace bridge::gateway
