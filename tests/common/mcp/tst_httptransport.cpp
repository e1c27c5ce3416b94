// SPDX-License-Identifier: GPL-3.0-or-later
// Streamable HTTP and HTTP+SSE against servers whose every byte the test decides.
#include "../httpclient/rawserver.h"
#include "common/mcp/client.h"
#include "common/mcp/httptransport.h"
#include "common/mcp/ssetransport.h"

#include <QtCore/QJsonDocument>
#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::mcp;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Seen = RawServer::Seen;

/// JSON written with single quotes: moc of Qt 6.4 loses its way in raw strings.
QByteArray quotes(QByteArray text)
{
    return text.replace('\'', '"');
}

QJsonObject messageOf(const Seen &seen)
{
    return QJsonDocument::fromJson(seen.body).object();
}

QString methodOf(const Seen &seen)
{
    return messageOf(seen)["method"_L1].toString();
}

QByteArray response(const Seen &seen, const QByteArray &result)
{
    return quotes("{'jsonrpc':'2.0','id':" + QByteArray::number(messageOf(seen)["id"_L1].toInt())
                  + ",'result':")
           + quotes(result) + '}';
}

HttpEndpoint endpointOf(const RawServer &server)
{
    HttpEndpoint endpoint;
    endpoint.client = std::make_shared<httpclient::Client>();
    endpoint.url = server.url();
    endpoint.headers = {{"Authorization", "Bearer x"}};
    endpoint.teardownTimeout = 200ms;
    return endpoint;
}

} // namespace

class tst_HttpTransport : public QObject
{
    Q_OBJECT

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

    void modernRequestsMirrorThemselvesInHeaders()
    {
        start(true);
        m_onCall = [](const Seen &seen) {
            const bool isList = methodOf(seen) == "tools/list"_L1;
            seen.answer("200 OK", "application/json",
                        response(seen, isList ? "{'tools':[{'name':'größe','inputSchema':{'type':"
                                                "'object','properties':{'where':{'type':'string',"
                                                "'x-mcp-header':'Place'},'n':{'type':'integer',"
                                                "'x-mcp-header':'N'}}}},{'name':'bad',"
                                                "'inputSchema':{'type':'object','properties':{'a':"
                                                "{'type':'number','x-mcp-header':'A'}}}}]}"
                                              : "{'content':[]}"));
        };
        std::optional<Result<QList<QByteArray>>> tools;
        const Call listing = m_client->list(u"tools/list"_s, u"tools"_s,
                                            [&](Result<QList<QByteArray>> all) { tools = all; });
        QTRY_VERIFY(tools);
        QCOMPARE((*tools)->size(), 1); // a tool with a wrong annotation is left out
        callTool();
        QTRY_VERIFY(m_answer);
        QVERIFY(m_answer->ok());
        const Seen *call = last(u"tools/call"_s);
        QCOMPARE(call->header("MCP-Protocol-Version"), "2026-07-28"_ba);
        QCOMPARE(call->header("Mcp-Method"), "tools/call"_ba);
        QCOMPARE(call->header("Mcp-Name"), "=?base64?Z3LDtsOfZQ==?="_ba);
        QCOMPARE(call->header("Mcp-Param-Place"), "=?base64?S8O2bG4=?="_ba);
        QCOMPARE(call->header("Mcp-Param-N"), "42"_ba);
        QCOMPARE(call->header("Accept"), "application/json, text/event-stream"_ba);
        QCOMPARE(call->header("Authorization"), "Bearer x"_ba);
        QCOMPARE(count("GET"), 0);
    }

    void cancellingAModernCallClosesItsConnectionAndSaysNothing()
    {
        start(true);
        m_onCall = [](const Seen &seen) { seen.openStream(); };
        callTool();
        QTRY_VERIFY(last(u"tools/call"_s));
        const int before = m_server->closed;
        m_call.cancel();
        QTRY_COMPARE(m_server->closed, before + 1);
        QVERIFY(!last(u"notifications/cancelled"_s));
    }

    void aLegacySessionIsNamedHeardAndDeleted()
    {
        m_more = "Mcp-Session-Id: abc\r\n";
        start(false);
        QTRY_COMPARE(count("GET"), 1);
        const Seen stream = m_server->seen.last();
        QCOMPARE(stream.header("Mcp-Session-Id"), "abc"_ba);
        QCOMPARE(stream.header("MCP-Protocol-Version"), "2025-06-18"_ba);
        m_client.reset();
        QTRY_COMPARE(count("DELETE"), 1);
        QCOMPARE(m_server->seen.last().header("Mcp-Session-Id"), "abc"_ba);
    }

    void messagesOfTheServerComeOnTheListeningStream()
    {
        m_more = "Mcp-Session-Id: abc\r\n";
        QByteArray lastId;
        m_onCall = [&](const Seen &seen) {
            lastId = seen.header("Last-Event-ID");
            seen.openStream();
            seen.send("id: e7\nretry: 10\ndata: "
                      + quotes("{'jsonrpc':'2.0','method':'notifications/tools/list_changed'}")
                      + "\n\n");
            if (lastId.isEmpty())
                seen.close();
        };
        begin(false, endpointOf(*m_server));
        int changes = 0;
        connect(m_client.get(), &Client::toolsChanged, this, [&] { ++changes; });
        QTRY_COMPARE(changes, 2); // it is opened again where it broke off
        QCOMPARE(lastId, "e7"_ba);
    }

    void aCallsStreamCarriesProgressQuestionsAndTheAnswer()
    {
        start(false);
        m_onCall = [](const Seen &seen) {
            if (methodOf(seen) != "tools/call"_L1)
                return seen.answer("405 X", "text/plain", "");
            seen.openStream();
            seen.send("data: "
                      + quotes("{'jsonrpc':'2.0','method':'notifications/message','params':{"
                               "'level':'info','data':'hi'}}")
                      + "\n\ndata: " + response(seen, "{'content':[],'n':1}") + "\n\n");
        };
        QString said;
        CallHooks hooks;
        hooks.log = [&](const LogMessage &message) { said = message.data.toString(); };
        callTool(hooks);
        QTRY_VERIFY(m_answer);
        QCOMPARE(**m_answer, quotes("{'content':[],'n':1}"));
        QCOMPARE(said, u"hi"_s);
    }

    void aBrokenStreamIsResumedWhereTheServerGivesIds()
    {
        start(false);
        Seen first;
        m_onCall = [&](const Seen &seen) {
            if (methodOf(seen) == "tools/call"_L1) {
                first = seen;
                seen.openStream();
                seen.send("id: 5\nretry: 10\ndata:\n\n");
                seen.close();
            } else if (seen.header("Last-Event-ID") == "5") {
                seen.openStream();
                seen.send("data: " + response(first, "{'content':[]}") + "\n\n");
            } else {
                seen.answer("405 X", "text/plain", "");
            }
        };
        callTool();
        QTRY_VERIFY(m_answer);
        QVERIFY(m_answer->ok());
    }

    void aStreamWithoutAnAnswerIsAnErrorOfThatCallOnly()
    {
        start(true);
        m_onCall = [](const Seen &seen) {
            seen.openStream();
            seen.close();
        };
        callTool();
        QTRY_VERIFY(m_answer);
        QCOMPARE(m_answer->error().code, ErrorCode::UpstreamFailed);
        QVERIFY(m_client->isOpen());
    }

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

    void headerValuesAreEncodedWhenTheyMustBe_data()
    {
        QTest::addColumn<QString>("value");
        QTest::addColumn<QByteArray>("encoded");
        QTest::newRow("plain") << u"us-west1"_s << "us-west1"_ba;
        QTest::newRow("utf-8") << u"Hello, 世界"_s << "=?base64?SGVsbG8sIOS4lueVjA==?="_ba;
        QTest::newRow("padded") << u" padded "_s << "=?base64?IHBhZGRlZCA=?="_ba;
        QTest::newRow("lines") << u"line1\nline2"_s << "=?base64?bGluZTEKbGluZTI=?="_ba;
        QTest::newRow("sentinel") << u"=?base64?literal?="_s
                                  << "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="_ba;
    }
    void headerValuesAreEncodedWhenTheyMustBe()
    {
        QFETCH(QString, value);
        QFETCH(QByteArray, encoded);
        QCOMPARE(headerEncoded(value), encoded);
    }

    void annotationsThatBreakTheRulesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("schema");
        QTest::addColumn<int>("headers"); // -1 = refused
        const auto row = [](const char *name, const QByteArray &properties, int headers) {
            QTest::newRow(name) << quotes("{'type':'object','properties':{" + properties + "}}")
                                << headers;
        };
        row("nested",
            "'a':{'type':'object','properties':{'b':{'type':'boolean','x-mcp-header':'B'"
            "}}}",
            1);
        row("property of that name", "'x-mcp-header':{'type':'string'}", 0);
        row("empty", "'a':{'type':'string','x-mcp-header':''}", -1);
        row("no token", "'a':{'type':'string','x-mcp-header':'a b'}", -1);
        row("object", "'a':{'type':'object','x-mcp-header':'A'}", -1);
        row("twice",
            "'a':{'type':'string','x-mcp-header':'A'},'b':{'type':'string','x-mcp-header'"
            ":'a'}",
            -1);
        row("in items", "'a':{'type':'array','items':{'type':'string','x-mcp-header':'A'}}", -1);
        row("in anyOf", "'a':{'anyOf':[{'type':'string','x-mcp-header':'A'}]}", -1);
        row("data", "'a':{'type':'object','default':{'x-mcp-header':1}}", 0);
    }
    void annotationsThatBreakTheRulesAreRefused()
    {
        QFETCH(QByteArray, schema);
        QFETCH(int, headers);
        const auto found = parameterHeaders(QJsonDocument::fromJson(schema).object());
        QCOMPARE(found ? int(found->size()) : -1, headers);
    }
};

QTEST_GUILESS_MAIN(tst_HttpTransport)
#include "tst_httptransport.moc"
