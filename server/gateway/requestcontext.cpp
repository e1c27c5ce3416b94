// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/requestcontext.h"

#include "common/async/later.h"
#include "common/mcp/rawjson.h"

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace bridge::gateway {

namespace {

constexpr auto kLeeway = 30s;       ///< as clocks differ; that of token checks
constexpr auto kLongest = 24h * 20; ///< what a timer can count; the client then comes anew

/// W3C trace context for `_meta` (contract §9.3); baggage is not passed on.
QJsonObject traceMeta(const http::Request &request)
{
    QJsonObject meta;
    const QByteArray parent = request.header("traceparent");
    if (parent.isEmpty())
        return meta;
    meta["traceparent"_L1] = QString::fromLatin1(parent);
    if (const QByteArray state = request.header("tracestate"); !state.isEmpty())
        meta["tracestate"_L1] = QString::fromLatin1(state);
    return meta;
}

} // namespace

void endWithCredential(http::Exchange &exchange, std::function<void()> done)
{
    // The client finds out when it comes again; the operator reads it here.
    const std::function<void()> end = [&exchange, done = std::move(done)] {
        exchange.fields().more.insert(u"reason"_s, u"The caller's credential has ended."_s);
        done();
    };
    exchange.keep(gate::whenOver(exchange, end));
    const QDateTime expires = gate::principalOf(exchange)->expires;
    if (!expires.isValid())
        return;
    const auto left = std::chrono::milliseconds(QDateTime::currentDateTimeUtc().msecsTo(expires));
    exchange.keep(after(std::clamp<std::chrono::milliseconds>(left + kLeeway, 0ms, kLongest), end));
}

Result<Nothing> welcomeBack(const http::Exchange &exchange, ClientState &state)
{
    if (const auto allowed = gate::checkGroup(exchange, state.identity.group); !allowed)
        return allowed.error();
    const upstream::Identity now = identityOf(exchange);
    state.identity.caller = now.caller;
    for (const sessions::SessionPtr &session : std::as_const(state.sessions))
        session->renew(now);
    return Nothing{};
}

Request requestFrom(const http::Exchange &exchange, const jsonrpc::Message &message)
{
    Request request;
    request.message = message;
    request.identity = identityOf(exchange);
    request.address = gate::originOf(exchange).address;
    request.traceMeta = traceMeta(exchange.request());
    request.header = [headers = exchange.request().headers](const QByteArray &name) {
        for (const auto &[field, value] : headers) {
            if (field.compare(name, Qt::CaseInsensitive) == 0)
                return value.isNull() ? ""_ba : value;
        }
        return QByteArray();
    };
    return request;
}

void noteTarget(http::Exchange &exchange, const jsonrpc::Message &message)
{
    exchange.fields().more.insert(u"mcp_method"_s, message.method.left(64));
    const bool byName = message.method == "tools/call"_L1 || message.method == "prompts/get"_L1;
    if (!byName)
        return;
    if (const auto name = mcp::stringMember(message.params, "name"_L1))
        exchange.fields().tool = name->left(128);
}

} // namespace bridge::gateway
