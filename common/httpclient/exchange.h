// SPDX-License-Identifier: GPL-3.0-or-later
// One request on its way: timeouts, redirects, and the reading of its response.
#pragma once

#include "common/async/later.h"
#include "common/httpclient/client.h"

#include <QtCore/QPointer>
#include <QtCore/QTimer>
#include <QtNetwork/QNetworkReply>

#include <optional>

class QNetworkAccessManager;

namespace bridge::httpclient {

class Exchange : public QObject
{
    Q_OBJECT
public:
    Exchange(const ClientOptions &options, Request request, Hooks hooks, Handler<Response> handler);
    ~Exchange() override;

    Priority priority() const { return m_request.priority; }
    const QByteArray &partition() const { return m_request.partition; }
    /// Redirects stay within the origin, so it is the same for all of them.
    const QNetworkProxy &proxy() const { return m_proxy; }
    /// Gives up when begin() was not called in time.
    void await();
    /// \a isLast: asks the server to close the connection afterwards.
    void begin(QNetworkAccessManager *manager, bool isLast);
    /// Ends with \a error from the event loop.
    void failLater(const Error &error);
    /// Closes the connection; nobody hears of it again.
    void drop();

Q_SIGNALS:
    /// The connection is free again. Emitted once, before the handler runs.
    void ended();

private:
    enum class Phase { Waiting, Sending, Head, Body };

    void post();
    void onSent();
    void onHead();
    void onBytes();
    void onFinished();
    void onTimeout();
    void redirect(const QByteArray &location);
    void enter(Phase phase);
    void release();
    void finish(Result<Response> outcome);
    bool isRefusedByProxy() const;
    Error networkError() const;
    std::optional<Error> proxyError() const;
    Error tooSlow() const;
    QString who() const;

    ClientOptions m_options;
    Request m_request;
    QNetworkProxy m_proxy;
    Hooks m_hooks;
    Handler<Response> m_handler;
    QPointer<QNetworkAccessManager> m_manager;
    QPointer<QNetworkReply> m_reply;
    QList<QSslError> m_doubts; ///< why the server is not believed to be the right one
    Response m_response;
    QTimer m_timer;
    Call m_failing;
    Phase m_phase = Phase::Waiting;
    int m_redirects = 0;
    bool m_wasSent = false;
    bool m_hasHead = false;
    bool m_isStreamed = false;
    bool m_isOver = false;
};

} // namespace bridge::httpclient
