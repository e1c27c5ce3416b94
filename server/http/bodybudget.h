// SPDX-License-Identifier: GPL-3.0-or-later
// Memory that request bodies may take which have not been handed over yet: those that are still
// arriving, and those that wait behind the request being answered. Nobody is known by his
// credential so early, so the limits are one for all and one for each address, or network of 64
// bits with IPv6, of which one client has all. Main thread.
#pragma once

#include "server/http/limits.h"

#include <QtCore/QHash>
#include <QtNetwork/QHostAddress>

namespace bridge::http {

/// What counts as one client: \a address, of IPv6 its network of 64 bits.
QHostAddress clientNetwork(const QHostAddress &address);

class BodyBudget
{
public:
    /// A body up to this size is not counted: ordinary calls cost nothing, and the connections
    /// allowed bound what they take in all.
    static constexpr qint64 kFree = 64 * 1024;

    explicit BodyBudget(const ServerLimits &limits);

    /// A body from \a client held \a before bytes and holds \a now. False when there is no room for
    /// that; it then counts as before. A null \a client is a proxy: all its clients together have
    /// no share but all there is.
    bool change(const QHostAddress &client, qint64 before, qint64 now);
    /// Bytes counted at the moment.
    qint64 used() const { return m_used; }

private:
    bool changeShare(const QHostAddress &client, qint64 growth);

    qint64 m_total; ///< 0 = no limit
    qint64 m_perClient;
    qint64 m_used = 0;
    QHash<QHostAddress, qint64> m_byClient;
};

} // namespace bridge::http
