// SPDX-License-Identifier: GPL-3.0-or-later
// What servers ask for in mid-call by requests of their own (legacy era).
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

} // namespace

class tst_ClientInput : public QObject
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
    /// Legacy: a call is in flight and the server has asked with id 7.
    void askLegacy(const CallOptions &options)
    {
        server().on[u"tools/call"_s] = [this](const jsonrpc::Message &) {
            server().ask("7", u"elicitation/create"_s, kForm);
        };
        tool(options);
        QTRY_COMPARE(m_asked.size(), 1);
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

    void aLegacyElicitationReachesTheCallAndItsAnswerTheServer()
    {
        begin(u"2025-11-25"_s);
        askLegacy(hooked());
        QVERIFY(m_asked[0]->isElicitation());
        QCOMPARE(m_asked[0]->params["message"_L1].toString(), u"Name?"_s);
        QCOMPARE(QByteArray::number(m_asked[0]->call), requests()[0].id);
        m_asked[0]->answer({{"action"_L1, u"accept"_s}});
        m_asked[0]->answer({{"action"_L1, u"decline"_s}}); // only the first counts
        QTRY_COMPARE(responses().size(), 1);
        QCOMPARE(responses()[0].id, "7"_ba);
        QCOMPARE(responses()[0].result, R"({"action":"accept"})"_ba);
        server().result(requests()[0].id, R"({"content":[]})");
        QTRY_VERIFY(m_answer);
        QCOMPARE(responses().size(), 1);
    }

    void refusingAndDroppingAreAnsweredToo()
    {
        begin(u"2025-11-25"_s);
        askLegacy(hooked());
        m_asked[0]->refuse(Error(ErrorCode::UnsupportedElicitation, u"cannot ask that"_s));
        QTRY_COMPARE(responses().size(), 1);
        QCOMPARE(responses()[0].error.code, -32602);
        QCOMPARE(responses()[0].error.message, u"cannot ask that"_s);
        server().ask("8", u"elicitation/create"_s, kForm);
        QTRY_COMPARE(m_asked.size(), 2);
        m_asked.clear();
        QTRY_COMPARE(responses().size(), 2);
        QCOMPARE(responses()[1].result, R"({"action":"cancel"})"_ba);
        server().ask("9", u"sampling/createMessage"_s);
        QTRY_COMPARE(m_asked.size(), 1);
        m_asked.clear();
        QTRY_COMPARE(responses().size(), 3);
        QCOMPARE(responses()[2].kind, jsonrpc::Message::Kind::Error);
    }

    void theClockStopsWhileInputIsAwaited()
    {
        begin(u"2025-11-25"_s);
        CallOptions options = hooked();
        options.timeout = 30ms;
        askLegacy(options);
        QTest::qWait(60);
        QVERIFY(!m_answer);
        m_asked[0]->answer({{"action"_L1, u"accept"_s}});
        QTRY_VERIFY(m_answer);
        QCOMPARE(m_answer->error().code, ErrorCode::UpstreamTimeout);
    }

    void aSecondRequestGoesToTheNextCallThatIsNotWaiting()
    {
        begin(u"2025-11-25"_s);
        server().on[u"tools/call"_s] = {};
        QStringList got;
        QList<InputRequestPtr> kept;
        const auto options = [&](const QString &name) {
            CallOptions out;
            out.hooks.input = [&, name](InputRequestPtr input) {
                got += name;
                kept += input;
            };
            return out;
        };
        connect(&client(), &Client::inputRequested, this, [&](const InputRequestPtr &input) {
            got += u"signal"_s;
            kept += input;
        });
        Call a = client().callTool(u"a"_s, {}, options(u"a"_s), [](Result<QByteArray>) {});
        Call b = client().callTool(u"b"_s, {}, options(u"b"_s), [](Result<QByteArray>) {});
        Call c = client().callTool(u"c"_s, {}, {}, [](Result<QByteArray>) {});
        for (const char *id : {"1", "2", "3"})
            server().ask(id, u"elicitation/create"_s, kForm);
        QTRY_COMPARE(got, (QStringList{u"b"_s, u"a"_s, u"signal"_s}));
        QCOMPARE(kept[2]->call, 0);
    }

    void aServerMayAskTheOnlyCallSeveralThingsAtOnce()
    {
        begin(u"2025-11-25"_s);
        askLegacy(hooked());
        server().ask("8", u"elicitation/create"_s, kForm);
        QTRY_COMPARE(m_asked.size(), 2);
        QCOMPARE(m_asked[1]->call, m_asked[0]->call);
        m_asked[1]->answer({{"action"_L1, u"decline"_s}});
        m_asked[0]->answer({{"action"_L1, u"accept"_s}});
        QTRY_COMPARE(responses().size(), 2);
        QCOMPARE(responses()[0].id, "8"_ba);
        QCOMPARE(responses()[1].id, "7"_ba);
    }

    void withoutAnyOwnerTheServerIsRefused()
    {
        begin(u"2025-11-25"_s);
        server().ask("1", u"elicitation/create"_s, kForm);
        server().ask("2", u"roots/list"_s);
        QTRY_COMPARE(responses().size(), 2);
        QCOMPARE(responses()[0].result, R"({"action":"cancel"})"_ba);
        QCOMPARE(responses()[1].kind, jsonrpc::Message::Kind::Error);
    }

    void anUndeclaredModeIsRefused()
    {
        begin(u"2025-11-25"_s);
        server().ask("1", u"elicitation/create"_s, R"({"mode":"url","url":"x:a"})");
        QTRY_COMPARE(responses().size(), 1);
        QCOMPARE(responses()[0].error.code, -32602);
    }

    void theServerMayWithdrawItsRequest()
    {
        begin(u"2025-11-25"_s);
        askLegacy(hooked());
        bool withdrawn = false;
        m_asked[0]->withdrawn = [&] { withdrawn = true; };
        server().notify(u"notifications/cancelled"_s, R"({"requestId":7,"reason":"late"})");
        QTRY_VERIFY(withdrawn);
        m_asked[0]->answer({{"action"_L1, u"accept"_s}});
        server().result(requests()[0].id, "{}");
        QTRY_VERIFY(m_answer);
        QVERIFY(responses().isEmpty());
    }

    void anInputRequestOutlivesTheClient()
    {
        begin(u"2025-11-25"_s);
        askLegacy(hooked());
        m_rig->client.reset();
        m_asked[0]->answer({{"action"_L1, u"accept"_s}});
        m_asked.clear();
        QTRY_VERIFY(m_answer);
    }

    void anAnswerAfterTheCallHasEndedDoesNoHarm()
    {
        begin(u"2025-11-25"_s);
        askLegacy(hooked());
        server().result(requests()[0].id, "{}");
        QTRY_VERIFY(m_answer);
        m_asked[0]->answer({{"action"_L1, u"accept"_s}});
        QTRY_COMPARE(responses().size(), 1);
    }

    void aUrlThatMustBeVisitedFirstLeadsToARetry()
    {
        begin(u"2025-11-25"_s, {{"elicitation"_L1, QJsonObject{{"url"_L1, QJsonObject()}}}});
        server().on[u"tools/call"_s] = [this](const jsonrpc::Message &m) {
            if (requests().size() > 1)
                server().result(m.id, R"({"content":[1]})");
            else
                server().error(m.id, -32042, u"visit first"_s,
                               R"({"elicitations":[{"mode":"url","elicitationId":"e",)"
                               R"("url":"x:a","message":"go"}]})");
        };
        tool(hooked());
        QTRY_COMPARE(m_asked.size(), 1);
        QCOMPARE(m_asked[0]->params["url"_L1].toString(), u"x:a"_s);
        m_asked[0]->answer({{"action"_L1, u"accept"_s}});
        QTRY_VERIFY(m_answer);
        QVERIFY(m_answer->ok());
        QVERIFY(!requests()[1].paramsObject().contains("inputResponses"_L1));
    }
};

QTEST_GUILESS_MAIN(tst_ClientInput)
#include "tst_clientinput.moc"
