// SPDX-License-Identifier: GPL-3.0-or-later
// What goes out and what comes back, as values (RFC 9110).
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QList>
#include <QtCore/QUrl>
#include <QtNetwork/QHostAddress>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace bridge::httpclient {

class Authorizer;

/// Field name and value; names in any case.
using Header = std::pair<QByteArray, QByteArray>;
using Headers = QList<Header>;

/// Value of the first field called \a name (any case), empty when there is none.
QByteArray headerValue(const Headers &headers, QByteArrayView name);
/// Puts \a value in the place of every field called \a name (any case).
void setHeader(Headers &headers, const QByteArray &name, const QByteArray &value);
/// Who asks, in every request that does not say otherwise: `mcp-bridge/` and the version.
QByteArray userAgent();
void removeHeader(Headers &headers, QByteArrayView name);

enum class Priority {
    Optional, ///< refused at once (Overloaded) when half of the connections are taken
    Normal,   ///< waits for a free connection
    Urgent    ///< never waits: what lets other requests end
};

struct Request {
    QByteArray method = QByteArrayLiteral("GET");
    QUrl url; ///< http or https, without user and password
    Headers headers;
    QByteArray body;
    std::chrono::milliseconds headTimeout{30'000};  ///< until the response's head; 0 = none
    std::chrono::milliseconds idleTimeout{300'000}; ///< between two pieces of its body; 0 = none
    Priority priority = Priority::Normal;
    /// On whose behalf, e.g. a digest of the credential: requests of two partitions never share a
    /// connection.
    QByteArray partition;
    /// Connects here instead of resolving the URL's host; Host and TLS name stay those of the URL.
    /// Null = resolve. Redirects stay within the origin, so they go here as well.
    QHostAddress address = {};
    /// Adds the credential, and another one when the server does not accept it. Null = what
    /// `headers` say.
    std::shared_ptr<Authorizer> authorizer = {};
};

/// What may happen before the answer. Hooks run from the event loop and may cancel the Call.
struct Hooks {
    /// The request has left: from here on the server may have acted on it.
    std::function<void()> sent;
    /// The head of the final response. True = the body goes to `data` piece by piece, else it is
    /// collected.
    std::function<bool(int status, const Headers &headers)> head;
    std::function<void(const QByteArray &chunk)> data;
};

struct Response {
    int status = 0;
    Headers headers;
    QByteArray body; ///< content coding removed; empty when it was streamed
};

} // namespace bridge::httpclient
