// SPDX-License-Identifier: GPL-3.0-or-later
// A TCP server that hands requests to the test as text and lets it answer byte by byte.
#pragma once

#include <QtCore/QPointer>
#include <QtNetwork/QTcpServer>
#include <QtNetwork/QTcpSocket>

#include <functional>

class RawServer : public QTcpServer
{
public:
    struct Seen {
        QByteArray head;
        QByteArray body;
        QPointer<QTcpSocket> socket;

        QByteArray line() const { return head.left(head.indexOf('\r')); }
        QByteArray header(const QByteArray &name) const
        {
            for (const QByteArray &one : head.split('\n')) {
                if (one.toLower().startsWith(QByteArray(name.toLower() + ':')))
                    return one.mid(name.size() + 1).trimmed();
            }
            return {};
        }
        void send(const QByteArray &bytes) const
        {
            socket->write(bytes);
            socket->flush();
        }
        void answer(const QByteArray &status, const QByteArray &type, const QByteArray &text,
                    const QByteArray &more = {}) const
        {
            send("HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\nContent-Length: "
                 + QByteArray::number(text.size()) + "\r\n" + more + "\r\n" + text);
        }
        /// Head of an event stream whose end is the end of the connection.
        void openStream(const QByteArray &more = {}) const
        {
            send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + more + "\r\n");
        }
        void close() const { socket->disconnectFromHost(); }
    };

    RawServer()
    {
        listen(QHostAddress::LocalHost);
        connect(this, &QTcpServer::newConnection, this, [this] {
            while (QTcpSocket *socket = nextPendingConnection()) {
                ++connections;
                connect(socket, &QTcpSocket::readyRead, this, [this, socket] { read(socket); });
                connect(socket, &QTcpSocket::disconnected, this, [this] { ++closed; });
            }
        });
    }

    QUrl url(const QString &path = QStringLiteral("/mcp")) const
    {
        return QUrl(QStringLiteral("http://127.0.0.1:%1%2").arg(serverPort()).arg(path));
    }

    std::function<void(const Seen &)> handle;
    QList<Seen> seen;
    int connections = 0;
    int closed = 0;

private:
    void read(QTcpSocket *socket)
    {
        QByteArray &buffer = m_buffers[socket];
        buffer += socket->readAll();
        for (;;) {
            const qsizetype end = buffer.indexOf("\r\n\r\n");
            if (end < 0)
                return;
            Seen one{buffer.left(end), {}, socket};
            const qsizetype length = one.header("content-length").toLongLong();
            if (buffer.size() < end + 4 + length)
                return;
            one.body = buffer.mid(end + 4, length);
            buffer.remove(0, end + 4 + length);
            seen.append(one);
            if (handle)
                handle(one);
        }
    }

    QHash<QTcpSocket *, QByteArray> m_buffers;
};
