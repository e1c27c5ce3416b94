// SPDX-License-Identifier: GPL-3.0-or-later
#include "fakewire.h"

#include "server/gateway/modernface.h"

#include <QtTest/QtTest>

using namespace gatewaytest;
using namespace bridge::gateway;
using namespace std::chrono_literals;

namespace {

struct Fixture {
    explicit Fixture(std::chrono::milliseconds streamAfter = 10s)
        : manager(std::move(*sessions::makeSessionStore(u"memory"_s)), {})
        , face({"x-session"_ba, streamAfter, false, {}}, fake.backend(), &registry, &manager)
    {
    }
    std::unique_ptr<Visit> post(const QByteArray &method, const QByteArray &id = "1",
                                const QByteArray &accept = "application/json, text/event-stream")
    {
        const QByteArray body =
            R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":")" + method
            + R"(","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
            + R"("io.modelcontextprotocol/clientCapabilities":{}}}})";
        auto visit = std::make_unique<Visit>("POST",
                                             http::Headers{{"Accept", accept},
                                                           {"MCP-Protocol-Version", "2026-07-28"},
                                                           {"Mcp-Method", method}},
                                             body);
        face.post(visit->exchange(), *readBody(visit->exchange().request()), QString());
        return visit;
    }

    FakeDispatcher fake;
    upstream::Registry registry{{}, 0};
    sessions::SessionManager manager;
    ModernFace face;
};

} // namespace

class TestModernFace : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void answersWithOneObject();
    void becomesAStreamAtTheFirstNotification();
    void makesASlowAnswerAStream();
    void cancelsWhenTheClientLeaves();
    void cannotAskOnTheStream();
    void endsSubscriptionsWithTheirResult();
    void refusesToListenWithoutEvents();
    void tellsErrorsOnAStreamThatHasBegun();
    void tellsTheAccessLogOfErrors();
};

void TestModernFace::answersWithOneObject()
{
    Fixture f;
    const auto visit = f.post("tools/list", "\"a\"");
    f.fake.answer("\"a\"", Answer{R"({"resultType":"complete"})"});
    QCOMPARE(visit->body(), R"({"jsonrpc":"2.0","id":"a","result":{"resultType":"complete"}})"_ba);
    const auto unknown = f.post("no/such");
    f.fake.answer("1", Error(ErrorCode::MethodNotFound, u"no"_s));
    QCOMPARE(unknown->status(), 404);
}

void TestModernFace::tellsTheAccessLogOfErrors()
{
    Fixture f;
    const auto refused = f.post("tools/list", "1", "text/html");
    QCOMPARE(refused->status(), 406);
    QCOMPARE(refused->exchange().fields().errorType, u"validation_error"_s);
    QCOMPARE(refused->exchange().fields().more[u"rpc_code"_s].toInt(), -32600);
    const auto failed = f.post("tools/list");
    f.fake.answer("1", Error(ErrorCode::UpstreamTimeout, u"slow"_s));
    QCOMPARE(failed->status(), 200);
    QCOMPARE(failed->exchange().fields().errorType, u"upstream_timeout"_s);
    QCOMPARE(failed->exchange().fields().more[u"reason"_s].toString(), u"slow"_s);
    const auto fine = f.post("tools/list", "2");
    f.fake.answer("2", Answer{"{}"});
    QCOMPARE(fine->exchange().fields().errorType, QString());
    const auto left = f.post("tools/list", "3");
    left->exchange().detach();
    QCOMPARE(left->exchange().fields().errorType, QString());
}

void TestModernFace::becomesAStreamAtTheFirstNotification()
{
    Fixture f;
    const auto visit = f.post("tools/list");
    f.fake.running["1"].way->notify(u"notifications/progress"_s, R"({"progress":1})");
    QVERIFY(visit->isStream());
    QVERIFY(visit->written().contains("X-Accel-Buffering: no"));
    f.fake.answer("1", Answer{"{}"});
    QVERIFY(visit->isDone());
    QVERIFY(!visit->body().contains("id: ")); // streams of this revision cannot be resumed
    QCOMPARE(visit->body().count("data: {"), 2);
}

void TestModernFace::makesASlowAnswerAStream()
{
    Fixture f(10ms);
    const auto visit = f.post("tools/list");
    QTRY_VERIFY(visit->isStream());
    const auto json = f.post("tools/list", "2", "application/json");
    QTest::qWait(50);
    QVERIFY(!json->isStream());
}

void TestModernFace::cancelsWhenTheClientLeaves()
{
    Fixture f;
    const auto visit = f.post("tools/list");
    visit->leave();
    QCOMPARE(f.fake.cancelled, 1);
}

void TestModernFace::cannotAskOnTheStream()
{
    Fixture f;
    const auto visit = f.post("tools/list");
    QVERIFY(!f.fake.running["1"].way->canAsk());
    ErrorCode code = ErrorCode::Internal;
    const Call asked = f.fake.running["1"].way->ask(
        u"roots/list"_s, {},
        [&code](const Result<QByteArray> &answer) { code = answer.error().code; });
    QTRY_COMPARE(code, ErrorCode::MethodNotFound);
    QVERIFY(visit->written().isEmpty());
}

void TestModernFace::endsSubscriptionsWithTheirResult()
{
    Fixture f;
    const auto listening = f.post("subscriptions/listen", "7");
    const auto other = f.post("tools/list", "8");
    f.fake.running["7"].way->notify(u"notifications/subscriptions/acknowledged"_s, "{}");
    QVERIFY(listening->isStream());
    f.face.shutDown();
    QVERIFY(listening->isDone());
    QVERIFY(listening->body().contains(
        R"({"jsonrpc":"2.0","id":7,"result":{"resultType":"complete","_meta":)"
        R"({"io.modelcontextprotocol/subscriptionId":7}}})"));
    QVERIFY(!other->isDone());
}

void TestModernFace::refusesToListenWithoutEvents()
{
    Fixture f;
    QCOMPARE(f.post("subscriptions/listen", "1", "application/json")->status(), 406);
    QVERIFY(f.fake.running.empty());
}

void TestModernFace::tellsErrorsOnAStreamThatHasBegun()
{
    Fixture f;
    const auto visit = f.post("tools/list");
    f.fake.running["1"].way->notify(u"x"_s, {});
    f.fake.answer("1", Error(ErrorCode::UpstreamFailed, u"It died."_s));
    QCOMPARE(visit->status(), 200);
    QVERIFY(visit->body().contains(R"("error":{"code":-32603,"message":"It died."})"));
    QVERIFY(visit->isDone());
}

QTEST_GUILESS_MAIN(TestModernFace)
#include "tst_modernface.moc"
