// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/httplisten.h"

#include "common/async/later.h"
#include "common/mcp/httpstatus.h"

#include <QtCore/QPointer>

using namespace Qt::StringLiterals;

namespace bridge::mcp {

namespace {

constexpr std::chrono::milliseconds kDelay{1'000};
constexpr std::chrono::milliseconds kMaxDelay{60'000};
constexpr int kMaxFailures = 8;

} // namespace

HttpListen::HttpListen(httpclient::Client *client, httpclient::Request get,
                       qsizetype maxMessageBytes, QObject *parent)
    : QObject(parent)
    , m_client(client)
    , m_get(std::move(get))
    , m_maxMessageBytes(maxMessageBytes)
    , m_parser(maxMessageBytes)
{
}

void HttpListen::start()
{
    httpclient::Request get = m_get;
    const QByteArray lastId = m_parser.lastId();
    if (!lastId.isEmpty())
        httpclient::setHeader(get.headers, "Last-Event-ID", lastId);
    httpclient::Hooks hooks;
    hooks.head = [this](int status, const httpclient::Headers &headers) {
        m_isStream = status == 200 && hasType(headers, "text/event-stream");
        return m_isStream;
    };
    hooks.data = [this](const QByteArray &chunk) { onData(chunk); };
    m_isStream = false;
    m_refusal = 0;
    m_call = m_client->send(get, std::move(hooks),
                            [this](Result<httpclient::Response> outcome) { onEnd(outcome); });
}

void HttpListen::revive()
{
    if (m_failures <= kMaxFailures)
        return;
    m_failures = kMaxFailures; // one attempt for each sign of life
    start();
}

void HttpListen::setRequest(httpclient::Request get)
{
    m_get = std::move(get);
    if (m_refusal == 401 || m_refusal == 403)
        start();
}

void HttpListen::onData(const QByteArray &chunk)
{
    m_failures = 0;
    jsonrpc::MessageLimits limits;
    limits.maxBytes = m_maxMessageBytes;
    const QPointer guard(this);
    for (const httpclient::SseEvent &event : m_parser.feed(chunk)) {
        const auto messages = jsonrpc::parse(event.data, limits);
        if (!messages || (!event.type.isEmpty() && event.type != "message"))
            continue;
        for (const jsonrpc::Message &message : *messages) {
            // Answers belong on the stream of their request.
            if (message.method.isEmpty())
                continue;
            Q_EMIT messageReceived(message);
            if (!guard)
                return;
        }
    }
    if (m_parser.overflowed())
        m_call.cancel();
}

void HttpListen::onEnd(const Result<httpclient::Response> &outcome)
{
    if (outcome && !m_isStream) {
        const bool isSession = !httpclient::headerValue(m_get.headers, "Mcp-Session-Id").isEmpty();
        if (outcome->status == 404 && isSession && !m_parser.lastId().isEmpty())
            Q_EMIT sessionLost(statusError(*outcome));
        else
            m_refusal = outcome->status;
        return; // 405: the server has no such stream
    }
    // Refused for want of a connection: calls need them more.
    const bool isBusy = !outcome && outcome.error().code == ErrorCode::Overloaded;
    if (isBusy || ++m_failures > kMaxFailures)
        return;
    const std::chrono::milliseconds base(m_parser.retry().value_or(int(kDelay.count())));
    m_delay = after(std::min(base * (1 << m_failures) / 2, kMaxDelay), [this] { start(); });
}

} // namespace bridge::mcp
