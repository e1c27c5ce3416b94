// SPDX-License-Identifier: GPL-3.0-or-later
// The life of a call: its rounds, its answer, its errors.
#include "common/mcp/clientprivate.h"
#include "common/mcp/errormap.h"
#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::mcp {

namespace {

Error brokenProtocol(const QString &what)
{
    return Error(ErrorCode::UpstreamFailed, u"The MCP server broke the protocol: "_s + what);
}

bool mayAskForInput(const QString &method)
{
    return contextOf(method) != Context::Other;
}

/// \a error as the caller of \a call shall read it: one whose time is up hears the limit and the
/// setting. A transport that gave up earlier has its own words.
Error withLimit(const ClientCall &call, Error error)
{
    constexpr std::chrono::milliseconds kRounding(2);
    const auto limit = call.options.timeout;
    if (error.code != ErrorCode::UpstreamTimeout || limit.count() <= 0 || call.left > kRounding)
        return error;
    const bool isTool = call.method == "tools/call"_L1;
    error.message =
        u"%1 did not answer within %2 s and was told to stop. Raise %3 if it needs "
        "longer."_s.arg(isTool ? u"The tool"_s : u"The MCP server"_s)
            .arg(double(limit.count()) / 1000)
            .arg(isTool ? u"MCP_TOOL_TIMEOUT_SECONDS"_s : u"MCP_REQUEST_TIMEOUT_SECONDS"_s);
    return error;
}

/// The URLs of a -32042 error as the requests for input they stand for.
QJsonObject urlRequests(const jsonrpc::RpcError &refusal)
{
    QJsonObject requests;
    const QJsonArray elicitations = objectOf(refusal.data)["elicitations"_L1].toArray();
    for (const QJsonValue &one : elicitations) {
        requests.insert(one["elicitationId"_L1].toString(QString::number(requests.size())),
                        QJsonObject{{"method"_L1, u"elicitation/create"_s}, {"params"_L1, one}});
    }
    return requests;
}

} // namespace

Call Client::Private::begin(const QString &method, const QByteArray &params,
                            CallOptions callOptions, jsonrpc::RawHandler handler)
{
    auto call = std::make_shared<ClientCall>();
    call->method = method;
    call->params = params;
    call->options = std::move(callOptions);
    call->handler = std::move(handler);
    if (call->options.timeout.count() > 0)
        call->left = call->options.timeout;
    sendRound(call);
    return Call([guard = QPointer(this), call] {
        call->silence();
        if (guard)
            guard->drop(call);
    });
}

void Client::Private::sendRound(const ClientCallPtr &call)
{
    call->refusal = {};
    call->id = connection->nextId();
    if (call->options.token)
        *call->options.token = call->id;
    calls.insert(call->id, call);
    jsonrpc::RequestOptions request;
    request.timeout = call->left;
    request.abandoned = [this](qint64 id, const QString &reason) { tellCancelled(id, reason); };
    // Weak, because the call holds the request by its `work`.
    const std::weak_ptr<ClientCall> weak = call;
    request.refused = [weak](const jsonrpc::RpcError &error) {
        if (const ClientCallPtr strong = weak.lock())
            strong->refusal = error;
    };
    call->roundClock.start();
    call->work = connection->request(call->method, roundParams(*call), std::move(request),
                                     [this, weak](Result<QByteArray> answer) {
                                         if (const ClientCallPtr strong = weak.lock())
                                             onAnswer(strong, std::move(answer));
                                     });
}

QByteArray Client::Private::roundParams(const ClientCall &call) const
{
    QJsonObject meta = isModernEra() ? modernMeta(options, q->m_server.revision) : QJsonObject();
    for (auto it = call.options.meta.begin(); it != call.options.meta.end(); ++it)
        meta.insert(it.key(), it.value());
    if (call.options.hooks.progress)
        meta.insert("progressToken"_L1, call.id);
    if (isModernEra() && (call.options.hooks.log || !logLevel.isEmpty()))
        meta.insert(kMetaLogLevel, logLevel.isEmpty() ? u"info"_s : logLevel);
    QByteArray params = call.params;
    if (isModernEra() && call.rounds > 0 && !call.inputResponses.isEmpty())
        params = withMember(params, "inputResponses"_L1, compact(call.inputResponses));
    if (call.requestState)
        params = withMember(params, "requestState"_L1, quoted(*call.requestState));
    if (!meta.isEmpty())
        params = withMember(params, "_meta"_L1, compact(meta));
    return params;
}

void Client::Private::onAnswer(const ClientCallPtr &call, Result<QByteArray> answer)
{
    if (call->left.count() >= 0) {
        const std::chrono::milliseconds used(call->roundClock.elapsed());
        call->left = std::max(call->left - used, std::chrono::milliseconds(1));
    }
    if (!answer)
        onRefusal(call, answer.error());
    else if (isModernEra())
        onResult(call, *answer);
    else
        finish(call, std::move(answer));
}

void Client::Private::onResult(const ClientCallPtr &call, const QByteArray &result)
{
    // Absent means complete: the server may be older than the member.
    const QString type = stringMember(result, "resultType"_L1).value_or(u"complete"_s);
    if (type == "complete"_L1 || (type == "task"_L1 && call->options.mayBecomeTask)) {
        finish(call, result);
    } else if (type != "input_required"_L1) {
        finish(call, brokenProtocol(u"unknown result type “%1”."_s.arg(type.left(100))));
    } else if (!mayAskForInput(call->method)) {
        finish(call, brokenProtocol(u"%1 must not ask for input."_s.arg(call->method)));
    } else {
        call->requestState = stringMember(result, "requestState"_L1);
        askInputs(call, objectOf(rawMember(result, "inputRequests"_L1)));
    }
}

void Client::Private::onRefusal(const ClientCallPtr &call, const Error &error)
{
    if (error.rpcCode == 0 && call->refusal.message.isEmpty()) {
        finish(call, withLimit(*call, error)); // a timeout or the end of the transport
        return;
    }
    if (call->refusal.code == kUrlElicitationRequired && call->options.hooks.input) {
        const QJsonObject requests = urlRequests(call->refusal);
        if (!requests.isEmpty()) {
            askInputs(call, requests);
            return;
        }
    }
    const bool isTool = isModernEra() && call->method == "tools/call"_L1;
    if (isTool && call->refusal.code == kHeaderMismatch && !call->hasRelisted)
        relistAndRetry(call);
    else
        finish(call, fromRpc(call->refusal, contextOf(call->method)));
}

// The server wants other arguments mirrored as headers than when it was last asked. It refuses
// such a call before it does anything (MCP 2026-07-28 Streamable HTTP, "Client Behavior").
void Client::Private::relistAndRetry(const ClientCallPtr &call)
{
    call->hasRelisted = true;
    const std::weak_ptr<ClientCall> weak = call;
    const Call refused = std::move(call->work);
    call->work =
        q->list(u"tools/list"_s, u"tools"_s, [this, weak](const Result<QList<QByteArray>> &tools) {
            const ClientCallPtr strong = weak.lock();
            if (!strong)
                return;
            const Call listed = std::move(strong->work);
            calls.remove(strong->id);
            if (tools)
                sendRound(strong);
            else
                finish(strong, fromRpc(strong->refusal, contextOf(strong->method)));
        });
}

void Client::Private::finish(const ClientCallPtr &call, Result<QByteArray> outcome)
{
    calls.remove(call->id);
    call->finish(std::move(outcome)); // may destroy this
}

void Client::Private::finishLater(const ClientCallPtr &call, const Error &error)
{
    calls.remove(call->id);
    call->abandon(error);
}

void Client::Private::drop(const ClientCallPtr &call)
{
    if (calls.value(call->id) == call)
        calls.remove(call->id);
    call->work.cancel();
}

void Client::Private::tellCancelled(qint64 id, const QString &reason)
{
    connection->notify(u"notifications/cancelled"_s,
                       compact({{"requestId"_L1, id}, {"reason"_L1, reason}}));
}

} // namespace bridge::mcp
