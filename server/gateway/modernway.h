// SPDX-License-Identifier: GPL-3.0-or-later
// The way back of one modern request: a JSON answer, or a stream once there is something to say.
#pragma once

#include "common/async/call.h"
#include "server/gateway/downstream.h"
#include "server/gateway/incoming.h"
#include "server/http/exchange.h"

#include <QtCore/QPointer>

#include <chrono>

namespace bridge::gateway {

class ModernWay : public Downstream
{
public:
    /// Lives no longer than its request's Call; \a exchange may die first. An answer that takes
    /// longer than \a streamAfter becomes a stream, whose comments keep the connection open.
    ModernWay(http::Exchange &exchange, QByteArray id, std::chrono::milliseconds streamAfter);

    void notify(const QString &method, const QByteArray &params) override;
    /// Never possible: this revision asks by `input_required`.
    Call ask(const QString &method, const QByteArray &params, Handler<QByteArray> handler) override;
    bool canAsk() const override { return false; }
    void noteServer(const QString &name) override;
    void addHeaders(const http::Headers &headers) override;

    void finish(const QByteArray &result);
    void finish(const Error &error);
    const QByteArray &id() const { return m_id; }

private:
    bool openStream();

    QPointer<http::Exchange> m_exchange;
    QPointer<http::SseStream> m_stream;
    Accepts m_accepts;
    QByteArray m_id;
    Call m_timer;
};

} // namespace bridge::gateway
