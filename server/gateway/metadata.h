// SPDX-License-Identifier: GPL-3.0-or-later
// What the bridge says of itself and of the servers behind it, at `initialize` and
// `server/discover`.
#pragma once

#include "server/gateway/core.h"

namespace bridge::gateway {

/// Key of serverInfo in a modern result's `_meta`.
QString serverInfoKey();
QJsonObject serverInfo(const DispatcherOptions &options, const ClientProfile &profile);

/// Result of `initialize` or `server/discover` from what is known of the servers.
QByteArray initializeResult(const Core &core, const ClientProfile &profile, const QString &server);
QByteArray discoverResult(const Core &core, const ClientProfile &profile, const QString &server);

/// Asks the servers behind \a request that are not known yet, no longer than listPatience.
Call learn(Core *core, const Request &request, Handler<Nothing> handler);

} // namespace bridge::gateway
