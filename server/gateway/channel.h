// SPDX-License-Identifier: GPL-3.0-or-later
// One logical stream of a legacy session: the way back of one POST, or a stream the client opened
// to listen. It outlives the connection it began on: what is sent meanwhile waits in the session's
// buffer until the client resumes. A POST is answered with JSON unless the server has something to
// say first, or the answer takes long.
#pragma once

#include "common/async/call.h"
#include "server/gateway/eventbuffer.h"
#include "server/gateway/incoming.h"
#include "server/http/exchange.h"

#include <QtCore/QPointer>

#include <chrono>

namespace bridge::gateway {

class Channel : public std::enable_shared_from_this<Channel>
{
public:
    struct Setup {
        quint32 number = 0;            ///< unique in its session
        EventBuffer *buffer = nullptr; ///< outlives the channel; null = events have no ids
        bool primes = false;           ///< begins with an empty event, so that it can be resumed
        std::chrono::milliseconds streamAfter{10'000}; ///< a slow answer becomes a stream
    };

    explicit Channel(Setup setup);
    /// Serves the POST of \a exchange, which holds \a expected requests.
    void serve(http::Exchange &exchange, const Accepts &accepts, int expected, bool batch);
    /// Serves a stream without an end: GET.
    void listen(http::Exchange &exchange);
    /// Takes over a stream of \a exchange that has begun already.
    void adopt(http::SseStream *stream);
    /// Goes on with what came after \a place on a new connection; the old one ends.
    void resume(http::Exchange &exchange, const EventBuffer::Place &place);

    quint32 number() const { return m_setup.number; }
    bool isStandalone() const { return m_standalone; }
    /// It has been a stream, so that a client may know ids of its events.
    bool isStream() const { return m_streaming; }
    /// A client is connected to it.
    bool isAttached() const;
    /// A message would reach the client now or when it resumes.
    bool canTalk() const;
    /// Every answer has been given.
    bool isDone() const { return !m_standalone && m_expected == 0; }

    /// A request or notification of the server. Dropped when !canTalk().
    void send(const QByteArray &message);
    /// The answer to one of the requests; the last one ends the channel.
    void respond(const QByteArray &message);
    /// Answers the request \a id with \a error.
    void refuse(const QByteArray &id, const Error &error);
    /// For the log.
    void noteServer(const QString &name);
    /// Adds fields to an answer that is JSON so far.
    void addHeaders(const http::Headers &headers);
    /// One request ends without an answer (it was cancelled).
    void skip();
    /// The session is over: a stream ends, a waiting POST gets \a error.
    void close(const Error &error);

private:
    bool openStream();
    void write(const QByteArray &message);
    void countDown();
    void finish();
    bool isRefusal() const;

    Setup m_setup;
    QPointer<http::Exchange> m_exchange; ///< of a POST not answered yet
    QPointer<http::SseStream> m_stream;
    Accepts m_accepts;
    QList<QByteArray> m_responses;  ///< of an answer that is JSON so far
    std::optional<Error> m_refusal; ///< the first one for who calls
    qsizetype m_refused = 0;        ///< how many of the responses are such refusals
    int m_expected = 0;
    bool m_batch = false;
    bool m_standalone = false;
    bool m_streaming = false; ///< is an event stream, attached or not
    Call m_timer;
};
using ChannelPtr = std::shared_ptr<Channel>;

} // namespace bridge::gateway
