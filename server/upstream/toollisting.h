// SPDX-License-Identifier: GPL-3.0-or-later
// Asks an MCP server for its tools.
#pragma once

#include "common/async/task.h"
#include "server/upstream/server.h"

namespace bridge::upstream {

using DefinitionPtr = std::shared_ptr<const ServerDefinition>;

/// Lists through \a client, which may go away meanwhile: then the answer is UpstreamFailed.
Call listTools(mcp::Client *client, DefinitionPtr definition, Handler<ToolSetPtr> handler);
/// Lists through an instance leased for it.
Task<ToolSetPtr> listToolsOnce(std::function<Call(Handler<LeasePtr>)> lease,
                               DefinitionPtr definition);

} // namespace bridge::upstream
