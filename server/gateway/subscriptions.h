// SPDX-License-Identifier: GPL-3.0-or-later
// What clients want to be told of: the modern `subscriptions/listen` (MCP 2026-07-28
// "Subscriptions") and the legacy `resources/subscribe`.
#pragma once

#include "server/gateway/core.h"

namespace bridge::gateway {

/// Resources one subscription, or one legacy session, can be told of.
inline constexpr qsizetype kMaxUris = 1'000;

/// Acknowledges, then notifies through \a downstream until the Call is dropped. \a handler runs
/// when it cannot begin (TooManyRequests, InvalidArguments) or when a server that tells of a
/// resource ends: then with the result that closes the subscription in order. \a core outlives
/// the call.
Call listen(Core *core, const Request &request, std::shared_ptr<Downstream> downstream,
            Handler<Answer> handler);

/// resources/subscribe and resources/unsubscribe of a legacy client with state.
Task<Answer> subscribeResource(Core *core, Request request);
Task<Answer> unsubscribeResource(Core *core, Request request);

} // namespace bridge::gateway
