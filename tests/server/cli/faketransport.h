// SPDX-License-Identifier: GPL-3.0-or-later
// A connection whose other end is the test.
#pragma once

#include "common/jsonrpc/transport.h"

namespace bridge::cli {

class FakeTransport : public jsonrpc::Transport
{
    Q_OBJECT
public:
    void send(const jsonrpc::Message &message) override { sent.append(message); }
    qint64 bytesToWrite() const override { return 0; }
    void close() override { open = false; }
    bool isOpen() const override { return open; }

    QStringList methods() const
    {
        QStringList names;
        for (const jsonrpc::Message &message : sent)
            names.append(message.method);
        return names;
    }
    /// The server's message.
    void say(const QByteArray &text) { Q_EMIT messageReceived(jsonrpc::parse(text)->first()); }
    void refuse(const QByteArray &id, int status)
    {
        Error error(ErrorCode::UpstreamStatus, QStringLiteral("Refused."));
        error.extra[QLatin1StringView("upstream")] =
            QJsonObject{{QStringLiteral("status"), status}};
        Q_EMIT requestFailed(id, error);
    }
    void end(const QString &why)
    {
        open = false;
        Q_EMIT closed(Error(ErrorCode::UpstreamFailed, why));
    }

    QList<jsonrpc::Message> sent;
    bool open = true;
};

} // namespace bridge::cli
