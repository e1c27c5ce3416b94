// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/guardedserver.h"

#include "server/http/connection.h"
#include "server/http/parsersocket.h"
#include "server/http/server.h"

#include <QtCore/QTimer>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace bridge::http {

namespace {

/// Connections beyond the cap that are told so before they are closed; more are closed unheard.
constexpr int kRefusedAtOnce = 64;
constexpr int kBacklog = 1024;

} // namespace

GuardedServer::GuardedServer(Server &server, std::function<bool()> admitted, QObject *parent)
    : QTcpServer(parent)
    , m_server(server)
    , m_admitted(std::move(admitted))
    , m_bodies(server.options().limits)
{
    setListenBacklogSize(kBacklog);
    // Out of descriptors: Qt stops accepting for good. Some will be free again soon.
    connect(this, &QTcpServer::acceptError, this, [this] {
        QTimer::singleShot(100ms, this, [this] {
            if (isListening())
                resumeAccepting();
        });
    });
}

GuardedServer::~GuardedServer()
{
    const QSet<Connection *> connections = std::exchange(m_connections, {});
    qDeleteAll(connections);
}

void GuardedServer::connectParser()
{
    m_parserSocket = new ParserSocket(this);
    addPendingConnection(m_parserSocket);
}

bool GuardedServer::admit(const Request &request)
{
    if (!m_parserSocket || m_parserSocket->state() != QAbstractSocket::ConnectedState)
        connectParser(); // Qt dropped the last one over a head it did not like
    // The request line and the host are all Qt needs. Its own limits on fields differ by version
    // and it drops the whole head silently past them (6.4), so the fields stay with us.
    m_parserSocket->offer(request.method + ' ' + request.target
                          + " HTTP/1.1\r\nHost: " + request.header("host") + "\r\n\r\n");
    return m_admitted();
}

void GuardedServer::incomingConnection(qintptr descriptor)
{
    auto *connection = new Connection(descriptor, m_server, *this);
    const bool full = isFull(connection->peer());
    m_connections.insert(connection);
    ++m_perClient[clientNetwork(connection->peer())];
    if (!full)
        return;
    const int cap = m_server.options().limits.connections;
    if (cap > 0 && m_connections.size() > cap + kRefusedAtOnce)
        return connection->cutOff();
    connection->refuse(Error(ErrorCode::Overloaded,
                             u"Too many connections are open. Close some or try again later."_s));
}

bool GuardedServer::isFull(const QHostAddress &peer) const
{
    const ServerLimits &limits = m_server.options().limits;
    return (limits.connections > 0 && m_connections.size() >= limits.connections)
           || (limits.connectionsPerAddress > 0
               && m_perClient.value(clientNetwork(peer)) >= limits.connectionsPerAddress);
}

void GuardedServer::closeIdle()
{
    const QSet<Connection *> connections = m_connections;
    for (Connection *connection : connections)
        connection->closeWhenIdle();
}

void GuardedServer::cutOffAll()
{
    const QSet<Connection *> connections = m_connections;
    for (Connection *connection : connections)
        connection->cutOff();
}

void GuardedServer::remove(Connection *connection)
{
    m_connections.remove(connection);
    auto count = m_perClient.find(clientNetwork(connection->peer()));
    if (count != m_perClient.end() && --*count == 0)
        m_perClient.erase(count);
    Q_EMIT connectionClosed();
}

} // namespace bridge::http
