// SPDX-License-Identifier: GPL-3.0-or-later
// How many different bad tokens an address has shown of late. Each costs a signature check, a
// question to the issuer or a fetch of its keys; nobody else is asked about those of an address
// that shows too many for the rest of a minute. Bounded: of many addresses the ones not heard of
// for longest are forgotten. Main thread.
#pragma once

#include "server/auth/clock.h"

#include <QtCore/QByteArray>
#include <QtCore/QHash>
#include <QtCore/QSet>
#include <QtNetwork/QHostAddress>

#include <optional>

namespace bridge::auth {

/// What tells one client from another: whoever has one IPv6 address has the 2^64 of its network.
QByteArray networkOf(const QHostAddress &address);

class BadTokens
{
public:
    static constexpr std::chrono::milliseconds kWindow{60'000};
    static constexpr qsizetype kMostAddresses = 4096;

    /// \a most per address and minute; 0 = no limit.
    explicit BadTokens(int most, Clock clock = {}) : m_most(most), m_clock(std::move(clock)) {}

    /// How long nothing of \a address is checked; nothing = it may be checked. A null address has
    /// no limit.
    std::optional<std::chrono::seconds> pauseOf(const QHostAddress &address);
    /// \a address showed a bad token; the same one counts once.
    void note(const QHostAddress &address, const QByteArray &digest);
    qsizetype addressCount() const { return m_young.size() + m_old.size(); }

private:
    struct Window {
        std::chrono::milliseconds begin{0};
        QSet<quint64> tokens; ///< what their digests begin with
    };
    Window *find(const QByteArray &network);

    int m_most;
    Clock m_clock;
    QHash<QByteArray, Window> m_young; ///< two generations, as in TokenCache
    QHash<QByteArray, Window> m_old;
};

} // namespace bridge::auth
