// SPDX-License-Identifier: GPL-3.0-or-later
// What comes from a server without being an answer: progress, logs, changes, pings.
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

class tst_ClientNotifications : public QObject
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

    void setsTheLogLevelOfLegacyServersThatLog()
    {
        begin(u"2025-11-25"_s);
        client().setLogLevel(u"warning"_s);
        QTRY_COMPARE(server().of(u"logging/setLevel"_s).size(), 1);
        begin(u"2025-11-25"_s, {}, "{}");
        client().setLogLevel(u"warning"_s);
        tool();
        QTRY_COMPARE(server().of(u"tools/call"_s).size(), 1);
        QVERIFY(server().of(u"logging/setLevel"_s).isEmpty());
    }

    void progressReachesItsCallOnly_data() { bothEras(); }
    void progressReachesItsCallOnly()
    {
        QFETCH(QString, revision);
        begin(revision);
        QList<double> first;
        QList<double> second;
        std::optional<Progress> last;
        CallOptions a;
        a.hooks.progress = [&](const Progress &p) { first += p.progress; };
        CallOptions b;
        b.hooks.progress = [&](const Progress &p) {
            second += p.progress;
            last = p;
        };
        server().on[u"tools/call"_s] = {};
        Call one = client().callTool(u"a"_s, {}, a, [](Result<QByteArray>) {});
        Call two = client().callTool(u"b"_s, {}, b, [](Result<QByteArray>) {});
        QTRY_COMPARE(server().of(u"tools/call"_s).size(), 2);
        const QByteArray idA = server().of(u"tools/call"_s).at(0).id;
        const QByteArray idB = toolRequest().id;
        server().notify(u"notifications/progress"_s,
                        "{\"progressToken\":" + idA + ",\"progress\":1}");
        server().notify(u"notifications/progress"_s, "{\"progressToken\":999,\"progress\":9}");
        server().notify(u"notifications/progress"_s,
                        "{\"progressToken\":" + idB
                            + ",\"progress\":2.5,\"total\":5,\"message\":\"half\"}");
        QTRY_COMPARE(second, QList<double>{2.5});
        QCOMPARE(first, QList<double>{1});
        QCOMPARE(last->total, 5.0);
        QCOMPARE(last->message, u"half"_s);
    }

    void logMessagesReachTheLatestCallThatWantsThem()
    {
        begin(u"2025-11-25"_s);
        server().on[u"tools/call"_s] = {};
        QStringList got;
        QObject::connect(&client(), &Client::logReceived, this,
                         [&](const LogMessage &m) { got += u"signal "_s + m.data.toString(); });
        const QByteArray note = R"({"level":"info","logger":"l","data":"hey"})";
        server().notify(u"notifications/message"_s, note);
        QTRY_COMPARE(got, QStringList{u"signal hey"_s});
        CallOptions a;
        a.hooks.log = [&](const LogMessage &m) { got += u"a "_s + m.logger; };
        CallOptions b;
        b.hooks.log = [&](const LogMessage &m) { got += u"b "_s + m.level; };
        Call one = client().callTool(u"a"_s, {}, a, [](Result<QByteArray>) {});
        Call two = client().callTool(u"b"_s, {}, b, [](Result<QByteArray>) {});
        Call three = client().callTool(u"c"_s, {}, {}, [](Result<QByteArray>) {});
        got.clear();
        server().notify(u"notifications/message"_s, note);
        QTRY_COMPARE(got, QStringList{u"b info"_s});
        two.cancel();
        server().notify(u"notifications/message"_s, note);
        QTRY_COMPARE(got.last(), u"a l"_s);
    }

    void answersPingAndRefusesTheUnknown()
    {
        begin(u"2024-11-05"_s);
        server().ask("\"p\"", u"ping"_s);
        server().ask("2", u"tasks/get"_s);
        server().ask("3", u"roots/list"_s); // not declared
        const auto answers = [&] {
            QList<jsonrpc::Message> out;
            for (const auto &m : std::as_const(server().seen)) {
                if (m.method.isEmpty())
                    out.append(m);
            }
            return out;
        };
        QTRY_COMPARE(answers().size(), 3);
        QCOMPARE(answers()[0].id, "\"p\""_ba);
        QCOMPARE(answers()[0].result, "{}"_ba);
        QCOMPARE(answers()[1].error.code, -32601);
        QCOMPARE(answers()[2].error.code, -32601);
    }

    void reportsListChanges_data() { bothEras(); }
    void reportsListChanges()
    {
        QFETCH(QString, revision);
        begin(revision);
        QByteArray meta;
        if (isModern(revision)) {
            QTRY_COMPARE(server().of(u"subscriptions/listen"_s).size(), 1);
            const auto listen = server().of(u"subscriptions/listen"_s).at(0);
            const QJsonObject filter = listen.paramsObject()["notifications"_L1].toObject();
            QCOMPARE(filter.keys(), (QStringList{u"promptsListChanged"_s, u"toolsListChanged"_s}));
            meta = R"("_meta":{"io.modelcontextprotocol/subscriptionId":)" + listen.id + "}";
        }
        QStringList got;
        connect(&client(), &Client::toolsChanged, this, [&] { got += u"tools"_s; });
        connect(&client(), &Client::promptsChanged, this, [&] { got += u"prompts"_s; });
        connect(&client(), &Client::resourceUpdated, this, [&](const QString &uri) { got += uri; });
        connect(&client(), &Client::notified, this, [&](const QString &m) { got += m; });
        server().notify(u"notifications/subscriptions/acknowledged"_s, '{' + meta + '}');
        server().notify(u"notifications/tools/list_changed"_s, '{' + meta + '}');
        server().notify(
            u"notifications/prompts/list_changed"_s,
            R"({"_meta":{"io.modelcontextprotocol/subscriptionId":999}})"); // of another stream
        server().notify(u"notifications/resources/updated"_s, "{\"uri\":\"a:b\"}");
        server().notify(u"notifications/other"_s);
        QTRY_COMPARE(got.size(), 3);
        QCOMPARE(got, (QStringList{u"tools"_s, u"a:b"_s, u"notifications/other"_s}));
    }

    /// Acknowledges the newest subscription; \a filter is raw JSON.
    void acknowledge(const QByteArray &filter)
    {
        server().notify(u"notifications/subscriptions/acknowledged"_s,
                        R"({"_meta":{"io.modelcontextprotocol/subscriptionId":)"
                            + server().of(u"subscriptions/listen"_s).last().id
                            + R"(},"notifications":)" + filter + '}');
    }

    void aSubscriptionThatEndedIsOpenedAgain()
    {
        begin(u"2026-07-28"_s);
        QTRY_COMPARE(server().of(u"subscriptions/listen"_s).size(), 1);
        QStringList got;
        connect(&client(), &Client::toolsChanged, this, [&] { got += u"tools"_s; });
        connect(&client(), &Client::promptsChanged, this, [&] { got += u"prompts"_s; });
        acknowledge(R"({"toolsListChanged":true,"promptsListChanged":true})");
        server().error(server().seen.last().id, -32603, u"lost"_s);
        QTRY_COMPARE(server().of(u"subscriptions/listen"_s).size(), 2);
        QCOMPARE(got, QStringList());
        acknowledge(R"({"toolsListChanged":true,"promptsListChanged":true})");
        QTRY_COMPARE(got, (QStringList{u"tools"_s, u"prompts"_s})); // something may be missed
        server().result(server().seen.last().id, R"({"resultType":"complete"})");
        QTRY_COMPARE(server().of(u"subscriptions/listen"_s).size(), 3);
    }

    void aSubscriptionNeverAcknowledgedIsNotOpenedAgain()
    {
        begin(u"2026-07-28"_s);
        QTRY_COMPARE(server().of(u"subscriptions/listen"_s).size(), 1);
        server().error(server().seen.last().id, -32601, u"no such method"_s);
        QTest::qWait(1200);
        QCOMPARE(server().of(u"subscriptions/listen"_s).size(), 1);
    }

    void aResourceIsFollowedAgain()
    {
        begin(u"2026-07-28"_s, {}, R"({"resources":{"subscribe":true}})");
        QStringList updated;
        connect(&client(), &Client::resourceUpdated, this,
                [&](const QString &uri) { updated += uri; });
        int told = 0;
        m_call = client().subscribe(u"a:b"_s, [&](const Result<Nothing> &r) { told += r.ok(); });
        QTRY_COMPARE(server().of(u"subscriptions/listen"_s).size(), 1);
        acknowledge(R"({"resourceSubscriptions":["a:b"]})");
        QTRY_COMPARE(told, 1);
        server().result(server().seen.last().id, R"({"resultType":"complete"})");
        QTRY_COMPARE(server().of(u"subscriptions/listen"_s).size(), 2);
        acknowledge(R"({"resourceSubscriptions":["a:b"]})");
        QTRY_COMPARE(updated, QStringList{u"a:b"_s});
        client().unsubscribe(u"a:b"_s);
        QTRY_COMPARE(server().seen.last().method, u"notifications/cancelled"_s);
        QCOMPARE(told, 1);
    }

    void whoeverLetsGoBeforeTheAnswerIsNoUser_data() { bothEras(); }
    void whoeverLetsGoBeforeTheAnswerIsNoUser()
    {
        QFETCH(QString, revision);
        begin(revision, {}, R"({"resources":{"subscribe":true}})");
        const bool isModern = revision == u"2026-07-28"_s;
        const QString opens = isModern ? u"subscriptions/listen"_s : u"resources/subscribe"_s;
        const QString ends = isModern ? u"notifications/cancelled"_s : u"resources/unsubscribe"_s;
        const auto uri = u"a:b"_s;
        server().on[opens] = {};
        // Alone: nobody is left, so it ends.
        m_call = client().subscribe(uri, [](const Result<Nothing> &) { QFAIL("It was dropped."); });
        QTRY_COMPARE(server().of(opens).size(), 1);
        m_call.cancel();
        QTRY_COMPARE(server().of(ends).size(), 1);
        // Beside another, before and after the answer: the other one is the last.
        int told = 0;
        Call dropped =
            client().subscribe(uri, [](const Result<Nothing> &) { QFAIL("It was dropped."); });
        m_call = client().subscribe(uri, [&](const Result<Nothing> &r) {
            told += r.ok();
            dropped.cancel();
        });
        QTRY_COMPARE(server().of(opens).size(), 2);
        dropped.cancel();
        if (isModern)
            acknowledge(R"({"resourceSubscriptions":["a:b"]})");
        else
            server().result(server().of(opens).last().id, "{}");
        QTRY_COMPARE(told, 1);
        Call late =
            client().subscribe(uri, [](const Result<Nothing> &) { QFAIL("It was dropped."); });
        late.cancel();
        client().unsubscribe(uri);
        QTRY_COMPARE(server().of(ends).size(), 2);
    }

    void whoeverIsToldLetsGoOfOthersWhoAreToldNext()
    {
        begin(u"2026-07-28"_s, {}, R"({"resources":{"subscribe":true}})");
        Call next;
        int told = 0;
        m_call = client().subscribe(u"a:b"_s, [&](const Result<Nothing> &r) {
            told += r.ok();
            next.cancel();
        });
        next =
            client().subscribe(u"a:b"_s, [](const Result<Nothing> &) { QFAIL("It was dropped."); });
        QTRY_COMPARE(server().of(u"subscriptions/listen"_s).size(), 1);
        acknowledge(R"({"resourceSubscriptions":["a:b"]})");
        QTRY_COMPARE(told, 1);
        client().unsubscribe(u"a:b"_s);
        QTRY_COMPARE(server().seen.last().method, u"notifications/cancelled"_s);
    }

    void modernServersAreNotAnswered()
    {
        begin(u"2026-07-28"_s);
        server().ask("1", u"roots/list"_s);
        server().answers(u"tools/call"_s, "{}");
        tool();
        QTRY_VERIFY(m_answer);
        for (const auto &m : std::as_const(server().seen))
            QVERIFY(!m.method.isEmpty());
    }

    void pingsInBothEras_data() { bothEras(); }
    void pingsInBothEras()
    {
        QFETCH(QString, revision);
        begin(revision);
        server().answers(u"ping"_s, "{}");
        bool ok = false;
        Call call = client().ping([&](Result<Nothing> r) { ok = r.ok(); });
        QTRY_VERIFY(ok);
    }
};

QTEST_GUILESS_MAIN(tst_ClientNotifications)
#include "tst_clientnotifications.moc"
