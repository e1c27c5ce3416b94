// SPDX-License-Identifier: GPL-3.0-or-later
// What one client may cost us.
#pragma once

#include <QtCore/QtGlobal>

#include <chrono>

namespace bridge::http {

struct ServerLimits {
    qsizetype requestLine = 8 * 1024;             ///< bytes; more is 414
    qsizetype head = 32 * 1024;                   ///< bytes of request line and fields; more is 431
    int fields = 100;                             ///< header fields; more is 431
    qint64 body = 10 * 1024 * 1024;               ///< bytes after decoding; more is 413
    qint64 bufferedBodies = 256 * 1024 * 1024;    ///< bytes, see BodyBudget; 0 = no limit
    std::chrono::milliseconds headTimeout{15000}; ///< first byte to end of head, then 408
    std::chrono::milliseconds bodyTimeout{60000}; ///< end of head to end of body, then 408
    std::chrono::milliseconds idleTimeout{75000}; ///< between requests, then closed silently
    std::chrono::milliseconds writeTimeout{60000}; ///< without the client taking a byte
    /// A client that closed its sending side may still read; a client that left looks the same.
    /// So the answer is awaited this long after the end of input, then everything is cancelled.
    std::chrono::milliseconds halfCloseGrace{1000};
    int connections = 20000;       ///< in all; more are answered 503; 0 = no cap
    int connectionsPerAddress = 0; ///< of IPv6 per network of 64 bits; 0 = no cap
    qint64 queuedBytes = 4 * 1024 * 1024; ///< unsent bytes of a stream before it is dropped
    qsizetype pipelinedBytes = 64 * 1024; ///< read ahead while a request is being answered
};

} // namespace bridge::http
