// SPDX-License-Identifier: GPL-3.0-or-later
// One defined MCP server: starts instances for sessions, leases them for single calls (warm pool),
// knows its tools, and opens the circuit when it keeps failing to start.
#pragma once

#include "server/upstream/identity.h"
#include "server/upstream/instance.h"
#include "server/upstream/remotecall.h"
#include "server/upstream/toolset.h"

namespace bridge::upstream {

class ChildBudget;

/// Keeps a Server that was taken out of its registry alive. Everything that works with one across
/// a turn of the event loop holds it: a session, a request.
using ServerPin = std::shared_ptr<const void>;

/// An instance for exactly one call. Destroying it ends the use: the instance is stopped, or goes
/// back when the definition says `reuse`.
class Lease
{
public:
    Lease(InstancePtr instance, std::function<void(InstancePtr)> giveBack);
    ~Lease();
    Lease(const Lease &) = delete;
    Lease &operator=(const Lease &) = delete;
    mcp::Client &client() { return m_instance->client(); }
    Instance &instance() { return *m_instance; }

private:
    InstancePtr m_instance;
    std::function<void(InstancePtr)> m_giveBack;
};
using LeasePtr = std::shared_ptr<Lease>;

/// What `/servers` and the metrics show.
struct ServerStatus {
    /// ready | starting | degraded (failed lately, has started before) | failed (has never
    /// started, or is refused by the circuit) | disabled
    QString state;
    int instances = 0;
    int warm = 0;
    qint64 starts = 0;
    qint64 startFailures = 0;
    qint64 deaths = 0;
    QString lastError; ///< safe to show; empty when fine
    QString revision;  ///< last negotiated
};

class Server : public QObject
{
    Q_OBJECT
public:
    Server(ServerDefinition definition, std::shared_ptr<ChildBudget> budget,
           QObject *parent = nullptr);
    ~Server() override;

    const ServerDefinition &definition() const;
    ServerStatus status() const;

    /// A fresh, initialised instance that belongs to the caller. Errors: UpstreamStart,
    /// UpstreamTimeout, UpstreamUnavailable (circuit open), Overloaded (child budget),
    /// Unauthorized (placeholder without a value).
    Call open(const Identity &identity, Handler<InstancePtr> handler);
    /// An instance for one call, from the warm pool when that is allowed.
    Call lease(const Identity &identity, Handler<LeasePtr> handler);

    /// The cached tools, or null when they must be fetched first.
    ToolSetPtr cachedTools(const Identity &identity) const;
    /// Some instance has tools of its own; which ones tools() tells when its client is given.
    bool hasOwnTools() const;
    /// The tools, listed through \a client when it is given and nothing is cached. The client of an
    /// instance whose tools changed after it had called one gets those of that instance, which
    /// nobody else gets.
    Call tools(const Identity &identity, mcp::Client *client, Handler<ToolSetPtr> handler);

    /// Begins filling the warm pool.
    void warmUp();
    ServerPin pin() const;
    /// It is no longer in the registry: nothing is prepared any more. Who has it can go on with it;
    /// \a gone: nobody may begin a session.
    void retire(bool gone);
    bool isGone() const;
    /// Retired, and neither a child nor anybody who holds it is left.
    bool isForgotten() const;
    /// Stops the pool and every instance it still owns; \a done when no child is left.
    void shutDown(std::function<void()> done);

Q_SIGNALS:
    void toolsChanged();
    void promptsChanged();
    void resourcesChanged();
    /// One of the above of an instance that has run for a while. \a what: tools, prompts or
    /// resources.
    void offersChanged(const QString &what);
    void instanceStarted(qint64 milliseconds);
    void instanceDied();
    /// A request to a remote server is over, however it ended.
    void remoteCalled(const bridge::upstream::RemoteCall &call);

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace bridge::upstream
