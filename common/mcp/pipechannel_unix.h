// SPDX-License-Identifier: GPL-3.0-or-later
// A channel over two pipes of our own. QProcess, whose pipes one cannot reach, asks how much there
// is before each read and writes from the event loop only: four system calls and a turn of the
// loop more for each call of a tool.
#pragma once

#include "common/mcp/bytechannel.h"

#include <QtCore/QByteArrayList>
#include <QtCore/QSocketNotifier>

#include <memory>

namespace bridge::mcp {

class PipeChannel final : public ByteChannel
{
    Q_OBJECT
public:
    /// Takes both descriptors over and makes them non-blocking. From the first one on the process
    /// ignores SIGPIPE.
    PipeChannel(int readEnd, int writeEnd, QObject *parent = nullptr);
    ~PipeChannel() override;

    /// At most 64 KiB at once, so that nobody can keep the loop for himself.
    QByteArray read() override;
    bool hasInput() const override { return false; }
    /// Always true: a pipe that breaks is followed by the end of the child, which says more.
    bool write(const QByteArray &bytes) override;
    qint64 bytesToWrite() const override { return m_queued; }
    void closeOutput() override;
    bool isProcess() const override { return true; }

private:
    /// How many of \a bytes went; all of them when nobody will ever read them.
    qsizetype writeNow(QByteArrayView bytes);
    void writeQueued();
    void endInput();
    void endOutput();

    int m_readEnd;
    int m_writeEnd;
    std::unique_ptr<QSocketNotifier> m_readable;
    std::unique_ptr<QSocketNotifier> m_writable; ///< exists from the first write that had to wait
    QByteArrayList m_queue;
    qsizetype m_sent = 0; ///< of the first of the queue
    qint64 m_queued = 0;
    bool m_closing = false;
};

} // namespace bridge::mcp
