// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/jsonrpc/loopbacktransport.h"

using namespace Qt::StringLiterals;

namespace bridge::jsonrpc {

LoopbackTransport::Pair LoopbackTransport::makePair()
{
    Pair pair{std::make_unique<LoopbackTransport>(), std::make_unique<LoopbackTransport>()};
    pair.first->m_peer = pair.second.get();
    pair.second->m_peer = pair.first.get();
    return pair;
}

LoopbackTransport::~LoopbackTransport()
{
    if (m_open && m_peer)
        m_peer->end(Error(ErrorCode::UpstreamFailed, u"The other end is gone."_s));
}

void LoopbackTransport::send(const Message &message)
{
    if (!m_open || !m_peer)
        return;
    // Through text, so that what cannot be written or read back fails here too.
    QMetaObject::invokeMethod(
        m_peer,
        [peer = m_peer, text = write(message)] {
            if (!peer || !peer->m_open)
                return;
            const Result<QList<Message>> read = parse(text);
            if (!read)
                Q_EMIT peer->garbageReceived(read.error());
            else
                Q_EMIT peer->messageReceived(read->constFirst());
        },
        Qt::QueuedConnection);
}

void LoopbackTransport::sendGarbage(const Error &error)
{
    if (!m_open || !m_peer)
        return;
    QMetaObject::invokeMethod(
        m_peer,
        [peer = m_peer, error] {
            if (peer && peer->m_open)
                Q_EMIT peer->garbageReceived(error);
        },
        Qt::QueuedConnection);
}

void LoopbackTransport::close()
{
    closePeer(Error(ErrorCode::UpstreamFailed, u"The connection was closed."_s));
}

void LoopbackTransport::closePeer(const Error &reason)
{
    const auto peer = m_peer;
    end(reason);
    if (peer)
        peer->end(reason);
}

void LoopbackTransport::end(const Error &reason)
{
    QMetaObject::invokeMethod(
        this,
        [this, reason] {
            if (std::exchange(m_open, false))
                Q_EMIT closed(reason);
        },
        Qt::QueuedConnection);
}

} // namespace bridge::jsonrpc
