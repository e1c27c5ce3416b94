// SPDX-License-Identifier: GPL-3.0-or-later
// MCP Streamable HTTP as a client, in both eras. Modern (2026-07-28): every request stands alone
// and mirrors parts of itself in headers; closing its connection cancels it. Legacy (2025-03-26 to
// 2025-11-25): a session id from initialize, a stream for messages of the server, resumption,
// DELETE at the end. Which era it is shows in the messages themselves.
#pragma once

#include "common/async/call.h"
#include "common/jsonrpc/transport.h"
#include "common/mcp/httpcall.h"
#include "common/mcp/httpendpoint.h"

#include <QtCore/QHash>

#include <map>

namespace bridge::mcp {

class HttpListen;

class HttpTransport : public jsonrpc::Transport
{
    Q_OBJECT
public:
    explicit HttpTransport(HttpEndpoint endpoint, QObject *parent = nullptr);
    /// Gives up the session like close().
    ~HttpTransport() override;

    void send(const jsonrpc::Message &message) override;
    qint64 bytesToWrite() const override { return 0; }
    /// Ends every request and, in the background, the session on the server.
    void close() override;
    bool isOpen() const override { return m_open; }

    /// The server refused what was sent to it in a way that fits a server of the older HTTP+SSE
    /// transport.
    bool looksLikeSse() const { return m_looksLikeSse; }
    /// From now on requests carry \a value, e.g. a renewed credential; those under way do not.
    void setHeader(const QByteArray &name, const QByteArray &value);

private:
    void post(const jsonrpc::Message &message);
    void postRequest(const jsonrpc::Message &message);
    void postOther(const jsonrpc::Message &message);
    bool cancelCall(const jsonrpc::Message &message);
    httpclient::Request prepared(const QByteArray &method) const;
    httpclient::Request preparedListen() const;
    void watch(HttpCall *call, const QString &method);
    void onAnswer(HttpCall *call, const QString &method, jsonrpc::Message answer);
    void onFailure(HttpCall *call, int status, const Error &error);
    void onInitialized();
    void leaveSession();
    void loseSession(const Error &error);
    void end(const Error &reason);

    HttpEndpoint m_endpoint;
    QHash<QByteArray, HttpCall *> m_calls; ///< by request id; children
    std::map<int, Call> m_posts;           ///< notifications and answers on their way
    QList<jsonrpc::Message> m_held;        ///< until the server knows that it is initialised
    HttpListen *m_listen = nullptr;
    QByteArray m_session;
    QByteArray m_revision; ///< negotiated by initialize
    Call m_telling;
    int m_nextPost = 1;
    bool m_isHolding = false;
    bool m_isModern = false;
    bool m_looksLikeSse = false;
    bool m_open = true;
};

} // namespace bridge::mcp
