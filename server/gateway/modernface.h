// SPDX-License-Identifier: GPL-3.0-or-later
// Streamable HTTP of the stateless era (MCP 2026-07-28): every request stands for itself, its
// connection is its life. Checks headers against the body, maps errors to HTTP statuses and turns
// an answer into a stream as soon as the server has something to say before it.
#pragma once

#include "server/gateway/backend.h"
#include "server/gateway/incoming.h"
#include "server/gateway/modernway.h"

namespace bridge::gateway {

/// A session id given here binds a modern request to the server instance of that session.
inline constexpr char kHandleHeader[] = "Mcp-Bridge-Session";

struct ModernOptions {
    QByteArray sessionField; ///< the REST routes' header, taken as a handle too
    std::chrono::milliseconds streamAfter{10'000}; ///< a slow answer becomes a stream
};

class ModernFace : public QObject
{
    Q_OBJECT
public:
    ModernFace(ModernOptions options, Backend backend, upstream::Registry *registry,
               sessions::SessionManager *manager, QObject *parent = nullptr);
    ~ModernFace() override;

    void post(http::Exchange &exchange, const Incoming &incoming, const QString &server);
    /// Ends every subscription with its completion result.
    void shutDown();

private:
    void run(http::Exchange &exchange, Request request);
    Result<Request> check(const http::Exchange &exchange, const jsonrpc::Message &message,
                          const QString &server);
    /// The state behind a session handle; null without one. -32602 for unknown and foreign ones.
    Result<ClientStatePtr> stateFor(const http::Exchange &exchange, const QString &server);
    sessions::SessionPtr findSession(const QString &owner, const QString &server,
                                     const QString &id) const;
    void forget(const QString &key);

    ModernOptions m_options;
    Backend m_backend;
    upstream::Registry *m_registry;
    sessions::SessionManager *m_manager;
    QHash<QString, ClientStatePtr> m_states; ///< by owner, endpoint and handle
    QList<std::weak_ptr<ModernWay>> m_subscriptions;
};

/// HTTP status of an error answer with JSON-RPC code \a rpcCode: those the specification sets,
/// else 200, as an error is an answer.
int modernStatus(int rpcCode);

} // namespace bridge::gateway
