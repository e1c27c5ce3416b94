// SPDX-License-Identifier: GPL-3.0-or-later
// MCP stdio transport: one JSON-RPC message per line over the pipes of a child or any sequential
// device.
// Process life (start, stop ladder, exit status) is the owner's business; it calls fail() with
// the reason when the process has ended.
#pragma once

#include "common/jsonrpc/lineframer.h"
#include "common/jsonrpc/transport.h"
#include "common/mcp/bytechannel.h"

#include <QtCore/QPointer>

class QIODevice;

namespace bridge::mcp {

class StdioTransport : public jsonrpc::Transport
{
    Q_OBJECT
public:
    static constexpr qint64 kMaxQueued = 64 * 1024 * 1024;

    /// \a channel is open, not owned and in this thread. \a maxLine in
    /// bytes. A line above it closes the transport: nobody can know whose answer it was.
    explicit StdioTransport(ByteChannel *channel,
                            qsizetype maxLine = jsonrpc::MessageLimits().maxBytes,
                            QObject *parent = nullptr);
    /// The same for a QProcess or another device.
    explicit StdioTransport(QIODevice *device,
                            qsizetype maxLine = jsonrpc::MessageLimits().maxBytes,
                            QObject *parent = nullptr);

    /// Above this many bytes that the peer does not read, the transport closes with Overloaded.
    void setMaxQueued(qint64 bytes) { m_maxQueued = bytes; }

    void send(const jsonrpc::Message &message) override;
    qint64 bytesToWrite() const override;
    /// Closes the write side of a process (it then should exit), the whole of other devices.
    void close() override;
    bool isOpen() const override { return m_open; }

    /// Delivers what can still be read, up to what a pipe holds, then closes with \a reason.
    void fail(const bridge::Error &reason);

Q_SIGNALS:
    /// A process has closed its stdout. Other channels close the transport instead.
    void outputEnded();

private:
    void read();
    /// How many bytes; none when a receiver closed or destroyed this transport.
    qsizetype readSome();
    /// False when a receiver closed or destroyed this transport.
    bool deliver(const QList<jsonrpc::LineFramer::Line> &lines);
    void onInputEnded();
    void endLater(const bridge::Error &reason);
    void end(const bridge::Error &reason);

    QPointer<ByteChannel> m_channel;
    jsonrpc::LineFramer m_framer;
    qint64 m_maxQueued = kMaxQueued;
    bool m_open = true;   ///< send() has an effect
    bool m_ended = false; ///< closed() was emitted
};

} // namespace bridge::mcp
