// SPDX-License-Identifier: GPL-3.0-or-later
// The stream a legacy HTTP server uses for messages that belong to no request (2025-11-25
// "Listening for Messages from the Server"). Optional on both sides: a server without one answers
// 405, and then there is none.
#pragma once

#include "common/async/call.h"
#include "common/httpclient/sseparser.h"
#include "common/jsonrpc/message.h"
#include "common/mcp/httpendpoint.h"

#include <QtCore/QObject>

namespace bridge::mcp {

class HttpListen : public QObject
{
    Q_OBJECT
public:
    HttpListen(httpclient::Client *client, httpclient::Request get, qsizetype maxMessageBytes,
               QObject *parent);

    void start();
    /// The server has just answered something else: tries again if it was given up as unreachable.
    void revive();
    /// Asks with \a get from now on, e.g. with a renewed credential; at once if the last attempt
    /// was refused.
    void setRequest(httpclient::Request get);

Q_SIGNALS:
    void messageReceived(const bridge::jsonrpc::Message &message);
    /// The server no longer knows the session.
    void sessionLost(const bridge::Error &error);

private:
    void onData(const QByteArray &chunk);
    void onEnd(const Result<httpclient::Response> &outcome);

    httpclient::Client *m_client;
    httpclient::Request m_get;
    qsizetype m_maxMessageBytes;
    httpclient::SseParser m_parser;
    Call m_call;
    Call m_delay;
    int m_failures = 0; ///< in a row
    int m_refusal = 0;  ///< HTTP status of the server that ended the attempts
    bool m_isStream = false;
};

} // namespace bridge::mcp
