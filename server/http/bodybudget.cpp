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
{
}

bool BodyBudget::change(const QHostAddress &client, qint64 before, qint64 now)
{
    const qint64 growth = (now > kFree ? now : 0) - (before > kFree ? before : 0);
    if (m_total == 0 || growth == 0)
        return true;
    if (growth > 0 && m_used + growth > m_total)
        return false;
    if (!client.isNull() && !changeShare(clientNetwork(client), growth))
        return false;
    m_used += growth;
    return true;
}

bool BodyBudget::changeShare(const QHostAddress &client, qint64 growth)
{
    const qint64 share = m_byClient.value(client) + growth;
    if (growth > 0 && share > m_perClient)
        return false;
    if (share == 0)
        m_byClient.remove(client);
    else
        m_byClient.insert(client, share);
    return true;
}

} // namespace bridge::http
