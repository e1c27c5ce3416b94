// SPDX-License-Identifier: GPL-3.0-or-later
// Whose address a request comes from when proxies pass it on. Pure functions.
#pragma once

#include "server/auth/strategy.h"
#include "server/egress/addressrules.h"

namespace bridge::auth {

/// The peer, or, when it is one of \a proxies, the last address in `X-Forwarded-For` that none of
/// them has: everything left of it is what the client says.
QHostAddress clientAddress(const AuthRequest &request, const QList<egress::Network> &proxies);

} // namespace bridge::auth
