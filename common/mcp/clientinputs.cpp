// SPDX-License-Identifier: GPL-3.0-or-later
// What servers ask their client for: requests of their own (legacy) and `input_required` results
// (modern, MCP 2026-07-28 "Multi Round-Trip Requests").
#include "common/mcp/clientprivate.h"
#include "common/mcp/errormap.h"
#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"

using namespace Qt::StringLiterals;

namespace bridge::mcp {

namespace {

constexpr int kMaxRounds = 16;
constexpr int kMaxOpenRequests = 64;

QJsonObject cancelled()
{
    return {{"action"_L1, u"cancel"_s}};
}

} // namespace

void Client::Private::askInputs(const ClientCallPtr &call, const QJsonObject &requests)
{
    if (++call->rounds > kMaxRounds) {
        finish(call, Error(ErrorCode::UpstreamFailed,
                           u"The MCP server keeps asking for input without coming to an end."_s));
        return;
    }
    call->inputResponses = {};
    if (requests.isEmpty()) {
        sendRound(call); // only state to carry around
        return;
    }
    for (const QJsonValue &one : requests) {
        const auto problem = objection(one["method"_L1].toString(), one["params"_L1].toObject(),
                                       options.capabilities);
        if (problem) {
            finish(call, Error(ErrorCode::UpstreamFailed,
                               u"The MCP server asks for input that was not offered (%1)."_s.arg(
                                   problem->message)));
            return;
        }
    }
    call->awaited = int(requests.size());
    const QPointer guard(this);
    for (auto it = requests.begin(); it != requests.end(); ++it) {
        if (!guard || closing || !call->handler)
            return; // the owner lost interest while it was asked
        askOne(call, it.key(), it.value().toObject());
    }
}

void Client::Private::askOne(const ClientCallPtr &call, const QString &key,
                             const QJsonObject &request)
{
    const QString method = request["method"_L1].toString();
    InputRequestPtr input =
        makeInput(method, request["params"_L1].toObject(), call->id,
                  [guard = QPointer(this), weak = std::weak_ptr(call), key,
                   method](Result<QJsonObject> outcome) {
                      const ClientCallPtr strong = weak.lock();
                      if (guard && !guard->closing && strong && strong->handler)
                          guard->settleOne(strong, key, method, std::move(outcome));
                  });
    input->key = key;
    if (const auto hook = call->options.hooks.input)
        hook(std::move(input));
}

void Client::Private::settleOne(const ClientCallPtr &call, const QString &key,
                                const QString &method, Result<QJsonObject> outcome)
{
    if (calls.value(call->id) != call)
        return; // ended meanwhile
    if (!outcome && method != "elicitation/create"_L1) {
        // There is no way to say "no" to sampling or roots in an inputResponses member.
        finishLater(call, outcome.error());
        return;
    }
    call->inputResponses.insert(key, outcome ? *outcome : cancelled());
    if (--call->awaited > 0)
        return;
    // Legacy: the round was an error that named URLs to visit first (-32042, 2025-11-25). Only
    // when the user has agreed to all of them does a retry make sense.
    const QJsonObject responses = isModernEra() ? QJsonObject() : call->inputResponses;
    for (const QJsonValue &one : responses) {
        if (one["action"_L1] != "accept"_L1) {
            finishLater(call, fromRpc(call->refusal, contextOf(call->method)));
            return;
        }
    }
    calls.remove(call->id);
    sendRound(call);
}

void Client::Private::onRequest(const jsonrpc::Message &request)
{
    if (request.method == "ping"_L1) {
        connection->respond(request.id, "{}"_ba);
        return;
    }
    if (isModernEra())
        return; // such a server must not send requests, and a client must not answer (stdio)
    const QJsonObject params = request.paramsObject();
    if (const auto problem = objection(request.method, params, options.capabilities)) {
        connection->respondError(request.id, *problem);
        return;
    }
    if (asked.size() >= kMaxOpenRequests || asked.contains(request.id)) {
        connection->respondError(
            request.id, {kInternalError, u"Too many open requests, or one id used twice."_s, {}});
        return;
    }
    const ClientCallPtr call = callForInput(request);
    InputRequestPtr input =
        makeInput(request.method, params, call ? call->id : 0,
                  [guard = QPointer(this), id = request.id, method = request.method,
                   weak = std::weak_ptr<ClientCall>(call)](Result<QJsonObject> outcome) {
                      if (guard && !guard->closing)
                          guard->settleRequest(id, method, weak.lock(), outcome);
                  });
    asked.insert(request.id, input);
    if (!call) {
        Q_EMIT q->inputRequested(input); // dropped and so refused when nobody keeps it
        return;
    }
    ++call->awaited;
    connection->pauseTimeout(call->id);
    const auto hook = call->options.hooks.input;
    hook(std::move(input));
}

void Client::Private::settleRequest(const QByteArray &id, const QString &method,
                                    const ClientCallPtr &call, const Result<QJsonObject> &outcome)
{
    if (call && --call->awaited == 0)
        connection->continueTimeout(call->id);
    if (!asked.remove(id))
        return; // withdrawn by the server
    if (outcome)
        connection->respond(id, compact(*outcome));
    else if (outcome.error().code == ErrorCode::Cancelled && method == "elicitation/create"_L1)
        connection->respond(id, compact(cancelled()));
    else
        connection->respondError(id, {rpcCode(outcome.error()), outcome.error().message, {}});
}

void Client::Private::onServerCancelled(const QByteArray &id)
{
    const std::shared_ptr<InputRequest> input = asked.take(id).lock();
    if (!input)
        return;
    const auto tell = input->withdrawn;
    input->refuse(Error(ErrorCode::Cancelled, u"The MCP server no longer asks."_s));
    if (tell)
        tell(); // may destroy this
}

ClientCallPtr Client::Private::callForInput(const jsonrpc::Message &request) const
{
    if (!request.relatedId.isEmpty()) {
        const ClientCallPtr call = calls.value(request.relatedId.toLongLong());
        return call && call->options.hooks.input ? call : nullptr;
    }
    // What a task asks belongs to whoever waits for its result (2025-11-25 "Tasks").
    const QJsonValue task = request.paramsObject()["_meta"_L1][kMetaRelatedTask]["taskId"_L1];
    for (const ClientCallPtr &call : std::as_const(calls)) {
        if (task.isString() && call->method == "tasks/result"_L1 && call->options.hooks.input
            && stringMember(call->params, "taskId"_L1) == task.toString())
            return call;
    }
    // Nothing says which call it is: the only one there is, or the newest that asks nothing yet.
    QList<ClientCallPtr> askable;
    for (const ClientCallPtr &call : std::as_const(calls)) {
        if (call->options.hooks.input)
            askable.prepend(call);
    }
    if (askable.size() == 1)
        return askable.constFirst();
    const auto isIdle = [](const ClientCallPtr &call) { return call->awaited == 0; };
    const auto found = std::find_if(askable.cbegin(), askable.cend(), isIdle);
    return found == askable.cend() ? nullptr : *found;
}

} // namespace bridge::mcp
