// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/bodybudget.h"

namespace bridge::http {

namespace {

constexpr qint64 kShare = 4; ///< one address gets a quarter

} // namespace

// One body of the size allowed always fits. Who lifted the limit on connections of one address has
// a proxy in front, whose address is everybody's.
BodyBudget::BodyBudget(const ServerLimits &limits)
    : m_total(limits.bufferedBodies > 0 ? std::max(limits.bufferedBodies, limits.body) : 0)
    , m_perAddress(limits.connectionsPerAddress > 0 ? std::max(m_total / kShare, limits.body)
                                                    : m_total)
{
}

bool BodyBudget::change(const QHostAddress &peer, qint64 before, qint64 now)
{
    const qint64 growth = (now > kFree ? now : 0) - (before > kFree ? before : 0);
    if (m_total == 0 || growth == 0)
        return true;
    qint64 &ofPeer = m_byAddress[peer];
    const bool fits = growth < 0 || (m_used + growth <= m_total && ofPeer + growth <= m_perAddress);
    if (fits) {
        m_used += growth;
        ofPeer += growth;
    }
    if (ofPeer == 0)
        m_byAddress.remove(peer);
    return fits;
}

} // namespace bridge::http
