// SPDX-License-Identifier: GPL-3.0-or-later
// The part of the relay that begins a legacy session anew for a client that does not notice.
#include "common/logging/categories.h"
#include "common/mcp/rawjson.h"
#include "server/cli/relay.h"
#include "server/cli/relayerrors.h"

using namespace Qt::StringLiterals;

namespace bridge::cli {

using jsonrpc::Message;
using Kind = Message::Kind;

/// One that no client uses.
QByteArray Relay::ownId()
{
    return mcp::quoted(u"mcp-bridge-connect-%1"_s.arg(QString::number(++m_ownIds)));
}

void Relay::reopen()
{
    attach(m_isSse);
    m_phase = Phase::Reopening;
    m_again = {m_initialize, true, false};
    m_again.message.id = ownId();
    qCInfo(logging::lcMcp)
        << "The session with the remote MCP server has ended; a new one is begun";
    m_transport->send(m_again.message);
}

void Relay::reopened(const Message &answer)
{
    if (answer.kind == Kind::Error)
        return notReopened(Error(ErrorCode::UpstreamFailed, answer.error.message));
    if (const QString why = differenceOf(m_welcome, answer.result); !why.isEmpty()) {
        m_transport->close();
        return notReopened(Error(ErrorCode::UpstreamFailed, why));
    }
    m_phase = Phase::Open;
    Message initialized;
    initialized.method = u"notifications/initialized"_s;
    m_transport->send(initialized);
    for (Message wish : std::as_const(m_wishes)) {
        wish.id = ownId();
        m_transport->send(wish);
    }
    release();
    tellChanges(answer.result);
}

/// What the client has listed may be another server's by now.
void Relay::tellChanges(const QByteArray &result)
{
    if (!m_isInitialized)
        return;
    for (const Message &change : changesOf(result))
        Q_EMIT messageReady(change);
}

void Relay::notReopened(const Error &reason)
{
    m_phase = Phase::Lost;
    detach();
    const auto held = std::exchange(m_held, {});
    for (const Message &message : held) {
        if (message.kind == Kind::Request)
            fail(message.id, reason);
    }
    failSent(reason);
}

void Relay::release()
{
    const auto held = std::exchange(m_held, {});
    for (const Message &message : held) {
        if (message.kind != Kind::Request || m_pending.contains(message.id))
            forward(message);
    }
}

} // namespace bridge::cli
