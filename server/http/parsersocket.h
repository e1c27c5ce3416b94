// SPDX-License-Identifier: GPL-3.0-or-later
// A QTcpSocket without a network: Qt's HTTP parser reads from it what the connection guard has
// already judged, and what Qt writes to it goes nowhere. See README.md for why.
#pragma once

#include <QtNetwork/QTcpSocket>

namespace bridge::http {

class ParserSocket : public QTcpSocket
{
    Q_OBJECT

public:
    explicit ParserSocket(QObject *parent = nullptr);
    ~ParserSocket() override;

    /// Lets the parser read \a head, synchronously.
    void offer(const QByteArray &head);

    qint64 bytesAvailable() const override;
    /// Qt gives up on the connection: it will delete this socket from the event loop.
    void disconnectFromHost() override;
    void close() override;

protected:
    qint64 readData(char *data, qint64 maxSize) override;
    qint64 writeData(const char *data, qint64 size) override;

private:
    QByteArray m_head;
    qsizetype m_at = 0;
};

} // namespace bridge::http
