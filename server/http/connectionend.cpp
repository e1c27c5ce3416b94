// SPDX-License-Identifier: GPL-3.0-or-later
// How connections end: flushed and lingering, cut off, or because time is up.
#include "server/http/connection.h"
#include "server/http/exchange.h"
#include "server/http/guardedserver.h"
#include "server/http/server.h"
#include "server/http/socketcalls.h"

#include <QtNetwork/QAbstractSocket>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace bridge::http {

namespace {

constexpr auto kLinger = 2s;

} // namespace

void Connection::beginClosing()
{
    if (m_dead)
        return;
    dropBody();
    m_phase = Phase::Flushing;
    if (bytesToWrite() == 0)
        flushed();
    else
        wait(Wait::Write, m_server.options().limits.writeTimeout);
}

void Connection::flushed()
{
    m_phase = Phase::Lingering;
    endSending(m_socket->socketDescriptor());
    wait(Wait::Linger, kLinger);
    if (m_inputEnded)
        return goneLater();
    // Input left unread while answering gives no further notice until some of it is read.
    discardInput();
}

void Connection::closeWhenIdle()
{
    m_closeAfterAnswer = true;
    if (m_phase == Phase::Reading && m_framer.state() == RequestFramer::State::Idle)
        beginClosing();
}

void Connection::cutOff()
{
    goneLater();
}

/// The end is never handled where it is noticed: that may be deep inside a handler's write.
void Connection::goneLater()
{
    if (std::exchange(m_dead, true))
        return;
    QMetaObject::invokeMethod(this, &Connection::gone, Qt::QueuedConnection);
}

void Connection::gone()
{
    if (m_phase == Phase::Gone)
        return;
    m_phase = Phase::Gone;
    dropBody();
    m_timer.stop();
    m_socket->disconnect(this);
    m_socket->abort();
    if (m_exchange) {
        m_exchange->detach();
        m_server.over(m_exchange);
        delete std::exchange(m_exchange, nullptr);
    }
    m_guard.remove(this);
    deleteLater();
}

// --- time --------------------------------------------------------------------------------------

void Connection::wait(Wait kind, std::chrono::milliseconds limit)
{
    m_wait = kind;
    m_timer.start(limit);
}

void Connection::timeUp()
{
    if (m_dead)
        return;
    switch (std::exchange(m_wait, Wait::None)) {
    case Wait::Head:
        return refuse(Error(ErrorCode::RequestTimeout,
                            u"The request head did not arrive in time. Send it again."_s));
    case Wait::Body:
        return refuse(Error(ErrorCode::RequestTimeout,
                            u"The request body did not arrive in time. Send it again."_s));
    case Wait::Idle:
        return beginClosing();
    case Wait::Poll:
        return m_phase == Phase::Answering ? readAhead() : void();
    case Wait::Write:
    case Wait::Grace:
    case Wait::Linger:
        return goneLater();
    case Wait::None:
        return;
    }
}

} // namespace bridge::http
