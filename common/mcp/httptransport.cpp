// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/httptransport.h"

#include "common/async/later.h"
#include "common/logging/categories.h"
#include "common/mcp/farewell.h"
#include "common/mcp/httplisten.h"
#include "common/mcp/httpmetadata.h"
#include "common/mcp/httpstatus.h"
#include "common/mcp/rawjson.h"
#include "common/mcp/revisions.h"

#include <QtCore/QPointer>

using namespace Qt::StringLiterals;

namespace bridge::mcp {

namespace {

constexpr qsizetype kMaxSessionId = 4'096;

bool isVisibleAscii(const QByteArray &text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

} // namespace

HttpTransport::HttpTransport(HttpEndpoint endpoint, QObject *parent)
    : Transport(parent)
    , m_endpoint(std::move(endpoint))
{
}

HttpTransport::~HttpTransport()
{
    leaveSession();
}

void HttpTransport::send(const jsonrpc::Message &message)
{
    if (!m_open)
        return;
    if (m_isHolding)
        m_held.append(message);
    else
        post(message);
}

void HttpTransport::post(const jsonrpc::Message &message)
{
    if (message.kind == jsonrpc::Message::Kind::Request)
        postRequest(message);
    else if (message.method != "notifications/cancelled"_L1 || !cancelCall(message))
        postOther(message);
}

/// True when there is nothing to tell the server besides.
bool HttpTransport::cancelCall(const jsonrpc::Message &message)
{
    delete m_calls.take(rawMember(message.params, "requestId"_L1));
    return m_isModern;
}

httpclient::Request HttpTransport::prepared(const QByteArray &method) const
{
    httpclient::Request request;
    request.method = method;
    request.url = m_endpoint.url;
    request.headers = m_endpoint.headers;
    request.partition = m_endpoint.partition;
    request.authorizer = m_endpoint.authorizer;
    request.headTimeout = m_endpoint.answerTimeout;
    request.idleTimeout = m_endpoint.idleTimeout;
    for (const char *name : {"MCP-Protocol-Version", "Mcp-Session-Id"})
        httpclient::removeHeader(request.headers, name);
    if (!m_session.isEmpty())
        request.headers.append({"Mcp-Session-Id", m_session});
    if (!m_revision.isEmpty())
        request.headers.append({"MCP-Protocol-Version", m_revision});
    return request;
}

void HttpTransport::postRequest(const jsonrpc::Message &message)
{
    HttpCall::Plan plan;
    plan.id = message.id;
    plan.isIdempotent = isIdempotent(message.method);
    plan.maxMessageBytes = m_endpoint.maxMessageBytes;
    plan.post = prepared("POST");
    plan.post.body = jsonrpc::write(message);
    httpclient::Headers &headers = plan.post.headers;
    httpclient::setHeader(headers, "Content-Type", "application/json");
    httpclient::setHeader(headers, "Accept", "application/json, text/event-stream");
    if (namesSomething(message.method))
        plan.post.headTimeout = m_endpoint.idleTimeout;
    if (message.method == "initialize"_L1) {
        m_isModern = false;
        httpclient::removeHeader(headers, "Mcp-Session-Id");
        httpclient::removeHeader(headers, "MCP-Protocol-Version");
    } else if (addMetadata(headers, message, *m_endpoint.toolHeaders)) {
        m_isModern = true;
        if (message.method == "subscriptions/listen"_L1)
            plan.post.priority = httpclient::Priority::Optional;
    } else {
        plan.hasSession = !m_session.isEmpty();
        plan.resume = prepared("GET");
        httpclient::setHeader(plan.resume.headers, "Accept", "text/event-stream");
    }
    auto *call = new HttpCall(m_endpoint.client.get(), std::move(plan), this);
    delete m_calls.take(message.id);
    m_calls.insert(message.id, call);
    watch(call, message.method);
    call->start();
}

void HttpTransport::watch(HttpCall *call, const QString &method)
{
    if (method == "initialize"_L1)
        connect(call, &HttpCall::headReceived, this,
                [this](int status, const httpclient::Headers &headers) {
                    const QByteArray id = httpclient::headerValue(headers, "Mcp-Session-Id");
                    if (status == 200 && id.size() <= kMaxSessionId && isVisibleAscii(id))
                        m_session = id;
                });
    connect(call, &HttpCall::messageReceived, this, &Transport::messageReceived);
    connect(call, &HttpCall::answered, this, [this, call, method](const jsonrpc::Message &answer) {
        onAnswer(call, method, answer);
    });
    connect(call, &HttpCall::failed, this,
            [this, call](int status, const Error &error) { onFailure(call, status, error); });
}

void HttpTransport::onAnswer(HttpCall *call, const QString &method, jsonrpc::Message answer)
{
    m_calls.remove(call->id());
    call->deleteLater();
    if (m_listen)
        m_listen->revive();
    const bool isResult = answer.kind == jsonrpc::Message::Kind::Result;
    if (isResult && method == "initialize"_L1)
        m_revision =
            stringMember(answer.result, "protocolVersion"_L1).value_or(QString()).toLatin1();
    else if (isResult && m_isModern && method == "tools/list"_L1)
        answer.result = m_endpoint.toolHeaders->learn(answer.result);
    Q_EMIT messageReceived(answer);
}

void HttpTransport::onFailure(HttpCall *call, int status, const Error &error)
{
    const QByteArray id = call->id();
    m_calls.remove(id);
    call->deleteLater();
    m_looksLikeSse = status == 400 || status == 404 || status == 405;
    const bool isLost = status == 404 && call->hasSession();
    const QPointer guard(this);
    Q_EMIT requestFailed(id, error);
    if (guard && isLost)
        loseSession(error);
}

/// Notifications and answers to the server's requests.
void HttpTransport::postOther(const jsonrpc::Message &message)
{
    const bool isInitialized = message.method == "notifications/initialized"_L1;
    if (m_isModern && message.method.isEmpty())
        return; // modern servers do not ask and must not be answered
    httpclient::Request request = prepared("POST");
    request.body = jsonrpc::write(message);
    request.priority = httpclient::Priority::Urgent;
    httpclient::setHeader(request.headers, "Content-Type", "application/json");
    httpclient::setHeader(request.headers, "Accept", "application/json, text/event-stream");
    if (m_isModern) {
        httpclient::setHeader(request.headers, "MCP-Protocol-Version",
                              QByteArray(kModernRevision.data(), kModernRevision.size()));
        httpclient::setHeader(request.headers, "Mcp-Method", headerEncoded(message.method));
    }
    m_isHolding = m_isHolding || isInitialized;
    const int key = m_nextPost++;
    m_posts[key] = m_endpoint.client->send(
        std::move(request), {}, [this, key, isInitialized](Result<httpclient::Response> outcome) {
            const Call kept = std::move(m_posts[key]);
            m_posts.erase(key);
            if (outcome && outcome->status == 404 && !m_session.isEmpty())
                loseSession(statusError(*outcome));
            else if (isInitialized)
                onInitialized();
        });
}

// Servers refuse requests that overtake the notification, and HTTP keeps no order.
void HttpTransport::onInitialized()
{
    m_isHolding = false;
    const auto held = std::exchange(m_held, {});
    for (const jsonrpc::Message &message : held)
        post(message);
    m_listen =
        new HttpListen(m_endpoint.client.get(), preparedListen(), m_endpoint.maxMessageBytes, this);
    connect(m_listen, &HttpListen::messageReceived, this, &Transport::messageReceived);
    connect(m_listen, &HttpListen::sessionLost, this, &HttpTransport::loseSession);
    m_listen->start();
}

httpclient::Request HttpTransport::preparedListen() const
{
    httpclient::Request get = prepared("GET");
    httpclient::setHeader(get.headers, "Accept", "text/event-stream");
    get.priority = httpclient::Priority::Optional;
    return get;
}

void HttpTransport::setHeader(const QByteArray &name, const QByteArray &value)
{
    httpclient::setHeader(m_endpoint.headers, name, value);
    if (m_listen)
        m_listen->setRequest(preparedListen());
}

void HttpTransport::close()
{
    leaveSession();
    end(Error(ErrorCode::UpstreamFailed,
              u"The connection to the remote MCP server was closed by the bridge."_s));
}

void HttpTransport::leaveSession()
{
    if (m_session.isEmpty())
        return;
    httpclient::Request request = prepared("DELETE");
    m_session.clear();
    sayFarewell(m_endpoint.client, std::move(request), m_endpoint.teardownTimeout,
                m_endpoint.token);
}

void HttpTransport::loseSession(const Error &error)
{
    m_session.clear();
    end(error);
}

void HttpTransport::end(const Error &reason)
{
    if (!std::exchange(m_open, false))
        return;
    // Later: this may be the middle of something that one of these is doing.
    m_telling = later([this, reason] {
        qDeleteAll(std::exchange(m_calls, {}));
        m_posts.clear();
        delete std::exchange(m_listen, nullptr);
        Q_EMIT closed(reason);
    });
}

} // namespace bridge::mcp
