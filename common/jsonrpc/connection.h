// SPDX-License-Identifier: GPL-3.0-or-later
// Requests and answers over a Transport: ids, timeouts, cancelling, and the failing of everything
// that is pending when the transport closes.
#pragma once

#include "common/async/call.h"
#include "common/jsonrpc/transport.h"

#include <QtCore/QHash>

#include <chrono>

class QTimer;

namespace bridge::jsonrpc {

/// The raw `result` of a response.
using RawHandler = Handler<QByteArray>;

struct RequestOptions {
    std::chrono::milliseconds timeout{0}; ///< 0 = the connection's default
    /// Runs when the request ends without an answer: withdrawn by the caller or timed out. The
    /// owner tells the peer (MCP: notifications/cancelled); \a reason is a short English phrase.
    std::function<void(qint64 id, const QString &reason)> abandoned;
};

class Connection : public QObject
{
    Q_OBJECT
public:
    /// \a transport must outlive the connection.
    explicit Connection(Transport *transport, QObject *parent = nullptr);
    ~Connection() override;

    void setDefaultTimeout(std::chrono::milliseconds timeout) { m_defaultTimeout = timeout; }

    /// The id the next request() will carry, for a progress token that equals it.
    qint64 nextId() const { return m_nextId; }
    /// Sends a request. Errors: the peer's (Error::rpcCode set), UpstreamTimeout, or the closing
    /// reason of the transport.
    Call request(const QString &method, const QByteArray &params, RequestOptions options,
                 RawHandler handler);
    void notify(const QString &method, const QByteArray &params = {});
    void respond(const QByteArray &id, const QByteArray &result);
    void respondError(const QByteArray &id, const RpcError &error);

    bool isOpen() const;
    int pendingCount() const { return int(m_pending.size()); }

Q_SIGNALS:
    void requestReceived(const bridge::jsonrpc::Message &request);
    void notificationReceived(const bridge::jsonrpc::Message &notification);
    /// After every pending request has failed with \a reason.
    void closed(const bridge::Error &reason);

private:
    struct Pending;
    void onMessage(const Message &message);
    void onClosed(const Error &reason);
    void finish(qint64 id, Result<QByteArray> outcome);
    void onDeadline();
    void armTimer();

    Transport *m_transport;
    QHash<qint64, std::shared_ptr<Pending>> m_pending;
    QTimer *m_timer;
    qint64 m_nextId = 1;
    std::chrono::milliseconds m_defaultTimeout{60'000};
};

} // namespace bridge::jsonrpc
