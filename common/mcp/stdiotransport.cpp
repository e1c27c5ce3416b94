// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/stdiotransport.h"

#include <QtCore/QLoggingCategory>
#include <QtCore/QProcess>

using namespace Qt::StringLiterals;

namespace bridge::mcp {

Q_LOGGING_CATEGORY(lcWire, "bridge.mcp.wire", QtWarningMsg)

StdioTransport::StdioTransport(QIODevice *device, qsizetype maxLine, QObject *parent)
    : Transport(parent)
    , m_device(device)
    , m_framer(maxLine)
    , m_isProcess(qobject_cast<QProcess *>(device) != nullptr)
{
    connect(device, &QIODevice::readyRead, this, &StdioTransport::read);
    connect(device, &QIODevice::readChannelFinished, this, &StdioTransport::onOutputEnded);
    if (device->bytesAvailable() > 0)
        QMetaObject::invokeMethod(this, &StdioTransport::read, Qt::QueuedConnection);
}

void StdioTransport::send(const jsonrpc::Message &message)
{
    if (!m_open || !m_device)
        return;
    const QByteArray line = jsonrpc::write(message) + '\n';
    if (m_device->bytesToWrite() + line.size() > m_maxQueued) {
        endLater(
            Error(ErrorCode::Overloaded,
                  u"The MCP server does not read what it is sent; more than %1 bytes wait."_s.arg(
                      m_maxQueued)));
        return;
    }
    if (m_device->write(line) != line.size())
        endLater(Error(ErrorCode::UpstreamFailed, u"The MCP server no longer accepts messages."_s));
}

qint64 StdioTransport::bytesToWrite() const
{
    return m_device ? m_device->bytesToWrite() : 0;
}

void StdioTransport::close()
{
    if (!m_open)
        return;
    endLater(Error(ErrorCode::UpstreamFailed, u"The connection to the MCP server was closed."_s));
    if (auto *process = qobject_cast<QProcess *>(m_device.data()))
        process->closeWriteChannel(); // QProcess::close() would kill it and wait
    else if (m_device)
        m_device->close();
}

void StdioTransport::fail(const Error &reason)
{
    const QPointer guard(this);
    read();
    if (guard && deliver(m_framer.finish()))
        end(reason);
}

void StdioTransport::read()
{
    if (m_ended || !m_device || !m_device->isReadable())
        return;
    deliver(m_framer.feed(m_device->readAll()));
}

bool StdioTransport::deliver(const QList<jsonrpc::LineFramer::Line> &lines)
{
    const QPointer guard(this);
    for (const jsonrpc::LineFramer::Line &line : lines) {
        if (m_ended)
            return false;
        if (!line && line.error().code == ErrorCode::PayloadTooLarge) {
            Error reason = line.error();
            reason.code = ErrorCode::UpstreamFailed;
            reason.message = u"The MCP server broke the protocol: "_s + reason.message;
            end(reason);
            return false;
        }
        if (!line) {
            qCDebug(lcWire) << "no message:" << line.error().message;
            Q_EMIT garbageReceived(line.error());
            if (!guard)
                return false;
            continue;
        }
        for (const jsonrpc::Message &message : *line) {
            Q_EMIT messageReceived(message);
            if (!guard)
                return false;
            if (m_ended)
                return false;
        }
    }
    return !m_ended;
}

void StdioTransport::onOutputEnded()
{
    if (m_isProcess) {
        const QPointer guard(this);
        read();
        if (guard)
            Q_EMIT outputEnded();
    } else {
        fail(Error(ErrorCode::UpstreamFailed, u"The MCP server closed the connection."_s));
    }
}

// closed() must not be emitted from inside send() or close(): their callers are not prepared.
void StdioTransport::endLater(const Error &reason)
{
    m_open = false;
    QMetaObject::invokeMethod(
        this, [this, reason] { end(reason); }, Qt::QueuedConnection);
}

void StdioTransport::end(const Error &reason)
{
    m_open = false;
    if (!std::exchange(m_ended, true))
        Q_EMIT closed(reason);
}

} // namespace bridge::mcp
