// SPDX-License-Identifier: GPL-3.0-or-later
// Which addresses a URL from outside may lead to (RFC 6890 and the IANA special-purpose address
// registries). Any thread.
#pragma once

#include "common/base/result.h"

#include <QtCore/QStringList>
#include <QtNetwork/QHostAddress>

#include <utility>

namespace bridge::egress {

/// Address and prefix length, as QHostAddress::parseSubnet() gives it.
using Network = std::pair<QHostAddress, int>;

/// `10.1.0.0/16`, `fd00::/8` or one address each. InvalidConfig names the first that is none.
Result<QList<Network>> networksFrom(const QStringList &texts);

/// Whether \a address belongs to the public internet: not private, loopback, link-local, shared
/// (CGNAT), multicast, unique local, documentation or reserved, also not wrapped into IPv6
/// (v4-mapped, NAT64).
bool isPublic(const QHostAddress &address);

/// Whether \a address is within one of \a networks, also when it is v4-mapped.
bool isWithin(const QHostAddress &address, const QList<Network> &networks);

} // namespace bridge::egress
