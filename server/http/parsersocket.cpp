// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/parsersocket.h"

#include <algorithm>
#include <cstring>

namespace bridge::http {

ParserSocket::ParserSocket(QObject *parent) : QTcpSocket(parent)
{
    setOpenMode(ReadWrite);
    setSocketState(ConnectedState);
}

ParserSocket::~ParserSocket()
{
    // Else ~QAbstractSocket aborts and announces the disconnect to whoever still listens.
    setSocketState(UnconnectedState);
}

void ParserSocket::offer(const QByteArray &head)
{
    m_head = head;
    m_at = 0;
    Q_EMIT readyRead();
}

qint64 ParserSocket::bytesAvailable() const
{
    return m_head.size() - m_at + QIODevice::bytesAvailable();
}

void ParserSocket::disconnectFromHost()
{
    if (state() == UnconnectedState)
        return;
    setSocketState(UnconnectedState);
    Q_EMIT disconnected();
}

void ParserSocket::close()
{
    disconnectFromHost();
}

qint64 ParserSocket::readData(char *data, qint64 maxSize)
{
    const qsizetype part = std::min<qint64>(maxSize, m_head.size() - m_at);
    std::memcpy(data, m_head.constData() + m_at, size_t(part));
    m_at += part;
    return part; // 0 means "later"; -1 would read as a broken connection
}

qint64 ParserSocket::writeData(const char *, qint64 size)
{
    return size;
}

} // namespace bridge::http
