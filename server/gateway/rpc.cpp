// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/rpc.h"

#include "common/json/writer.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

using jsonrpc::Message;

Error rpcError(int code, int status, const QString &message, const QJsonValue &data)
{
    Error error(ErrorCode::BadRequest, message);
    error.rpcCode = code;
    error.status = status;
    error.detail = data;
    return error;
}

QByteArray resultMessage(const QByteArray &id, const QByteArray &result)
{
    Message message;
    message.kind = Message::Kind::Result;
    message.id = id;
    message.result = result;
    return jsonrpc::write(message);
}

QByteArray errorMessage(const QByteArray &id, const Error &error)
{
    Message message;
    message.kind = Message::Kind::Error;
    message.id = id;
    message.error.code = rpcCode(error);
    message.error.message = error.message;
    if (!error.detail.isUndefined() && !error.detail.isNull())
        message.error.data = json::compactJson(error.detail);
    return jsonrpc::write(message);
}

QByteArray requestMessage(const QByteArray &id, const QString &method, const QByteArray &params)
{
    Message message;
    message.kind = Message::Kind::Request;
    message.id = id;
    message.method = method;
    message.params = params;
    return jsonrpc::write(message);
}

QByteArray notificationMessage(const QString &method, const QByteArray &params)
{
    Message message;
    message.method = method;
    message.params = params;
    return jsonrpc::write(message);
}

void note(http::Exchange &exchange, const Error &error)
{
    exchange.note(error);
    exchange.fields().more.insert(u"rpc_code"_s, rpcCode(error));
}

void refuse(http::Exchange &exchange, const QByteArray &id, const Error &error)
{
    note(exchange, error);
    http::Response response = http::Response::jsonBytes(httpStatus(error), errorMessage(id, error));
    if (const auto &attachment = exchange.attachment())
        response.headers += attachment->headersFor(error, exchange.request());
    exchange.finish(std::move(response));
}

bool wantsAnotherCredential(const Error &error)
{
    switch (error.code) {
    case ErrorCode::Unauthorized:
    case ErrorCode::InvalidToken:
    case ErrorCode::TokenExpired:
    case ErrorCode::InsufficientScope:
        return true;
    default:
        return false; // NotConnected too: its link goes to the client, see signin.h
    }
}

bool isAboutTheCaller(const Error &error)
{
    return wantsAnotherCredential(error) || error.code == ErrorCode::Forbidden
           || error.code == ErrorCode::TooManyRequests;
}

http::Response refusalOf(const http::Exchange &exchange, const Error &given,
                         const QByteArray &message)
{
    Error error = given;
    error.status = 0; // those of REST differ here and there (contract §1.5)
    http::Response response = http::Response::jsonBytes(httpStatus(error), message);
    if (const auto &attachment = exchange.attachment())
        response.headers += attachment->headersFor(error, exchange.request());
    return response;
}

http::Response accepted()
{
    http::Response response;
    response.status = 202;
    return response;
}

} // namespace bridge::gateway
