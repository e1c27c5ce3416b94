// SPDX-License-Identifier: GPL-3.0-or-later
// Parts of a modern message that HTTP carries as headers too (MCP 2026-07-28 Streamable HTTP,
// "Request Metadata").
#pragma once

#include "common/httpclient/request.h"
#include "common/jsonrpc/message.h"
#include "common/mcp/toolheaders.h"

namespace bridge::mcp {

/// Adds them to \a headers. False, and nothing added, when \a message is a legacy one.
bool addMetadata(httpclient::Headers &headers, const jsonrpc::Message &message,
                 const ToolHeaders &toolHeaders);

/// tools/call, prompts/get, resources/read: they name something, and only their caller knows how
/// long they may take.
bool namesSomething(const QString &method);
/// Sending it twice is as good as once.
bool isIdempotent(const QString &method);

} // namespace bridge::mcp
