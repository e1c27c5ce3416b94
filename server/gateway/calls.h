// SPDX-License-Identifier: GPL-3.0-or-later
// The smaller requests of a client: completion, log level, resource subscriptions of a session.
#pragma once

#include "server/gateway/core.h"

namespace bridge::gateway {

/// completion/complete for a prompt or template, under the name its server knows.
Task<Answer> complete(Core *core, Request request);

/// logging/setLevel of a legacy client: for the servers its session uses now and later.
Task<Answer> setLogLevel(Core *core, Request request);

} // namespace bridge::gateway
