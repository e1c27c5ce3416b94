// SPDX-License-Identifier: GPL-3.0-or-later
// Questions of servers in the words of the client's revision, and whether an answer is one. Pure
// functions; any thread.
#pragma once

#include "common/mcp/client.h"
#include "server/gateway/downstream.h"

namespace bridge::gateway {

/// The params of \a input for the client.
QJsonObject questionFor(const mcp::InputRequest &input, const ClientProfile &profile);

/// Whether \a response can be the result of \a method. The message completes a sentence.
Result<Nothing> checkResponse(const QString &method, const QJsonValue &response);

} // namespace bridge::gateway
