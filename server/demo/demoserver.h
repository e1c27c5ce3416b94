// SPDX-License-Identifier: GPL-3.0-or-later
// The demo server without its stdio: messages in, messages out. It speaks all five revisions; a
// request with modern `_meta` is served statelessly, `initialize` selects a legacy revision for
// everything that carries none.
#pragma once

#include "common/jsonrpc/message.h"

#include <QtCore/QHash>
#include <QtCore/QJsonObject>
#include <QtCore/QObject>

#include <functional>
#include <memory>

namespace bridge::demo {

/// How one request is to be served.
struct RequestContext {
    QByteArray id; ///< raw JSON
    QString revision;
    bool isModern = false;
    QString logLevel; ///< empty = no log messages wanted
    QJsonValue progressToken{QJsonValue::Undefined};
};

class DemoServer : public QObject
{
    Q_OBJECT
public:
    using Send = std::function<void(const jsonrpc::Message &)>;

    explicit DemoServer(Send send, QObject *parent = nullptr);
    ~DemoServer() override;

    /// One message from the client; answers go to Send, at once or later.
    void receive(const jsonrpc::Message &message);
    /// The client sent a line that is no message.
    void receiveGarbage(const Error &error);
    /// Time between two steps of report_progress_and_logs.
    void setStepInterval(int milliseconds) { m_stepInterval = milliseconds; }
    /// No request is open.
    bool isIdle() const { return m_running.isEmpty(); }

Q_SIGNALS:
    void becameIdle();

private:
    class ProgressRun;

    void onRequest(const jsonrpc::Message &request);
    void onNotification(const jsonrpc::Message &notification);
    /// Nothing when the request was refused.
    std::optional<RequestContext> contextOf(const jsonrpc::Message &request);
    std::optional<RequestContext> modernContext(const jsonrpc::Message &request,
                                                const QJsonObject &meta);
    void initialize(const jsonrpc::Message &request);
    void discover(const RequestContext &context);
    void listen(const RequestContext &context);
    void setLevel(const RequestContext &context, const QJsonObject &params);
    void callTool(const RequestContext &context, const QJsonObject &params);
    void startProgress(const RequestContext &context);

    void reply(const RequestContext &context, QJsonObject result);
    void refuse(const QByteArray &id, int code, const QString &text, const QJsonObject &data = {});
    void notify(const QString &method, const QJsonObject &params);

    Send m_send;
    QString m_revision; ///< negotiated by initialize; empty before
    QString m_logLevel = QStringLiteral("info");
    qint64 m_counter = 0;
    int m_stepInterval = 500;
    QHash<QByteArray, std::shared_ptr<ProgressRun>> m_running;
};

} // namespace bridge::demo
