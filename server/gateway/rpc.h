// SPDX-License-Identifier: GPL-3.0-or-later
// JSON-RPC messages and HTTP answers that hold one, for the HTTP faces of the gateway.
#pragma once

#include "common/base/error.h"
#include "common/jsonrpc/message.h"
#include "common/mcp/revisions.h"
#include "server/http/exchange.h"

namespace bridge::gateway {

inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kHeaderMismatch = mcp::kHeaderMismatch;

/// A protocol error with its JSON-RPC code and the HTTP status of the answer that carries it.
Error rpcError(int code, int status, const QString &message,
               const QJsonValue &data = QJsonValue(QJsonValue::Undefined));

/// `{"jsonrpc":"2.0","id":…,"result":…}`; \a result is raw JSON.
QByteArray resultMessage(const QByteArray &id, const QByteArray &result);
/// An error response; without \a id when it is empty (it could not be read). An Error::detail that
/// is an object becomes `data`.
QByteArray errorMessage(const QByteArray &id, const Error &error);
QByteArray requestMessage(const QByteArray &id, const QString &method, const QByteArray &params);
QByteArray notificationMessage(const QString &method, const QByteArray &params);

/// Tells the access log of \a error and of the JSON-RPC code the client sees.
void note(http::Exchange &exchange, const Error &error);
/// Answers with the status of \a error and the error message as body, and notes it.
void refuse(http::Exchange &exchange, const QByteArray &id, const Error &error);
/// The caller could go on with another credential: what makes clients get one when HTTP says so,
/// whatever the revision.
bool wantsAnotherCredential(const Error &error);
/// Who calls is the trouble, or how often: what HTTP has a status for.
bool isAboutTheCaller(const Error &error);
/// The answer to a request with such an \a error, with the fields that say what to do.
http::Response refusalOf(const http::Exchange &exchange, const Error &error,
                         const QByteArray &message);
/// 202 without a body: notifications and responses were accepted.
http::Response accepted();

} // namespace bridge::gateway
