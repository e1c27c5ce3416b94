// SPDX-License-Identifier: GPL-3.0-or-later
// A client of MCP over HTTP and a server of which the test decides every byte.
#pragma once

#include "../httpclient/rawserver.h"
#include "common/mcp/client.h"
#include "common/mcp/httptransport.h"

#include <QtCore/QJsonDocument>
#include <QtTest/QtTest>

namespace httpcase {

using namespace bridge;
using namespace bridge::mcp;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

using Seen = RawServer::Seen;

/// JSON written with single quotes: moc of Qt 6.4 loses its way in raw strings.
inline QByteArray quotes(QByteArray text)
{
    return text.replace('\'', '"');
}

inline QJsonObject messageOf(const Seen &seen)
{
    return QJsonDocument::fromJson(seen.body).object();
}

inline QString methodOf(const Seen &seen)
{
    return messageOf(seen)["method"_L1].toString();
}

inline QByteArray response(const Seen &seen, const QByteArray &result)
{
    return quotes("{'jsonrpc':'2.0','id':" + QByteArray::number(messageOf(seen)["id"_L1].toInt())
                  + ",'result':")
           + quotes(result) + '}';
}

inline HttpEndpoint endpointOf(const RawServer &server)
{
    HttpEndpoint endpoint;
    endpoint.client = std::make_shared<httpclient::Client>();
    endpoint.url = server.url();
    endpoint.headers = {{"Authorization", "Bearer x"}};
    endpoint.teardownTimeout = 200ms;
    return endpoint;
}

class HttpCase : public QObject
{
    Q_OBJECT
protected:
    std::unique_ptr<RawServer> m_server;
    std::unique_ptr<Client> m_client;
    std::optional<Result<ServerInfo>> m_started;
    std::optional<Result<QByteArray>> m_answer;
    Call m_start;
    Call m_call;
    QByteArray m_more; ///< headers of the answer to initialize
    std::function<void(const Seen &)> m_onCall;

    void begin(bool modern, HttpEndpoint endpoint)
    {
        m_server->handle = [this, modern](const Seen &seen) { serve(seen, modern); };
        m_client = std::make_unique<Client>(std::make_unique<HttpTransport>(std::move(endpoint)),
                                            ClientOptions());
        m_start = m_client->start([this](Result<ServerInfo> info) { m_started = info; });
    }
    void start(bool modern)
    {
        begin(modern, endpointOf(*m_server));
        QTRY_VERIFY(m_started);
        QVERIFY2(m_started->ok(), "did not start");
    }
    void serve(const Seen &seen, bool modern)
    {
        const QString method = methodOf(seen);
        if (method == "server/discover"_L1 && modern)
            seen.answer("200 OK", "application/json",
                        response(seen, "{'supportedVersions':['2026-07-28'],'capabilities':{"
                                       "'tools':{}}}"));
        else if (method == "server/discover"_L1)
            seen.answer("400 Bad Request", "text/plain", "no session");
        else if (method == "initialize"_L1)
            seen.answer("200 OK", "application/json; charset=utf-8",
                        response(seen, "{'protocolVersion':'2025-06-18','capabilities':{'tools':{"
                                       "}},'serverInfo':{'name':'s','version':'1'}}"),
                        m_more);
        else if (method == "notifications/initialized"_L1)
            seen.answer("202 Accepted", "text/plain", "");
        else if (m_onCall)
            m_onCall(seen);
        else
            seen.answer("405 X", "text/plain", "");
    }
    void callTool(CallHooks hooks = {})
    {
        CallOptions options;
        options.hooks = std::move(hooks);
        m_call =
            m_client->callTool(u"größe"_s, quotes("{'where':'Köln','n':42}"), std::move(options),
                               [this](Result<QByteArray> answer) { m_answer = answer; });
    }
    const Seen *last(const QString &method)
    {
        for (qsizetype i = m_server->seen.size() - 1; i >= 0; --i) {
            if (methodOf(m_server->seen.at(i)) == method)
                return &m_server->seen.at(i);
        }
        return nullptr;
    }
    int count(const QByteArray &verb)
    {
        return int(std::count_if(m_server->seen.begin(), m_server->seen.end(),
                                 [&](const Seen &seen) { return seen.line().startsWith(verb); }));
    }

private Q_SLOTS:
    void init()
    {
        m_server = std::make_unique<RawServer>();
        m_started.reset();
        m_answer.reset();
        m_more.clear();
        m_onCall = nullptr;
    }
    void cleanup()
    {
        m_call = {};
        m_start = {};
        m_client.reset();
        m_server.reset();
    }
};

} // namespace httpcase
