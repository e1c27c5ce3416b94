// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/channel.h"

#include "common/async/later.h"
#include "server/gateway/rpc.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

Channel::Channel(Setup setup) : m_setup(setup)
{
}

void Channel::serve(http::Exchange &exchange, const Accepts &accepts, int expected, bool batch)
{
    m_exchange = &exchange;
    m_accepts = accepts;
    m_expected = expected;
    m_batch = batch;
    if (accepts.eventsNamed && m_setup.streamAfter.count() > 0)
        m_timer = after(m_setup.streamAfter, [this] { openStream(); });
}

void Channel::listen(http::Exchange &exchange)
{
    m_standalone = true;
    m_exchange = &exchange;
    m_accepts.events = true;
    openStream();
}

void Channel::adopt(http::SseStream *stream)
{
    m_standalone = true;
    m_streaming = true;
    m_accepts.events = true;
    m_stream = stream;
}

void Channel::resume(http::Exchange &exchange, const EventBuffer::Place &place)
{
    if (m_stream)
        m_stream->end();
    m_stream = exchange.startSse();
    if (!m_stream)
        return;
    const QList<EventBuffer::Event> missed = m_setup.buffer->after(place);
    for (const EventBuffer::Event &event : missed) {
        if (m_stream)
            m_stream->sendEvent("message"_ba, event.data, EventBuffer::idOf(event.place));
    }
    if (isDone() && m_stream)
        m_stream->end();
}

bool Channel::isAttached() const
{
    return (m_stream && m_stream->isOpen()) || (m_exchange && !m_exchange->isFinished());
}

bool Channel::canTalk() const
{
    if (m_streaming)
        return m_setup.buffer || isAttached();
    return m_accepts.events && m_exchange && !m_exchange->isFinished();
}

bool Channel::openStream()
{
    if (m_streaming)
        return true;
    if (!canTalk())
        return false;
    m_timer.cancel();
    m_stream = m_exchange->startSse();
    if (!m_stream)
        return false;
    m_streaming = true;
    if (m_setup.primes && m_setup.buffer)
        m_stream->sendEvent({}, {}, m_setup.buffer->mark(m_setup.number));
    for (const QByteArray &response : std::as_const(m_responses))
        write(response);
    m_responses.clear();
    return true;
}

void Channel::write(const QByteArray &message)
{
    const QByteArray id =
        m_setup.buffer ? m_setup.buffer->append(m_setup.number, message) : QByteArray();
    if (m_stream && m_stream->isOpen())
        m_stream->sendEvent("message"_ba, message, id);
}

void Channel::send(const QByteArray &message)
{
    if (openStream())
        write(message);
}

void Channel::respond(const QByteArray &message)
{
    if (m_streaming)
        write(message);
    else
        m_responses.append(message);
    countDown();
}

void Channel::refuse(const QByteArray &id, const Error &error)
{
    // A stream that carries the answers of many requests has failed for none of them.
    if (m_exchange && !m_standalone)
        note(*m_exchange, error);
    if (wantsAnotherCredential(error)) {
        m_refusal = m_refusal.value_or(error);
        ++m_refused;
    }
    respond(errorMessage(id, error));
}

void Channel::noteServer(const QString &name)
{
    if (m_exchange && !m_standalone)
        m_exchange->fields().server = name;
}

void Channel::addHeaders(const http::Headers &headers)
{
    if (!m_exchange || m_streaming || m_standalone)
        return;
    for (const auto &[name, value] : headers)
        m_exchange->addHeader(name, value);
}

void Channel::skip()
{
    countDown();
}

void Channel::countDown()
{
    if (m_standalone || m_expected == 0 || --m_expected > 0)
        return;
    m_timer.cancel();
    // Nothing to say at all is what only an empty stream can say.
    if (!m_streaming && !isRefusal() && (!m_accepts.json || m_responses.isEmpty()))
        openStream();
    finish();
}

/// No request of the POST was served for who calls, so that its status can say so: also to clients
/// that want an event stream, as none of it has been sent. HTTP has errors in JSON everywhere.
bool Channel::isRefusal() const
{
    return m_refusal && m_refused == m_responses.size();
}

void Channel::finish()
{
    if (m_streaming) {
        if (m_stream && m_stream->isOpen())
            m_stream->end();
        return;
    }
    if (!m_exchange)
        return;
    if (m_responses.isEmpty()) { // the client's own wish, nothing for the log
        const Error cancelled = rpcError(kInvalidRequest, 200, u"The request was cancelled."_s);
        return m_exchange->finish(http::Response::jsonBytes(200, errorMessage({}, cancelled)));
    }
    const QByteArray body = m_batch ? '[' + m_responses.join(',') + ']' : m_responses.constFirst();
    // Tells clients that know how to get another token to do so. Of limits, and of one server they
    // may not use, they are told by the body alone: many old ones forget a request whose answer has
    // another status than 200. Who may use nothing never gets here.
    http::Response response = isRefusal() ? refusalOf(*m_exchange, *m_refusal, body)
                                          : http::Response::jsonBytes(200, body);
    m_responses.clear();
    m_exchange->finish(std::move(response));
}

void Channel::close(const Error &error)
{
    m_timer.cancel();
    m_expected = 0;
    if (m_stream && m_stream->isOpen())
        m_stream->end();
    else if (!m_streaming && m_exchange)
        gateway::refuse(*m_exchange, {}, error);
}

} // namespace bridge::gateway
