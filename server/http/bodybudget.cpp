// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/bodybudget.h"

#include <algorithm>

namespace bridge::http {

namespace {

constexpr qint64 kShare = 4; ///< one client gets a quarter

} // namespace

QHostAddress clientNetwork(const QHostAddress &address)
{
    bool isV4 = false;
    const quint32 v4 = address.toIPv4Address(&isV4); // also for IPv4 in IPv6 clothes
    if (isV4)
        return QHostAddress(v4);
    Q_IPV6ADDR v6 = address.toIPv6Address();
    std::fill(std::begin(v6.c) + 8, std::end(v6.c), quint8(0));
    return QHostAddress(v6);
}

// One body of the size allowed always fits.
BodyBudget::BodyBudget(const ServerLimits &limits)
    : m_total(limits.bufferedBodies > 0 ? std::max(limits.bufferedBodies, limits.body) : 0)
    , m_perClient(std::max(m_total / kShare, limits.body))
    , m_proxies(limits.proxies)
{
}

/// The address of a proxy is everybody's.
bool BodyBudget::isProxy(const QHostAddress &peer) const
{
    return std::any_of(m_proxies.cbegin(), m_proxies.cend(),
                       [&peer](const auto &network) { return peer.isInSubnet(network); });
}

bool BodyBudget::change(const QHostAddress &peer, qint64 before, qint64 now)
{
    const qint64 growth = (now > kFree ? now : 0) - (before > kFree ? before : 0);
    if (m_total == 0 || growth == 0)
        return true;
    const QHostAddress client = clientNetwork(peer);
    qint64 &ofClient = m_byClient[client];
    const bool fits =
        growth < 0
        || (m_used + growth <= m_total && (ofClient + growth <= m_perClient || isProxy(client)));
    if (fits) {
        m_used += growth;
        ofClient += growth;
    }
    if (ofClient == 0)
        m_byClient.remove(client);
    return fits;
}

} // namespace bridge::http
