// SPDX-License-Identifier: GPL-3.0-or-later
// Listings of many servers as one: in the order of the servers' definition, each server's own
// order within. A server that is slow or dead is left out and named in `_meta`; it neither delays
// nor empties the list.
#pragma once

#include "server/gateway/lookup.h"

namespace bridge::gateway {

/// Key of the result's `_meta` with `{server: reason}` for servers that are left out.
inline constexpr QLatin1StringView kMetaDegraded{"mcp-bridge/degraded"};

/// The kind \a method lists; nothing for other methods.
std::optional<OfferKind> kindListedBy(const QString &method);

/// The result of \a request, a listing of \a kind. \a core outlives the call.
Call list(Core *core, const Request &request, OfferKind kind, Handler<Answer> handler);

} // namespace bridge::gateway
