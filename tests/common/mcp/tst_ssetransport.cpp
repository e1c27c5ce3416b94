// SPDX-License-Identifier: GPL-3.0-or-later
// HTTP+SSE, the transport of 2024-11-05.
#include "common/mcp/ssetransport.h"
#include "httpcase.h"

using namespace httpcase;

class tst_SseTransport : public HttpCase
{
    Q_OBJECT
private Q_SLOTS:
    void theOlderTransportPostsToTheAddressItIsTold()
    {
        Seen stream;
        m_server->handle = [&](const Seen &seen) {
            if (seen.line().startsWith("GET")) {
                stream = seen;
                seen.openStream();
                return seen.send("event: endpoint\ndata: /post?s=1\n\n");
            }
            seen.answer("202 Accepted", "text/plain", "Accepted");
            if (methodOf(seen) == "initialize"_L1)
                stream.send("event: message\ndata: "
                            + response(seen, "{'protocolVersion':'2024-11-05','capabilities':{}}")
                            + "\n\n");
        };
        ClientOptions options;
        options.knownEra = Era::Legacy;
        m_client = std::make_unique<Client>(std::make_unique<SseTransport>(endpointOf(*m_server)),
                                            options);
        m_start = m_client->start([this](Result<ServerInfo> info) { m_started = info; });
        QTRY_VERIFY(m_started);
        QVERIFY(m_started->ok());
        QTRY_VERIFY(last(u"notifications/initialized"_s));
        QCOMPARE(last(u"initialize"_s)->line(), "POST /post?s=1 HTTP/1.1"_ba);
        QCOMPARE(last(u"initialize"_s)->header("Authorization"), "Bearer x"_ba);
        stream.close();
        QTRY_VERIFY(!m_client->isOpen());
    }

    void theOlderTransportTriesAgainWhereThatIsSafe()
    {
        Seen stream;
        QStringList busy{u"GET"_s, u"initialize"_s, u"tools/call"_s};
        m_server->handle = [&](const Seen &seen) {
            const bool isGet = seen.line().startsWith("GET");
            const QString method = isGet ? u"GET"_s : methodOf(seen);
            if (busy.removeOne(method))
                return seen.answer("503 X", "text/plain", "", "Retry-After: 0\r\n");
            if (isGet) {
                stream = seen;
                seen.openStream();
                return seen.send("event: endpoint\ndata: /post\n\n");
            }
            seen.answer("202 Accepted", "text/plain", "Accepted");
            if (method == "initialize"_L1)
                stream.send("data: "
                            + response(seen, "{'protocolVersion':'2024-11-05','capabilities':{"
                                             "'tools':{}}}")
                            + "\n\n");
        };
        ClientOptions options;
        options.knownEra = Era::Legacy;
        m_client = std::make_unique<Client>(std::make_unique<SseTransport>(endpointOf(*m_server)),
                                            options);
        m_start = m_client->start([this](Result<ServerInfo> info) { m_started = info; });
        QTRY_VERIFY(m_started);
        QVERIFY(m_started->ok());
        QCOMPARE(count("GET"), 2);
        callTool();
        QTRY_VERIFY(m_answer);
        QCOMPARE(httpStatus(m_answer->error()), 503);
        QTest::qWait(300);
        QCOMPARE(methodOf(m_server->seen.last()), u"tools/call"_s);
        QCOMPARE(std::count_if(m_server->seen.begin(), m_server->seen.end(),
                               [](const Seen &one) { return methodOf(one) == "initialize"_L1; }),
                 2);
        QCOMPARE(std::count_if(m_server->seen.begin(), m_server->seen.end(),
                               [](const Seen &one) { return methodOf(one) == "tools/call"_L1; }),
                 1);
    }

    void theOlderTransportNeverPostsToAnotherOrigin()
    {
        m_server->handle = [](const Seen &seen) {
            seen.openStream();
            seen.send("event: endpoint\ndata: http://127.0.0.2:9/post\n\n");
        };
        m_client = std::make_unique<Client>(std::make_unique<SseTransport>(endpointOf(*m_server)),
                                            ClientOptions());
        m_start = m_client->start([this](Result<ServerInfo> info) { m_started = info; });
        QTRY_VERIFY(m_started);
        QVERIFY(!m_started->ok());
    }
};

QTEST_GUILESS_MAIN(tst_SseTransport)
#include "tst_ssetransport.moc"
