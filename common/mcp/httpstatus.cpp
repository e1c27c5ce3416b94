// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/httpstatus.h"

#include "common/base/duration.h"
#include "common/mcp/rawjson.h"

#include <QtCore/QDateTime>
#include <QtCore/QLocale>
#include <QtCore/QRegularExpression>

using namespace Qt::StringLiterals;

namespace bridge::mcp {

namespace {

constexpr qsizetype kMaxText = 500;

int passedOn(int status)
{
    if ((status >= 400 && status < 500) || (status >= 502 && status <= 504))
        return status;
    return 502;
}

/// The text that frameworks put into the body of a refusal.
QString textOf(const httpclient::Response &response)
{
    const QJsonObject body = objectOf(response.body);
    const QJsonValue error = body["error"_L1];
    for (const QJsonValue &one : {error["message"_L1], body["error_description"_L1],
                                  body["detail"_L1], body["message"_L1], error}) {
        if (one.isString() && !one.toString().isEmpty())
            return one.toString().left(kMaxText).simplified();
    }
    return {};
}

QString meaning(int status)
{
    switch (status) {
    case 401:
        return u"it does not accept the credential, or wants one"_s;
    case 403:
        return u"it does not allow this"_s;
    case 404:
        return u"there is nothing at this address, or the session has ended"_s;
    case 429:
        return u"too many requests"_s;
    case 503:
        return u"it is not available at the moment"_s;
    default:
        return {};
    }
}

QString metadataUrl(const httpclient::Headers &headers)
{
    static const QRegularExpression pattern(
        u"\\bresource_metadata\\s*=\\s*\"?(https?://[^\\s\",]+)"_s,
        QRegularExpression::CaseInsensitiveOption);
    const QByteArray challenge = httpclient::headerValue(headers, "WWW-Authenticate");
    const QUrl url(pattern.match(QString::fromLatin1(challenge)).captured(1), QUrl::StrictMode);
    return url.isValid() && !url.host().isEmpty() && url.userInfo().isEmpty() ? url.toString()
                                                                              : QString();
}

} // namespace

Error statusError(const httpclient::Response &response)
{
    const QString text = textOf(response);
    QString why = text.isEmpty() ? meaning(response.status) : text;
    if (!why.isEmpty())
        why.prepend(u": "_s);
    Error error(
        ErrorCode::UpstreamStatus,
        u"The remote MCP server answered with HTTP status %1%2"_s.arg(response.status).arg(why));
    if (!error.message.endsWith(u'.'))
        error.message += u'.';
    error.status = passedOn(response.status);
    QJsonObject upstream{{"status"_L1, response.status}};
    if (response.status == 401) {
        if (const QString url = metadataUrl(response.headers); !url.isEmpty())
            upstream["resource_metadata"_L1] = url;
    }
    if (const auto wait = retryAfter(response))
        upstream["retry_after"_L1] = double(wait->count()) / 1000;
    error.extra["upstream"_L1] = upstream;
    return error;
}

std::optional<jsonrpc::Message> errorInBody(const httpclient::Response &response,
                                            const QByteArray &id)
{
    const int status = response.status;
    if (status == 401 || status == 403 || status == 429 || status < 400 || status >= 500)
        return std::nullopt;
    const QJsonObject body = objectOf(response.body);
    const QJsonObject error = body["error"_L1].toObject();
    if (body["jsonrpc"_L1] != "2.0"_L1 || !error["code"_L1].isDouble())
        return std::nullopt;
    jsonrpc::Message message;
    message.kind = jsonrpc::Message::Kind::Error;
    message.id = id;
    message.error.code = error["code"_L1].toInt();
    message.error.message = error["message"_L1].toString();
    message.error.data = rawMember(rawMember(response.body, "error"_L1), "data"_L1);
    return message;
}

bool isTemporary(int status)
{
    return status == 429 || (status >= 502 && status <= 504);
}

std::optional<std::chrono::milliseconds> retryAfter(const httpclient::Response &response)
{
    const QByteArray text = httpclient::headerValue(response.headers, "Retry-After").trimmed();
    if (text.isEmpty())
        return std::nullopt;
    bool isNumber = false;
    const qint64 seconds = text.toLongLong(&isNumber);
    if (isNumber && seconds >= 0 && seconds < 1'000'000)
        return std::chrono::seconds(seconds);
    const QDateTime date =
        QLocale::c().toDateTime(QString::fromLatin1(text), u"ddd, dd MMM yyyy hh:mm:ss 'GMT'"_s);
    if (!date.isValid())
        return std::nullopt;
    const QDateTime utc(date.date(), date.time(), kUtc);
    return std::chrono::milliseconds(
        std::max<qint64>(0, QDateTime::currentDateTimeUtc().msecsTo(utc)));
}

bool hasType(const httpclient::Headers &headers, QByteArrayView type)
{
    const QByteArray value = httpclient::headerValue(headers, "Content-Type");
    return value.split(';').first().trimmed().compare(type, Qt::CaseInsensitive) == 0;
}

} // namespace bridge::mcp
