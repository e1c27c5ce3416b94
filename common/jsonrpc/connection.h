// SPDX-License-Identifier: GPL-3.0-or-later
// Requests and answers over a Transport: ids, timeouts, cancelling, and the failing of everything
// that is pending when the transport closes.
#pragma once

#include "common/async/call.h"
#include "common/jsonrpc/transport.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QHash>
#include <QtCore/QMap>
#include <QtCore/QPointer>

#include <chrono>

class QTimer;

namespace bridge::jsonrpc {

/// The raw `result` of a response.
using RawHandler = Handler<QByteArray>;

struct RequestOptions {
    /// 0 = the connection's default, negative = none.
    std::chrono::milliseconds timeout{0};
    /// Runs when the request ends without an answer: withdrawn by the caller or timed out. The
    /// owner tells the peer (MCP: notifications/cancelled); \a reason is a short English phrase.
    std::function<void(qint64 id, const QString &reason)> abandoned;
    /// Sees the peer's error as it came, with its `data`, right before the handler gets an Error.
    std::function<void(const RpcError &error)> refused;
};

class Connection : public QObject
{
    Q_OBJECT
public:
    /// \a transport must outlive the connection.
    explicit Connection(Transport *transport, QObject *parent = nullptr);
    /// Handlers of requests that are still pending run later, with an Error.
    ~Connection() override;

    void setDefaultTimeout(std::chrono::milliseconds timeout) { m_defaultTimeout = timeout; }

    /// The id the next request() will carry, for a progress token that equals it.
    qint64 nextId() const { return m_nextId; }
    /// Sends a request. \a params is a raw JSON object or array, or empty. Errors: the peer's
    /// (UpstreamFailed with Error::rpcCode set), UpstreamTimeout, what the transport says of this
    /// request, or the transport's closing reason.
    Call request(const QString &method, const QByteArray &params, RequestOptions options,
                 RawHandler handler);
    void notify(const QString &method, const QByteArray &params = {});
    void respond(const QByteArray &id, const QByteArray &result);
    void respondError(const QByteArray &id, const RpcError &error);

    /// Stops the clock of request \a id, e.g. while the peer waits for a human, and lets it run
    /// on with what was left. Unknown ids are ignored.
    void pauseTimeout(qint64 id);
    void continueTimeout(qint64 id);

    /// What pending requests get when the transport closes, instead of the transport's reason.
    void setEpitaph(const Error &reason) { m_epitaph = reason; }

    bool isOpen() const;
    int pendingCount() const { return int(m_pending.size()); }
    /// Answers to ids that were never sent; late answers to withdrawn requests are not counted.
    qint64 strayCount() const { return m_strays; }

Q_SIGNALS:
    void requestReceived(const bridge::jsonrpc::Message &request);
    void notificationReceived(const bridge::jsonrpc::Message &notification);
    /// After every pending request has failed with \a reason.
    void closed(const bridge::Error &reason);

private:
    struct Pending;
    using PendingPtr = std::shared_ptr<Pending>;

    void onMessage(const Message &message);
    void onAnswer(const Message &message);
    void onRequestFailed(const QByteArray &id, const Error &error);
    void onClosed(const Error &reason);
    PendingPtr take(qint64 id);
    void withdraw(qint64 id, const QString &reason);
    void setDeadline(qint64 id, Pending &pending);
    void clearDeadline(qint64 id, Pending &pending);
    void onDeadline();
    void armTimer();

    QPointer<Transport> m_transport;
    QHash<qint64, PendingPtr> m_pending;
    QMultiMap<qint64, qint64> m_deadlines; ///< time on m_clock → request id
    QElapsedTimer m_clock;
    QTimer *m_timer;
    qint64 m_nextId = 1;
    qint64 m_strays = 0;
    std::optional<Error> m_epitaph;
    std::chrono::milliseconds m_defaultTimeout{60'000};
};

} // namespace bridge::jsonrpc
