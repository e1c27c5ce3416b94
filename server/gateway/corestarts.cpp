// SPDX-License-Identifier: GPL-3.0-or-later
// How servers come to be used: sessions and leases, each started once for all who wait.
#include "server/gateway/core.h"
#include "server/upstream/catalogue.h"
#include "server/upstream/remoteheaders.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

Error endedError()
{
    return Error(ErrorCode::SessionNotFound, u"The session has ended. Start a new one."_s);
}

Task<Nothing> askAndForget(Core *core, upstream::Server *server, upstream::ServerPin,
                           upstream::Identity identity)
{
    Result<Target> target = co_await acquire(core, server, nullptr, identity);
    if (!target)
        co_return target.error();
    Nothing nothing;
    co_return nothing;
}

} // namespace

Call Core::sessionFor(const ClientStatePtr &state, upstream::Server *server,
                      Handler<sessions::SessionPtr> handler)
{
    const QString name = server->definition().name;
    const sessions::SessionPtr known = state->sessions.value(name);
    if (known && known->state() != sessions::Session::State::Closing)
        return later([known, handler = std::move(handler)] { handler(known); });
    // A request that outlives its session must not leave a server behind.
    if (state->released)
        return failLater(std::move(handler), endedError());
    const auto start = [this, server, &state](Handler<sessions::SessionPtr> done) {
        return sessions->start(server, identityFor(state->identity, state->profile, state.get()),
                               {}, {}, std::move(done));
    };
    Shared<sessions::SessionPtr> &shared = m_starts[{state.get(), name}];
    if (!shared.flight.isRunning())
        shared.own = shared.flight.join(
            [weak = std::weak_ptr(state), name,
             pin = server->pin()](const Result<sessions::SessionPtr> &session) {
                if (const ClientStatePtr strong = weak.lock(); strong && session)
                    strong->sessions.insert(name, *session);
            },
            start);
    return shared.flight.join(std::move(handler), start);
}

void Core::forget(ClientState *state)
{
    tasks.forget(state);
    // Who is told may look here.
    std::vector<Shared<sessions::SessionPtr>> starts;
    for (auto it = m_starts.begin(); it != m_starts.end();) {
        if (it->first.first == state)
            starts.push_back(std::move(m_starts.extract(it++).mapped()));
        else
            ++it;
    }
    std::erase_if(m_seats, [state](const auto &entry) { return entry.first.first == state; });
    for (const sessions::SessionPtr &session : std::as_const(state->sessions)) {
        for (const OfferKind kind :
             {OfferKind::Tools, OfferKind::Prompts, OfferKind::Resources, OfferKind::Templates})
            offers.forget(scopeOf(*session), kind);
    }
    for (Shared<sessions::SessionPtr> &start : starts)
        start.flight.fail(endedError());
}

Call Core::learn(upstream::Server *server, const upstream::Identity &identity,
                 Handler<Nothing> handler)
{
    // What one caller's credential cannot learn, another's may.
    const upstream::Identity seen = upstream::effectiveFor(identity, server->definition());
    const std::pair<const upstream::Server *, QString> key{server,
                                                           upstream::Catalogue::scopeOf(seen)};
    Shared<Nothing> &shared = m_learning[key];
    const auto start = [&](Handler<Nothing> done) {
        return askAndForget(this, server, server->pin(), identity).start(std::move(done));
    };
    if (!shared.flight.isRunning())
        shared.own = shared.flight.join(
            [this, key](const Result<Nothing> &) { m_learning.erase(key); }, start);
    return shared.flight.join(std::move(handler), start);
}

void Core::stopLearning()
{
    auto learning = std::exchange(m_learning, {});
    for (auto &[key, shared] : learning)
        shared.flight.fail(
            Error(ErrorCode::Overloaded, u"The bridge is shutting down. Try again later."_s));
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
