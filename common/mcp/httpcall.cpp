// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/httpcall.h"

#include "common/async/later.h"
#include "common/mcp/httpstatus.h"
#include "common/mcp/patientsend.h"

#include <QtCore/QPointer>

using namespace Qt::StringLiterals;

namespace bridge::mcp {

namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kResumeDelay{1'000};
constexpr Milliseconds kMaxResumeDelay{30'000};
constexpr int kMaxResumptions = 5;

Error brokenOff()
{
    return {ErrorCode::UpstreamFailed,
            u"The remote MCP server ended the connection without an answer. Whether the request "
            "took effect is not known."_s};
}

Error unusable(const QString &what)
{
    return {ErrorCode::UpstreamFailed,
            u"The remote MCP server broke the protocol: %1."_s.arg(what)};
}

} // namespace

HttpCall::HttpCall(httpclient::Client *client, Plan plan, QObject *parent)
    : QObject(parent)
    , m_client(client)
    , m_plan(std::move(plan))
    , m_parser(m_plan.maxMessageBytes)
{
}

void HttpCall::start()
{
    ++m_attempts;
    m_wasSent = false;
    m_isStream = false;
    m_call = m_client->send(m_plan.post, hooks(true), [this](Result<httpclient::Response> outcome) {
        onPosted(std::move(outcome));
    });
}

httpclient::Hooks HttpCall::hooks(bool isPost)
{
    httpclient::Hooks hooks;
    if (isPost)
        hooks.sent = [this] { m_wasSent = true; };
    hooks.head = [this, isPost](int status, const httpclient::Headers &headers) {
        m_isStream = status == 200 && hasType(headers, "text/event-stream");
        const bool isStream = m_isStream;
        if (isPost)
            Q_EMIT headReceived(status, headers);
        return isStream;
    };
    hooks.data = [this](const QByteArray &chunk) { onStreamData(chunk); };
    return hooks;
}

void HttpCall::onStreamData(const QByteArray &chunk)
{
    const QList<httpclient::SseEvent> events = m_parser.feed(chunk);
    if (!m_parser.lastId().isEmpty())
        m_resumptions = 0;
    for (const httpclient::SseEvent &event : events) {
        if (!event.type.isEmpty() && event.type != "message")
            continue;
        if (!takeText(event.data))
            return;
    }
    if (m_parser.overflowed())
        fail(0, unusable(u"a message has more than %1 bytes"_s.arg(m_plan.maxMessageBytes)));
}

bool HttpCall::takeText(const QByteArray &text)
{
    jsonrpc::MessageLimits limits;
    limits.maxBytes = m_plan.maxMessageBytes;
    const Result<QList<jsonrpc::Message>> messages = jsonrpc::parse(text, limits);
    if (!messages) {
        fail(0, unusable(u"it sent what is no JSON-RPC message"_s));
        return false;
    }
    const QPointer guard(this);
    for (jsonrpc::Message message : *messages) {
        const bool isAnswer = message.kind == jsonrpc::Message::Kind::Result
                              || message.kind == jsonrpc::Message::Kind::Error;
        if (isAnswer && message.id == m_plan.id) {
            m_isOver = true;
            m_call.cancel(); // modern servers close the stream now, others may forget to
            Q_EMIT answered(message);
            return false;
        }
        if (isAnswer)
            continue; // another request's, which has a stream of its own
        message.relatedId = m_plan.id;
        Q_EMIT messageReceived(message);
        if (!guard || m_isOver)
            return false;
    }
    return true;
}

void HttpCall::onPosted(Result<httpclient::Response> outcome)
{
    if (!outcome) {
        const bool isSafe = !m_wasSent || (m_plan.isIdempotent && !m_isStream);
        const bool mayHelp = outcome.error().code == ErrorCode::UpstreamFailed;
        if (isSafe && mayHelp && retryAfter(kFirstDelay * m_attempts))
            return;
        if (m_isStream)
            return resumeOrFail(outcome.error());
        return fail(0, outcome.error());
    }
    if (m_isStream)
        return resumeOrFail(brokenOff());
    if (outcome->status != 200)
        return onRefused(*outcome);
    if (takeText(outcome->body))
        fail(0, unusable(u"its answer to a request holds no response to it"_s));
}

void HttpCall::onRefused(const httpclient::Response &response)
{
    if (isTemporary(response.status) && m_plan.isIdempotent) {
        const Milliseconds wait = mcp::retryAfter(response).value_or(kFirstDelay * m_attempts);
        if (wait <= kMaxWait && retryAfter(wait))
            return;
    }
    const bool isLost = response.status == 404 && m_plan.hasSession;
    if (const auto error = errorInBody(response, m_plan.id); error && !isLost) {
        m_isOver = true;
        Q_EMIT answered(*error);
        return;
    }
    if (response.status < 300)
        return fail(response.status,
                    unusable(u"it answered a request with HTTP status %1 and no message"_s.arg(
                        response.status)));
    fail(response.status, statusError(response));
}

bool HttpCall::retryAfter(Milliseconds delay)
{
    if (m_attempts >= kMaxAttempts)
        return false;
    m_delay = after(delay, [this] { start(); });
    return true;
}

void HttpCall::resumeOrFail(const Error &error)
{
    const bool mayResume = !m_plan.resume.url.isEmpty() && !m_parser.lastId().isEmpty()
                           && !m_parser.overflowed() && m_resumptions < kMaxResumptions;
    if (!mayResume)
        return fail(0, error);
    ++m_resumptions;
    const Milliseconds wait = std::min(
        Milliseconds(m_parser.retry().value_or(int(kResumeDelay.count()))), kMaxResumeDelay);
    m_delay = after(wait, [this] {
        httpclient::Request get = m_plan.resume;
        httpclient::setHeader(get.headers, "Last-Event-ID", m_parser.lastId());
        m_isStream = false;
        m_call = m_client->send(get, hooks(false), [this](Result<httpclient::Response> outcome) {
            onResumed(outcome);
        });
    });
}

void HttpCall::onResumed(const Result<httpclient::Response> &outcome)
{
    if (outcome && !m_isStream)
        return fail(0, brokenOff()); // the server keeps no streams to go on with
    resumeOrFail(outcome ? brokenOff() : outcome.error());
}

void HttpCall::fail(int status, const Error &error)
{
    if (std::exchange(m_isOver, true))
        return;
    m_call.cancel();
    Q_EMIT failed(status, error);
}

} // namespace bridge::mcp
