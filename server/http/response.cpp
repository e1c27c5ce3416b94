// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/response.h"

using namespace Qt::StringLiterals;

namespace bridge::http {

Response Response::json(int status, const QJsonObject &object)
{
    return jsonBytes(status, QJsonDocument(object).toJson(QJsonDocument::Compact));
}

Response Response::json(int status, const QJsonArray &array)
{
    return jsonBytes(status, QJsonDocument(array).toJson(QJsonDocument::Compact));
}

Response Response::json(int status, const QJsonDocument &document)
{
    return jsonBytes(status, document.toJson(QJsonDocument::Compact));
}

Response Response::jsonBytes(int status, QByteArray bytes)
{
    return {status, {{"Content-Type"_ba, "application/json"_ba}}, std::move(bytes)};
}

Response Response::text(int status, QByteArray body, QByteArray contentType)
{
    return {status, {{"Content-Type"_ba, std::move(contentType)}}, std::move(body)};
}

Response Response::noContent()
{
    return {204, {}, {}};
}

Response Response::fromError(const Error &error, const QString &requestId)
{
    Response response = json(httpStatus(error), toJson(error, requestId));
    // RFC 9110 §10.2.3; whoever made the error knows when it is worth trying again.
    if (const QJsonValue seconds = error.extra.value("retry_after"_L1); seconds.isDouble())
        response.setHeader("Retry-After"_ba, QByteArray::number(seconds.toInteger()));
    return response;
}

void Response::setHeader(const QByteArray &name, const QByteArray &value)
{
    headers.removeIf(
        [&name](const auto &field) { return field.first.compare(name, Qt::CaseInsensitive) == 0; });
    headers.append({name, value});
}

void Response::addHeader(const QByteArray &name, const QByteArray &value)
{
    headers.append({name, value});
}

} // namespace bridge::http
