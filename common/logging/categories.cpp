// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/logging/categories.h"

namespace bridge::logging {

Q_LOGGING_CATEGORY(lcHttp, "bridge.http", QtInfoMsg)
Q_LOGGING_CATEGORY(lcAccess, "bridge.http.access", QtInfoMsg)
Q_LOGGING_CATEGORY(lcMcp, "bridge.mcp", QtInfoMsg)
// Wire traffic holds arguments and results, so nobody gets it without asking for it by name.
Q_LOGGING_CATEGORY(lcWire, "bridge.mcp.wire", QtFatalMsg)
Q_LOGGING_CATEGORY(lcUpstream, "bridge.upstream", QtInfoMsg)
Q_LOGGING_CATEGORY(lcSessions, "bridge.sessions", QtInfoMsg)
Q_LOGGING_CATEGORY(lcRoutes, "bridge.routes", QtInfoMsg)
Q_LOGGING_CATEGORY(lcConfig, "bridge.config", QtInfoMsg)
Q_LOGGING_CATEGORY(lcAudit, "bridge.audit", QtInfoMsg)
Q_LOGGING_CATEGORY(lcAuth, "bridge.auth", QtInfoMsg)

} // namespace bridge::logging
