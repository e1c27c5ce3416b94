// SPDX-License-Identifier: GPL-3.0-or-later
// The one error type. Every failure that crosses a module boundary is an Error value; the HTTP
// status and the JSON-RPC code are looked up in one table (error.cpp), never chosen elsewhere.
#pragma once

#include <QtCore/QJsonObject>
#include <QtCore/QJsonValue>
#include <QtCore/QList>
#include <QtCore/QString>

namespace bridge {

/// What went wrong, as the reader of an answer sees it in `error` (see codeName()).
enum class ErrorCode {
    BadRequest,              ///< the request makes no sense as HTTP
    InvalidBody,             ///< the body is no JSON object
    InvalidArguments,        ///< arguments do not satisfy the tool's or prompt's schema
    InvalidFeedback,         ///< elicitation answer does not satisfy the requested schema
    UnsupportedElicitation,  ///< requested schema cannot be asked over REST
    FeedbackRequired,        ///< the tool waits for an answer
    FeedbackRequiresSession, ///< feedback given without a session
    FeedbackNotExpected,     ///< nothing pending
    FeedbackToolMismatch,    ///< the suspended call is another tool's
    Unauthorized,            ///< no credential where one is needed
    InvalidToken,            ///< the credential does not verify (RFC 6750 §3.1)
    TokenExpired,            ///< it did once
    NotConnected,      ///< the user has yet to connect an account; `authorization_url` where known
    IdpUnavailable,    ///< the identity provider or credential store cannot be asked
    InsufficientScope, ///< another scope is needed (RFC 6750 §3.1)
    Forbidden,
    NotFound, ///< no such route
    MethodNotAllowed,
    ToolNotFound,
    PromptNotFound,
    ResourceNotFound,
    ServerNotFound,
    SessionNotFound,
    SessionExists,
    SessionInvalidId,
    SessionMissing,  ///< a session value is needed and none was given
    SessionConflict, ///< e.g. another group than the session's
    MethodNotFound,  ///< the MCP server lacks the feature
    RequestTimeout,  ///< the HTTP client was too slow
    PayloadTooLarge,
    UriTooLong,
    HeadersTooLarge,
    ResponseTooLarge, ///< result above MCP_MAX_RESPONSE_BYTES
    ToolFailed,       ///< the tool itself says isError
    TooManyRequests,
    Overloaded, ///< a cap of the bridge is reached, try later
    UpstreamTimeout,
    UpstreamFailed,      ///< the MCP server broke the protocol, died or closed
    UpstreamStart,       ///< the MCP server could not be started
    UpstreamUnavailable, ///< circuit open
    UpstreamStatus,      ///< a remote MCP server's own HTTP status, passed on in `status`
    InvalidConfig,
    Cancelled, ///< whoever asked is gone; never reaches a client
    NotImplemented,
    Internal,
};

/// One place where input failed a rule.
struct FieldProblem {
    QString path;    ///< JSON pointer, "" for the whole value
    QString message; ///< a sentence
};

/// A failure as a value. `message` is for people, tells what to do, and never holds a secret, a
/// path of the host or another user's name; `detail` holds what clients parse.
struct Error {
    ErrorCode code = ErrorCode::Internal;
    QString message;
    int status = 0;  ///< HTTP status to use instead of the table's; 0 = table
    int rpcCode = 0; ///< JSON-RPC code the upstream gave; 0 = none
    QJsonValue detail{QJsonValue::Undefined}; ///< replaces the text under `detail` when set
    /// `data` of the JSON-RPC error the upstream gave; only MCP clients see it.
    QJsonValue rpcData{QJsonValue::Undefined};
    QJsonObject extra;            ///< further members of the error body, e.g. `result`
    QList<FieldProblem> problems; ///< validation findings, become `errors`
    /// Further fields of the request's line in the log, for the operator; no answer shows them.
    QJsonObject logged;

    Error() = default;
    Error(ErrorCode c, QString text) : code(c), message(std::move(text)) {}
};

/// Short machine token of \a code, e.g. `tool_not_found`.
QString codeName(ErrorCode code);
/// HTTP status of \a error: its own when set, else the table's.
int httpStatus(const Error &error);
/// JSON-RPC error code of \a error (JSON-RPC 2.0 §5.1, MCP 2026-07-28 "Error Codes").
int rpcCode(const Error &error);
/// Bounded class for telemetry, contract §9.2: `validation_error`, `upstream_timeout`, …
QString errorType(const Error &error);
/// The one JSON shape of an error answer.
QJsonObject toJson(const Error &error, const QString &requestId);

} // namespace bridge
