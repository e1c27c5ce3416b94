// SPDX-License-Identifier: GPL-3.0-or-later
// What an Exchange needs of the connection it answers on. Bytes only; HTTP is decided above it.
#pragma once

#include <QtCore/QByteArray>

namespace bridge::http {

class Wire
{
public:
    Wire() = default;
    Wire(const Wire &) = delete;
    Wire &operator=(const Wire &) = delete;
    virtual ~Wire() = default;

    /// True when the connection must not be used for another request after this answer.
    virtual bool mustClose() const = 0;
    /// Queues \a bytes in order.
    virtual void write(const QByteArray &bytes) = 0;
    virtual qint64 bytesToWrite() const = 0;
    /// The answer is complete; \a keepAlive tells whether the next request may follow.
    virtual void answerDone(bool keepAlive) = 0;
    /// Gives up on the client at once.
    virtual void dropClient() = 0;
};

} // namespace bridge::http
