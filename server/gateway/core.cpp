// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/core.h"

#include "common/json/writer.h"
#include "common/mcp/revisions.h"
#include "server/gateway/errand.h"
#include "server/gateway/notices.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

Core::Core(DispatcherOptions given, upstream::Registry *servers, sessions::SessionManager *manager,
           telemetry::Metrics *counters)
    : options(std::move(given))
    , registry(servers)
    , sessions(manager)
    , metrics(counters)
    , suspended(options.maxSuspendedPerOwner, options.maxSuspended)
    , changes(servers, &offers)
{
    followRegistry();
}

void Core::followRegistry()
{
    const auto forget = [this](const QString &name) {
        m_infos.remove(name);
        changes.replaced(name);
    };
    QObject::connect(registry, &upstream::Registry::serverAdded, &changes,
                     [this, forget](upstream::Server *server) {
                         changes.follow(server);
                         forget(server->definition().name);
                     });
    QObject::connect(registry, &upstream::Registry::serverRetired, &changes,
                     [this, forget](upstream::Server *server, bool gone) {
                         forget(server->definition().name);
                         if (gone)
                             Q_EMIT changes.gone(server->definition().name);
                     });
}

bool Core::isCurrent(const upstream::Server *server) const
{
    return registry->find(server->definition().name) == server;
}

PinnedServers Core::serversOf(const QString &name, const ClientState *state) const
{
    PinnedServers found;
    const auto all = registry->servers();
    for (upstream::Server *server : all) {
        const upstream::ServerDefinition &definition = server->definition();
        if (definition.disabled || (!name.isEmpty() && definition.name != name))
            continue;
        const auto session = state ? state->sessions.value(definition.name) : nullptr;
        const bool isOpen = session && session->state() != sessions::Session::State::Closing;
        found.add(isOpen ? &session->server() : server);
    }
    return found;
}

bool Core::isShared(const QString &name) const
{
    return name.isEmpty() && registry->isMany();
}

void Core::remember(const upstream::Server *server, const mcp::ServerInfo &info)
{
    if (isCurrent(server))
        m_infos.insert(server->definition().name, info);
}

std::optional<mcp::ServerInfo> Core::infoOf(const upstream::Server *server) const
{
    const auto found = m_infos.find(server->definition().name);
    return found == m_infos.end() ? std::nullopt : std::optional(*found);
}

Call Core::lease(upstream::Server *server, const upstream::Identity &identity,
                 Handler<upstream::LeasePtr> handler)
{
    return options.lease ? options.lease(*server, identity, std::move(handler))
                         : server->lease(identity, std::move(handler));
}

Call Core::sessionFor(const ClientStatePtr &state, upstream::Server *server,
                      Handler<sessions::SessionPtr> handler)
{
    const QString name = server->definition().name;
    const sessions::SessionPtr known = state->sessions.value(name);
    if (known && known->state() != sessions::Session::State::Closing)
        return later([known, handler = std::move(handler)] { handler(known); });
    // A request that outlives its session must not leave a server behind.
    if (state->released)
        return later([handler = std::move(handler)] {
            handler(Error(ErrorCode::SessionNotFound, u"The session has ended."_s));
        });
    const auto start = [this, server, &state](Handler<sessions::SessionPtr> done) {
        return sessions->start(server, identityFor(state->identity, state->profile, state.get()),
                               {}, {}, std::move(done));
    };
    return m_starts[{state.get(), name}].join(
        [weak = std::weak_ptr(state), name,
         handler = std::move(handler)](const Result<sessions::SessionPtr> &session) {
            if (const ClientStatePtr strong = weak.lock(); strong && session)
                strong->sessions.insert(name, *session);
            handler(session);
        },
        start);
}

void Core::watch(ClientState *state, upstream::Server *server,
                 const upstream::InstancePtr &instance)
{
    const QString name = server->definition().name;
    Seat &seat = seatOf(state, server);
    if (seat.watched == instance.get())
        return;
    seat.watched = instance.get();
    const QString scope = scopeOf(*state->sessions.value(name));
    mcp::Client *client = &instance->client();
    const auto pass = [this, state, scope](OfferKind kind, const QString &what) {
        offers.forget(scope, kind);
        if (kind == OfferKind::Resources)
            offers.forget(scope, OfferKind::Templates);
        Q_EMIT state->notified(u"notifications/%1/list_changed"_s.arg(what), {});
    };
    for (const OfferKind kind :
         {OfferKind::Tools, OfferKind::Prompts, OfferKind::Resources, OfferKind::Templates})
        offers.forget(scope, kind); // it may be a new one after a restart
    QObject::connect(client, &mcp::Client::toolsChanged, state,
                     [pass] { pass(OfferKind::Tools, u"tools"_s); });
    QObject::connect(client, &mcp::Client::promptsChanged, state,
                     [pass] { pass(OfferKind::Prompts, u"prompts"_s); });
    QObject::connect(client, &mcp::Client::resourcesChanged, state,
                     [pass] { pass(OfferKind::Resources, u"resources"_s); });
    QObject::connect(
        client, &mcp::Client::resourceUpdated, state, [this, state, name](const QString &uri) {
            const auto &uris = seatOf(state, name).uris;
            if (const auto known = uris.find(uri); known != uris.end())
                Q_EMIT state->notified(u"notifications/resources/updated"_s,
                                       json::compactJson(QJsonObject{{"uri"_L1, *known}}));
        });
    QObject::connect(client, &mcp::Client::logReceived, state,
                     [state](const mcp::LogMessage &message) {
                         if (state->profile.era == mcp::Era::Legacy
                             && isLoggedAt(state->profile.logLevel, message.level))
                             Q_EMIT state->notified(u"notifications/message"_s, logParams(message));
                     });
    QObject::connect(client, &mcp::Client::notified, state,
                     [state](const QString &method, const QJsonObject &params) {
                         // Since 2025-11-25, and gone with the modern era.
                         if (method == "notifications/elicitation/complete"_L1
                             && state->profile.revision == mcp::kNewestLegacyRevision)
                             Q_EMIT state->notified(method, json::compactJson(params));
                     });
    if (!state->profile.logLevel.isEmpty())
        client->setLogLevel(state->profile.logLevel);
    resubscribe(state, name);
}

// After a restart the server knows nothing of what its client had subscribed to.
void Core::resubscribe(ClientState *state, const QString &server)
{
    Seat &seat = seatOf(state, server);
    seat.calls.clear();
    if (seat.uris.isEmpty())
        return;
    const auto session = state->sessions.value(server);
    seat.calls.push_back(session->use([this, state, server](Result<sessions::Session::Use> use) {
        Seat &again = seatOf(state, server);
        if (!use)
            return;
        again.held = use->instance;
        const QStringList uris = again.uris.keys();
        for (const QString &uri : uris)
            again.calls.push_back(
                again.held->client().subscribe(uri, [](const Result<Nothing> &) {}));
    }));
}

Seat &Core::seatOf(const ClientState *state, const upstream::Server *server)
{
    return seatOf(state, server->definition().name);
}

void Core::announceTo(const ClientStatePtr &state)
{
    if (state->property("announced").toBool())
        return;
    state->setProperty("announced", true);
    QObject::connect(
        &changes, &ChangeHub::changed, state.get(),
        [told = state.get()](const QString &server, const QString &what) {
            const bool isSeen = told->server.isEmpty() || told->server == server;
            // Its own session tells by itself, and of itself.
            const auto own = told->sessions.value(server);
            const bool tellsItself = own && own->state() != sessions::Session::State::Closing;
            if (isSeen && !tellsItself)
                Q_EMIT told->notified(u"notifications/%1/list_changed"_s.arg(what), {});
        });
}

void Core::forget(ClientState *state)
{
    std::erase_if(m_starts, [state](const auto &entry) { return entry.first.first == state; });
    std::erase_if(m_seats, [state](const auto &entry) { return entry.first.first == state; });
    for (const sessions::SessionPtr &session : std::as_const(state->sessions)) {
        for (const OfferKind kind :
             {OfferKind::Tools, OfferKind::Prompts, OfferKind::Resources, OfferKind::Templates})
            offers.forget(scopeOf(*session), kind);
    }
}

upstream::Identity identityFor(const upstream::Identity &identity, const ClientProfile &profile,
                               const ClientState *state)
{
    upstream::Identity known = identity;
    known.clientCapabilities = state ? QJsonObject() : upstream::ordinaryCapabilities();
    for (const auto capability : {"elicitation"_L1, "sampling"_L1, "roots"_L1}) {
        const bool isKnown = known.clientCapabilities.contains(capability);
        if (profile.can(capability) && !isKnown)
            known.clientCapabilities.insert(capability, profile.capabilities[capability]);
    }
    return known;
}

QString scopeOf(const sessions::Session &session)
{
    return u"session\n"_s + session.record().key.id;
}

Task<Target> acquire(Core *core, upstream::Server *server, ClientStatePtr state,
                     upstream::Identity identity)
{
    Target target;
    if (!state) {
        Result<upstream::LeasePtr> lease =
            co_await answer<upstream::LeasePtr>([&](Handler<upstream::LeasePtr> done) {
                return core->lease(server, identity, std::move(done));
            });
        if (!lease)
            co_return lease.error();
        target.lease = std::move(*lease);
        core->remember(server, target.client().server());
        co_return target;
    }
    Result<sessions::SessionPtr> session =
        co_await answer<sessions::SessionPtr>([&](Handler<sessions::SessionPtr> done) {
            return core->sessionFor(state, server, std::move(done));
        });
    if (!session)
        co_return session.error();
    target.session = std::move(*session);
    Result<sessions::Session::Use> use = co_await answer<sessions::Session::Use>(
        [&](Handler<sessions::Session::Use> done) { return target.session->use(std::move(done)); });
    if (!use)
        co_return use.error();
    target.instance = std::move(use->instance);
    core->watch(state.get(), server, target.instance);
    core->remember(server, target.client().server());
    co_return target;
}

} // namespace bridge::gateway
