// SPDX-License-Identifier: GPL-3.0-or-later
// A transport to a remote server that is looked at from outside: how long each request takes and
// what becomes of it, what goes to the log (shapes only, contract §8), all else untouched.
#pragma once

#include "common/jsonrpc/transport.h"
#include "server/upstream/remotecall.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QHash>

#include <functional>
#include <memory>

namespace bridge::upstream {

struct WatchOptions {
    QString server; ///< name in the log
    bool logRequests = false;
    bool logResponses = false;
    /// Runs for each request when it is over, from the event loop.
    std::function<void(const RemoteCall &)> finished;
};

class WatchedTransport : public jsonrpc::Transport
{
    Q_OBJECT
public:
    WatchedTransport(std::unique_ptr<jsonrpc::Transport> inner, WatchOptions options);
    /// Requests under way count as cancelled.
    ~WatchedTransport() override;

    void send(const jsonrpc::Message &message) override;
    qint64 bytesToWrite() const override { return m_inner->bytesToWrite(); }
    /// Likewise.
    void close() override;
    bool isOpen() const override { return m_inner->isOpen(); }

private:
    struct Pending {
        QString method;
        QElapsedTimer clock;
    };

    void onMessage(const jsonrpc::Message &message);
    void onFailed(const QByteArray &id, const Error &error);
    void finish(const QByteArray &id, const QString &errorType, const QByteArray &answer);
    void finishAll(const QString &errorType);
    void logServersOwn(const jsonrpc::Message &message) const;

    std::unique_ptr<jsonrpc::Transport> m_inner;
    WatchOptions m_options;
    QHash<QByteArray, Pending> m_pending; ///< by request id
};

} // namespace bridge::upstream
