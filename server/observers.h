// SPDX-License-Identifier: GPL-3.0-or-later
// Who looks on while the rooms work: the access log and the metrics. Values only; never arguments,
// bodies or query strings.
#pragma once

#include "server/http/server.h"
#include "server/sessions/sessionmanager.h"
#include "server/upstream/registry.h"

namespace bridge::telemetry {
class Metrics;
}

namespace bridge {

// Each connects its room to log and metrics for as long as both live.
void observe(http::Server &server, telemetry::Metrics &metrics);
void observe(sessions::SessionManager &sessions, telemetry::Metrics &metrics);
void observe(upstream::Registry &registry, telemetry::Metrics &metrics);

} // namespace bridge
