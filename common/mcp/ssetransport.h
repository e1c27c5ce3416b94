// SPDX-License-Identifier: GPL-3.0-or-later
// The HTTP+SSE transport of 2024-11-05 as a client: everything from the server comes on one stream,
// whose first event names the address messages are posted to.
#pragma once

#include "common/async/call.h"
#include "common/httpclient/sseparser.h"
#include "common/jsonrpc/transport.h"
#include "common/mcp/httpendpoint.h"

#include <map>

namespace bridge::mcp {

class SseTransport : public jsonrpc::Transport
{
    Q_OBJECT
public:
    /// Opens the stream at once. A server that refuses it closes the transport.
    explicit SseTransport(HttpEndpoint endpoint, QObject *parent = nullptr);
    ~SseTransport() override;

    void send(const jsonrpc::Message &message) override;
    qint64 bytesToWrite() const override { return 0; }
    void close() override;
    bool isOpen() const override { return m_open; }
    /// From now on messages are posted with \a value, e.g. a renewed credential.
    void setHeader(const QByteArray &name, const QByteArray &value)
    {
        httpclient::setHeader(m_endpoint.headers, name, value);
    }

private:
    httpclient::Request prepared(const QByteArray &method, const QUrl &url) const;
    void openStream();
    void onData(const QByteArray &chunk);
    void onEnd(const Result<httpclient::Response> &outcome);
    void takeEndpoint(const QByteArray &address);
    bool takeMessages(const QByteArray &text);
    void post(const jsonrpc::Message &message);
    void onPosted(const jsonrpc::Message &message, const Result<httpclient::Response> &outcome);
    void end(const Error &reason);

    HttpEndpoint m_endpoint;
    QUrl m_target; ///< for messages; empty until the server has told
    httpclient::SseParser m_parser;
    QList<jsonrpc::Message> m_held;
    std::map<int, Call> m_posts;
    Call m_stream;
    Call m_telling;
    int m_nextPost = 1;
    bool m_isHolding = true;
    bool m_isStream = false;
    bool m_open = true;
};

} // namespace bridge::mcp
