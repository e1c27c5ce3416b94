// SPDX-License-Identifier: GPL-3.0-or-later
// The listening socket. Accepts, counts and caps connections; each one is a Connection, and Qt
// HttpServer never sees their sockets, only the one ParserSocket.
#pragma once

#include "server/http/bodybudget.h"
#include "server/http/limits.h"
#include "server/http/request.h"

#include <QtCore/QHash>
#include <QtCore/QPointer>
#include <QtCore/QSet>
#include <QtNetwork/QTcpServer>

#include <functional>

namespace bridge::http {

class Connection;
class ParserSocket;
class Server;

class GuardedServer : public QTcpServer
{
    Q_OBJECT

public:
    /// \a admitted tells whether Qt has handed a request over since the last call.
    GuardedServer(Server &server, std::function<bool()> admitted, QObject *parent = nullptr);
    ~GuardedServer() override;

    /// Gives Qt the socket its parser reads from; once bound and listening.
    void connectParser();
    /// Lets Qt's parser judge the head of \a request; false when it refuses it.
    bool admit(const Request &request);
    BodyBudget &bodies() { return m_bodies; }
    int connectionCount() const { return int(m_connections.size()); }
    /// Closes idle connections and lets the others finish their answer.
    void closeIdle();
    /// Ends all connections at once.
    void cutOffAll();
    /// Called by a connection that is over.
    void remove(Connection *connection);

Q_SIGNALS:
    void connectionClosed();

protected:
    void incomingConnection(qintptr descriptor) override;

private:
    bool isFull(const QHostAddress &peer) const;

    Server &m_server;
    std::function<bool()> m_admitted;
    BodyBudget m_bodies;
    QSet<Connection *> m_connections;      ///< owned
    QHash<QHostAddress, int> m_perClient;  ///< connections, by clientNetwork()
    QPointer<ParserSocket> m_parserSocket; ///< owned by Qt HttpServer once handed over
};

} // namespace bridge::http
