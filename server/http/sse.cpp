// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/sse.h"

#include "server/http/exchange.h"

namespace bridge::http {

namespace {

QByteArray oneLine(QByteArray text)
{
    text.removeIf([](char c) { return c == '\r' || c == '\n' || c == '\0'; });
    return text;
}

/// Every line of \a data after a `data: `; CR, LF and CR LF all end a line in an event stream.
void appendData(QByteArray &out, const QByteArray &data)
{
    out += "data: ";
    for (qsizetype i = 0; i < data.size(); ++i) {
        const char c = data[i];
        if (c != '\r' && c != '\n') {
            out += c;
            continue;
        }
        if (c == '\r' && i + 1 < data.size() && data[i + 1] == '\n')
            ++i;
        out += "\ndata: ";
    }
    out += '\n';
}

} // namespace

SseStream::SseStream(Exchange *exchange, std::chrono::milliseconds heartbeat)
    : QObject(exchange)
    , m_exchange(exchange)
{
    connect(&m_heartbeat, &QTimer::timeout, this, [this] { comment("heartbeat"); });
    m_heartbeat.setTimerType(Qt::VeryCoarseTimer);
    if (heartbeat < std::chrono::seconds(2))
        m_heartbeat.setTimerType(Qt::CoarseTimer);
    if (heartbeat.count() > 0)
        m_heartbeat.start(heartbeat);
}

void SseStream::sendData(const QByteArray &data)
{
    sendEvent({}, data);
}

void SseStream::sendEvent(const QByteArray &event, const QByteArray &data, const QByteArray &id)
{
    QByteArray out;
    out.reserve(data.size() + event.size() + id.size() + 32);
    if (!event.isEmpty())
        out += "event: " + oneLine(event) + '\n';
    if (!id.isEmpty())
        out += "id: " + oneLine(id) + '\n';
    appendData(out, data);
    out += '\n';
    send(out);
}

void SseStream::comment(const QByteArray &text)
{
    send(": " + oneLine(text) + "\n\n");
}

void SseStream::end()
{
    if (!m_open)
        return;
    m_open = false;
    m_heartbeat.stop();
    m_exchange->streamEnd();
}

qint64 SseStream::bytesToWrite() const
{
    return m_exchange->queuedBytes();
}

void SseStream::send(const QByteArray &bytes)
{
    if (m_open)
        m_exchange->streamWrite(bytes);
}

} // namespace bridge::http
