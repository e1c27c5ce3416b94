// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of an MCP server that is reached over HTTP (contract §8).
#pragma once

#include "common/httpclient/proxies.h"
#include "common/httpclient/request.h"

#include <QtCore/QStringList>
#include <QtNetwork/QSslConfiguration>

namespace bridge::upstream {

struct RemoteDefinition {
    enum class Transport {
        Auto, ///< Streamable HTTP; HTTP+SSE when the server turns out to be one of those
        Http,
        Sse
    };

    QUrl url; ///< without user and password
    Transport transport = Transport::Auto;
    httpclient::Headers headers;      ///< static ones
    QStringList forward;              ///< names of request headers that go on; `*` = nearly all
    QStringList privateHeaders;       ///< of the bridge itself: never part of `*`
    QList<QByteArray> privateCookies; ///< of the bridge itself: they never go on
    QByteArray bearerToken;           ///< for everybody
    QByteArray anonymousToken;        ///< for callers without a token
    QByteArray authHeader = QByteArrayLiteral("Authorization");
    QString authTemplate; ///< empty = `{token_type} {token}`
    std::chrono::milliseconds connectTimeout{10'000};
    std::chrono::milliseconds answerTimeout{30'000};
    std::chrono::milliseconds idleTimeout{300'000};
    std::chrono::milliseconds teardownTimeout{10'000};
    int maxConnections = 100;
    int maxKeepAlive = 20;    ///< of them open while unused
    bool logRequests = false; ///< shapes only
    bool logResponses = false;
    QByteArray groupHeader; ///< carries the caller's group; empty = nobody tells it
    QSslConfiguration tls;
    httpclient::Proxies proxies;

    /// How messages name it: host and port, without path and query, which may hold secrets.
    QString label() const;
    friend bool operator==(const RemoteDefinition &, const RemoteDefinition &) = default;
};

} // namespace bridge::upstream
