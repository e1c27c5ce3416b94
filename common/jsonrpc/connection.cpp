// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/jsonrpc/connection.h"

#include "common/async/later.h"

#include <QtCore/QTimer>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::jsonrpc {

struct Connection::Pending {
    RawHandler handler;
    RequestOptions options;
    qint64 deadline = -1; ///< on m_clock; -1 = no clock is running
    qint64 left = -1;     ///< milliseconds left while paused; -1 = not paused
    Call failing;         ///< a failure on its way that no peer will send

    void finish(Result<QByteArray> outcome)
    {
        if (auto run = std::exchange(handler, nullptr))
            run(std::move(outcome));
    }
    static void failLater(const PendingPtr &pending, const Error &error)
    {
        // Weak: the Call is the owner's share, so without it nobody is told.
        pending->failing = later([weak = std::weak_ptr(pending), error] {
            if (auto strong = weak.lock())
                strong->finish(error);
        });
    }
};

namespace {

Error closedError()
{
    return Error(ErrorCode::UpstreamFailed,
                 u"The connection to the MCP server is closed; start a new session."_s);
}

Error peerError(const RpcError &rpc)
{
    Error error(ErrorCode::UpstreamFailed, rpc.message);
    error.rpcCode = rpc.code;
    return error;
}

} // namespace

Connection::Connection(Transport *transport, QObject *parent)
    : QObject(parent)
    , m_transport(transport)
    , m_timer(new QTimer(this))
{
    m_clock.start();
    m_timer->setSingleShot(true);
    connect(m_timer, &QTimer::timeout, this, &Connection::onDeadline);
    connect(transport, &Transport::messageReceived, this, &Connection::onMessage);
    connect(transport, &Transport::requestFailed, this, &Connection::onRequestFailed);
    connect(transport, &Transport::closed, this, &Connection::onClosed);
}

Connection::~Connection()
{
    const auto pending = std::exchange(m_pending, {});
    for (const PendingPtr &one : pending)
        Pending::failLater(one, closedError());
}

bool Connection::isOpen() const
{
    return m_transport && m_transport->isOpen();
}

Call Connection::request(const QString &method, const QByteArray &params, RequestOptions options,
                         RawHandler handler)
{
    const qint64 id = m_nextId++;
    auto pending = std::make_shared<Pending>();
    pending->handler = std::move(handler);
    pending->options = std::move(options);
    Call call([guard = QPointer(this), id, pending] {
        pending->handler = nullptr;
        pending->failing.cancel();
        if (guard)
            guard->withdraw(id, u"the caller no longer waits for the answer"_s);
    });
    if (!isOpen()) {
        Pending::failLater(pending, closedError());
        return call;
    }
    m_pending.insert(id, pending);
    const auto timeout = pending->options.timeout;
    pending->left = (timeout.count() == 0 ? m_defaultTimeout : timeout).count();
    setDeadline(id, *pending);
    Message message;
    message.kind = Message::Kind::Request;
    message.id = QByteArray::number(id);
    message.method = method;
    message.params = params;
    m_transport->send(message);
    return call;
}

void Connection::notify(const QString &method, const QByteArray &params)
{
    if (!isOpen())
        return;
    Message message;
    message.kind = Message::Kind::Notification;
    message.method = method;
    message.params = params;
    m_transport->send(message);
}

void Connection::respond(const QByteArray &id, const QByteArray &result)
{
    if (!isOpen())
        return;
    Message message;
    message.kind = Message::Kind::Result;
    message.id = id;
    message.result = result;
    m_transport->send(message);
}

void Connection::respondError(const QByteArray &id, const RpcError &error)
{
    if (!isOpen())
        return;
    Message message;
    message.kind = Message::Kind::Error;
    message.id = id;
    message.error = error;
    m_transport->send(message);
}

void Connection::onMessage(const Message &message)
{
    switch (message.kind) {
    case Message::Kind::Request:
        Q_EMIT requestReceived(message);
        return;
    case Message::Kind::Notification:
        Q_EMIT notificationReceived(message);
        return;
    case Message::Kind::Result:
    case Message::Kind::Error:
        onAnswer(message);
    }
}

void Connection::onAnswer(const Message &message)
{
    bool isNumber = false;
    const qint64 id = message.id.toLongLong(&isNumber);
    const PendingPtr pending = isNumber ? take(id) : nullptr;
    if (!pending) {
        // An id that was issued belongs to a withdrawn request: its answer merely comes late.
        if (!isNumber || id < 1 || id >= m_nextId)
            ++m_strays;
        return;
    }
    // From here on only `pending` is touched: the handler may destroy this connection.
    if (message.kind == Message::Kind::Result) {
        pending->finish(message.result);
        return;
    }
    if (pending->options.refused)
        pending->options.refused(message.error);
    pending->finish(peerError(message.error));
}

void Connection::onRequestFailed(const QByteArray &id, const Error &error)
{
    // Withdrawn requests are no longer known, which is fine.
    if (const PendingPtr pending = take(id.toLongLong()))
        pending->finish(error);
}

void Connection::onClosed(const Error &ended)
{
    const Error reason = m_epitaph.value_or(ended);
    m_timer->stop();
    m_deadlines.clear();
    const auto pending = std::exchange(m_pending, {});
    QList<qint64> ids = pending.keys();
    std::sort(ids.begin(), ids.end());
    const QPointer guard(this);
    for (qint64 id : std::as_const(ids))
        pending.value(id)->finish(reason);
    if (guard)
        Q_EMIT closed(reason);
}

Connection::PendingPtr Connection::take(qint64 id)
{
    PendingPtr pending = m_pending.take(id);
    if (pending)
        clearDeadline(id, *pending);
    return pending;
}

void Connection::withdraw(qint64 id, const QString &reason)
{
    const PendingPtr pending = take(id);
    if (pending && pending->options.abandoned)
        pending->options.abandoned(id, reason);
}

void Connection::setDeadline(qint64 id, Pending &pending)
{
    if (pending.left < 0)
        return;
    pending.deadline = m_clock.elapsed() + std::exchange(pending.left, -1);
    m_deadlines.insert(pending.deadline, id);
    armTimer();
}

void Connection::clearDeadline(qint64 id, Pending &pending)
{
    if (pending.deadline < 0)
        return;
    m_deadlines.remove(pending.deadline, id);
    pending.deadline = -1;
    // The timer is left running: re-arming it for each answer costs more than an idle wake-up.
}

void Connection::pauseTimeout(qint64 id)
{
    const PendingPtr pending = m_pending.value(id);
    if (!pending || pending->deadline < 0)
        return;
    pending->left = std::max<qint64>(0, pending->deadline - m_clock.elapsed());
    clearDeadline(id, *pending);
}

void Connection::continueTimeout(qint64 id)
{
    if (const PendingPtr pending = m_pending.value(id))
        setDeadline(id, *pending);
}

void Connection::armTimer()
{
    if (m_deadlines.isEmpty())
        return;
    const qint64 wait = std::max<qint64>(0, m_deadlines.firstKey() - m_clock.elapsed());
    if (!m_timer->isActive() || m_timer->remainingTime() > wait)
        m_timer->start(std::chrono::milliseconds(wait));
}

void Connection::onDeadline()
{
    const QPointer guard(this);
    while (guard && !m_deadlines.isEmpty() && m_deadlines.firstKey() <= m_clock.elapsed()) {
        const qint64 id = m_deadlines.first();
        const PendingPtr pending = take(id);
        if (pending->options.abandoned)
            pending->options.abandoned(id, u"the request timed out"_s);
        pending->finish(Error(ErrorCode::UpstreamTimeout,
                              u"The MCP server did not answer in time; try again later or raise "
                              "the timeout."_s));
    }
    if (guard)
        armTimer();
}

} // namespace bridge::jsonrpc
