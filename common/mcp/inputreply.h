// SPDX-License-Identifier: GPL-3.0-or-later
// Makes an InputRequest whose outcome is reported exactly once, also when it is dropped.
#pragma once

#include "common/mcp/client.h"

namespace bridge::mcp {

/// The client's result, or why there is none. Code Cancelled = dropped without an answer.
using InputSink = std::function<void(Result<QJsonObject>)>;

InputRequestPtr makeInput(const QString &method, const QJsonObject &params, qint64 call,
                          InputSink sink);

/// Capability a client must have declared to be asked \a method; empty for unknown methods.
QString capabilityFor(const QString &method);
/// Why \a capabilities forbid asking \a method with \a params; nothing when they allow it.
std::optional<jsonrpc::RpcError> objection(const QString &method, const QJsonObject &params,
                                           const QJsonObject &capabilities);

} // namespace bridge::mcp
