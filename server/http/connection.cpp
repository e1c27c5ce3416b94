// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/connection.h"

#include "common/base/ids.h"
#include "server/http/guardedserver.h"
#include "server/http/responsehead.h"
#include "server/http/server.h"
#include "server/http/socketcalls.h"

#include <QtNetwork/QAbstractSocket>

#include <array>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace bridge::http {

namespace {

constexpr qint64 kPipelineBacklog = 256 * 1024; ///< unsent bytes that hold back the next request
constexpr int kBodyRetrySeconds = 5;
constexpr auto kPoll = 1s;

} // namespace

Connection::Connection(qintptr descriptor, Server &server, GuardedServer &guard)
    : m_server(server)
    , m_guard(guard)
    , m_socket(new QAbstractSocket(QAbstractSocket::TcpSocket, this))
    , m_framer(server.options().limits)
{
    if (!m_socket->setSocketDescriptor(descriptor, QAbstractSocket::ConnectedState,
                                       QIODevice::ReadWrite | QIODevice::Unbuffered)) {
        goneLater();
        return;
    }
    m_socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    m_socket->setSocketOption(QAbstractSocket::KeepAliveOption, 1);
    m_peer = m_socket->peerAddress();
    m_peerPort = m_socket->peerPort();
    if (!server.options().proxies.contains(m_peer))
        m_bodyClient = m_peer;
    connect(m_socket, &QAbstractSocket::readyRead, this, &Connection::socketReadable);
    connect(m_socket, &QAbstractSocket::bytesWritten, this, &Connection::socketDrained);
    connect(m_socket, &QAbstractSocket::disconnected, this, &Connection::goneLater);
    connect(m_socket, &QAbstractSocket::errorOccurred, this, [this] {
        if (m_socket->state() != QAbstractSocket::ConnectedState)
            goneLater();
    });
    connect(&m_timer, &LazyTimer::passed, this, &Connection::timeUp);
    waitForMore();
}

Connection::~Connection()
{
    m_socket->disconnect(this);
    if (m_exchange) {
        m_exchange->detach();
        m_server.over(m_exchange);
        delete std::exchange(m_exchange, nullptr);
    }
}

// --- reading -----------------------------------------------------------------------------------

void Connection::socketReadable()
{
    switch (m_phase) {
    case Phase::Reading:
        return readRequests();
    case Phase::Answering:
        return readAhead();
    case Phase::Flushing:
    case Phase::Lingering:
        return discardInput();
    case Phase::Gone:
        return;
    }
}

/// Hands what the socket has, at most one buffer, to the framer. False at the end of input.
bool Connection::readSome(qsizetype limit)
{
    thread_local std::array<char, 64 * 1024> buffer;
    // Never asks for more than is there: QIODevice would try again, meet the end of input behind
    // the last request and close the socket before that was answered.
    const qint64 there = std::max<qint64>(m_socket->bytesAvailable(), 1);
    const qint64 got =
        m_socket->read(buffer.data(), std::min({there, qint64(limit), qint64(buffer.size())}));
    if (got > 0 && m_phase <= Phase::Answering) {
        m_framer.feed(QByteArray(buffer.data(), got));
        countBody();
    }
    return got >= 0 && m_socket->state() == QAbstractSocket::ConnectedState;
}

/// Keeps count of what unfinished bodies take in all; past the budget this one goes.
void Connection::countBody()
{
    const qint64 held = m_framer.bodyBytes();
    if (std::max(held, m_counted) <= BodyBudget::kFree)
        return;
    if (m_guard.bodies().change(m_bodyClient, m_counted, held)) {
        m_counted = held;
        return;
    }
    Error error(ErrorCode::Overloaded,
                u"The bridge holds as many unfinished request bodies as it may "
                u"(MAX_BUFFERED_BODY_BYTES). Try again later, or send a smaller body."_s);
    error.extra.insert("retry_after"_L1, kBodyRetrySeconds);
    m_framer.giveUp(error);
    countBody();
}

/// Memory is for those who are still being served.
void Connection::dropBody()
{
    m_framer.giveUp(m_framer.error());
    countBody();
}

void Connection::readRequests()
{
    const bool open = readSome(64 * 1024);
    pump();
    // Requests that came with the end of input are answered as far as that needs no waiting.
    if (!open)
        goneLater();
}

qsizetype Connection::readAheadRoom() const
{
    return std::max<qsizetype>(m_server.options().limits.pipelinedBytes - m_framer.pendingBytes(),
                               0);
}

void Connection::readAhead()
{
    const PeerState peer = peerState(m_socket->socketDescriptor());
    if (peer != PeerState::Open)
        return inputEnded(peer == PeerState::Gone);
    if (readAheadRoom() > 0) {
        if (!readSome(readAheadRoom()))
            goneLater();
    } else if (m_wait == Wait::None) {
        wait(Wait::Poll, kPoll); // unread input hides from us that the client left
    }
}

/// RFC 9112 §9.6: closing with input unread would reset the connection under our last answer.
void Connection::discardInput()
{
    if (!readSome(64 * 1024))
        goneLater();
}

void Connection::inputEnded(bool reset)
{
    m_inputEnded = true;
    // Nobody half-closes to listen to an endless stream.
    if (reset || !m_exchange || m_exchange->isStreaming())
        return goneLater();
    if (m_wait == Wait::Grace)
        return;
    if (m_socket->bytesAvailable() > 0) // the last pipelined requests
        readSome(readAheadRoom());
    wait(Wait::Grace, m_server.options().limits.halfCloseGrace);
}

/// Works off complete requests one by one. Never recursive: an answer given while this runs only
/// changes the phase.
void Connection::pump()
{
    if (m_pumping || m_dead)
        return;
    m_pumping = true;
    while (m_phase == Phase::Reading && !m_dead && bytesToWrite() < kPipelineBacklog) {
        if (m_framer.state() == RequestFramer::State::Idle && m_framer.pendingBytes() > 0)
            m_framer.feed({});
        countBody();
        const RequestFramer::State state = m_framer.state();
        if (state == RequestFramer::State::Complete) {
            startExchange();
            continue;
        }
        if (state == RequestFramer::State::Failed)
            refuse(m_framer.error());
        else if (m_inputEnded)
            beginClosing();
        else
            waitForMore();
        break;
    }
    m_pumping = false;
    if (m_phase == Phase::Reading && (m_wait == Wait::None || m_wait == Wait::Idle)
        && bytesToWrite() > 0)
        wait(Wait::Write, m_server.options().limits.writeTimeout);
}

void Connection::startExchange()
{
    m_phase = Phase::Answering;
    m_wait = Wait::None;
    m_closeAfterAnswer = m_closeAfterAnswer || !m_framer.keepsAlive();
    Request request = m_framer.take();
    countBody();
    request.peer = m_peer;
    request.peerPort = m_peerPort;
    if (!m_guard.admit(request)) {
        return refuse(Error(ErrorCode::BadRequest, u"The request cannot be parsed."_s));
    }
    m_exchange = m_server.begin(std::move(request), this);
    m_server.run(*m_exchange);
    if (m_exchange && m_exchange->isFinished()) { // answered at once: the usual case
        m_server.over(m_exchange);
        delete std::exchange(m_exchange, nullptr);
    } else if (m_phase == Phase::Answering && !m_dead) {
        // Input that is there already gives no further notice.
        const PeerState peer = peerState(m_socket->socketDescriptor());
        if (peer != PeerState::Open)
            inputEnded(peer == PeerState::Gone);
    }
}

void Connection::waitForMore()
{
    const ServerLimits &limits = m_server.options().limits;
    switch (m_framer.state()) {
    case RequestFramer::State::Head:
        if (m_wait != Wait::Head)
            wait(Wait::Head, limits.headTimeout);
        return;
    case RequestFramer::State::Body:
        if (m_framer.takeContinue())
            write("HTTP/1.1 100 Continue\r\n\r\n"_ba);
        if (m_wait != Wait::Body)
            wait(Wait::Body, limits.bodyTimeout);
        return;
    default:
        wait(Wait::Idle, limits.idleTimeout);
    }
}

// --- answering ---------------------------------------------------------------------------------

bool Connection::mustClose() const
{
    return m_closeAfterAnswer || (m_inputEnded && m_framer.pendingBytes() == 0);
}

void Connection::write(const QByteArray &bytes)
{
    if (m_dead || m_phase == Phase::Gone)
        return;
    if (m_socket->write(bytes) < 0 || m_socket->state() != QAbstractSocket::ConnectedState)
        return goneLater();
    if (m_socket->bytesToWrite() > 0 && m_wait == Wait::None)
        wait(Wait::Write, m_server.options().limits.writeTimeout);
}

qint64 Connection::bytesToWrite() const
{
    return m_socket->bytesToWrite();
}

void Connection::answerDone(bool keepAlive)
{
    if (!m_pumping && m_exchange) {
        // The caller may be a call the exchange keeps, so it goes when the stack is empty.
        Exchange *finished = std::exchange(m_exchange, nullptr);
        m_server.over(finished);
        finished->deleteLater();
    }
    if (m_dead)
        return;
    if (!keepAlive || mustClose())
        return beginClosing();
    m_phase = Phase::Reading;
    m_wait = Wait::None;
    pump();
}

void Connection::dropClient()
{
    goneLater();
}

void Connection::refuse(const Error &error)
{
    const QByteArray id = randomHex(16).toLatin1();
    const Response response = Response::fromError(error, QString::fromLatin1(id));
    Framing framing;
    framing.contentLength = response.body.size();
    framing.keepAlive = false;
    const QByteArray bytes =
        responseHead(response.status, response.headers, {{"X-Request-Id"_ba, id}}, framing)
        + response.body;
    m_wait = Wait::None;
    write(bytes);
    m_server.refused(m_peer, error, QString::fromLatin1(id), bytes.size());
    beginClosing();
}

void Connection::socketDrained()
{
    if (m_dead)
        return;
    if (m_wait == Wait::Write) // progress
        wait(Wait::Write, m_server.options().limits.writeTimeout);
    if (bytesToWrite() > 0)
        return;
    if (m_wait == Wait::Write)
        m_wait = Wait::None;
    if (m_phase == Phase::Flushing)
        return flushed();
    if (m_phase == Phase::Reading && !m_pumping)
        pump();
    if (m_exchange)
        m_exchange->wireDrained();
}

} // namespace bridge::http
