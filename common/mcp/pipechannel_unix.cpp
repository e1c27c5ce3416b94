// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/pipechannel_unix.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace bridge::mcp {

namespace {

constexpr std::size_t kChunk = 64 * 1024;

void makeNonBlocking(int descriptor)
{
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

/// Writing to a child that is gone must be an error, not our end; what Qt does for its own writes.
void ignoreBrokenPipes()
{
    static const bool done = [] {
        struct sigaction action = {};
        action.sa_handler = SIG_IGN; // NOLINT: a macro of the C library
        return ::sigaction(SIGPIPE, &action, nullptr) == 0;
    }();
    Q_UNUSED(done)
}

} // namespace

PipeChannel::PipeChannel(int readEnd, int writeEnd, QObject *parent)
    : ByteChannel(parent)
    , m_readEnd(readEnd)
    , m_writeEnd(writeEnd)
{
    ignoreBrokenPipes();
    makeNonBlocking(m_readEnd);
    makeNonBlocking(m_writeEnd);
    m_readable = std::make_unique<QSocketNotifier>(m_readEnd, QSocketNotifier::Read);
    connect(m_readable.get(), &QSocketNotifier::activated, this, &ByteChannel::readyRead);
}

PipeChannel::~PipeChannel()
{
    endOutput();
    m_readable.reset();
    if (m_readEnd >= 0)
        ::close(m_readEnd);
}

QByteArray PipeChannel::read()
{
    thread_local std::array<char, kChunk> buffer;
    if (m_readEnd < 0)
        return {};
    ssize_t got = 0;
    do {
        got = ::read(m_readEnd, buffer.data(), buffer.size());
    } while (got < 0 && errno == EINTR);
    if (got > 0)
        return QByteArray(buffer.data(), got);
    if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
        endInput();
    return {};
}

void PipeChannel::endInput()
{
    m_readable->setEnabled(false);
    ::close(std::exchange(m_readEnd, -1));
    // Whoever reads need not expect to be told from inside.
    QMetaObject::invokeMethod(this, &ByteChannel::inputEnded, Qt::QueuedConnection);
}

bool PipeChannel::write(const QByteArray &bytes)
{
    if (m_writeEnd < 0 || m_closing)
        return true;
    const qsizetype gone = m_queue.isEmpty() ? writeNow(bytes) : 0;
    if (gone == bytes.size())
        return true;
    if (m_queue.isEmpty())
        m_sent = gone;
    m_queue.append(bytes);
    m_queued += bytes.size() - gone;
    if (!m_writable) {
        m_writable = std::make_unique<QSocketNotifier>(m_writeEnd, QSocketNotifier::Write);
        connect(m_writable.get(), &QSocketNotifier::activated, this, &PipeChannel::writeQueued);
    }
    m_writable->setEnabled(true);
    return true;
}

qsizetype PipeChannel::writeNow(QByteArrayView bytes)
{
    qsizetype gone = 0;
    while (gone < bytes.size()) {
        const ssize_t sent =
            ::write(m_writeEnd, bytes.data() + gone, std::size_t(bytes.size() - gone));
        if (sent >= 0) {
            gone += sent;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return gone;
        } else if (errno != EINTR) {
            endOutput();
            return bytes.size();
        }
    }
    return gone;
}

void PipeChannel::writeQueued()
{
    while (!m_queue.isEmpty()) {
        const QByteArray first = m_queue.constFirst();
        const qsizetype gone = writeNow(QByteArrayView(first).sliced(m_sent));
        if (m_writeEnd < 0)
            return;
        m_sent += gone;
        m_queued -= gone;
        if (m_sent < first.size())
            return;
        m_queue.removeFirst();
        m_sent = 0;
    }
    m_writable->setEnabled(false);
    if (m_closing)
        endOutput();
}

void PipeChannel::closeOutput()
{
    m_closing = true;
    if (m_queue.isEmpty())
        endOutput();
}

void PipeChannel::endOutput()
{
    // Perhaps from inside the notifier's own signal: it is switched off here and goes with us.
    if (m_writable)
        m_writable->setEnabled(false);
    if (m_writeEnd >= 0)
        ::close(std::exchange(m_writeEnd, -1));
    m_queue.clear();
    m_queued = 0;
}

} // namespace bridge::mcp
