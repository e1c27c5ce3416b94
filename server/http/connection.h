// SPDX-License-Identifier: GPL-3.0-or-later
// One client connection: owns the socket, guards it (framing, limits, time), and answers one
// request at a time, in order. Its life: reading → answering → reading … → closing → gone.
//
// The socket is unbuffered: what is not read stays in the kernel, so a client that sends faster
// than it is served is slowed down by TCP and not stored here.
#pragma once

#include "server/http/lazytimer.h"
#include "server/http/requestframer.h"
#include "server/http/wire.h"

#include <QtCore/QObject>

class QAbstractSocket;

namespace bridge::http {

class Exchange;
class GuardedServer;
class Server;

class Connection : public QObject, public Wire
{
    Q_OBJECT

public:
    /// Takes over the connected socket \a descriptor. Deletes itself when the connection is over,
    /// after telling \a guard.
    Connection(qintptr descriptor, Server &server, GuardedServer &guard);
    ~Connection() override;

    QHostAddress peer() const { return m_peer; }
    bool isIdle() const { return m_phase == Phase::Reading; }
    /// Answers \a error before any request and closes.
    void refuse(const Error &error);
    /// Closes when idle; a request being answered is finished first.
    void closeWhenIdle();
    /// Ends the connection at once, cancelling what it answers.
    void cutOff();

    bool mustClose() const override;
    void write(const QByteArray &bytes) override;
    qint64 bytesToWrite() const override;
    void answerDone(bool keepAlive) override;
    void dropClient() override;

private:
    enum class Phase {
        Reading,   ///< waiting for a request or in the middle of one
        Answering, ///< an exchange is running; read ahead within bounds
        Flushing,  ///< last answer written, waiting for it to leave
        Lingering, ///< our output is ended, waiting for the client's end
        Gone,
    };
    enum class Wait { None, Idle, Head, Body, Write, Grace, Poll, Linger };

    void socketReadable();
    void readRequests();
    void readAhead();
    qsizetype readAheadRoom() const;
    void discardInput();
    bool readSome(qsizetype limit);
    void countBody();
    void dropBody();
    void pump();
    void startExchange();
    void waitForMore();
    void socketDrained();
    void inputEnded(bool reset);
    void beginClosing();
    void flushed();
    void gone();
    void goneLater();
    void wait(Wait kind, std::chrono::milliseconds limit);
    void timeUp();

    Server &m_server;
    GuardedServer &m_guard;
    QAbstractSocket *m_socket;
    QHostAddress m_peer;
    QHostAddress m_bodyClient; ///< whose bodies come in here, as BodyBudget counts; fixed
    quint16 m_peerPort = 0;
    RequestFramer m_framer;
    Exchange *m_exchange = nullptr; ///< owned; deleted here
    LazyTimer m_timer;              ///< runs out for what m_wait says
    Wait m_wait = Wait::None;
    Phase m_phase = Phase::Reading;
    qint64 m_counted = 0; ///< bytes of the body being read, as the guard counts them
    bool m_pumping = false;
    bool m_closeAfterAnswer = false;
    bool m_inputEnded = false;
    bool m_dead = false;
};

} // namespace bridge::http
