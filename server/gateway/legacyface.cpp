// SPDX-License-Identifier: GPL-3.0-or-later
// Streamable HTTP of the handshake era: sessions, listening streams, resumption (2025-03-26 to
// 2025-11-25 transports).
#include "common/async/later.h"
#include "common/base/ids.h"
#include "common/mcp/revisions.h"
#include "server/gateway/gateway.h"
#include "server/gateway/headers.h"
#include "server/gateway/rpc.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

constexpr int kSessionIdBytes = 24;
constexpr char kSessionHeader[] = "Mcp-Session-Id";

/// `initialize` is answered with JSON and asks nothing.
class Silence : public Downstream
{
public:
    void notify(const QString &, const QByteArray &) override {}
    Call ask(const QString &, const QByteArray &, Handler<QByteArray> handler) override
    {
        return later([handler = std::move(handler)] {
            handler(Error(ErrorCode::MethodNotFound, u"The client is not initialized yet."_s));
        });
    }
    bool canAsk() const override { return false; }
};

/// The version header of a legacy request; without one the session's revision counts.
std::optional<Error> checkRevision(const http::Request &request)
{
    const QByteArray given = request.header("mcp-protocol-version").trimmed();
    if (given.isEmpty() || mcp::isLegacy(QString::fromLatin1(given)))
        return std::nullopt;
    return unsupportedRevision(QString::fromLatin1(given));
}

} // namespace

Result<LegacySessionPtr> Gateway::sessionOf(http::Exchange &exchange, const QString &server)
{
    if (const std::optional<Error> problem = checkRevision(exchange.request()))
        return *problem;
    const QByteArray id = exchange.request().header(kSessionHeader).trimmed();
    if (id.isEmpty())
        return rpcError(kInvalidRequest, 400,
                        u"The header Mcp-Session-Id is missing. Send `initialize` first and pass "
                        "on the id of its answer, or send the `_meta` of revision 2026-07-28."_s);
    exchange.fields().session = fingerprint(QString::fromLatin1(id));
    const QString owner = identityOf(exchange).owner;
    if (LegacySessionPtr session = m_sessions.find(QString::fromLatin1(id), owner, server)) {
        if (const auto welcome = welcomeBack(exchange, *session->state()); !welcome)
            return welcome.error();
        return session;
    }
    return rpcError(kInvalidRequest, 404,
                    u"There is no such session, or it has ended. Send `initialize` anew."_s);
}

std::shared_ptr<qint64> Gateway::bufferedOf(const QString &owner)
{
    // Those nobody identified are many: what limits all of them is the total.
    if (owner == "anonymous"_L1)
        return nullptr;
    m_bufferedBy.removeIf([](const auto &entry) { return entry.value().expired(); });
    std::shared_ptr<qint64> count = m_bufferedBy.value(owner).lock();
    if (!count) {
        count = std::make_shared<qint64>(0);
        m_bufferedBy.insert(owner, count);
    }
    return count;
}

LegacySessionPtr Gateway::newSession(const QString &id, const ClientStatePtr &state, bool resumable)
{
    LegacySession::Setup setup;
    setup.id = id;
    setup.state = state;
    setup.backend = m_backend;
    setup.limits = m_settings.legacy;
    setup.buffered = m_buffered;
    setup.bufferedOfOwner = bufferedOf(state->identity.owner);
    setup.resumable = resumable;
    return std::make_shared<LegacySession>(std::move(setup));
}

void Gateway::initialize(http::Exchange &exchange, const Incoming &incoming, const QString &server)
{
    const jsonrpc::Message &message = incoming.first();
    if (exchange.request().hasHeader(kSessionHeader)) {
        const Result<LegacySessionPtr> there = sessionOf(exchange, server);
        return refuse(
            exchange, message.id,
            there ? rpcError(kInvalidRequest, 400, u"This session is initialized already."_s)
                  : there.error());
    }
    Result<ClientProfile> profile = legacyProfile(message.paramsObject());
    if (!profile)
        return refuse(exchange, message.id, profile.error());
    auto state = std::make_shared<ClientState>();
    state->identity = identityOf(exchange);
    state->profile = std::move(*profile);
    state->server = server;
    if (const Result<Nothing> room = m_sessions.makeRoom(state->identity.owner); !room)
        return refuse(exchange, message.id, room.error());
    const LegacySessionPtr session = newSession(randomToken(kSessionIdBytes), state, true);
    exchange.fields().session = fingerprint(session->id());
    Request request = requestFrom(exchange, message);
    request.profile = state->profile;
    request.server = server;
    request.state = state;
    // A client that leaves meanwhile takes the session with it.
    exchange.keep(
        m_backend.handle(std::move(request), std::make_shared<Silence>(),
                         [this, &exchange, session, id = message.id](const Result<Answer> &answer) {
                             welcome(exchange, session, id, answer);
                         }));
}

void Gateway::welcome(http::Exchange &exchange, const LegacySessionPtr &session,
                      const QByteArray &id, const Result<Answer> &answer)
{
    if (!answer)
        return refuse(exchange, id, answer.error());
    // Others may have been let in since the first look.
    if (const auto room = m_sessions.makeRoom(session->state()->identity.owner); !room)
        return refuse(exchange, id, room.error());
    m_sessions.add(session);
    http::Response response = http::Response::jsonBytes(200, resultMessage(id, answer->result));
    response.setHeader(kSessionHeader, session->id().toLatin1());
    exchange.finish(std::move(response));
}

void Gateway::postLegacy(http::Exchange &exchange, const Incoming &incoming, const QString &server)
{
    const jsonrpc::Message &message = incoming.first();
    if (!incoming.batch && message.kind == jsonrpc::Message::Kind::Request
        && message.method == "initialize"_L1)
        return initialize(exchange, incoming, server);
    const Result<LegacySessionPtr> session = sessionOf(exchange, server);
    if (!session)
        return refuse(exchange, incoming.batch ? QByteArray() : message.id, session.error());
    const Accepts accepts = acceptsOf(exchange.request());
    if (!accepts.json && !accepts.events)
        return refuse(
            exchange, message.id,
            rpcError(kInvalidRequest, 406, u"Accept application/json and text/event-stream."_s));
    (*session)->post(exchange, incoming);
}

void Gateway::getStream(http::Exchange &exchange, const QString &server)
{
    const Result<LegacySessionPtr> session = sessionOf(exchange, server);
    if (!session)
        return refuse(exchange, {}, session.error());
    if (!acceptsOf(exchange.request()).events)
        return refuse(
            exchange, {},
            rpcError(kInvalidRequest, 406, u"A stream needs `Accept: text/event-stream`."_s));
    // Each ends what it has opened by then; a refusal has none.
    endWithCredential(exchange, [&exchange] { exchange.endStream(); });
    const QByteArray lastEvent = exchange.request().header("last-event-id").trimmed();
    const bool isOneMore = lastEvent.isEmpty() || (*session)->opensStream(lastEvent);
    const QString &owner = (*session)->state()->identity.owner;
    if (isOneMore && m_sessions.openStreams(owner) >= m_settings.streams.mostOf(owner))
        return refuse(exchange, {},
                      rpcError(mcp::kInternalError, 429,
                               u"You have as many streams open as one user may "
                               "(MCP_MAX_SUBSCRIPTIONS_PER_USER, %1). Close one."_s.arg(
                                   m_settings.streams.mostOf(owner))));
    if (!lastEvent.isEmpty()) {
        if (const Result<Nothing> resumed = (*session)->resume(exchange, lastEvent); !resumed)
            refuse(exchange, {}, resumed.error());
        return;
    }
    if (const Result<ChannelPtr> channel = (*session)->listen(exchange); !channel)
        refuse(exchange, {}, channel.error());
}

void Gateway::endSession(http::Exchange &exchange, const QString &server)
{
    const Result<LegacySessionPtr> session = sessionOf(exchange, server);
    if (!session)
        return refuse(exchange, {}, session.error());
    m_sessions.remove((*session)->id());
    exchange.finish(http::Response::noContent());
}

} // namespace bridge::gateway
