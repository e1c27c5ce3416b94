// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/stdiotransport.h"

#include "common/mcp/devicechannel.h"

#include <QtCore/QLoggingCategory>

using namespace Qt::StringLiterals;

namespace bridge::mcp {

Q_LOGGING_CATEGORY(lcWire, "bridge.mcp.wire", QtWarningMsg)

namespace {

/// The most a pipe holds. What a child that has ended wrote itself is among it; what comes after is
/// written by processes it left behind, perhaps without end.
constexpr qsizetype kLastWords = 1024 * 1024;

} // namespace

StdioTransport::StdioTransport(ByteChannel *channel, qsizetype maxLine, QObject *parent)
    : Transport(parent)
    , m_channel(channel)
    , m_framer(maxLine)
{
    connect(channel, &ByteChannel::readyRead, this, &StdioTransport::read);
    connect(channel, &ByteChannel::inputEnded, this, &StdioTransport::onInputEnded);
    if (channel->hasInput())
        QMetaObject::invokeMethod(this, &StdioTransport::read, Qt::QueuedConnection);
}

StdioTransport::StdioTransport(QIODevice *device, qsizetype maxLine, QObject *parent)
    : StdioTransport(new DeviceChannel(device), maxLine, parent)
{
    m_channel->setParent(this);
}

void StdioTransport::send(const jsonrpc::Message &message)
{
    if (!m_open || !m_channel)
        return;
    const QByteArray line = jsonrpc::write(message) + '\n';
    if (m_channel->bytesToWrite() + line.size() > m_maxQueued) {
        endLater(
            Error(ErrorCode::Overloaded,
                  u"The MCP server does not read what it is sent; more than %1 bytes wait."_s.arg(
                      m_maxQueued)));
        return;
    }
    if (!m_channel->write(line))
        endLater(Error(ErrorCode::UpstreamFailed, u"The MCP server no longer accepts messages."_s));
}

qint64 StdioTransport::bytesToWrite() const
{
    return m_channel ? m_channel->bytesToWrite() : 0;
}

void StdioTransport::close()
{
    if (!m_open)
        return;
    endLater(Error(ErrorCode::UpstreamFailed, u"The connection to the MCP server was closed."_s));
    if (m_channel)
        m_channel->closeOutput();
}

void StdioTransport::fail(const Error &reason)
{
    const QPointer guard(this);
    qsizetype taken = 0;
    while (taken < kLastWords) {
        const qsizetype more = readSome();
        if (more == 0)
            break;
        taken += more;
    }
    if (guard && deliver(m_framer.finish()))
        end(reason);
}

void StdioTransport::read()
{
    readSome();
}

qsizetype StdioTransport::readSome()
{
    if (m_ended || !m_channel)
        return 0;
    const QByteArray bytes = m_channel->read();
    return !bytes.isEmpty() && deliver(m_framer.feed(bytes)) ? bytes.size() : 0;
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

void StdioTransport::onInputEnded()
{
    if (m_channel && m_channel->isProcess())
        Q_EMIT outputEnded();
    else
        fail(Error(ErrorCode::UpstreamFailed, u"The MCP server closed the connection."_s));
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
