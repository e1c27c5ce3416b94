// SPDX-License-Identifier: GPL-3.0-or-later
// One JSON-RPC request on its way over Streamable HTTP: the POST, its answer as JSON or as a
// stream, retries where they are safe, and the resumption of a stream that broke off (2025-11-25
// "Resumability and Redelivery").
#pragma once

#include "common/async/call.h"
#include "common/httpclient/sseparser.h"
#include "common/jsonrpc/message.h"
#include "common/mcp/httpendpoint.h"

#include <QtCore/QObject>

namespace bridge::mcp {

class HttpCall : public QObject
{
    Q_OBJECT
public:
    struct Plan {
        httpclient::Request post;
        /// GET that continues its stream, without Last-Event-ID; no url = never (modern era).
        httpclient::Request resume;
        QByteArray id;
        bool hasSession = false;   ///< then 404 means that it is gone
        bool isIdempotent = false; ///< may be sent again after the server may have seen it
        qsizetype maxMessageBytes = 64 * 1024 * 1024;
    };

    HttpCall(httpclient::Client *client, Plan plan, QObject *parent);

    void start();
    const QByteArray &id() const { return m_plan.id; }
    bool hasSession() const { return m_plan.hasSession; }

Q_SIGNALS:
    /// Head of the answer to the POST.
    void headReceived(int status, const bridge::httpclient::Headers &headers);
    /// What comes on the stream before the answer.
    void messageReceived(const bridge::jsonrpc::Message &message);
    /// The end, one of the two and once.
    void answered(const bridge::jsonrpc::Message &answer);
    void failed(int status, const bridge::Error &error);

private:
    httpclient::Hooks hooks(bool isPost);
    void onStreamData(const QByteArray &chunk);
    void onPosted(Result<httpclient::Response> outcome);
    void onResumed(const Result<httpclient::Response> &outcome);
    void onRefused(const httpclient::Response &response);
    /// False when a receiver ended this call.
    bool takeText(const QByteArray &text);
    bool retryAfter(std::chrono::milliseconds delay);
    void resumeOrFail(const Error &error);
    void fail(int status, const Error &error);

    httpclient::Client *m_client;
    Plan m_plan;
    httpclient::SseParser m_parser;
    Call m_call;
    Call m_delay;
    int m_attempts = 0;
    int m_resumptions = 0; ///< in a row without an event
    bool m_wasSent = false;
    bool m_isStream = false;
    bool m_isOver = false;
};

} // namespace bridge::mcp
