// SPDX-License-Identifier: GPL-3.0-or-later
// HTTP/1.1 client for servers that are configured, not browsed: no cookies, no cache, no proxies
// but those it is given, redirects only within the origin (credentials never leave it), bodies
// streamed, and no request ever sent twice.
#pragma once

#include "common/async/call.h"
#include "common/httpclient/proxies.h"
#include "common/httpclient/request.h"

#include <QtCore/QObject>
#include <QtNetwork/QSslConfiguration>

#include <memory>

namespace bridge::httpclient {

struct ClientOptions {
    std::chrono::milliseconds connectTimeout{10'000}; ///< also for a free connection
    int maxConnections = 100;
    int maxKeepAlive = 20;                ///< connections kept open while nobody uses them
    qsizetype maxBody = 64 * 1024 * 1024; ///< of a collected body, after decompression
    int maxRedirects = 5;
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    Proxies proxies;
};

class Client : public QObject
{
    Q_OBJECT
public:
    explicit Client(ClientOptions options = {}, QObject *parent = nullptr);
    /// Requests under way fail, later, with UpstreamFailed.
    ~Client() override;

    const ClientOptions &options() const;
    /// Any status is an answer. Errors: UpstreamTimeout (no connection, no head, silence in the
    /// body), UpstreamFailed (unreachable, broken off, TLS, body too large, redirect that is not
    /// followed), Overloaded (no connection free). Dropping the Call closes the connection.
    Call send(Request request, Hooks hooks, Handler<Response> handler);
    int activeCount() const;

private:
    class Private;
    std::unique_ptr<Private> d;
};

/// Whether \a a and \a b have scheme, host and port in common (RFC 6454 §4).
bool isSameOrigin(const QUrl &a, const QUrl &b);

} // namespace bridge::httpclient
