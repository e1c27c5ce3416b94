// SPDX-License-Identifier: GPL-3.0-or-later
// Calls, listings and the end of a client, in both eras.
#include "common/mcp/client.h"
#include "common/mcp/revisions.h"
#include "scriptedserver.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::mcp;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

const QByteArray kAll =
    R"({"tools":{"listChanged":true},"prompts":{"listChanged":true},"resources":{},"logging":{}})"_ba;

} // namespace

class tst_Client : public QObject
{
    Q_OBJECT

    std::unique_ptr<Rig> m_rig;
    std::optional<Result<QByteArray>> m_answer;
    Call m_call;

    ScriptedServer &server() { return *m_rig->server; }
    Client &client() { return *m_rig->client; }
    void begin(const QString &revision, ClientOptions options = {},
               const QByteArray &capabilities = kAll)
    {
        m_rig = std::make_unique<Rig>(options);
        m_rig->speak(revision, capabilities);
        m_rig->start();
        QTRY_VERIFY(m_rig->started);
        QVERIFY(m_rig->started->ok());
        if (!isModern(revision))
            QTRY_COMPARE(server().seen.last().method, u"notifications/initialized"_s);
    }
    void tool(CallOptions options = {})
    {
        m_call = client().callTool(u"t\"1"_s, R"({"x":1.0})"_ba, std::move(options),
                                   [this](Result<QByteArray> r) { m_answer = std::move(r); });
    }
    jsonrpc::Message toolRequest() { return server().of(u"tools/call"_s).last(); }
    static void bothEras()
    {
        QTest::addColumn<QString>("revision");
        QTest::newRow("legacy") << u"2025-11-25"_s;
        QTest::newRow("modern") << u"2026-07-28"_s;
    }

private Q_SLOTS:
    void init() { m_answer.reset(); }
    void cleanup()
    {
        m_call = {};
        m_rig.reset();
    }

    void passesToolResultsOnAsBytes_data() { bothEras(); }
    void passesToolResultsOnAsBytes()
    {
        QFETCH(QString, revision);
        begin(revision);
        server().answers(u"tools/call"_s, R"({"content": [],  "isError":true})");
        tool();
        QVERIFY(!m_answer);
        QCOMPARE(client().pendingCount(), 1);
        QTRY_VERIFY(m_answer);
        QCOMPARE(**m_answer, R"({"content": [],  "isError":true})"_ba);
        QCOMPARE(client().pendingCount(), 0);
        const QJsonObject params = toolRequest().paramsObject();
        QCOMPARE(params["name"_L1].toString(), u"t\"1"_s);
        QVERIFY(toolRequest().params.contains(R"("arguments":{"x":1.0})"));
        QCOMPARE(params.contains("_meta"_L1), isModern(revision));
    }

    void everyModernRequestCarriesItsMetadata()
    {
        ClientOptions options;
        options.capabilities = {{"roots"_L1, QJsonObject()}};
        begin(u"2026-07-28"_s, options);
        client().setLogLevel(u"debug"_s);
        CallOptions call;
        call.meta = {{"traceparent"_L1, u"00-1"_s}};
        call.hooks.progress = [](const Progress &) {};
        tool(call);
        QTRY_COMPARE(server().of(u"tools/call"_s).size(), 1);
        const QJsonObject meta = toolRequest().paramsObject()["_meta"_L1].toObject();
        QCOMPARE(meta[kMetaRevision].toString(), u"2026-07-28"_s);
        QCOMPARE(meta[kMetaClientInfo]["version"_L1].toString(), u"1"_s);
        QVERIFY(meta[kMetaCapabilities].toObject().contains("roots"_L1));
        QCOMPARE(meta[kMetaLogLevel].toString(), u"debug"_s);
        QCOMPARE(meta["traceparent"_L1].toString(), u"00-1"_s);
        QCOMPARE(QByteArray::number(meta["progressToken"_L1].toInteger()), toolRequest().id);
        QVERIFY(server().of(u"logging/setLevel"_s).isEmpty());
    }

    void legacyRequestsCarryOnlyWhatWasAskedFor()
    {
        begin(u"2025-06-18"_s);
        CallOptions call;
        call.meta = {{"traceparent"_L1, u"00-1"_s}};
        call.hooks.progress = [](const Progress &) {};
        call.hooks.log = [](const LogMessage &) {};
        tool(call);
        QTRY_COMPARE(server().of(u"tools/call"_s).size(), 1);
        const QJsonObject meta = toolRequest().paramsObject()["_meta"_L1].toObject();
        QCOMPARE(meta.keys(), (QStringList{u"progressToken"_s, u"traceparent"_s}));
    }

    void withdrawingACallTellsTheServer_data() { bothEras(); }
    void withdrawingACallTellsTheServer()
    {
        QFETCH(QString, revision);
        begin(revision);
        server().on[u"tools/call"_s] = {};
        tool();
        QTRY_COMPARE(server().of(u"tools/call"_s).size(), 1);
        m_call.cancel();
        QCOMPARE(client().pendingCount(), 0);
        QTRY_COMPARE(server().of(u"notifications/cancelled"_s).size(), 1);
        const QJsonObject params = server().of(u"notifications/cancelled"_s)[0].paramsObject();
        QCOMPARE(QByteArray::number(params["requestId"_L1].toInteger()), toolRequest().id);
        QVERIFY(!params["reason"_L1].toString().isEmpty());
        server().result(toolRequest().id, "{}");
        QTest::qWait(1);
        QVERIFY(!m_answer);
    }

    void aTimeoutCancelsToo()
    {
        begin(u"2025-11-25"_s);
        server().on[u"tools/call"_s] = {};
        CallOptions options;
        options.timeout = 5ms;
        tool(options);
        QTRY_VERIFY(m_answer);
        QCOMPARE(m_answer->error().code, ErrorCode::UpstreamTimeout);
        QCOMPARE(m_answer->error().message,
                 u"The tool did not answer within 0.005 s and was told to stop. Raise "
                 "MCP_TOOL_TIMEOUT_SECONDS if it needs longer."_s);
        QTRY_COMPARE(server().of(u"notifications/cancelled"_s).size(), 1);
    }

    void mapsTheServersErrors()
    {
        begin(u"2025-11-25"_s);
        server().refuses(u"tools/call"_s, -32602, u"Tool x not found"_s);
        tool();
        QTRY_VERIFY(m_answer);
        QCOMPARE(m_answer->error().code, ErrorCode::ToolNotFound);
        QCOMPARE(m_answer->error().rpcCode, -32602);
    }

    void anUnknownResultTypeIsAnError()
    {
        begin(u"2026-07-28"_s);
        server().answers(u"tools/call"_s, R"({"resultType":"task","content":[]})");
        tool();
        QTRY_VERIFY(m_answer);
        QCOMPARE(m_answer->error().code, ErrorCode::UpstreamFailed);
    }

    void listsAllPages_data() { bothEras(); }
    void listsAllPages()
    {
        QFETCH(QString, revision);
        begin(revision);
        server().on[u"tools/list"_s] = [&](const jsonrpc::Message &m) {
            if (m.paramsObject()["cursor"_L1].toString() == "two"_L1)
                server().result(m.id,
                                R"({"tools":[{"name": "c"}],"ttlMs":5,"cacheScope":"public"})");
            else
                server().result(m.id, R"({"tools":[{"name":"a"},{"name":"b"}],)"
                                      R"("nextCursor":"two","ttlMs":9,"cacheScope":"public"})");
        };
        std::optional<Result<Listing>> got;
        Call call = client().listing(u"tools/list"_s, u"tools"_s,
                                     [&](Result<Listing> r) { got = std::move(r); });
        QTRY_VERIFY(got);
        QVERIFY(got->ok());
        QCOMPARE((*got)->items, (QList<QByteArray>{R"({"name":"a"})"_ba, R"({"name":"b"})"_ba,
                                                   R"({"name": "c"})"_ba}));
        QCOMPARE((*got)->ttlMs, 5);
        QVERIFY((*got)->shareable);
        std::optional<Result<QList<QByteArray>>> plain;
        Call second = client().list(u"tools/list"_s, u"tools"_s,
                                    [&](Result<QList<QByteArray>> r) { plain = std::move(r); });
        QTRY_VERIFY(plain);
        QCOMPARE((*plain)->size(), 3);
    }

    void refusesEndlessOrBrokenListings_data()
    {
        QTest::addColumn<QByteArray>("page");
        QTest::newRow("same cursor") << R"({"tools":[],"nextCursor":"x"})"_ba;
        QTest::newRow("too many entries") << R"({"tools":[1,2,3,4,5,6,7]})"_ba;
        QTest::newRow("no list") << R"({"tools":{}})"_ba;
        QTest::newRow("nothing") << "{}"_ba;
    }
    void refusesEndlessOrBrokenListings()
    {
        QFETCH(QByteArray, page);
        ClientOptions options;
        options.maxItems = 6;
        begin(u"2025-11-25"_s, options);
        server().answers(u"tools/list"_s, page);
        std::optional<ErrorCode> got;
        Call call = client().list(u"tools/list"_s, u"tools"_s, [&](Result<QList<QByteArray>> r) {
            got = r ? ErrorCode::Internal : r.error().code;
        });
        QTRY_COMPARE(got, ErrorCode::UpstreamFailed);
    }

    void stopsAfterTheMostPages()
    {
        ClientOptions options;
        options.maxPages = 3;
        begin(u"2025-11-25"_s, options);
        int page = 0;
        server().on[u"tools/list"_s] = [&](const jsonrpc::Message &m) {
            server().result(m.id,
                            "{\"tools\":[],\"nextCursor\":\"" + QByteArray::number(++page) + "\"}");
        };
        bool failed = false;
        Call call = client().list(u"tools/list"_s, u"tools"_s,
                                  [&](Result<QList<QByteArray>> r) { failed = !r; });
        QTRY_VERIFY(failed);
        QCOMPARE(page, 3);
    }

    void aMissingFeatureIsMethodNotFound()
    {
        begin(u"2025-11-25"_s, {}, R"({"tools":{}})");
        std::optional<ErrorCode> undeclared;
        std::optional<ErrorCode> refused;
        Call a = client().list(u"prompts/list"_s, u"prompts"_s,
                               [&](Result<QList<QByteArray>> r) { undeclared = r.error().code; });
        QVERIFY(!undeclared);
        Call b = client().list(u"tools/list"_s, u"tools"_s,
                               [&](Result<QList<QByteArray>> r) { refused = r.error().code; });
        QTRY_COMPARE(undeclared, ErrorCode::MethodNotFound);
        QTRY_COMPARE(refused, ErrorCode::MethodNotFound);
        QVERIFY(server().of(u"prompts/list"_s).isEmpty());
    }

    void theEndOfTheServerFailsEverythingWithItsReason()
    {
        begin(u"2025-11-25"_s);
        server().fallback = {};
        QStringList order;
        connect(&client(), &Client::closed, this, [&] { order += u"closed"_s; });
        Call a = client().callTool(u"a"_s, {}, {},
                                   [&](Result<QByteArray> r) { order += r.error().message; });
        Call b = client().list(u"tools/list"_s, u"tools"_s,
                               [&](Result<QList<QByteArray>> r) { order += r.error().message; });
        QTRY_COMPARE(server().of(u"tools/list"_s).size(), 1);
        server().die(u"exit 3: boom"_s);
        QTRY_COMPARE(order, (QStringList{u"exit 3: boom"_s, u"exit 3: boom"_s, u"closed"_s}));
        QVERIFY(!client().isOpen());
        QCOMPARE(client().pendingCount(), 0);
    }

    void destroyingTheClientTellsThoseWhoStillWait()
    {
        begin(u"2025-11-25"_s);
        server().fallback = {};
        std::optional<ErrorCode> list;
        tool();
        Call call = client().list(u"tools/list"_s, u"tools"_s,
                                  [&](Result<QList<QByteArray>> r) { list = r.error().code; });
        m_rig->client.reset();
        QVERIFY(!m_answer);
        QTRY_VERIFY(m_answer);
        QTRY_VERIFY(list);
        QCOMPARE(m_answer->error().code, ErrorCode::UpstreamFailed);
        QTRY_VERIFY(server().isClosed);
    }

    void anyHookMayDestroyTheClient_data()
    {
        QTest::addColumn<QString>("where");
        for (const char *where : {"answer", "error", "progress", "log", "timeout", "list", "close"})
            QTest::newRow(where) << QString::fromLatin1(where);
    }
    void anyHookMayDestroyTheClient()
    {
        QFETCH(QString, where);
        begin(u"2025-11-25"_s);
        bool done = false;
        const auto destroy = [&] {
            m_rig->client.reset();
            done = true;
        };
        server().on[u"tools/call"_s] = [&](const jsonrpc::Message &m) {
            if (where == "answer"_L1)
                server().result(m.id, "{}");
            else if (where == "error"_L1)
                server().error(m.id, -1, u"no"_s);
            else if (where == "progress"_L1)
                server().notify(u"notifications/progress"_s,
                                "{\"progressToken\":" + m.id + ",\"progress\":1}");
            else if (where == "log"_L1)
                server().notify(u"notifications/message"_s, R"({"level":"info","data":1})");
            else if (where == "close"_L1)
                server().die(u"x"_s);
        };
        CallOptions options;
        options.timeout = where == "timeout"_L1 ? 1ms : 60s;
        options.hooks.progress = [&](const Progress &) { destroy(); };
        options.hooks.log = [&](const LogMessage &) { destroy(); };
        Call call = client().callTool(u"t"_s, {}, options, [&](Result<QByteArray>) {
            if (m_rig->client)
                destroy();
        });
        Call list;
        if (where == "list"_L1) {
            server().answers(u"tools/list"_s, R"({"tools":[]})");
            list = client().list(u"tools/list"_s, u"tools"_s,
                                 [&](Result<QList<QByteArray>>) { destroy(); });
        }
        QTRY_VERIFY(done);
        QTest::qWait(2);
    }

    void aListingMayBeDroppedBetweenPages()
    {
        begin(u"2025-11-25"_s);
        Call call;
        int pages = 0;
        server().on[u"tools/list"_s] = [&](const jsonrpc::Message &m) {
            server().result(m.id, "{\"tools\":[],\"nextCursor\":\"" + QByteArray::number(++pages)
                                      + "\"}");
            if (pages == 2)
                call.cancel();
        };
        call = client().list(u"tools/list"_s, u"tools"_s,
                             [](Result<QList<QByteArray>>) { QFAIL("withdrawn"); });
        QTRY_COMPARE(server().of(u"notifications/cancelled"_s).size(), 1);
        QCOMPARE(pages, 2);
    }
};

QTEST_GUILESS_MAIN(tst_Client)
#include "tst_client.moc"
