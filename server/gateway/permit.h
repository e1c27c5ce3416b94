// SPDX-License-Identifier: GPL-3.0-or-later
// What the policy and the limits say to MCP clients; the counterpart of routes/permission.h.
#pragma once

#include "server/gateway/lookup.h"

namespace bridge::gateway {

/// Whether the policy lets the caller of \a identity see \a key, the server's own name, URI or URI
/// template; \a tool of tools.
bool isShownTo(const Core &core, const upstream::Identity &identity, const upstream::Server &server,
               OfferKind kind, const QString &key, const upstream::Tool *tool);

/// Whether \a request may use what was found at \a place, a tool with \a arguments, null for
/// others. Counts it, and tells \a downstream of the limits. Errors: as for what does not exist;
/// Unauthorized, InsufficientScope, TooManyRequests.
Result<Nothing> permit(Core *core, const Request &request, Downstream *downstream, OfferKind kind,
                       const Place &place, const QJsonObject *arguments);
/// The same without counting.
Result<Nothing> checkPermit(const Core &core, const upstream::Identity &identity, OfferKind kind,
                            const Place &place, const QJsonObject *arguments);

/// Somebody asked for what is hidden from him: tells whoever keeps account of refusals.
void noteHidden(const Core &core, const upstream::Identity &identity, OfferKind kind,
                const Place &place);

/// Arguments have to reach the server as the policy saw them.
bool looksAtArguments(const Core &core);
/// Something may be hidden from somebody.
bool mayHide(const Core &core);
/// The answer to what is missing or hidden.
Error notFound(OfferKind kind);
/// \a error of a server; where something may be hidden, what is missing is told in the words for
/// hidden things.
Error withoutHints(const Core &core, const Error &error);

} // namespace bridge::gateway
