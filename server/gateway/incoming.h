// SPDX-License-Identifier: GPL-3.0-or-later
// What a POST to the MCP endpoint holds, and which era of the protocol it belongs to.
#pragma once

#include "common/jsonrpc/message.h"
#include "common/mcp/types.h"
#include "server/gateway/downstream.h"
#include "server/http/request.h"

namespace bridge::gateway {

struct Incoming {
    QList<jsonrpc::Message> messages; ///< at least one
    bool batch = false;               ///< came as an array, which only 2025-03-26 knows

    const jsonrpc::Message &first() const { return messages.constFirst(); }
    bool holds(jsonrpc::Message::Kind kind) const;
};

/// Reads the body. Errors are protocol errors: -32700 for what is no JSON, -32600 for what is no
/// message, 415 for another media type.
Result<Incoming> readBody(const http::Request &request);
/// The `id` of a body that readBody() refused, as a raw token; empty when it cannot be told.
QByteArray idIn(const QByteArray &body);

/// Era of a POST (2026-07-28 versioning, "Backward Compatibility"): modern when the request's
/// `_meta` names a revision or the request comes with the modern headers; `initialize` without
/// that and everything else is legacy.
mcp::Era eraOf(const http::Request &request, const Incoming &incoming);
/// \a revision is written like a revision and not older than the first modern one.
bool isModernOrLater(const QByteArray &revision);

/// Profile of a modern request from its `_meta` (basic, "Per-request protocol fields"). -32602
/// with status 400 when a required field is missing or of the wrong type.
Result<ClientProfile> modernProfile(const QJsonObject &params);
/// Profile of a legacy session from the params of `initialize`, its revision negotiated: the one
/// asked for when it is legacy, else the newest legacy one.
Result<ClientProfile> legacyProfile(const QJsonObject &params);

/// What an `Accept` field admits; without the field everything.
struct Accepts {
    bool json = false;
    bool events = false;
    bool eventsNamed = false; ///< text/event-stream stands there literally
};
Accepts acceptsOf(const http::Request &request);

} // namespace bridge::gateway
