// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/legacysession.h"

#include "common/async/later.h"
#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"
#include "server/gateway/rpc.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

using jsonrpc::Message;

/// The way back of one running request.
class LegacySession::Way : public Downstream
{
public:
    Way(LegacySession *session, ChannelPtr channel)
        : m_session(session)
        , m_channel(std::move(channel))
    {
    }
    void notify(const QString &method, const QByteArray &params) override
    {
        m_channel->send(notificationMessage(method, params));
    }
    Call ask(const QString &method, const QByteArray &params, Handler<QByteArray> handler) override
    {
        if (m_session)
            return m_session->ask(m_channel, method, params, std::move(handler));
        return later([handler = std::move(handler)] {
            handler(Error(ErrorCode::Cancelled, u"The client's session has ended."_s));
        });
    }
    bool canAsk() const override { return m_session && m_session->canAsk(m_channel); }
    void noteServer(const QString &name) override { m_channel->noteServer(name); }
    void addHeaders(const http::Headers &headers) override { m_channel->addHeaders(headers); }

private:
    QPointer<LegacySession> m_session;
    ChannelPtr m_channel;
};

LegacySession::LegacySession(Setup setup)
    : m_setup(std::move(setup))
    , m_buffer(m_setup.limits.buffer, m_setup.buffered, m_setup.bufferedOfOwner)
{
    m_lastUse.start();
    connect(m_setup.state.get(), &ClientState::notified, this, &LegacySession::tell);
}

LegacySession::~LegacySession()
{
    end();
}

// --- HTTP --------------------------------------------------------------------------------------

Result<Nothing> LegacySession::checkPost(const Incoming &incoming) const
{
    if (incoming.batch && m_setup.state->profile.revision != "2025-03-26"_L1)
        return rpcError(
            kInvalidRequest, 400,
            u"Batches exist in revision 2025-03-26 only; send one message at a time."_s);
    QSet<QByteArray> ids;
    for (const Message &message : incoming.messages) {
        if (message.kind != Message::Kind::Request)
            continue;
        if (message.method == "initialize"_L1)
            return rpcError(kInvalidRequest, 400, u"This session is initialized already."_s);
        if (ids.contains(message.id) || m_running.contains(message.id))
            return rpcError(kInvalidRequest, 400,
                            u"A request with this id is still running; use each id once."_s);
        ids.insert(message.id);
    }
    if (qint64(m_running.size()) + ids.size() > m_setup.limits.maxRunning)
        return rpcError(mcp::kInternalError, 429,
                        u"Too many requests of this session run at a time; await some answers."_s);
    return Nothing{};
}

void LegacySession::post(http::Exchange &exchange, const Incoming &incoming)
{
    touch();
    const QByteArray id = incoming.batch ? QByteArray() : incoming.first().id;
    if (const Result<Nothing> fits = checkPost(incoming); !fits)
        return refuse(exchange, id, fits.error());
    const auto requests = int(std::count_if(
        incoming.messages.cbegin(), incoming.messages.cend(),
        [](const Message &message) { return message.kind == Message::Kind::Request; }));
    ChannelPtr channel;
    if (requests > 0) {
        channel = newChannel();
        channel->serve(exchange, acceptsOf(exchange.request()), requests, incoming.batch);
    }
    for (const Message &message : incoming.messages) {
        noteTarget(exchange, message);
        const Result<Nothing> taken = take(message, exchange, channel);
        if (!taken && !channel)
            return refuse(exchange, {}, taken.error());
        if (!taken && message.kind == Message::Kind::Request)
            channel->refuse(message.id, taken.error());
    }
    if (!channel)
        exchange.finish(accepted());
}

// --- messages of the client --------------------------------------------------------------------

Result<Nothing> LegacySession::take(const Message &message, const http::Exchange &exchange,
                                    const ChannelPtr &channel)
{
    switch (message.kind) {
    case Message::Kind::Request:
        return start(message, exchange, channel);
    case Message::Kind::Notification:
        notification(message, exchange);
        return Nothing{};
    case Message::Kind::Result:
    case Message::Kind::Error:
        break;
    }
    return answered(message);
}

Result<Nothing> LegacySession::start(const Message &message, const http::Exchange &exchange,
                                     const ChannelPtr &channel)
{
    if (m_running.contains(message.id))
        return rpcError(kInvalidRequest, 400,
                        u"A request with this id is still running; use each id once."_s);
    if (qint64(m_running.size()) >= m_setup.limits.maxRunning)
        return rpcError(mcp::kInternalError, 429,
                        u"Too many requests of this session run at a time; await some answers."_s);
    Request request = requestFrom(exchange, message);
    request.profile = m_setup.state->profile;
    request.identity = m_setup.state->identity;
    request.server = m_setup.state->server;
    request.state = m_setup.state;
    const QByteArray id = message.id;
    Running &running = m_running[id];
    running.channel = channel;
    running.call =
        m_setup.backend.handle(std::move(request), std::make_shared<Way>(this, channel),
                               [this, id](const Result<Answer> &answer) { finished(id, answer); });
    return Nothing{};
}

void LegacySession::finished(const QByteArray &id, const Result<Answer> &answer)
{
    // The call must outlive its handler's use of what the handler captured.
    const auto done = m_running.extract(id);
    touch();
    const ChannelPtr &channel = done.mapped().channel;
    if (answer)
        channel->respond(resultMessage(id, answer->result));
    else
        channel->refuse(id, answer.error());
    forgetIfOver(channel);
}

void LegacySession::notification(const Message &message, const http::Exchange &exchange)
{
    if (message.method == "notifications/cancelled"_L1)
        return cancel(message.params);
    Request request = requestFrom(exchange, message);
    request.profile = m_setup.state->profile;
    request.identity = m_setup.state->identity;
    request.server = m_setup.state->server;
    request.state = m_setup.state;
    m_setup.backend.notification(request);
}

/// Unknown and finished requests are ignored (cancellation, "Error Handling").
void LegacySession::cancel(const QByteArray &params)
{
    const auto running = m_running.find(mcp::rawMember(params, "requestId"_L1));
    if (running == m_running.end())
        return;
    Running ended = std::move(running->second);
    m_running.erase(running);
    ended.call.cancel();
    ended.channel->skip();
    forgetIfOver(ended.channel);
}

Result<Nothing> LegacySession::answered(const Message &message)
{
    bool isNumber = false;
    const qint64 id = message.id.toLongLong(&isNumber);
    if (!isNumber || id < 1 || id > m_lastAsk)
        return rpcError(kInvalidRequest, 400, u"Nobody asked for this response."_s);
    const auto asked = m_asked.find(id);
    if (asked == m_asked.end())
        return Nothing{}; // answered, withdrawn or timed out meanwhile
    const Handler<QByteArray> handler = std::move(asked->second.handler);
    m_asked.erase(asked);
    if (message.kind == Message::Kind::Result) {
        handler(message.result);
        return Nothing{};
    }
    handler(rpcError(message.error.code, 0, message.error.message,
                     message.error.data.startsWith('{')
                         ? QJsonValue(mcp::objectOf(message.error.data))
                         : QJsonValue(QJsonValue::Undefined)));
    return Nothing{};
}

// --- messages to the client --------------------------------------------------------------------

void LegacySession::tell(const QString &method, const QByteArray &params)
{
    if (const ChannelPtr channel = listener())
        channel->send(notificationMessage(method, params));
}

bool LegacySession::canAsk(const ChannelPtr &channel) const
{
    if (m_ended)
        return false;
    const ChannelPtr other = listener();
    return channel->canTalk() || (other && other->canTalk());
}

Call LegacySession::ask(const ChannelPtr &channel, const QString &method, const QByteArray &params,
                        Handler<QByteArray> handler)
{
    const ChannelPtr way = channel->canTalk() ? channel : listener();
    if (m_ended || !way || !way->canTalk())
        return later([handler = std::move(handler)] {
            handler(Error(ErrorCode::MethodNotFound,
                          u"The client has no stream open on which it could be asked."_s));
        });
    const qint64 id = ++m_lastAsk;
    Asked &asked = m_asked[id];
    asked.handler = std::move(handler);
    asked.channel = way;
    asked.timeout = after(m_setup.limits.askTimeout, [this, id] {
        const Handler<QByteArray> late = m_asked[id].handler;
        withdraw(id, true);
        late(Error(ErrorCode::UpstreamTimeout, u"The client did not answer in time."_s));
    });
    way->send(requestMessage(QByteArray::number(id), method, params));
    return Call([session = QPointer<LegacySession>(this), id] {
        if (session)
            session->withdraw(id, true);
    });
}

void LegacySession::withdraw(qint64 ask, bool tellClient)
{
    const auto asked = m_asked.find(ask);
    if (asked == m_asked.end())
        return;
    const ChannelPtr channel = asked->second.channel.lock();
    // The timeout may be what is running right now: it dies after this function.
    const Call timeout = std::move(asked->second.timeout);
    m_asked.erase(asked);
    if (tellClient && channel && !m_ended)
        channel->send(notificationMessage(u"notifications/cancelled"_s,
                                          "{\"requestId\":" + QByteArray::number(ask)
                                              + ",\"reason\":\"no longer needed\"}"));
}

// --- end ---------------------------------------------------------------------------------------

bool LegacySession::isIdle() const
{
    return m_running.empty()
           && std::none_of(m_channels.cbegin(), m_channels.cend(),
                           [](const ChannelPtr &channel) { return channel->isAttached(); });
}

void LegacySession::end(const std::optional<Error> &reason)
{
    if (std::exchange(m_ended, true))
        return;
    disconnect(m_setup.state.get(), nullptr, this, nullptr);
    m_asked.clear();
    // Dropping a call may run code that looks at this session; it is cancelled upstream before its
    // server is let go.
    auto running = std::exchange(m_running, {});
    QList<std::pair<QByteArray, ChannelPtr>> unanswered;
    for (auto &[id, one] : running)
        unanswered.append({id, one.channel});
    running.clear();
    for (const auto &[id, channel] : std::as_const(unanswered)) {
        if (reason)
            channel->refuse(id, *reason);
    }
    const auto channels = std::exchange(m_channels, {});
    for (const ChannelPtr &channel : channels)
        channel->close(
            reason.value_or(rpcError(kInvalidRequest, 404, u"The session has ended."_s)));
    m_setup.backend.release(m_setup.state);
}

} // namespace bridge::gateway
