// SPDX-License-Identifier: GPL-3.0-or-later
// One complete HTTP answer as a value. Framing fields (Content-Length, Connection, Date,
// X-Request-Id) are added when it is written; a handler sets only what it knows.
#pragma once

#include "common/base/error.h"
#include "server/http/request.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>

namespace bridge::http {

struct Response {
    int status = 200;
    Headers headers;
    QByteArray body;

    static Response json(int status, const QJsonObject &object);
    static Response json(int status, const QJsonArray &array);
    static Response json(int status, const QJsonDocument &document);
    /// \a bytes is JSON already and goes out untouched.
    static Response jsonBytes(int status, QByteArray bytes);
    /// UTF-8 text with \a contentType.
    static Response text(int status, QByteArray body,
                         QByteArray contentType = "text/plain; charset=utf-8");
    static Response noContent();
    /// The one JSON shape of a failure (contract §1.1) with the status of \a error.
    static Response fromError(const Error &error, const QString &requestId);

    /// Replaces every field called \a name.
    void setHeader(const QByteArray &name, const QByteArray &value);
    /// Adds a field and keeps what is there (Set-Cookie, Vary).
    void addHeader(const QByteArray &name, const QByteArray &value);
};

} // namespace bridge::http
