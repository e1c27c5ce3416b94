// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/listener.h"

#include "server/http/guardedserver.h"

#include <QtHttpServer/QAbstractHttpServer>
#include <QtHttpServer/QHttpServerRequest>
#include <QtHttpServer/QHttpServerResponder>

using namespace Qt::StringLiterals;

namespace bridge::http {

/// Receives what Qt's parser accepted. It only notes that: the request is dispatched once Qt's
/// stack is gone, because a handler may end in the next request of another connection and Qt's
/// parser is not re-entrant. On 6.5 and newer the responder dies unused, which frees the parser.
class Listener::Parser : public QAbstractHttpServer
{
public:
    bool takeAdmitted() { return std::exchange(m_admitted, false); }

protected:
#if QT_VERSION < QT_VERSION_CHECK(6, 5, 0)
    bool handleRequest(const QHttpServerRequest &, QTcpSocket *) override
    {
        return note();
    }
    void missingHandler(const QHttpServerRequest &, QTcpSocket *) override
    {
    }
#elif QT_VERSION < QT_VERSION_CHECK(6, 8, 0)
    bool handleRequest(const QHttpServerRequest &, QHttpServerResponder &) override
    {
        return note();
    }
    void missingHandler(const QHttpServerRequest &, QHttpServerResponder &&) override
    {
    }
#else
    bool handleRequest(const QHttpServerRequest &, QHttpServerResponder &) override
    {
        return note();
    }
    void missingHandler(const QHttpServerRequest &, QHttpServerResponder &) override
    {
    }
#endif

private:
    bool note()
    {
        m_admitted = true;
        return true;
    }

    bool m_admitted = false;
};

Listener::Listener(Server &server)
    : m_parser(std::make_unique<Parser>())
    , m_guard(new GuardedServer(
          server, [parser = m_parser.get()] { return parser->takeAdmitted(); }, m_parser.get()))
{
}

Listener::~Listener()
{
    // Before the parser: connections still answering use it to the end.
    delete m_guard;
}

Result<quint16> Listener::listen(const QHostAddress &address, quint16 port)
{
    if (!m_guard->listen(address, port)) {
        const QString where = u"%1:%2"_s.arg(address.toString(), QString::number(port));
        if (m_guard->serverError() == QAbstractSocket::AddressInUseError)
            return Error(ErrorCode::InvalidConfig,
                         u"Another program already listens on %1. Stop it or choose another port "
                         u"with --port."_s.arg(where));
        return Error(ErrorCode::InvalidConfig, u"Cannot listen on %1: %2. Choose another --host or "
                                               u"--port."_s.arg(where, m_guard->errorString()));
    }
    m_parser->bind(m_guard);
    m_guard->connectParser();
    return m_guard->serverPort();
}

} // namespace bridge::http
