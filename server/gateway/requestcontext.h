// SPDX-License-Identifier: GPL-3.0-or-later
// From an HTTP exchange to what the dispatcher wants to know of a request.
#pragma once

#include "server/gateway/dispatcher.h"
#include "server/http/exchange.h"

namespace bridge::gateway {

/// On whose behalf \a exchange runs. The one place that decides it.
upstream::Identity identityOf(const http::Exchange &exchange);

/// \a message with the headers and trace context of \a exchange; both are copied.
Request requestFrom(const http::Exchange &exchange, const jsonrpc::Message &message);

/// Tells the access log which tool, prompt or resource is asked for.
void noteTarget(http::Exchange &exchange, const jsonrpc::Message &message);

} // namespace bridge::gateway
