// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/cli/relay.h"

#include "common/logging/categories.h"
#include "common/mcp/rawjson.h"
#include "server/cli/relayerrors.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::cli {

using jsonrpc::Message;
using Kind = Message::Kind;

Relay::Relay(RelayPeer peer, QObject *parent)
    : QObject(parent)
    , m_peer(std::move(peer))
    , m_isSse(m_peer.sse)
{
}

Relay::~Relay()
{
    detach();
}

void Relay::attach(bool sse)
{
    detach();
    m_isSse = sse;
    m_transport = m_peer.open(sse);
    jsonrpc::Transport *transport = m_transport.get();
    connect(transport, &jsonrpc::Transport::messageReceived, this, &Relay::onMessage);
    connect(transport, &jsonrpc::Transport::requestFailed, this, &Relay::onRequestFailed);
    connect(transport, &jsonrpc::Transport::closed, this, &Relay::onClosed);
    connect(transport, &jsonrpc::Transport::garbageReceived, this,
            [](const Error &error) { qCWarning(logging::lcMcp).noquote() << error.message; });
}

void Relay::detach()
{
    if (!m_transport)
        return;
    m_transport->disconnect(this);
    m_transport.release()->deleteLater(); // it may be the one that is speaking
}

// --- from the client -----------------------------------------------------------------------------

void Relay::receive(const Message &message)
{
    if (m_isClosed)
        return;
    switch (message.kind) {
    case Kind::Request:
        return receiveRequest(message);
    case Kind::Notification:
        return receiveNotification(message);
    case Kind::Result:
    case Kind::Error:
        return receiveAnswer(message);
    }
}

void Relay::refuse(const Error &error)
{
    Message answer;
    answer.kind = Kind::Error;
    answer.error.code = error.code == ErrorCode::PayloadTooLarge ? kInvalidRequest : kParseError;
    answer.error.message = error.message;
    Q_EMIT messageReady(answer);
}

void Relay::receiveRequest(const Message &message)
{
    const bool isDouble = m_pending.contains(message.id);
    if (isDouble || m_pending.size() >= kMaxPending) {
        Message answer;
        answer.kind = Kind::Error;
        answer.id = message.id;
        answer.error.code = kInvalidRequest;
        answer.error.message =
            isDouble
                ? u"A request with this id is still open. Use each id once."_s
                : u"%1 requests are open. Wait for answers before asking more."_s.arg(kMaxPending);
        Q_EMIT messageReady(answer);
        return;
    }
    m_pending.insert(message.id, {message});
    noteWish(m_wishes, message);
    if (message.method == "initialize"_L1)
        begin(message);
    else
        holdOrForward(message);
}

void Relay::begin(const Message &initialize)
{
    if (m_phase != Phase::Plain)
        loseSession(Error(ErrorCode::UpstreamFailed, u"The client has begun a new session."_s));
    if (!m_transport || !m_transport->isOpen())
        attach(m_isSse);
    m_phase = Phase::Opening;
    m_initialize = initialize;
    m_isInitialized = false;
    m_isTryingOlder = false;
    m_wishes.clear();
    forward(initialize);
}

void Relay::receiveNotification(const Message &message)
{
    if (message.method == "notifications/cancelled"_L1)
        return cancelled(message);
    if (message.method == "notifications/initialized"_L1) {
        m_isInitialized = true;
        // A session that is begun anew gets one of its own.
        if (m_phase == Phase::Lost || m_phase == Phase::Reopening)
            return;
    }
    if (m_phase != Phase::Lost)
        holdOrForward(message);
}

void Relay::cancelled(const Message &message)
{
    const QByteArray id = mcp::rawMember(message.params, "requestId"_L1);
    const auto pending = m_pending.constFind(id);
    if (pending == m_pending.constEnd())
        return; // answered, or never asked
    const bool isSent = pending->isSent;
    m_pending.erase(pending);
    m_held.removeIf([&id](const Message &held) { return held.id == id; });
    if (isSent && m_transport)
        m_transport->send(message);
    if (awaitedCount() == 0)
        Q_EMIT settled();
}

/// Answers to questions nobody asked (in this session) would be refused with an HTTP error.
void Relay::receiveAnswer(const Message &message)
{
    if (m_questions.remove(message.id) && m_transport)
        m_transport->send(message);
}

void Relay::holdOrForward(const Message &message)
{
    const bool isGone = m_transport && !m_transport->isOpen();
    if (m_phase == Phase::Lost || (m_phase == Phase::Open && isGone)) {
        m_held.append(message);
        return reopen();
    }
    if (m_phase == Phase::Opening || m_phase == Phase::Reopening)
        m_held.append(message);
    else
        forward(message);
}

void Relay::forward(const Message &message)
{
    if (!m_transport || !m_transport->isOpen())
        attach(m_isSse);
    if (const auto pending = m_pending.find(message.id);
        message.kind == Kind::Request && pending != m_pending.end())
        pending->isSent = true;
    m_transport->send(message);
}

qsizetype Relay::awaitedCount() const
{
    return std::count_if(m_pending.cbegin(), m_pending.cend(), [](const Pending &pending) {
        return pending.message.method != "subscriptions/listen"_L1;
    });
}

void Relay::close()
{
    m_isClosed = true;
    m_held.clear();
    if (m_transport) {
        m_transport->disconnect(this);
        m_transport->close();
    }
}

// --- from the server -----------------------------------------------------------------------------

void Relay::onMessage(const Message &message)
{
    switch (message.kind) {
    case Kind::Request:
        m_questions.insert(message.id);
        break;
    case Kind::Notification:
        if (message.method == "notifications/cancelled"_L1)
            m_questions.remove(mcp::rawMember(message.params, "requestId"_L1));
        break;
    case Kind::Result:
    case Kind::Error:
        return onAnswer(message);
    }
    Q_EMIT messageReady(message);
}

void Relay::onAnswer(const Message &message)
{
    if (m_phase == Phase::Reopening && message.id == m_again.message.id)
        return reopened(message);
    if (!m_pending.contains(message.id)) {
        qCDebug(logging::lcMcp) << "An answer nobody waits for was dropped";
        return;
    }
    const bool isWelcome = m_phase == Phase::Opening && message.id == m_initialize.id;
    Q_EMIT messageReady(message);
    if (isWelcome)
        opened(message);
    answered(message.id);
}

void Relay::opened(const Message &answer)
{
    m_phase = answer.kind == Kind::Result ? Phase::Open : Phase::Plain;
    m_welcome = answer.result;
    release();
}

void Relay::onRequestFailed(const QByteArray &id, const Error &error)
{
    const bool isReopening = m_phase == Phase::Reopening && id == m_again.message.id;
    if (!isReopening && !m_pending.contains(id))
        return;
    if (tryRenewed(isReopening ? m_again : m_pending[id], error))
        return;
    if (isReopening)
        return notReopened(error);
    const bool isBegin = m_phase == Phase::Opening && id == m_initialize.id;
    if ((isBegin && tryOlder(error)) || tryNewSession(id, error))
        return;
    fail(id, isBegin && m_isTryingOlder ? m_firstRefusal : error);
    if (isBegin) {
        m_isSse = m_peer.sse;
        m_phase = Phase::Plain;
        release();
    }
}

/// A server that refuses the credential has done nothing else with the request.
bool Relay::tryRenewed(Pending &pending, const Error &error)
{
    if (httpStatusOf(error) != 401 || !m_peer.renew || !m_transport || !m_transport->isOpen())
        return false;
    if (std::exchange(pending.isRetried, true) || !m_peer.renew(*m_transport))
        return false;
    m_transport->send(pending.message);
    return true;
}

/// What a lost session refused had no effect, so it may go into a new one; but a tool may count on
/// what the session kept, and its caller has to hear that it is gone.
bool Relay::tryNewSession(const QByteArray &id, const Error &error)
{
    Pending &pending = m_pending[id];
    if (m_phase != Phase::Open || httpStatusOf(error) != 404
        || std::exchange(pending.isRetried, true))
        return false;
    if (pending.message.method == "tools/call"_L1) {
        loseSession(sessionGone());
        return true;
    }
    pending.isSent = false;
    m_held.append(pending.message);
    loseSession(sessionGone());
    reopen();
    return true;
}

bool Relay::tryOlder(const Error &error)
{
    if (m_isSse || !m_peer.wantsSse || !m_transport || !m_peer.wantsSse(*m_transport))
        return false;
    m_firstRefusal = error;
    m_isTryingOlder = true;
    attach(true);
    m_transport->send(m_initialize);
    return true;
}

void Relay::onClosed(const Error &reason)
{
    if (m_phase == Phase::Opening) {
        const Error error = m_isTryingOlder ? m_firstRefusal : reason;
        m_isSse = m_peer.sse;
        m_phase = Phase::Plain;
        detach();
        failSent(error);
        return release();
    }
    if (m_phase == Phase::Reopening)
        return notReopened(reason);
    loseSession(reason);
}

void Relay::loseSession(const Error &reason)
{
    detach();
    if (m_phase == Phase::Open)
        m_phase = Phase::Lost;
    const auto questions = std::exchange(m_questions, {});
    for (const QByteArray &id : questions)
        Q_EMIT messageReady(withdrawal(id));
    if (!failSent(reason)) // then nobody hears of it
        qCWarning(logging::lcMcp).noquote() << reason.message;
}

// --- errors --------------------------------------------------------------------------------------

void Relay::fail(const QByteArray &id, const Error &error)
{
    qCWarning(logging::lcMcp).noquote() << error.message;
    if (m_pending.contains(id)) {
        Q_EMIT messageReady(failure(id, error));
        answered(id);
    }
}

bool Relay::failSent(const Error &reason)
{
    QList<QByteArray> sent;
    for (auto it = m_pending.cbegin(); it != m_pending.cend(); ++it) {
        if (it->isSent)
            sent.append(it.key());
    }
    for (const QByteArray &id : std::as_const(sent))
        fail(id, reason);
    return !sent.isEmpty();
}

void Relay::answered(const QByteArray &id)
{
    if (m_pending.remove(id) && awaitedCount() == 0)
        Q_EMIT settled();
}

} // namespace bridge::cli
