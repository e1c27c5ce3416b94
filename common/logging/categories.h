// SPDX-License-Identifier: GPL-3.0-or-later
// The log categories of the bridge, one per room. What a category may show is decided by LOG_LEVEL
// and LOG_CATEGORIES (see logger.h); bridge.mcp.wire is off unless a rule names it.
#pragma once

#include <QtCore/QLoggingCategory>

namespace bridge::logging {

Q_DECLARE_LOGGING_CATEGORY(lcHttp)     ///< bridge.http: connections, framing, limits
Q_DECLARE_LOGGING_CATEGORY(lcAccess)   ///< bridge.http.access: one entry per answered request
Q_DECLARE_LOGGING_CATEGORY(lcMcp)      ///< bridge.mcp: handshakes, protocol errors
Q_DECLARE_LOGGING_CATEGORY(lcWire)     ///< bridge.mcp.wire: every JSON-RPC message
Q_DECLARE_LOGGING_CATEGORY(lcUpstream) ///< bridge.upstream: child processes, warm pool
Q_DECLARE_LOGGING_CATEGORY(lcSessions) ///< bridge.sessions: start, expiry, close
Q_DECLARE_LOGGING_CATEGORY(lcRoutes)   ///< bridge.routes: REST handlers
Q_DECLARE_LOGGING_CATEGORY(lcConfig)   ///< bridge.config: settings and their notices
Q_DECLARE_LOGGING_CATEGORY(lcAudit)    ///< bridge.audit: who did what
Q_DECLARE_LOGGING_CATEGORY(lcAuth)     ///< bridge.auth: callers, issuers, logins

} // namespace bridge::logging
