// SPDX-License-Identifier: GPL-3.0-or-later
// Streamable HTTP of the stateless era (MCP 2026-07-28): every request stands for itself, its
// connection is its life. Checks headers against the body, maps errors to HTTP statuses and turns
// an answer into a stream as soon as the server has something to say before it.
#pragma once

#include "server/gateway/backend.h"
#include "server/gateway/handletable.h"
#include "server/gateway/incoming.h"
#include "server/gateway/modernway.h"

namespace bridge::gateway {

struct ModernOptions {
    QByteArray sessionField; ///< the REST routes' header, taken as a handle too
    std::chrono::milliseconds streamAfter{10'000}; ///< a slow answer becomes a stream
    bool sessionTools = false;                     ///< those of sessiontools.h can be called
    TableLimits handles;                           ///< of the sessions they start
    const ViewBook *views = nullptr;               ///< outlives the face; null = there are none
};

class ModernFace : public QObject
{
    Q_OBJECT
public:
    ModernFace(ModernOptions options, Backend backend, upstream::Registry *registry,
               sessions::SessionManager *manager, QObject *parent = nullptr);
    ~ModernFace() override;

    void post(http::Exchange &exchange, const Incoming &incoming, const QString &server);
    /// For the handles of the session tools, from now on.
    void setLimits(const TableLimits &limits) { m_handles.setLimits(limits); }
    /// Ends the sessions of the session tools that belong to the endpoint \a server.
    void endHandlesAt(const QString &server) { m_handles.endAllAt(server); }
    /// Ends every subscription with its completion result, and the sessions of the session tools.
    void shutDown();

private:
    void run(http::Exchange &exchange, Request request);
    Result<Request> check(const http::Exchange &exchange, const jsonrpc::Message &message,
                          const QString &server);
    void runOwnTool(const std::shared_ptr<ModernWay> &way, const Request &request);
    /// The state behind a session handle; null without one. -32602 for unknown and foreign ones.
    Result<ClientStatePtr> stateFor(const http::Exchange &exchange, const QJsonObject &params,
                                    const QString &server);
    /// The same for \a id of a session of the REST routes; null for unknown and foreign ones.
    ClientStatePtr restState(const upstream::Identity &identity, const QString &server,
                             const QString &id);
    sessions::SessionPtr findSession(const QString &owner, const QString &server,
                                     const QString &id) const;
    void forget(const QString &key);

    ModernOptions m_options;
    Backend m_backend;
    upstream::Registry *m_registry;
    sessions::SessionManager *m_manager;
    QHash<QString, ClientStatePtr> m_states; ///< by owner, endpoint and REST session
    HandleTable m_handles;
    QList<std::weak_ptr<ModernWay>> m_subscriptions;
};

/// HTTP status of an error answer with JSON-RPC code \a rpcCode: those the specification sets,
/// else 200, as an error is an answer.
int modernStatus(int rpcCode);

} // namespace bridge::gateway
