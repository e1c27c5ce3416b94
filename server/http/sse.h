// SPDX-License-Identifier: GPL-3.0-or-later
// A `text/event-stream` answer (WHATWG HTML §9.2). Chunked for HTTP/1.1, ended by closing for 1.0.
// Made by Exchange::startSse() and owned by the exchange; it dies with it when the client leaves.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QObject>
#include <QtCore/QTimer>

#include <chrono>

namespace bridge::http {

class Exchange;

class SseStream : public QObject
{
    Q_OBJECT

public:
    SseStream(Exchange *exchange, std::chrono::milliseconds heartbeat);

    /// Sends one event holding \a data; line breaks inside become further `data:` lines.
    void sendData(const QByteArray &data);
    /// Sends one event with a name (and id when given); both must not hold line breaks, which are
    /// removed.
    void sendEvent(const QByteArray &event, const QByteArray &data, const QByteArray &id = {});
    /// Sends a comment line, which clients ignore.
    void comment(const QByteArray &text);
    /// Completes the answer and finishes the exchange. Nothing may be sent afterwards.
    void end();
    bool isOpen() const { return m_open; }
    /// Bytes the client has not taken yet. Past the server's cap the client is dropped.
    qint64 bytesToWrite() const;

Q_SIGNALS:
    /// The client has taken everything queued so far.
    void drained();

private:
    void send(const QByteArray &bytes);

    Exchange *m_exchange;
    QTimer m_heartbeat;
    bool m_open = true;
};

} // namespace bridge::http
