// SPDX-License-Identifier: GPL-3.0-or-later
// What the stdio transport reads from and writes to: two directions that end separately.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QObject>

namespace bridge::mcp {

/// Lives in one thread; nothing blocks.
class ByteChannel : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    /// Some of what has arrived; empty when nothing has.
    virtual QByteArray read() = 0;
    /// Whether read() has something that readyRead() has not told of.
    virtual bool hasInput() const = 0;
    /// Takes all of \a bytes, writes what the peer accepts now and keeps the rest. False when the
    /// channel can no longer be written to.
    virtual bool write(const QByteArray &bytes) = 0;
    /// Taken and not yet written.
    virtual qint64 bytesToWrite() const = 0;
    /// Ends the direction to the peer when what was taken is written. A peer that is no process may
    /// be left altogether.
    virtual void closeOutput() = 0;
    /// Whether a process is behind it, whose end its owner will tell.
    virtual bool isProcess() const = 0;

Q_SIGNALS:
    /// read() gives something. Told again as long as it is not called.
    void readyRead();
    /// The peer will write no more and everything it wrote was read.
    void inputEnded();
};

} // namespace bridge::mcp
