// SPDX-License-Identifier: GPL-3.0-or-later
// The bridge's own tools, with which a modern client gets and gives up a session handle
// (MCP_SESSION_TOOLS). They exist at `/mcp` and in views, and not for legacy
// clients, which have sessions.
#pragma once

#include "server/gateway/dispatcher.h"

namespace bridge::gateway {

class HandleTable;

/// A session handle given here binds a modern request to the servers of that session.
inline constexpr char kHandleHeader[] = "Mcp-Bridge-Session";
/// The same in a request's `_meta`. Never passed on to servers.
inline constexpr QLatin1StringView kMetaHandle{"mcp-bridge/session"};

/// Whether the client of \a profile is shown the tools at the endpoint of \a server when they are
/// turned on.
bool mayHaveSessionTools(const ClientProfile &profile, const QString &server);
/// Names and listed objects of the tools, raw JSON, in the order they are listed.
const QList<std::pair<QString, QByteArray>> &sessionTools();
/// \a message calls one of them.
bool callsSessionTool(const jsonrpc::Message &message);
/// The result of \a request, which calls one of them. InvalidArguments for what the tool does not
/// take.
Result<QByteArray> callSessionTool(const Request &request, HandleTable &handles);

} // namespace bridge::gateway
