// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/ssetransport.h"

#include "common/async/later.h"
#include "common/mcp/httpmetadata.h"
#include "common/mcp/httpstatus.h"
#include "common/mcp/patientsend.h"

#include <QtCore/QPointer>

using namespace Qt::StringLiterals;

namespace bridge::mcp {

namespace {

Error failure(const QString &text)
{
    return {ErrorCode::UpstreamFailed, u"The remote MCP server "_s + text};
}

} // namespace

SseTransport::SseTransport(HttpEndpoint endpoint, QObject *parent)
    : Transport(parent)
    , m_endpoint(std::move(endpoint))
    , m_parser(m_endpoint.maxMessageBytes)
{
    openStream();
}

SseTransport::~SseTransport() = default;

httpclient::Request SseTransport::prepared(const QByteArray &method, const QUrl &url) const
{
    httpclient::Request request;
    request.method = method;
    request.url = url;
    request.headers = m_endpoint.headers;
    request.partition = m_endpoint.partition;
    request.authorizer = m_endpoint.authorizer;
    request.headTimeout = m_endpoint.answerTimeout;
    request.idleTimeout = m_endpoint.idleTimeout;
    return request;
}

void SseTransport::openStream()
{
    httpclient::Request get = prepared("GET", m_endpoint.url);
    httpclient::setHeader(get.headers, "Accept", "text/event-stream");
    httpclient::Hooks hooks;
    hooks.head = [this](int status, const httpclient::Headers &headers) {
        m_isStream = status == 200 && hasType(headers, "text/event-stream");
        return m_isStream;
    };
    hooks.data = [this](const QByteArray &chunk) { onData(chunk); };
    m_stream = sendPatiently(m_endpoint.client.get(), std::move(get), true, std::move(hooks),
                             [this](Result<httpclient::Response> outcome) { onEnd(outcome); });
}

void SseTransport::onData(const QByteArray &chunk)
{
    const QPointer guard(this);
    for (const httpclient::SseEvent &event : m_parser.feed(chunk)) {
        if (!m_open)
            return;
        if (event.type == "endpoint")
            takeEndpoint(event.data);
        else if (event.type.isEmpty() || event.type == "message")
            takeMessages(event.data);
        if (!guard)
            return;
    }
    if (m_parser.overflowed())
        end(failure(u"sent a message of more than %1 bytes."_s.arg(m_endpoint.maxMessageBytes)));
}

void SseTransport::takeEndpoint(const QByteArray &address)
{
    if (!m_target.isEmpty())
        return;
    QUrl target = m_endpoint.url.resolved(QUrl::fromEncoded(address.trimmed()));
    // Another server must not get the messages and their credential.
    if (!target.isValid() || !httpclient::isSameOrigin(target, m_endpoint.url))
        return end(failure(u"wants messages sent to another server, which is not done."_s));
    target.setUserInfo({});
    m_target = target;
    m_isHolding = false;
    const auto held = std::exchange(m_held, {});
    for (const jsonrpc::Message &message : held)
        send(message);
}

bool SseTransport::takeMessages(const QByteArray &text)
{
    jsonrpc::MessageLimits limits;
    limits.maxBytes = m_endpoint.maxMessageBytes;
    const auto messages = jsonrpc::parse(text, limits);
    const QPointer guard(this);
    if (!messages) {
        Q_EMIT garbageReceived(messages.error());
        return bool(guard);
    }
    for (const jsonrpc::Message &message : *messages) {
        Q_EMIT messageReceived(message);
        if (!guard)
            return false;
    }
    return true;
}

void SseTransport::onEnd(const Result<httpclient::Response> &outcome)
{
    if (!outcome)
        end(outcome.error());
    else if (!m_isStream && outcome->status != 200)
        end(statusError(*outcome));
    else if (!m_isStream)
        end(failure(u"does not answer with an event stream at this address."_s));
    else
        end(failure(u"closed its stream."_s));
}

void SseTransport::send(const jsonrpc::Message &message)
{
    if (!m_open)
        return;
    if (m_isHolding)
        m_held.append(message);
    else
        post(message);
}

void SseTransport::post(const jsonrpc::Message &message)
{
    httpclient::Request request = prepared("POST", m_target);
    request.body = jsonrpc::write(message);
    if (message.kind != jsonrpc::Message::Kind::Request)
        request.priority = httpclient::Priority::Urgent;
    httpclient::setHeader(request.headers, "Content-Type", "application/json");
    const int key = m_nextPost++;
    // Servers refuse requests that overtake this notification, and HTTP keeps no order.
    m_isHolding = message.method == "notifications/initialized"_L1;
    m_posts[key] =
        sendPatiently(m_endpoint.client.get(), std::move(request), isIdempotent(message.method), {},
                      [this, key, message](Result<httpclient::Response> outcome) {
                          const Call kept = std::move(m_posts[key]);
                          m_posts.erase(key);
                          onPosted(message, outcome);
                      });
}

void SseTransport::onPosted(const jsonrpc::Message &message,
                            const Result<httpclient::Response> &outcome)
{
    if (message.method == "notifications/initialized"_L1) {
        m_isHolding = false;
        const auto held = std::exchange(m_held, {});
        for (const jsonrpc::Message &one : held)
            send(one);
    }
    const bool isFine = outcome && outcome->status >= 200 && outcome->status < 300;
    if (isFine || message.kind != jsonrpc::Message::Kind::Request)
        return;
    Q_EMIT requestFailed(message.id, outcome ? statusError(*outcome) : outcome.error());
}

void SseTransport::close()
{
    end(Error(ErrorCode::UpstreamFailed,
              u"The connection to the remote MCP server was closed by the bridge."_s));
}

void SseTransport::end(const Error &reason)
{
    if (!std::exchange(m_open, false))
        return;
    // Later: this may be the middle of something that one of these is doing.
    m_telling = later([this, reason] {
        m_posts.clear();
        m_stream.cancel();
        Q_EMIT closed(reason);
    });
}

} // namespace bridge::mcp
