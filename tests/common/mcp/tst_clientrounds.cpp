// SPDX-License-Identifier: GPL-3.0-or-later
// Calls of the modern era that need several rounds (input_required).
#include "common/mcp/client.h"
#include "common/mcp/revisions.h"
#include "scriptedserver.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::mcp;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

const QByteArray kForm =
    R"({"message":"Name?","requestedSchema":{"type":"object","properties":{}}})"_ba;

QByteArray inputRequired(const QByteArray &requests, const QByteArray &state = {})
{
    QByteArray out = R"({"resultType":"input_required")";
    if (!requests.isEmpty())
        out += ",\"inputRequests\":" + requests;
    if (!state.isEmpty())
        out += ",\"requestState\":\"" + state + '"';
    return out + '}';
}

QByteArray elicit(const QByteArray &key)
{
    return '"' + key + "\":{\"method\":\"elicitation/create\",\"params\":" + kForm + '}';
}

} // namespace

class tst_ClientRounds : public QObject
{
    Q_OBJECT

    std::unique_ptr<Rig> m_rig;
    std::optional<Result<QByteArray>> m_answer;
    QList<InputRequestPtr> m_asked;
    Call m_call;

    ScriptedServer &server() { return *m_rig->server; }
    Client &client() { return *m_rig->client; }
    void begin(const QString &revision,
               const QJsonObject &capabilities = {{"elicitation"_L1, QJsonObject()},
                                                  {"sampling"_L1, QJsonObject()},
                                                  {"roots"_L1, QJsonObject()}})
    {
        ClientOptions options;
        options.capabilities = capabilities;
        m_rig = std::make_unique<Rig>(options);
        m_rig->speak(revision, R"({"tools":{}})");
        m_rig->start();
        QTRY_VERIFY(m_rig->started);
        if (!isModern(revision))
            QTRY_COMPARE(server().seen.last().method, u"notifications/initialized"_s);
    }
    CallOptions hooked()
    {
        CallOptions options;
        options.hooks.input = [this](InputRequestPtr input) { m_asked.append(std::move(input)); };
        return options;
    }
    void tool(CallOptions options)
    {
        m_call = client().callTool(u"t"_s, "{}", std::move(options),
                                   [this](Result<QByteArray> r) { m_answer = std::move(r); });
    }
    QList<jsonrpc::Message> requests() { return server().of(u"tools/call"_s); }
    QList<jsonrpc::Message> responses()
    {
        QList<jsonrpc::Message> out;
        for (const auto &m : std::as_const(server().seen)) {
            if (m.method.isEmpty())
                out.append(m);
        }
        return out;
    }

private Q_SLOTS:
    void init()
    {
        m_answer.reset();
        m_asked.clear();
    }
    void cleanup()
    {
        m_call = {};
        m_rig.reset();
        m_asked.clear();
    }

    void aModernRoundIsAnsweredByARetry()
    {
        begin(u"2026-07-28"_s);
        server().on[u"tools/call"_s] = [this](const jsonrpc::Message &m) {
            if (requests().size() == 1)
                server().result(m.id, inputRequired('{' + elicit("name") + ','
                                                        + R"("r":{"method":"roots/list"}})",
                                                    "opaque"));
            else
                server().result(m.id, R"({"resultType":"complete","content":[]})");
        };
        tool(hooked());
        QTRY_COMPARE(m_asked.size(), 2);
        QCOMPARE(client().pendingCount(), 1);
        for (const InputRequestPtr &input : std::as_const(m_asked)) {
            if (input->isElicitation())
                input->answer({{"action"_L1, u"accept"_s}});
            else
                input->answer({{"roots"_L1, QJsonArray()}});
        }
        QTRY_VERIFY(m_answer);
        QVERIFY(m_answer->ok());
        QCOMPARE(requests().size(), 2);
        const QJsonObject params = requests()[1].paramsObject();
        QVERIFY(requests()[1].id != requests()[0].id);
        QCOMPARE(params["name"_L1].toString(), u"t"_s);
        QCOMPARE(params["requestState"_L1].toString(), u"opaque"_s);
        QCOMPARE(params["inputResponses"_L1]["name"_L1]["action"_L1].toString(), u"accept"_s);
        QVERIFY(params["inputResponses"_L1]["r"_L1]["roots"_L1].isArray());
        QVERIFY(params["_meta"_L1].toObject().contains(kMetaRevision));
        QVERIFY(responses().isEmpty());
    }

    void headersThatDoNotFitAreLookedUpOnce_data()
    {
        QTest::addColumn<int>("refusals");
        QTest::newRow("changed") << 1;
        QTest::newRow("wrong for good") << 9;
    }
    void headersThatDoNotFitAreLookedUpOnce()
    {
        QFETCH(int, refusals);
        begin(u"2026-07-28"_s);
        server().answers(u"tools/list"_s, R"({"resultType":"complete","tools":[]})");
        server().on[u"tools/call"_s] = [&](const jsonrpc::Message &m) {
            if (requests().size() <= refusals)
                server().error(m.id, -32020, u"Mcp-Param-Region is missing"_s);
            else
                server().result(m.id, R"({"resultType":"complete","content":[]})");
        };
        tool({});
        QTRY_VERIFY(m_answer);
        QCOMPARE(m_answer->ok(), refusals == 1);
        QCOMPARE(server().of(u"tools/list"_s).size(), 1);
        QCOMPARE(requests().size(), 2);
        QCOMPARE(client().pendingCount(), 0);
    }

    void stateIsEchoedOnlyWhenItWasGivenLast()
    {
        begin(u"2026-07-28"_s);
        server().on[u"tools/call"_s] = [this](const jsonrpc::Message &m) {
            if (requests().size() == 1)
                server().result(m.id, inputRequired({}, "s"));
            else if (requests().size() == 2)
                server().result(m.id, inputRequired('{' + elicit("k") + '}'));
            else
                server().result(m.id, "{}");
        };
        tool(hooked());
        QTRY_COMPARE(m_asked.size(), 1);
        m_asked[0]->answer({{"action"_L1, u"decline"_s}});
        QTRY_VERIFY(m_answer);
        QCOMPARE(requests()[1].paramsObject()["requestState"_L1].toString(), u"s"_s);
        QVERIFY(!requests()[1].paramsObject().contains("inputResponses"_L1));
        QVERIFY(!requests()[2].paramsObject().contains("requestState"_L1));
    }

    void roundsAreLimited()
    {
        begin(u"2026-07-28"_s);
        server().answers(u"tools/call"_s, inputRequired({}, "again"));
        tool(hooked());
        QTRY_VERIFY(m_answer);
        QCOMPARE(m_answer->error().code, ErrorCode::UpstreamFailed);
        QCOMPARE(requests().size(), 17);
    }

    void aModernElicitationThatIsDroppedIsCancelled()
    {
        begin(u"2026-07-28"_s);
        server().on[u"tools/call"_s] = [this](const jsonrpc::Message &m) {
            server().result(m.id, requests().size() == 1 ? inputRequired('{' + elicit("k") + '}')
                                                         : "{}"_ba);
        };
        tool({}); // no hook at all
        QTRY_VERIFY(m_answer);
        QCOMPARE(requests()[1].paramsObject()["inputResponses"_L1]["k"_L1]["action"_L1].toString(),
                 u"cancel"_s);
    }

    void refusedSamplingEndsAModernCall()
    {
        begin(u"2026-07-28"_s);
        server().answers(u"tools/call"_s,
                         inputRequired(R"({"s":{"method":"sampling/createMessage","params":{}}})"));
        tool(hooked());
        QTRY_COMPARE(m_asked.size(), 1);
        m_asked[0]->refuse(Error(ErrorCode::NotImplemented, u"no model"_s));
        QVERIFY(!m_answer);
        QTRY_VERIFY(m_answer);
        QCOMPARE(m_answer->error().message, u"no model"_s);
    }

    void undeclaredInputEndsAModernCall()
    {
        begin(u"2026-07-28"_s, {});
        server().answers(u"tools/call"_s, inputRequired('{' + elicit("k") + '}'));
        tool(hooked());
        QTRY_VERIFY(m_answer);
        QCOMPARE(m_answer->error().code, ErrorCode::UpstreamFailed);
        QVERIFY(m_asked.isEmpty());
    }

    void timeIsSharedByTheRoundsAndStopsBetweenThem()
    {
        begin(u"2026-07-28"_s);
        server().on[u"tools/call"_s] = [this](const jsonrpc::Message &m) {
            if (requests().size() == 1)
                server().result(m.id, inputRequired('{' + elicit("k") + '}'));
        };
        CallOptions options = hooked();
        options.timeout = 40ms;
        tool(options);
        QTRY_COMPARE(m_asked.size(), 1);
        QTest::qWait(60);
        QVERIFY(!m_answer);
        m_asked[0]->answer({{"action"_L1, u"accept"_s}});
        QTRY_VERIFY(m_answer);
        QCOMPARE(m_answer->error().code, ErrorCode::UpstreamTimeout);
    }

    void aModernCallMayBeCutOffWhileItIsAsked_data()
    {
        QTest::addColumn<int>("how");
        for (int how : {0, 1, 2, 3})
            QTest::addRow("%d", how) << how;
    }
    void aModernCallMayBeCutOffWhileItIsAsked()
    {
        QFETCH(int, how);
        begin(u"2026-07-28"_s);
        server().answers(u"tools/call"_s,
                         inputRequired('{' + elicit("a") + ',' + elicit("b") + '}'));
        bool asked = false;
        CallOptions options;
        options.hooks.input = [&](InputRequestPtr input) {
            m_asked.append(std::move(input));
            asked = true;
            if (how == 0)
                m_rig->client.reset();
            else if (how == 1)
                m_call.cancel();
            else if (how == 2)
                client().close();
            // 3: the client dies only after both questions
        };
        tool(options);
        QTRY_VERIFY(asked);
        if (how >= 2)
            QTRY_COMPARE(m_asked.size(), 2);
        if (how == 3)
            m_rig->client.reset();
        for (const InputRequestPtr &input : std::as_const(m_asked))
            input->answer({{"action"_L1, u"accept"_s}});
        m_asked.clear();
        if (how != 1)
            QTRY_VERIFY(m_answer);
        QTest::qWait(1);
    }
};

QTEST_GUILESS_MAIN(tst_ClientRounds)
#include "tst_clientrounds.moc"
