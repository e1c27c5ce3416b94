// SPDX-License-Identifier: GPL-3.0-or-later
// Which addresses a URL from outside may lead to (RFC 6890 and the IANA special-purpose address
// registries). Any thread.
#pragma once

#include "common/base/networks.h"

namespace bridge::egress {

/// Whether \a address belongs to the public internet: not private, loopback, link-local, shared
/// (CGNAT), multicast, unique local, documentation or reserved, also not wrapped into IPv6
/// (v4-mapped, NAT64).
bool isPublic(const QHostAddress &address);

/// Whether \a address, also wrapped into IPv6 as above, is within one of \a networks.
bool isWithin(const QHostAddress &address, const Networks &networks);

} // namespace bridge::egress
