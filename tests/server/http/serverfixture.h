// SPDX-License-Identifier: GPL-3.0-or-later
// A server with the handlers the tests of the HTTP room need.
#pragma once

#include "client.h"
#include "server/http/body.h"
#include "server/http/server.h"

#include <vector>

namespace bridge::http::test {

struct Fixture {
    explicit Fixture(ServerOptions options = {});

    Client client() const { return Client(port); }
    void add(const QByteArray &method, const QString &pattern, RouteHandler run);

    int cancelled = 0;           ///< kept calls of /never and /sse that were withdrawn
    SseStream *stream = nullptr; ///< latest stream of /sse
    QList<ExchangeSummary> summaries;
    quint16 port = 0;
    std::unique_ptr<Server> server;
};

inline QByteArray get(const QByteArray &path, const QByteArray &fields = {})
{
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}

inline QByteArray post(const QByteArray &path, const QByteArray &body)
{
    return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
           + QByteArray::number(body.size()) + "\r\n\r\n" + body;
}

} // namespace bridge::http::test
