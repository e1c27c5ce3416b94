// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/serversample.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

telemetry::ServerSample serverSample(const upstream::Server &server)
{
    const upstream::ServerStatus status = server.status();
    return {server.definition().name, status.state == "ready"_L1,
            status.instances,         status.starts,
            status.startFailures,     status.deaths};
}

} // namespace bridge::routes
