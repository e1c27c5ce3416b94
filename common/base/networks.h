// SPDX-License-Identifier: GPL-3.0-or-later
// Lists of addresses and networks as settings name them. Any thread.
#pragma once

#include "common/base/result.h"

#include <QtCore/QList>
#include <QtCore/QStringList>
#include <QtNetwork/QHostAddress>

#include <utility>

namespace bridge {

/// IPv4 in IPv6 clothes (v4-mapped, RFC 4291 §2.5.5.2) as IPv4, everything else as it is.
QHostAddress plainAddress(const QHostAddress &address);

class Networks
{
public:
    Networks() = default;
    /// \a texts: `10.1.0.0/16`, `fd00::/8` or one address each. InvalidConfig names the first that
    /// is none; short forms such as `10` or `127/8` are none either.
    static Result<Networks> from(const QStringList &texts);

    bool isEmpty() const { return m_subnets.isEmpty(); }
    /// \a address, also a v4-mapped one, is in one of them.
    bool contains(const QHostAddress &address) const;
    /// One of them has so many addresses that those of strangers are among them.
    bool areWide() const;
    Networks &operator+=(const Networks &others);

private:
    QList<std::pair<QHostAddress, int>> m_subnets;
};

} // namespace bridge
