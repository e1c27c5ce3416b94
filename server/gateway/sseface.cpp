// SPDX-License-Identifier: GPL-3.0-or-later
// HTTP+SSE, the transport of revision 2024-11-05: one stream for all messages of the server, and a
// POST for each of the client. The session is the stream; it belongs to who opened it.
#include "common/base/ids.h"
#include "server/gateway/gateway.h"
#include "server/gateway/rpc.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

using jsonrpc::Message;

namespace {

constexpr int kSessionIdBytes = 16;

bool isSessionId(const QString &id)
{
    static const QRegularExpression form(u"^[0-9a-f]{32}$"_s);
    return form.match(id).hasMatch();
}

/// Refusals of this transport are plain text (contract §5.2).
void refuseInWords(http::Exchange &exchange, const Error &error)
{
    exchange.note(error);
    http::Response response =
        http::Response::text(httpStatus(error), error.message.toUtf8() + '\n');
    if (const auto &attachment = exchange.attachment())
        response.headers += attachment->headersFor(error, exchange.request());
    exchange.finish(std::move(response));
}

} // namespace

void Gateway::openSse(http::Exchange &exchange)
{
    if (exchange.request().method == "HEAD")
        return exchange.finish(Error(ErrorCode::MethodNotAllowed, u"Open the stream by GET."_s),
                               {{"Allow"_ba, "GET, OPTIONS"_ba}});
    if (m_stopping)
        return refuseInWords(exchange,
                             Error(ErrorCode::Overloaded, u"The bridge is shutting down."_s));
    auto state = std::make_shared<ClientState>();
    state->identity = identityOf(exchange);
    if (const Result<Nothing> room = m_sseSessions.makeRoom(state->identity.owner); !room)
        return refuseInWords(exchange, room.error());
    const QString id = randomHex(kSessionIdBytes);
    http::SseStream *stream = exchange.startSse();
    if (!stream)
        return;
    exchange.fields().session = fingerprint(id);
    stream->sendEvent("endpoint", m_basePath.toUtf8() + "/sse/messages?session_id=" + id.toUtf8());
    const LegacySessionPtr session = newSession(id, state, false);
    session->adopt(stream);
    m_sseSessions.add(session);
    exchange.keep(Call([table = QPointer<SessionTable>(&m_sseSessions), id] {
        if (table)
            table->remove(id);
    }));
    endWithCredential(exchange, [stream] { stream->end(); });
}

void Gateway::postSse(http::Exchange &exchange)
{
    const QString id = exchange.request().queryValue(u"session_id"_s);
    if (id.isEmpty())
        return refuseInWords(exchange, Error(ErrorCode::BadRequest, u"session_id is required"_s));
    if (!isSessionId(id))
        return refuseInWords(
            exchange,
            Error(ErrorCode::BadRequest, u"session_id is not an id of 32 hexadecimal digits"_s));
    exchange.fields().session = fingerprint(id);
    const LegacySessionPtr session = m_sseSessions.find(id, identityOf(exchange).owner, QString());
    const ChannelPtr channel = session ? session->listener() : nullptr;
    if (!channel)
        return refuseInWords(exchange,
                             Error(ErrorCode::SessionNotFound, u"There is no such session"_s));
    if (const auto welcome = welcomeBack(exchange, *session->state()); !welcome)
        return refuseInWords(exchange, welcome.error());
    const Result<Incoming> incoming = readBody(exchange.request());
    if (!incoming) {
        channel->send(errorMessage(idIn(exchange.request().body), incoming.error()));
        return refuseInWords(exchange, incoming.error());
    }
    if (incoming->batch && session->state()->profile.revision != "2025-03-26"_L1)
        return refuseInWords(exchange,
                             Error(ErrorCode::BadRequest, u"Send one message at a time"_s));
    for (const Message &message : incoming->messages)
        takeSse(session, channel, exchange, message);
    http::Response response = http::Response::text(202, "Accepted");
    exchange.finish(std::move(response));
}

/// What goes wrong with a message of a stream is told on the stream.
void Gateway::takeSse(const LegacySessionPtr &session, const ChannelPtr &channel,
                      http::Exchange &exchange, const Message &message)
{
    const auto refuse = [&](const Error &error) {
        note(exchange, error);
        if (message.kind == Message::Kind::Request)
            channel->send(errorMessage(message.id, error));
    };
    session->touch();
    if (message.kind == Message::Kind::Request && message.method == "initialize"_L1) {
        if (session->isInitialized())
            return refuse(
                rpcError(kInvalidRequest, 400, u"This session is initialized already."_s));
        Result<ClientProfile> profile = legacyProfile(message.paramsObject());
        if (!profile)
            return refuse(profile.error());
        session->state()->profile = std::move(*profile);
    } else if (message.kind == Message::Kind::Request && message.method == "ping"_L1
               && !session->isInitialized()) {
        return channel->send(resultMessage(message.id, "{}"));
    }
    if (!session->isInitialized())
        return refuse(rpcError(kInvalidRequest, 400, u"Send `initialize` first."_s));
    if (const Result<Nothing> taken = session->take(message, exchange, channel); !taken)
        refuse(taken.error());
}

} // namespace bridge::gateway
