// SPDX-License-Identifier: GPL-3.0-or-later
// The one place where a JSON-RPC error of an MCP server becomes an Error (contract §1.5, §1.6 and
// the dialects of §3.9). Codes decide; text only where servers use one code for several things.
#pragma once

#include "common/jsonrpc/message.h"

namespace bridge::mcp {

enum class Context { Tool, Prompt, Resource, Other };

/// Context of a request by its method, e.g. `tools/call` → Tool.
Context contextOf(const QString &method);
/// Error::rpcCode keeps the server's code, Error::message its text.
Error fromRpc(const jsonrpc::RpcError &rpc, Context context);

} // namespace bridge::mcp
