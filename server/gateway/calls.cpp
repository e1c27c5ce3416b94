// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/calls.h"

#include "common/mcp/rawjson.h"
#include "server/gateway/lookup.h"
#include "server/gateway/notices.h"
#include "server/gateway/permit.h"
#include "server/gateway/translation.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

Error needs(const QString &what)
{
    return Error(ErrorCode::InvalidArguments, u"The request needs %1."_s.arg(what));
}

// A function of its own, because GCC 12 destroys what the branches of a ?: with co_await hold
// twice.
Task<Place> placeOf(Core *core, Viewer viewer, bool isPrompt, QString given)
{
    if (isPrompt)
        co_return co_await findPrompt(core, viewer, given);
    co_return co_await findTemplate(core, viewer, given);
}

/// An empty result in the words of the client's revision.
Answer emptyResult(const Request &request)
{
    const bool isModern = request.profile.era == mcp::Era::Modern;
    return {isModern ? "{\"resultType\":\"complete\"}"_ba : "{}"_ba};
}

} // namespace

Task<Answer> complete(Core *core, Request request)
{
    const QJsonObject params = request.message.paramsObject();
    QJsonObject ref = params["ref"_L1].toObject();
    const bool isPrompt = ref.value("type"_L1) == "ref/prompt"_L1;
    const QString member = isPrompt ? u"name"_s : u"uri"_s;
    if ((!isPrompt && ref.value("type"_L1) != "ref/resource"_L1) || !ref.value(member).isString())
        co_return needs(u"`params.ref`: `ref/prompt` with `name` or `ref/resource` with `uri`"_s);
    const Viewer viewer = viewerOf(request);
    const QString given = ref.value(member).toString();
    Result<Place> place = co_await placeOf(core, viewer, isPrompt, given);
    if (!place)
        co_return place.error();
    ref.insert(member, place->key);
    const QByteArray changed = withReplaced(
        reshaped(request.message.params, {u"_meta"_s}, {}), u"ref"_s,
        place->key == given ? mcp::rawMember(request.message.params, "ref"_L1) : mcp::compact(ref));
    Result<Target> target = co_await acquire(core, place->server, viewer.state, viewer.identity);
    if (!target)
        co_return target.error();
    mcp::CallOptions options;
    options.timeout = place->server->definition().requestTimeout;
    options.meta = upstreamMeta(request, target->client().server());
    Result<QByteArray> result = co_await answer<QByteArray>([&](Handler<QByteArray> done) {
        return target->client().request(request.message.method, changed, options, std::move(done));
    });
    if (!result)
        co_return withoutHints(*core, result.error());
    co_return Answer{
        resultFor(*result, request.message.method, target->client().server().era, request.profile)};
}

Task<Answer> setLogLevel(Core *core, Request request)
{
    const QString level = request.message.paramsObject()["level"_L1].toString();
    if (!isLogLevel(level))
        co_return needs(u"`params.level`: debug, info, notice, warning, error, critical, alert or "
                        "emergency"_s);
    if (!request.state)
        co_return emptyResult(request);
    request.state->profile.logLevel = level;
    const auto servers = core->serversOf(request.server);
    for (upstream::Server *server : servers) {
        const auto session = request.state->sessions.value(server->definition().name);
        if (!session || session->state() != sessions::Session::State::Active)
            continue; // told when it starts
        Result<sessions::Session::Use> use = co_await answer<sessions::Session::Use>(
            [&](Handler<sessions::Session::Use> done) { return session->use(std::move(done)); });
        if (use)
            use->instance->client().setLogLevel(level);
    }
    co_return emptyResult(request);
}

} // namespace bridge::gateway
