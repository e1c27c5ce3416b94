// SPDX-License-Identifier: GPL-3.0-or-later
// A web server on loopback, plain or with TLS, that hands each request to the test.
#pragma once

#include "testcertificate.h"

#include <QtCore/QPointer>
#include <QtNetwork/QSslServer>
#include <QtNetwork/QTcpSocket>

#include <functional>
#include <optional>

class WebServer
{
public:
    struct Seen {
        QByteArray head;
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
            if (socket)
                socket->write(bytes);
        }
        void answer(const QByteArray &status, const QByteArray &text,
                    const QByteArray &more = {}) const
        {
            send("HTTP/1.1 " + status + "\r\nContent-Length: " + QByteArray::number(text.size())
                 + "\r\n" + more + "\r\n" + text);
        }
    };

    explicit WebServer(std::optional<TestCertificate> secure = {})
        : m_server(secure ? std::make_unique<QSslServer>() : std::make_unique<QTcpServer>())
    {
        if (secure) {
            QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
            tls.setLocalCertificate(secure->certificate);
            tls.setPrivateKey(secure->key);
            static_cast<QSslServer *>(m_server.get())->setSslConfiguration(tls);
        }
        m_server->listen(QHostAddress::LocalHost);
        QObject::connect(m_server.get(), &QTcpServer::pendingConnectionAvailable, m_server.get(),
                         [this] { accept(); });
    }

    quint16 port() const { return m_server->serverPort(); }
    int connections() const { return m_connections; }

    std::function<void(const Seen &)> handle;
    QList<Seen> seen;

private:
    void accept()
    {
        while (QTcpSocket *socket = m_server->nextPendingConnection()) {
            ++m_connections;
            QObject::connect(socket, &QTcpSocket::readyRead, m_server.get(),
                             [this, socket] { read(socket); });
            if (socket->bytesAvailable() > 0)
                read(socket);
        }
    }
    void read(QTcpSocket *socket)
    {
        QByteArray &buffer = m_buffers[socket];
        buffer += socket->readAll();
        for (qsizetype end = 0; (end = buffer.indexOf("\r\n\r\n")) >= 0;) {
            seen.append({buffer.left(end), socket});
            buffer.remove(0, end + 4);
            if (handle)
                handle(Seen(seen.last()));
        }
    }

    std::unique_ptr<QTcpServer> m_server;
    QHash<QTcpSocket *, QByteArray> m_buffers;
    int m_connections = 0;
};
