// SPDX-License-Identifier: GPL-3.0-or-later
// The streams of a legacy session: opened to listen, resumed, forgotten.
#include "common/mcp/revisions.h"
#include "server/gateway/legacysession.h"
#include "server/gateway/rpc.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

ChannelPtr LegacySession::newChannel()
{
    forgetOldChannels();
    Channel::Setup setup;
    setup.number = ++m_lastChannel;
    setup.buffer = m_setup.resumable ? &m_buffer : nullptr;
    // Clients of older revisions take the empty event for a broken message.
    setup.primes = m_setup.state->profile.revision == mcp::kNewestLegacyRevision;
    setup.streamAfter = m_setup.limits.streamAfter;
    auto channel = std::make_shared<Channel>(setup);
    m_channels.insert(setup.number, channel);
    return channel;
}

/// Nobody can resume what was never a stream.
void LegacySession::forgetIfOver(const ChannelPtr &channel)
{
    if (channel->isDone() && !channel->isStream())
        m_channels.remove(channel->number());
}

/// Channels that are over stay for clients that resume them, the newest ones.
void LegacySession::forgetOldChannels()
{
    if (m_channels.size() < m_setup.limits.maxChannels)
        return;
    QList<quint32> numbers = m_channels.keys();
    std::sort(numbers.begin(), numbers.end());
    for (quint32 number : std::as_const(numbers)) {
        if (m_channels.size() < m_setup.limits.maxChannels / 2)
            return;
        const ChannelPtr channel = m_channels.value(number);
        if (!channel->isAttached() && (channel->isDone() || channel->isStandalone()))
            m_channels.remove(number);
    }
}

bool LegacySession::opensStream(const QByteArray &lastEventId) const
{
    const auto place = EventBuffer::placeOf(lastEventId);
    const ChannelPtr channel = place ? m_channels.value(place->stream) : nullptr;
    return channel && channel->isStandalone() && !channel->isAttached();
}

int LegacySession::openStreams() const
{
    return int(std::count_if(m_channels.cbegin(), m_channels.cend(), [](const auto &one) {
        return one->isStandalone() && one->isAttached();
    }));
}

Result<Nothing> LegacySession::checkStreams() const
{
    const int open = openStreams();
    if (open < m_setup.limits.maxStreams)
        return Nothing{};
    return rpcError(mcp::kInternalError, 429,
                    u"This session has %1 open streams already; close one."_s.arg(open));
}

Result<ChannelPtr> LegacySession::listen(http::Exchange &exchange)
{
    touch();
    if (const Result<Nothing> room = checkStreams(); !room)
        return room.error();
    const ChannelPtr channel = newChannel();
    channel->listen(exchange);
    return channel;
}

void LegacySession::adopt(http::SseStream *stream)
{
    newChannel()->adopt(stream);
}

Result<Nothing> LegacySession::resume(http::Exchange &exchange, const QByteArray &lastEventId)
{
    touch();
    const auto place = EventBuffer::placeOf(lastEventId);
    const ChannelPtr channel = place ? m_channels.value(place->stream) : nullptr;
    if (!channel || !m_buffer.knows(*place))
        return rpcError(kInvalidRequest, 400,
                        u"Last-Event-ID names no event of this session that is still known."_s);
    if (const Result<Nothing> room = checkStreams(); opensStream(lastEventId) && !room)
        return room.error();
    channel->resume(exchange, *place);
    return Nothing{};
}

ChannelPtr LegacySession::listener() const
{
    ChannelPtr best;
    for (const ChannelPtr &channel : m_channels) {
        if (!channel->isStandalone())
            continue;
        const bool better =
            !best || channel->isAttached() > best->isAttached()
            || (channel->isAttached() == best->isAttached() && channel->number() > best->number());
        if (better)
            best = channel;
    }
    return best;
}

} // namespace bridge::gateway
