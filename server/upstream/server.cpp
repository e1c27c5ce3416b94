// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/server.h"

#include "common/logging/categories.h"
#include "server/upstream/catalogue.h"
#include "server/upstream/launcher.h"
#include "server/upstream/remotepool.h"
#include "server/upstream/toollisting.h"
#include "server/upstream/warmpool.h"

using namespace Qt::StringLiterals;

namespace bridge::upstream {

using Purpose = ChildBudget::Purpose;

Lease::Lease(InstancePtr instance, std::function<void(InstancePtr)> giveBack)
    : m_instance(std::move(instance))
    , m_giveBack(std::move(giveBack))
{
}

Lease::~Lease()
{
    if (m_giveBack)
        m_giveBack(std::move(m_instance));
}

class Server::Private
{
public:
    Private(ServerDefinition definition, std::shared_ptr<ChildBudget> childBudget)
        : launcher(std::make_shared<Launcher>(std::move(definition), childBudget))
        , budget(std::move(childBudget))
        , catalogue(launcher->definition().cacheTtl)
        , own(std::make_shared<const ServerDefinition>(launcher->definition()))
    {
    }

    static Task<LeasePtr> leaseFor(QPointer<Server> server, ServerPin pin, Identity identity);
    static Task<ToolSetPtr> toolsFor(QPointer<Server> server, ServerPin pin, Identity identity,
                                     QPointer<mcp::Client> client, bool hasClient);
    Call leaseRemote(const Identity &identity, Handler<LeasePtr> handler);
    Call leaseShared(const Identity &identity, Handler<LeasePtr> handler);
    Call leaseFresh(const Identity &identity, Handler<LeasePtr> handler);
    bool evictWarm();

    /// Whose client the listing of a scope uses; none when it has an instance leased for it.
    using Lender = std::optional<QPointer<mcp::Client>>;
    static Task<ToolSetPtr> askForTools(QPointer<Server> server, Identity identity,
                                        QPointer<mcp::Client> client);
    Call joinListing(QPointer<Server> server, const Identity &identity, mcp::Client *client,
                     Lender &lender, Handler<ToolSetPtr> handler);

    std::shared_ptr<Launcher> launcher;
    std::shared_ptr<ChildBudget> budget;
    Catalogue catalogue;
    OwnTools own;
    QHash<QString, QPointer<mcp::Client>> lenders; ///< by scope, of listings under way
    std::unique_ptr<WarmPool> pool;
    std::shared_ptr<RemotePool> remotes = std::make_shared<RemotePool>();
    InstancePtr shared; ///< of a `reuse` definition
    SingleFlight<InstancePtr> sharedStart;
    std::shared_ptr<const int> pin = std::make_shared<const int>(0);
    int evictor = 0;
    bool isDown = false;
    bool isRetired = false;
    bool isGone = false;
};

namespace {

LeasePtr oneUse(InstancePtr instance)
{
    return std::make_shared<Lease>(std::move(instance), nullptr);
}

Error downError()
{
    return {ErrorCode::Overloaded, u"The bridge is shutting down. Try again in a moment."_s};
}

} // namespace

Server::Server(ServerDefinition definition, std::shared_ptr<ChildBudget> budget, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>(std::move(definition), std::move(budget)))
{
    const ServerDefinition &own = d->launcher->definition();
    const bool mayBeWarm = !own.disabled && !own.reuse && !own.remote && !own.needsIdentity()
                           && own.auth.environment.isEmpty(); // each start needs its own token
    const auto start = [launcher = d->launcher](Handler<InstancePtr> done) {
        return launcher->launch({}, Purpose::Spare, std::move(done));
    };
    d->pool = std::make_unique<WarmPool>(mayBeWarm ? own.warmPoolSize : 0, start);
    d->evictor = d->budget->addEvictor([this] { return d->evictWarm(); });
    connect(d->launcher.get(), &Launcher::started, this, &Server::instanceStarted);
    connect(d->launcher.get(), &Launcher::died, this, &Server::instanceDied);
    connect(d->launcher.get(), &Launcher::remoteCalled, this, &Server::remoteCalled);
    connect(d->launcher.get(), &Launcher::offersChanged, this, &Server::offersChanged);
    connect(d->launcher.get(), &Launcher::promptsChanged, this, &Server::promptsChanged);
    connect(d->launcher.get(), &Launcher::resourcesChanged, this, &Server::resourcesChanged);
    connect(d->launcher.get(), &Launcher::toolsChanged, this, [this](mcp::Client *client) {
        d->own.noteChange(client);
        d->catalogue.invalidate();
        Q_EMIT toolsChanged();
    });
}

Server::~Server()
{
    d->launcher->disconnect(this);
    d->budget->removeEvictor(d->evictor);
}

bool Server::Private::evictWarm()
{
    InstancePtr instance = pool->evict();
    if (!instance)
        return false;
    launcher->surrender(std::move(instance));
    return true;
}

const ServerDefinition &Server::definition() const
{
    return d->launcher->definition();
}

ServerStatus Server::status() const
{
    const Launcher::Counters &counters = d->launcher->counters();
    ServerStatus status;
    status.instances = counters.live;
    status.warm = d->pool->ready();
    status.starts = counters.starts;
    status.startFailures = counters.startFailures;
    status.deaths = counters.deaths;
    status.lastError = counters.lastError;
    status.revision = counters.revision;
    if (definition().disabled)
        status.state = u"disabled"_s;
    else if (d->launcher->isCircuitOpen() || d->launcher->hasOnlyFailed())
        status.state = u"failed"_s;
    else if (counters.failuresInRow > 0)
        status.state = u"degraded"_s;
    else if (counters.starts == 0 && counters.live > 0)
        status.state = u"starting"_s;
    else
        status.state = u"ready"_s;
    return status;
}

Call Server::open(const Identity &identity, Handler<InstancePtr> handler)
{
    if (d->isDown)
        return later([handler = std::move(handler)] { handler(downError()); });
    return d->launcher->launch(identity, Purpose::Need, std::move(handler));
}

Call Server::lease(const Identity &identity, Handler<LeasePtr> handler)
{
    if (d->isDown)
        return later([handler = std::move(handler)] { handler(downError()); });
    const Identity effective = d->launcher->effective(identity);
    if (effective.caller)
        return Private::leaseFor(this, pin(), effective).start(std::move(handler));
    if (effective.isNeutral() && definition().remote)
        return d->leaseRemote(effective, std::move(handler));
    if (effective.isNeutral() && definition().reuse)
        return d->leaseShared(effective, std::move(handler));
    if (effective.isNeutral()) {
        if (InstancePtr warm = d->pool->take())
            return later([lease = oneUse(std::move(warm)), handler = std::move(handler)] {
                handler(lease);
            });
    }
    return d->leaseFresh(effective, std::move(handler));
}

namespace {

/// \a identity with what its caller may have of \a server.
Task<Identity> resolved(QPointer<Server> server, Identity identity)
{
    const std::shared_ptr<const Caller> caller = identity.caller;
    Result<Identity> known = co_await answer<Identity>([&](Handler<Identity> done) {
        return caller->resolve(identity, server->definition(), std::move(done));
    });
    if (!known)
        co_return known.error();
    if (!server)
        co_return downError();
    known->caller.reset();
    co_return known;
}

} // namespace

Task<LeasePtr> Server::Private::leaseFor(QPointer<Server> server, ServerPin, Identity identity)
{
    Result<Identity> known = co_await resolved(server, std::move(identity));
    if (!known)
        co_return known.error();
    co_return co_await answer<LeasePtr>(
        [&](Handler<LeasePtr> done) { return server->lease(*known, std::move(done)); });
}

Task<ToolSetPtr> Server::Private::toolsFor(QPointer<Server> server, ServerPin, Identity identity,
                                           QPointer<mcp::Client> client, bool hasClient)
{
    Result<Identity> known = co_await resolved(server, std::move(identity));
    if (!known)
        co_return known.error();
    if (hasClient && !client)
        co_return Error(ErrorCode::UpstreamFailed, u"The MCP server ended. Try again."_s);
    co_return co_await answer<ToolSetPtr>(
        [&](Handler<ToolSetPtr> done) { return server->tools(*known, client, std::move(done)); });
}

Call Server::Private::leaseFresh(const Identity &identity, Handler<LeasePtr> handler)
{
    return launcher->launch(identity, Purpose::Need,
                            [handler = std::move(handler)](Result<InstancePtr> outcome) {
                                if (outcome)
                                    handler(oneUse(std::move(*outcome)));
                                else
                                    handler(outcome.error());
                            });
}

Call Server::Private::leaseRemote(const Identity &identity, Handler<LeasePtr> handler)
{
    const auto lend = [weak = std::weak_ptr(remotes)](InstancePtr instance) {
        return std::make_shared<Lease>(std::move(instance), [weak](InstancePtr back) {
            if (const auto strong = weak.lock())
                strong->giveBack(std::move(back));
        });
    };
    if (InstancePtr idle = remotes->take())
        return later(
            [lease = lend(std::move(idle)), handler = std::move(handler)] { handler(lease); });
    return launcher->launch(identity, Purpose::Need,
                            [lend, handler = std::move(handler)](Result<InstancePtr> outcome) {
                                if (outcome)
                                    handler(lend(std::move(*outcome)));
                                else
                                    handler(outcome.error());
                            });
}

Call Server::Private::leaseShared(const Identity &identity, Handler<LeasePtr> handler)
{
    if (shared && shared->isAlive())
        return later([lease = oneUse(shared), handler = std::move(handler)] { handler(lease); });
    shared.reset();
    return sharedStart.join(
        [this, handler = std::move(handler)](Result<InstancePtr> outcome) {
            if (!outcome)
                return handler(outcome.error());
            if (!isDown && !isRetired)
                shared = *outcome;
            handler(oneUse(std::move(*outcome)));
        },
        [this, identity](Handler<InstancePtr> done) {
            return launcher->launch(identity, Purpose::Need, std::move(done));
        });
}

ToolSetPtr Server::cachedTools(const Identity &identity) const
{
    return d->catalogue.cached(Catalogue::scopeOf(d->launcher->effective(identity)));
}

Call Server::Private::joinListing(QPointer<Server> server, const Identity &identity,
                                  mcp::Client *client, Lender &lender, Handler<ToolSetPtr> handler)
{
    const QString scope = Catalogue::scopeOf(launcher->effective(identity));
    const auto fetch = [&](Handler<ToolSetPtr> done) {
        lenders.remove(scope);
        const auto definition = std::make_shared<const ServerDefinition>(launcher->definition());
        if (client) {
            lenders.removeIf([](const auto &entry) { return entry.value().isNull(); });
            lenders.insert(scope, client);
            return listTools(client, definition, std::move(done));
        }
        const auto leaseOne = [server, identity](Handler<LeasePtr> leased) -> Call {
            if (server)
                return server->lease(identity, std::move(leased));
            return later([leased = std::move(leased)] { leased(downError()); });
        };
        return listToolsOnce(leaseOne, definition).start(std::move(done));
    };
    Call call = catalogue.get(scope, fetch, std::move(handler));
    lender = lenders.contains(scope) ? Lender(lenders.value(scope)) : std::nullopt;
    return call;
}

// A listing ends with the client it uses: when its caller leaves, those who had joined him go on
// with the next one's.
Task<ToolSetPtr> Server::Private::askForTools(QPointer<Server> server, Identity identity,
                                              QPointer<mcp::Client> client)
{
    const bool hasClient = !client.isNull();
    for (;;) {
        Lender lender;
        Result<ToolSetPtr> tools = co_await answer<ToolSetPtr>([&](Handler<ToolSetPtr> done) {
            return server->d->joinListing(server, identity, client, lender, std::move(done));
        });
        const bool isLost =
            !tools && lender && *lender != client && (lender->isNull() || !(*lender)->isOpen());
        if (!isLost || !server || (hasClient && !client))
            co_return tools;
    }
}

bool Server::hasOwnTools() const
{
    return !d->own.isEmpty();
}

Call Server::tools(const Identity &identity, mcp::Client *client, Handler<ToolSetPtr> handler)
{
    if (d->own.has(client))
        return d->own.list(client, std::move(handler));
    if (identity.caller) {
        Identity effective = d->launcher->effective(identity);
        if (effective.caller)
            return Private::toolsFor(this, pin(), std::move(effective), client, client != nullptr)
                .start(std::move(handler));
        return Private::askForTools(this, std::move(effective), client).start(std::move(handler));
    }
    return Private::askForTools(this, identity, client).start(std::move(handler));
}

void Server::warmUp()
{
    if (!d->isDown)
        d->pool->warmUp();
}

ServerPin Server::pin() const
{
    return d->pin;
}

void Server::retire(bool gone)
{
    d->isRetired = true;
    d->isGone = gone;
    // A drained pool would fill up again with the next call.
    d->pool = std::make_unique<WarmPool>(0, nullptr);
    d->remotes->drain();
    d->shared.reset();
}

bool Server::isGone() const
{
    return d->isGone;
}

bool Server::isForgotten() const
{
    return d->isRetired && d->pin.use_count() == 1 && d->launcher->counters().live == 0;
}

void Server::shutDown(std::function<void()> done)
{
    d->isDown = true;
    d->pool->drain();
    d->remotes->drain();
    d->shared.reset();
    d->launcher->whenEmpty(std::move(done));
}

} // namespace bridge::upstream
