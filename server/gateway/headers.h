// SPDX-License-Identifier: GPL-3.0-or-later
// Checks the headers of a modern request against its body (MCP 2026-07-28 streamable-http,
// "Request Metadata"). Pure functions; every failure is -32020 or -32022 with HTTP status 400.
#pragma once

#include "common/jsonrpc/message.h"
#include "server/http/request.h"

#include <optional>

namespace bridge::gateway {

/// Text of a header value: plain ASCII as it is, `=?base64?…?=` decoded. Nothing when it holds
/// characters a value cannot have, broken Base64 or no UTF-8.
std::optional<QString> decodeHeaderValue(const QByteArray &value);

/// MCP-Protocol-Version against \a revision of `_meta` (null when absent there), then whether the
/// revision is spoken here at all.
std::optional<Error> checkVersionHeader(const http::Request &request, const QString &revision);
/// Mcp-Method, and Mcp-Name for the methods that need it.
std::optional<Error> checkMethodHeaders(const http::Request &request,
                                        const jsonrpc::Message &message);
/// Mcp-Param-* against the arguments at the places \a inputSchema marks with `x-mcp-header`.
/// \a arguments is raw JSON, empty when there are none. An annotation that breaks the rules makes
/// its header unknown, which is ignored.
std::optional<Error> checkParamHeaders(const http::Request &request, const QJsonObject &inputSchema,
                                       const QByteArray &arguments);
/// \a inputSchema has an annotation anywhere checkParamHeaders() would look.
bool hasParamHeaders(const QJsonObject &inputSchema);

/// -32022 with the revisions there are.
Error unsupportedRevision(const QString &requested);

} // namespace bridge::gateway
