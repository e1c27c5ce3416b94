// SPDX-License-Identifier: GPL-3.0-or-later
// What the parts of the dispatcher share. Main thread.
#pragma once

#include "common/async/task.h"
#include "server/gateway/changehub.h"
#include "server/gateway/dispatcher.h"
#include "server/gateway/offers.h"
#include "server/gateway/requeststate.h"
#include "server/gateway/suspended.h"
#include "server/gateway/target.h"
#include "server/gateway/taskbook.h"
#include "server/upstream/singleflight.h"

#include <QtCore/QPointer>

namespace bridge::gateway {

/// A client's session with one server, as far as it goes on between requests.
struct Seat {
    QPointer<upstream::Instance> watched; ///< signals of this one are connected
    QHash<QString, QString> uris;         ///< subscribed to: the server's URI → the client's
    upstream::InstancePtr held;           ///< keeps the session from expiring while there are any
    std::vector<Call> calls;              ///< subscriptions on their way
};

/// Servers that stay as long as this list, whatever becomes of the registry.
class PinnedServers : public QList<upstream::Server *>
{
public:
    void add(upstream::Server *server)
    {
        append(server);
        m_pins.append(server->pin());
    }

private:
    QList<upstream::ServerPin> m_pins;
};

class Core
{
public:
    Core(DispatcherOptions given, upstream::Registry *servers, sessions::SessionManager *manager,
         telemetry::Metrics *counters);

    DispatcherOptions options;
    upstream::Registry *registry;
    sessions::SessionManager *sessions;
    telemetry::Metrics *metrics;
    OfferBook offers;
    RequestSealer sealer;
    SuspendedCalls suspended;
    TaskBook tasks;
    ChangeHub changes;
    OwnerCount subscriptions; ///< modern ones that are open

    /// The servers behind \a name (as Request::server), in the order of their definition; empty
    /// when there is none. Where \a state, if given, has a session, that session's: a definition
    /// may have changed since.
    PinnedServers serversOf(const QString &name, const ClientState *state = nullptr) const;
    /// What the view at \a name, if it is one, shows of \a server includes \a key, the server's own
    /// name, URI or URI template, and the policy does not hide it from \a identity; \a tool of
    /// tools.
    bool shows(const QString &name, const upstream::Identity &identity,
               const upstream::Server *server, OfferKind kind, const QString &key,
               const upstream::Tool *tool = nullptr) const;
    /// Clients at \a name see something of \a server.
    bool shows(const QString &name, const QString &server) const;
    /// Clients at \a name see any offers of \a kind of \a server, should there be some.
    bool showsAny(const QString &name, const upstream::Server *server, OfferKind kind) const;
    /// A change told by ChangeHub is one clients at \a name may see.
    bool concerns(const QString &name, const QString &changed) const;
    /// Names carry the server's: more than one server answers there.
    bool isShared(const QString &name) const;
    /// Learns what \a server said of itself.
    void remember(const upstream::Server *server, const mcp::ServerInfo &info);
    std::optional<mcp::ServerInfo> infoOf(const upstream::Server *server) const;

    /// The session of \a state with \a server, started on first use or when it was closed; one
    /// start for all who wait, which goes on when they lose patience.
    Call sessionFor(const ClientStatePtr &state, upstream::Server *server,
                    Handler<sessions::SessionPtr> handler);
    /// Passes on what \a instance, now serving \a state, tells without being asked.
    void watch(ClientState *state, upstream::Server *server, const upstream::InstancePtr &instance);
    /// Nothing is kept for \a state any more; who waits for a session of it fails.
    void forget(ClientState *state);
    /// Asks \a server what it says of itself, for the request of \a identity: one question for
    /// all who wait, which goes on when they lose patience, and whose answer is remembered.
    Call learn(upstream::Server *server, const upstream::Identity &identity,
               Handler<Nothing> handler);
    /// Nobody is asked any more what learn() asked.
    void stopLearning();
    /// \a state hears of list changes of the servers it sees, once it has none of its own to tell.
    void announceTo(const ClientStatePtr &state);
    /// What \a state is to be told of the resources of one server.
    Seat &seatOf(const ClientState *state, const upstream::Server *server);
    Seat &seatOf(const ClientState *state, const QString &server)
    {
        return m_seats[{state, server}];
    }
    /// It has not been replaced by another one of its name.
    bool isCurrent(const upstream::Server *server) const;
    /// Leases as options.lease says.
    Call lease(upstream::Server *server, const upstream::Identity &identity,
               Handler<upstream::LeasePtr> handler);

private:
    using SeatKey = std::pair<const ClientState *, QString>;
    /// Work that several wait for. It goes on without them, as this waits as well.
    template <typename T>
    struct Shared {
        upstream::SingleFlight<T> flight;
        Call own;
    };

    void resubscribe(ClientState *state, const QString &server);
    void followRegistry();

    QHash<QString, mcp::ServerInfo> m_infos;
    std::map<SeatKey, Shared<sessions::SessionPtr>> m_starts;
    std::map<SeatKey, Seat> m_seats;
    /// By server, which the work pins, and whom it sees.
    std::map<std::pair<const upstream::Server *, QString>, Shared<Nothing>> m_learning;
};

/// The caller as its servers know it: with what its client can answer. With \a state exactly
/// that; else at least the ordinary, so that prepared servers can be used and what the client
/// cannot answer is refused in its name.
upstream::Identity identityFor(const upstream::Identity &identity, const ClientProfile &profile,
                               const ClientState *state);

/// Name of the offers \a session lists for its client, apart from everybody else's.
QString scopeOf(const sessions::Session &session);

/// A server for \a request: that of its client's state, started on first use, else one leased for
/// this request. \a core and \a server outlive the call.
Task<Target> acquire(Core *core, upstream::Server *server, ClientStatePtr state,
                     upstream::Identity identity);

} // namespace bridge::gateway
