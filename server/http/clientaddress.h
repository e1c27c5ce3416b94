// SPDX-License-Identifier: GPL-3.0-or-later
// Whose address a request comes from when proxies pass it on. Pure functions.
#pragma once

#include "common/base/networks.h"
#include "server/http/request.h"

namespace bridge::http {

/// Hops of `X-Forwarded-For` that are looked at.
constexpr int kMostHops = 32;

/// The peer of \a request, or, when it is one of \a proxies, the last address in its
/// `X-Forwarded-For` that none of them has: everything left of that is what the client says. IPv4
/// in IPv6 clothes comes out as IPv4.
QHostAddress clientAddress(const Request &request, const Networks &proxies);

} // namespace bridge::http
