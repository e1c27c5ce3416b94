// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/body.h"

#include "common/json/scan.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

using namespace Qt::StringLiterals;

namespace bridge::http {

namespace {

Error invalidBody(const QString &type, const QString &message)
{
    Error error(ErrorCode::InvalidBody, message);
    error.detail = QJsonArray{
        QJsonObject{{u"type"_s, type}, {u"loc"_s, QJsonArray{u"body"_s}}, {u"msg"_s, message}}};
    return error;
}

/// `application/json` and `…+json`, with any parameters.
bool isJsonType(const QByteArray &contentType)
{
    const qsizetype semicolon = contentType.indexOf(';');
    const QByteArray type =
        (semicolon < 0 ? contentType : contentType.first(semicolon)).trimmed().toLower();
    return type.isEmpty() || type == "application/json" || type.endsWith("+json");
}

} // namespace

Result<QJsonObject> jsonObjectBody(const Request &request)
{
    const QByteArray text = request.body.trimmed();
    if (text.isEmpty())
        return QJsonObject();
    if (!isJsonType(request.header("content-type")))
        return invalidBody(u"media_type"_s,
                           u"Send the body as `Content-Type: application/json`."_s);
    // Qt's reader lets duplicate keys, bad UTF-8 and its own depth limit decide; the scan does not.
    if (const Result<Nothing> scanned = json::check(text); !scanned)
        return invalidBody(u"json_invalid"_s, scanned.error().message);
    if (text == "null")
        return QJsonObject();
    const QJsonDocument document = QJsonDocument::fromJson(text);
    if (!document.isObject())
        return invalidBody(u"dict_type"_s, u"The body must be a JSON object."_s);
    return document.object();
}

} // namespace bridge::http
