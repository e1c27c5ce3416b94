// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/subscriptions.h"

#include "server/gateway/lookup.h"
#include "server/gateway/permit.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

Error needsUri()
{
    return Error(ErrorCode::InvalidArguments, u"The request needs `params.uri` as a text."_s);
}

Error needsState()
{
    return Error(ErrorCode::MethodNotFound,
                 u"Subscriptions need a session. Begin one with `initialize`."_s);
}

Error tooMany()
{
    return Error(ErrorCode::TooManyRequests,
                 u"This session is subscribed to %1 resources already. End a subscription with "
                 "`resources/unsubscribe`."_s.arg(kMaxUris));
}

Answer emptyAnswer()
{
    Answer answer;
    answer.result = "{}"_ba;
    return answer;
}

} // namespace

Task<Answer> subscribeResource(Core *core, Request request)
{
    const QJsonValue given = request.message.paramsObject()["uri"_L1];
    if (!given.isString())
        co_return needsUri();
    if (!request.state)
        co_return needsState();
    const QString uri = given.toString();
    const auto &known = request.state->subscribedUris;
    if (!known.contains(uri) && known.size() >= kMaxUris)
        co_return tooMany();
    const Viewer viewer = viewerOf(request);
    Result<Place> place = co_await findResource(core, viewer, uri);
    if (!place)
        co_return place.error();
    Result<Nothing> allowed =
        checkPermit(*core, request.identity, OfferKind::Resources, *place, nullptr);
    if (!allowed)
        co_return allowed.error();
    Result<Target> target = co_await acquire(core, place->server, viewer.state, viewer.identity);
    if (!target)
        co_return target.error();
    Result<Nothing> subscribed = co_await answer<Nothing>([&](Handler<Nothing> done) {
        return target->client().subscribe(place->key, std::move(done));
    });
    if (!subscribed)
        co_return withoutHints(*core, subscribed.error());
    Seat &seat = core->seatOf(request.state.get(), place->server);
    if (seat.uris.contains(place->key))
        target->client().unsubscribe(place->key); // once is enough
    seat.uris.insert(place->key, uri);
    seat.held = target->instance;
    request.state->subscribedUris.insert(uri);
    co_return emptyAnswer();
}

Task<Answer> unsubscribeResource(Core *core, Request request)
{
    const QJsonValue given = request.message.paramsObject()["uri"_L1];
    if (!given.isString())
        co_return needsUri();
    if (!request.state)
        co_return needsState();
    const QString uri = given.toString();
    request.state->subscribedUris.remove(uri);
    const auto servers = core->serversOf(request.server);
    for (upstream::Server *server : servers) {
        Seat &seat = core->seatOf(request.state.get(), server);
        const QString key = seat.uris.key(uri);
        if (key.isEmpty())
            continue;
        seat.uris.remove(key);
        if (seat.held)
            seat.held->client().unsubscribe(key);
        if (seat.uris.isEmpty())
            seat.held.reset();
    }
    co_return emptyAnswer();
}

} // namespace bridge::gateway
