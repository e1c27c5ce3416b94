// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/core.h"

#include "common/json/writer.h"
#include "common/mcp/revisions.h"
#include "server/gateway/errand.h"
#include "server/gateway/notices.h"
#include "server/gateway/permit.h"
#include "server/gateway/views.h"
#include "server/policy/warden.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

Core::Core(DispatcherOptions given, upstream::Registry *servers, sessions::SessionManager *manager,
           telemetry::Metrics *counters)
    : options(std::move(given))
    , registry(servers)
    , sessions(manager)
    , metrics(counters)
    , suspended(options.suspended)
    , tasks(options.tasks, options.taskIdle)
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
                         if (!gone)
                             return;
                         tasks.forgetServer(server->definition().name);
                         Q_EMIT changes.gone(server->definition().name);
                     });
    if (options.warden)
        QObject::connect(options.warden, &policy::Warden::policyChanged, &changes, [this] {
            const auto all = registry->servers();
            for (const upstream::Server *server : all)
                changes.replaced(server->definition().name);
        });
    if (!options.views)
        return;
    QObject::connect(options.views, &ViewBook::viewChanged, &changes,
                     [this](const QString &view) { changes.replaced(placeOfView(view)); });
    QObject::connect(options.views, &ViewBook::viewRemoved, &changes, [this](const QString &view) {
        tasks.forgetPlace(placeOfView(view));
        Q_EMIT changes.gone(placeOfView(view));
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
        if (definition.disabled || !shows(name, definition.name))
            continue;
        const auto session = state ? state->sessions.value(definition.name) : nullptr;
        const bool isOpen = session && session->state() != sessions::Session::State::Closing;
        found.add(isOpen ? &session->server() : server);
    }
    return found;
}

bool Core::isShared(const QString &name) const
{
    return (name.isEmpty() || !viewAt(name).isEmpty()) && registry->isMany();
}

bool Core::shows(const QString &name, const QString &server) const
{
    return showsAt(options.views, name, server);
}

bool Core::shows(const QString &name, const upstream::Identity &identity,
                 const upstream::Server *server, OfferKind kind, const QString &key,
                 const upstream::Tool *tool) const
{
    const ViewRules *rules =
        options.views ? options.views->rulesFor(name, server->definition().name) : nullptr;
    return (!rules || rules->admits(kind, key))
           && isShownTo(*this, identity, *server, kind, key, tool);
}

bool Core::showsAny(const QString &name, const upstream::Server *server, OfferKind kind) const
{
    const ViewRules *rules =
        options.views ? options.views->rulesFor(name, server->definition().name) : nullptr;
    return !rules || !rules->ruleFor(kind).admitsNothing();
}

bool Core::concerns(const QString &name, const QString &changed) const
{
    return viewAt(changed).isEmpty() ? shows(name, changed) : name == changed;
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
    const auto pass = [this, state, scope, name](OfferKind kind, const QString &what) {
        offers.forget(scope, kind);
        if (kind == OfferKind::Resources)
            offers.forget(scope, OfferKind::Templates);
        if (shows(state->server, name))
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
        client, &mcp::Client::resourceUpdated, state,
        [this, state, name, server = QPointer(server)](const QString &uri) {
            const auto &uris = seatOf(state, name).uris;
            const auto known = uris.find(uri);
            if (known != uris.end() && server
                && shows(state->server, state->identity, server, OfferKind::Resources, uri))
                Q_EMIT state->notified(u"notifications/resources/updated"_s,
                                       json::compactJson(QJsonObject{{"uri"_L1, *known}}));
        });
    QObject::connect(client, &mcp::Client::logReceived, state,
                     [this, state, name](const mcp::LogMessage &message) {
                         if (state->profile.era == mcp::Era::Legacy && shows(state->server, name)
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
        [this, told = state.get()](const QString &server, const QString &what) {
            const bool isSeen = concerns(told->server, server);
            // Its own session tells by itself, and of itself.
            const auto own = told->sessions.value(server);
            const bool tellsItself = own && own->state() != sessions::Session::State::Closing;
            if (isSeen && !tellsItself)
                Q_EMIT told->notified(u"notifications/%1/list_changed"_s.arg(what), {});
        });
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

} // namespace bridge::gateway
