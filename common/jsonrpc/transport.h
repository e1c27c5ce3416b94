// SPDX-License-Identifier: GPL-3.0-or-later
// Carries messages and nothing more: ids, timeouts and cancelling live once, in Connection.
#pragma once

#include "common/jsonrpc/message.h"

#include <QtCore/QObject>

namespace bridge::jsonrpc {

class Transport : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    /// Queues \a message. Silently dropped once closed.
    virtual void send(const Message &message) = 0;
    /// Bytes accepted by send() that the peer has not read yet.
    virtual qint64 bytesToWrite() const = 0;
    /// Ends the transport in an orderly way; closed() follows.
    virtual void close() = 0;
    virtual bool isOpen() const = 0;

Q_SIGNALS:
    void messageReceived(const bridge::jsonrpc::Message &message);
    /// The peer sent something that is no message. The transport decides whether it goes on.
    void garbageReceived(const bridge::Error &error);
    /// Request \a id (raw JSON, as in Message) will get no answer while the others go on, e.g.
    /// because its HTTP request was refused.
    void requestFailed(const QByteArray &id, const bridge::Error &error);
    /// Emitted once; nothing follows. \a reason tells why, e.g. exit status and last stderr line.
    void closed(const bridge::Error &reason);
};

} // namespace bridge::jsonrpc
