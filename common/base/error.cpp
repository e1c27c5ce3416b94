// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/base/error.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge {

namespace {

struct Row {
    ErrorCode code;
    const char *name;
    int status;
    int rpc;
    const char *type;
};

constexpr char kValidation[] = "validation_error";
constexpr char kAuthorization[] = "authorization_error";
constexpr char kTimeout[] = "upstream_timeout";
constexpr char kDownstream[] = "downstream_execution_error";
constexpr char kTooLarge[] = "response_too_large";
constexpr char kInternal[] = "bridge_internal_error";

constexpr Row kTable[] = {
    {ErrorCode::BadRequest, "bad_request", 400, -32600, kValidation},
    {ErrorCode::InvalidBody, "invalid_body", 422, -32700, kValidation},
    {ErrorCode::InvalidArguments, "invalid_arguments", 400, -32602, kValidation},
    {ErrorCode::InvalidFeedback, "invalid_feedback", 400, -32602, kValidation},
    {ErrorCode::UnsupportedElicitation, "unsupported_elicitation_schema", 400, -32602, kValidation},
    {ErrorCode::FeedbackRequired, "feedback_required", 409, -32603, kValidation},
    {ErrorCode::FeedbackRequiresSession, "feedback_requires_session", 409, -32600, kValidation},
    {ErrorCode::FeedbackNotExpected, "feedback_not_expected", 409, -32600, kValidation},
    {ErrorCode::FeedbackToolMismatch, "feedback_tool_mismatch", 409, -32600, kValidation},
    {ErrorCode::Unauthorized, "unauthorized", 401, -32600, kAuthorization},
    {ErrorCode::InvalidToken, "invalid_token", 401, -32600, kAuthorization},
    {ErrorCode::TokenExpired, "token_expired", 401, -32600, kAuthorization},
    {ErrorCode::NotConnected, "not_connected", 401, -32600, kAuthorization},
    {ErrorCode::IdpUnavailable, "idp_unavailable", 503, -32603, kDownstream},
    {ErrorCode::InsufficientScope, "insufficient_scope", 403, -32600, kAuthorization},
    {ErrorCode::Forbidden, "forbidden", 403, -32600, kAuthorization},
    {ErrorCode::NotFound, "not_found", 404, -32601, kValidation},
    {ErrorCode::MethodNotAllowed, "method_not_allowed", 405, -32601, kValidation},
    {ErrorCode::ToolNotFound, "tool_not_found", 404, -32602, kValidation},
    {ErrorCode::PromptNotFound, "prompt_not_found", 404, -32602, kValidation},
    {ErrorCode::ResourceNotFound, "resource_not_found", 404, -32602, kValidation},
    {ErrorCode::ServerNotFound, "server_not_found", 404, -32602, kValidation},
    {ErrorCode::SessionNotFound, "session_not_found", 404, -32600, kValidation},
    {ErrorCode::SessionExists, "session_exists", 409, -32600, kValidation},
    {ErrorCode::SessionInvalidId, "invalid_session_id", 400, -32602, kValidation},
    {ErrorCode::SessionMissing, "session_required", 400, -32600, kValidation},
    {ErrorCode::SessionConflict, "session_conflict", 409, -32600, kValidation},
    {ErrorCode::MethodNotFound, "method_not_found", 404, -32601, kValidation},
    {ErrorCode::RequestTimeout, "request_timeout", 408, -32600, kValidation},
    {ErrorCode::PayloadTooLarge, "payload_too_large", 413, -32600, kValidation},
    {ErrorCode::UriTooLong, "uri_too_long", 414, -32600, kValidation},
    {ErrorCode::HeadersTooLarge, "headers_too_large", 431, -32600, kValidation},
    {ErrorCode::ResponseTooLarge, "response_too_large", 422, -32603, kTooLarge},
    {ErrorCode::ToolFailed, "tool_failed", 422, -32603, kDownstream},
    {ErrorCode::TooManyRequests, "too_many_requests", 429, -32603, kValidation},
    {ErrorCode::Overloaded, "overloaded", 503, -32603, kInternal},
    {ErrorCode::UpstreamTimeout, "upstream_timeout", 504, -32603, kTimeout},
    {ErrorCode::UpstreamFailed, "upstream_failed", 502, -32603, kDownstream},
    {ErrorCode::UpstreamStart, "upstream_start_failed", 502, -32603, kDownstream},
    {ErrorCode::UpstreamUnavailable, "upstream_unavailable", 503, -32603, kDownstream},
    {ErrorCode::UpstreamStatus, "upstream_status", 502, -32603, kDownstream},
    {ErrorCode::InvalidConfig, "invalid_config", 500, -32603, kInternal},
    {ErrorCode::Cancelled, "cancelled", 499, -32603, kInternal},
    {ErrorCode::NotImplemented, "not_implemented", 501, -32601, kInternal},
    {ErrorCode::Internal, "internal_error", 500, -32603, kInternal},
};

const Row &row(ErrorCode code)
{
    for (const Row &candidate : kTable) {
        if (candidate.code == code)
            return candidate;
    }
    return kTable[std::size(kTable) - 1];
}

} // namespace

QString codeName(ErrorCode code)
{
    return QString::fromLatin1(row(code).name);
}

int httpStatus(const Error &error)
{
    return error.status != 0 ? error.status : row(error.code).status;
}

int rpcCode(const Error &error)
{
    return error.rpcCode != 0 ? error.rpcCode : row(error.code).rpc;
}

QString errorType(const Error &error)
{
    const QLatin1StringView type(row(error.code).type);
    // Whoever answers with such a status says that the request is at fault.
    const bool isTheirs = error.status >= 400 && error.status < 500;
    return isTheirs && type == QLatin1StringView(kInternal) ? QString::fromLatin1(kValidation)
                                                            : QString(type);
}

QJsonObject toJson(const Error &error, const QString &requestId)
{
    QJsonObject body = error.extra;
    body["detail"_L1] = error.detail.isUndefined() ? QJsonValue(error.message) : error.detail;
    body["error"_L1] = codeName(error.code);
    body["status_code"_L1] = httpStatus(error);
    body["request_id"_L1] = requestId;
    if (!error.problems.isEmpty()) {
        QJsonArray list;
        for (const FieldProblem &problem : error.problems)
            list.append(QJsonObject{{"path"_L1, problem.path}, {"message"_L1, problem.message}});
        body["errors"_L1] = list;
    }
    return body;
}

} // namespace bridge
