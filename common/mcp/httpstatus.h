// SPDX-License-Identifier: GPL-3.0-or-later
// What HTTP statuses of a remote MCP server mean (contract §1.5 row 20, §8).
#pragma once

#include "common/httpclient/request.h"
#include "common/jsonrpc/message.h"

#include <chrono>
#include <optional>

namespace bridge::mcp {

/// UpstreamStatus with the status a client of the bridge gets: 4xx as it is, 502, 503 and 504
/// too, 502 for everything else. Of a 401 the address of the server's metadata is passed on (RFC
/// 9728 §5.1), never its challenge.
Error statusError(const httpclient::Response &response);
/// The JSON-RPC error in the body of a refusal, for request \a id; nothing when there is none or
/// the status alone says it all (401, 403, 429, 5xx).
std::optional<jsonrpc::Message> errorInBody(const httpclient::Response &response,
                                            const QByteArray &id);
/// Whether the same request may succeed in a moment.
bool isTemporary(int status);
/// How long the server wants one to wait (RFC 9110 §10.2.3); nothing when it does not say.
std::optional<std::chrono::milliseconds> retryAfter(const httpclient::Response &response);
/// Content-Type is \a type, whatever its parameters.
bool hasType(const httpclient::Headers &headers, QByteArrayView type);

} // namespace bridge::mcp
