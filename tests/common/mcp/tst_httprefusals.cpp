// SPDX-License-Identifier: GPL-3.0-or-later
// Servers over HTTP that refuse, are not there yet, or have forgotten the session.
#include "common/mcp/ssetransport.h"
#include "httpcase.h"

using namespace httpcase;

class tst_HttpRefusals : public HttpCase
{
    Q_OBJECT
private Q_SLOTS:
    void aRefusalFailsItsCallWithTheStatus()
    {
        start(true);
        m_onCall = [](const Seen &seen) {
            seen.answer("401 X", "text/plain", "",
                        "WWW-Authenticate: Bearer realm=\"inner\", "
                        "resource_metadata=\"https://a.example/meta\"\r\n");
        };
        callTool();
        QTRY_VERIFY(m_answer);
        const Error &error = m_answer->error();
        QCOMPARE(error.code, ErrorCode::UpstreamStatus);
        QCOMPARE(httpStatus(error), 401);
        const QJsonObject upstream = error.extra["upstream"_L1].toObject();
        QCOMPARE(upstream["resource_metadata"_L1].toString(), u"https://a.example/meta"_s);
        QVERIFY(!error.message.contains(u"inner"_s));
        QVERIFY(m_client->isOpen());
    }

    void theErrorInTheBodyOfARefusalCounts()
    {
        start(true);
        m_onCall = [](const Seen &seen) {
            seen.answer("404 X", "application/json",
                        quotes("{'jsonrpc':'2.0','id':null,'error':{'code':-32601,'message':"
                               "'Method not found'}}"));
        };
        callTool();
        QTRY_VERIFY(m_answer);
        QCOMPARE(m_answer->error().rpcCode, -32601);
    }

    void aSessionThatIsGoneClosesTheTransport()
    {
        m_more = "Mcp-Session-Id: abc\r\n";
        start(false);
        m_onCall = [](const Seen &seen) {
            seen.answer("404 X", "application/json",
                        quotes("{'jsonrpc':'2.0','id':null,'error':{'code':-32001,'message':"
                               "'Session not found'}}"));
        };
        callTool();
        QTRY_VERIFY(m_answer);
        QCOMPARE(httpStatus(m_answer->error()), 404);
        QTRY_VERIFY(!m_client->isOpen());
        m_client.reset();
        QTest::qWait(50);
        QCOMPARE(count("DELETE"), 0);
    }

    void aToolCallIsNeverSentTwice()
    {
        start(true);
        for (const QByteArray &status : {"503 X"_ba, "429 X"_ba}) {
            m_answer.reset();
            m_server->seen.clear();
            m_onCall = [&](const Seen &seen) {
                seen.answer(status, "text/plain", "", "Retry-After: 0\r\n");
            };
            callTool();
            QTRY_VERIFY(m_answer);
            QCOMPARE(httpStatus(m_answer->error()), status.left(3).toInt());
            QCOMPARE(m_server->seen.size(), 1);
        }
        m_answer.reset();
        m_server->seen.clear();
        m_onCall = [](const Seen &seen) { seen.close(); };
        callTool();
        QTRY_VERIFY(m_answer);
        QTest::qWait(300);
        QCOMPARE(m_server->seen.size(), 1);
    }

    void aServerThatWantsACredentialIsNotAskedAgain()
    {
        m_server->handle = [](const Seen &seen) { seen.answer("401 X", "text/plain", ""); };
        m_client = std::make_unique<Client>(std::make_unique<HttpTransport>(endpointOf(*m_server)),
                                            ClientOptions());
        m_start = m_client->start([this](Result<ServerInfo> info) { m_started = info; });
        QTRY_VERIFY(m_started);
        QCOMPARE(httpStatus(m_started->error()), 401);
        QCOMPARE(m_server->seen.size(), 1);
    }

    void aServerThatComesUpInTimeIsReached_data()
    {
        QTest::addColumn<bool>("older");
        QTest::newRow("Streamable HTTP") << false;
        QTest::newRow("HTTP+SSE") << true;
    }
    void aServerThatComesUpInTimeIsReached()
    {
        QFETCH(bool, older);
        const HttpEndpoint endpoint = endpointOf(*m_server);
        const quint16 port = m_server->serverPort();
        m_server->close();
        QTimer::singleShot(100ms, m_server.get(),
                           [&] { m_server->listen(QHostAddress::LocalHost, port); });
        if (older) {
            m_server->handle = [](const Seen &seen) { seen.answer("418 X", "text/plain", ""); };
            m_client =
                std::make_unique<Client>(std::make_unique<SseTransport>(endpoint), ClientOptions());
            m_start = m_client->start([this](Result<ServerInfo> info) { m_started = info; });
        } else {
            begin(true, endpoint);
        }
        QTRY_VERIFY(m_started);
        QVERIFY(!m_server->seen.isEmpty());
        QCOMPARE(m_started->ok(), !older);
    }
};

QTEST_GUILESS_MAIN(tst_HttpRefusals)
#include "tst_httprefusals.moc"
