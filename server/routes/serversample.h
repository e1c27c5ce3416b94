// SPDX-License-Identifier: GPL-3.0-or-later
// What the metrics show of one MCP server.
#pragma once

#include "server/telemetry/metrics.h"
#include "server/upstream/server.h"

namespace bridge::routes {

telemetry::ServerSample serverSample(const upstream::Server &server);

} // namespace bridge::routes
