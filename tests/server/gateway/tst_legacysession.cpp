// SPDX-License-Identifier: GPL-3.0-or-later
#include "fakewire.h"

#include "server/gateway/legacysession.h"
#include "server/gateway/sessiontable.h"

#include <QtTest/QtTest>

using namespace gatewaytest;
using namespace bridge::gateway;
using namespace std::chrono_literals;

namespace {

QByteArray call(const QByteArray &id, const QByteArray &method = "tools/list")
{
    return R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":")" + method + "\"}";
}

struct Fixture {
    explicit Fixture(const QString &revision = u"2025-11-25"_s, LegacyLimits limits = {})
    {
        state->profile.revision = revision;
        LegacySession::Setup setup;
        setup.id = u"one"_s;
        setup.state = state;
        setup.backend = fake.backend();
        setup.limits = limits;
        session = std::make_shared<LegacySession>(setup);
    }
    void post(Visit &visit, bool ok = true)
    {
        const Result<Incoming> incoming = readBody(visit.exchange().request());
        QCOMPARE(incoming.ok(), ok);
        session->post(visit.exchange(), *incoming);
    }
    std::unique_ptr<Visit> post(const QByteArray &body, const http::Headers &headers = {})
    {
        auto visit = std::make_unique<Visit>("POST", headers, body);
        post(*visit);
        return visit;
    }

    FakeDispatcher fake;
    ClientStatePtr state = std::make_shared<ClientState>();
    LegacySessionPtr session;
};

} // namespace

class TestLegacySession : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void answersWithJsonWhenThereIsNothingElseToSay();
    void becomesAStreamAtTheFirstNotification();
    void primesOnlyClientsThatKnowIt();
    void neverStreamsToWhoTakesOnlyJson();
    void makesASlowAnswerAStream();
    void refusesAnIdThatIsInUse();
    void limitsRunningRequests();
    void keepsTheCallWhenTheClientLeaves();
    void resumesOnlyTheStreamThatBroke();
    void resumesAStreamThatIsStillRunning();
    void refusesIdsOfEventsItNeverSent();
    void asksOnTheStreamOfTheRequest();
    void asksOnAListeningStreamWhenTheRequestHasNone();
    void refusesResponsesNobodyAskedFor();
    void withdrawsAQuestionWithItsCall();
    void givesUpAQuestionInTime();
    void cancelsByNotification();
    void takesBatchesInOneRevisionOnly();
    void answersABatchAsAnArray();
    void tellsOneListenerOnly();
    void limitsListeningStreams();
    void limitsResumedListeningStreamsAsWell();
    void endsEverythingAtOnce();
};

void TestLegacySession::answersWithJsonWhenThereIsNothingElseToSay()
{
    Fixture f;
    const auto visit = f.post(call("7"));
    QVERIFY(!visit->isDone());
    f.fake.answer("7", Answer{R"({"z":1,"a":2})"});
    QVERIFY(visit->isDone());
    QCOMPARE(visit->body(), R"({"jsonrpc":"2.0","id":7,"result":{"z":1,"a":2}})"_ba);
    const auto failing = f.post(call("8"));
    f.fake.answer("8", Error(ErrorCode::ToolNotFound, u"No such tool."_s));
    QCOMPARE(failing->status(), 200);
    QCOMPARE(failing->json()["error"_L1]["code"_L1].toInt(), -32602);
}

void TestLegacySession::becomesAStreamAtTheFirstNotification()
{
    Fixture f;
    const auto visit = f.post(call("1"));
    f.fake.running["1"].way->notify(u"notifications/progress"_s, R"({"progress":1})");
    QVERIFY(visit->isStream());
    QVERIFY(!visit->isDone());
    f.fake.answer("1", Answer{"{}"});
    QVERIFY(visit->isDone());
    const auto events = visit->events();
    QCOMPARE(events.size(), 3);
    QCOMPARE(events[0].data, ""_ba);
    QCOMPARE(events[1].data,
             R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}})"_ba);
    QCOMPARE(events[2].data, R"({"jsonrpc":"2.0","id":1,"result":{}})"_ba);
}

void TestLegacySession::primesOnlyClientsThatKnowIt()
{
    Fixture f(u"2025-06-18"_s);
    const auto visit = f.post(call("1"));
    f.fake.running["1"].way->notify(u"x"_s, {});
    f.fake.answer("1", Answer{"{}"});
    QCOMPARE(visit->events().size(), 2);
}

void TestLegacySession::neverStreamsToWhoTakesOnlyJson()
{
    Fixture f;
    const auto visit = f.post(call("1"), {{"Accept", "application/json"}});
    QVERIFY(!f.fake.running["1"].way->canAsk());
    f.fake.running["1"].way->notify(u"x"_s, {});
    f.fake.answer("1", Answer{"{}"});
    QVERIFY(!visit->isStream());
    QCOMPARE(visit->body(), R"({"jsonrpc":"2.0","id":1,"result":{}})"_ba);
}

void TestLegacySession::makesASlowAnswerAStream()
{
    LegacyLimits limits;
    limits.streamAfter = 10ms;
    Fixture f(u"2025-11-25"_s, limits);
    const auto visit = f.post(call("1"));
    QTRY_VERIFY(visit->isStream());
    f.fake.answer("1", Answer{"{}"});
    QVERIFY(visit->isDone());
}

void TestLegacySession::refusesAnIdThatIsInUse()
{
    Fixture f;
    const auto first = f.post(call("1"));
    const auto second = f.post(call("1"));
    QCOMPARE(second->status(), 400);
    QCOMPARE(second->json()["error"_L1]["code"_L1].toInt(), -32600);
    const auto text = f.post(call("\"1\"")); // text and number are different ids
    QVERIFY(!text->isDone());
    f.fake.answer("1", Answer{"{}"});
    QCOMPARE(first->status(), 200);
    const auto again = f.post(call("1"));
    QVERIFY(!again->isDone());
}

void TestLegacySession::limitsRunningRequests()
{
    LegacyLimits limits;
    limits.maxRunning = 1;
    Fixture f(u"2025-11-25"_s, limits);
    const auto first = f.post(call("1"));
    const auto second = f.post(call("2"));
    QCOMPARE(second->status(), 429);
    QVERIFY(!first->isDone());
}

void TestLegacySession::keepsTheCallWhenTheClientLeaves()
{
    Fixture f;
    const auto visit = f.post(call("1"));
    visit->leave();
    QCOMPARE(f.fake.cancelled, 0);
    QVERIFY(f.fake.running.contains("1"));
    f.fake.answer("1", Answer{"{}"}); // nobody can fetch it, and nothing breaks
}

void TestLegacySession::resumesOnlyTheStreamThatBroke()
{
    Fixture f;
    const auto one = f.post(call("1"));
    const auto two = f.post(call("2"));
    f.fake.running["1"].way->notify(u"first"_s, {});
    f.fake.running["2"].way->notify(u"second"_s, {});
    const QByteArray last = one->events().constLast().id;
    one->leave();
    f.fake.running["1"].way->notify(u"third"_s, {});
    f.fake.answer("1", Answer{"{}"});
    Visit back("GET");
    QVERIFY(f.session->resume(back.exchange(), last));
    QVERIFY(back.isDone());
    const auto events = back.events();
    QCOMPARE(events.size(), 2);
    QVERIFY(events[0].data.contains("third"));
    QCOMPARE(events[1].data, R"({"jsonrpc":"2.0","id":1,"result":{}})"_ba);
}

void TestLegacySession::resumesAStreamThatIsStillRunning()
{
    Fixture f;
    const auto visit = f.post(call("1"));
    f.fake.running["1"].way->notify(u"first"_s, {});
    const QByteArray last = visit->events().constFirst().id;
    visit->leave();
    Visit back("GET");
    QVERIFY(f.session->resume(back.exchange(), last));
    QVERIFY(!back.isDone());
    Visit anew("GET"); // the newest connection has the stream
    QVERIFY(f.session->resume(anew.exchange(), last));
    QVERIFY(back.isDone());
    f.fake.answer("1", Answer{"{}"});
    QVERIFY(anew.isDone());
    QCOMPARE(anew.events().size(), 2);
}

void TestLegacySession::refusesIdsOfEventsItNeverSent()
{
    Fixture f;
    for (const char *id : {"1-99", "9-1", "x", "1-0"}) {
        Visit back("GET");
        const Result<Nothing> resumed = f.session->resume(back.exchange(), id);
        QVERIFY(!resumed);
        QCOMPARE(httpStatus(resumed.error()), 400);
    }
}

void TestLegacySession::asksOnTheStreamOfTheRequest()
{
    Fixture f;
    const auto visit = f.post(call("1"));
    QVERIFY(f.fake.running["1"].way->canAsk());
    QByteArray got;
    const Call asked = f.fake.running["1"].way->ask(
        u"elicitation/create"_s, R"({"message":"?"})",
        [&got](const Result<QByteArray> &result) { got = result ? *result : "error"; });
    const QJsonObject question = QJsonDocument::fromJson(visit->events().constLast().data).object();
    QCOMPARE(question["method"_L1].toString(), u"elicitation/create"_s);
    const QByteArray id = QByteArray::number(question["id"_L1].toInt());
    const auto reply = f.post(R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":{"b":1,"a":2}})");
    QCOMPARE(reply->status(), 202);
    QVERIFY(reply->body().isEmpty());
    QCOMPARE(got, R"({"b":1,"a":2})"_ba);
    const auto twice = f.post(R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":{}})");
    QCOMPARE(twice->status(), 202); // late, not unasked
}

void TestLegacySession::asksOnAListeningStreamWhenTheRequestHasNone()
{
    Fixture f;
    Visit listening("GET");
    QVERIFY(f.session->listen(listening.exchange()));
    const auto visit = f.post(call("1"), {{"Accept", "application/json"}});
    QVERIFY(f.fake.running["1"].way->canAsk());
    int code = 0;
    const Call asked = f.fake.running["1"].way->ask(
        u"roots/list"_s, {},
        [&code](const Result<QByteArray> &result) { code = result ? 1 : result.error().rpcCode; });
    QVERIFY(listening.written().contains("roots/list"));
    f.post(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32042,"message":"no"}})");
    QCOMPARE(code, -32042);
}

void TestLegacySession::refusesResponsesNobodyAskedFor()
{
    Fixture f;
    for (const char *body :
         {R"({"jsonrpc":"2.0","id":1,"result":{}})", R"({"jsonrpc":"2.0","id":"x","result":{}})",
          R"({"jsonrpc":"2.0","error":{"code":1,"message":""}})"}) {
        const auto visit = f.post(body);
        QCOMPARE(visit->status(), 400);
        QCOMPARE(visit->json()["error"_L1]["code"_L1].toInt(), -32600);
    }
}

void TestLegacySession::withdrawsAQuestionWithItsCall()
{
    Fixture f;
    const auto visit = f.post(call("1"));
    bool ran = false;
    Call asked = f.fake.running["1"].way->ask(u"elicitation/create"_s, {},
                                              [&ran](const Result<QByteArray> &) { ran = true; });
    asked.cancel();
    QVERIFY(visit->events().constLast().data.contains("notifications/cancelled"));
    QCOMPARE(f.post(R"({"jsonrpc":"2.0","id":1,"result":{}})")->status(), 202);
    QVERIFY(!ran);
}

void TestLegacySession::givesUpAQuestionInTime()
{
    LegacyLimits limits;
    limits.askTimeout = 10ms;
    Fixture f(u"2025-11-25"_s, limits);
    const auto visit = f.post(call("1"));
    ErrorCode code = ErrorCode::Internal;
    const Call asked = f.fake.running["1"].way->ask(
        u"elicitation/create"_s, {},
        [&code](const Result<QByteArray> &result) { code = result.error().code; });
    QTRY_COMPARE(code, ErrorCode::UpstreamTimeout);
    QVERIFY(visit->events().constLast().data.contains("notifications/cancelled"));
}

void TestLegacySession::cancelsByNotification()
{
    Fixture f;
    const auto visit = f.post(call("\"a\""));
    const auto other = f.post(call("2"));
    const auto note = f.post(
        R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a"}})");
    QCOMPARE(note->status(), 202);
    QCOMPARE(f.fake.cancelled, 1);
    QVERIFY(visit->isDone());
    QVERIFY(visit->isStream()); // an empty one: no response is sent
    QVERIFY(!visit->written().contains("result"));
    QVERIFY(!other->isDone());
    f.post(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}})");
    QCOMPARE(f.fake.cancelled, 1);
    QVERIFY(f.fake.notifications.isEmpty());
    f.post(R"({"jsonrpc":"2.0","method":"notifications/roots/list_changed"})");
    QCOMPARE(f.fake.notifications, QStringList{u"notifications/roots/list_changed"_s});
}

void TestLegacySession::takesBatchesInOneRevisionOnly()
{
    Fixture f(u"2025-06-18"_s);
    const auto visit = f.post('[' + call("1") + ']');
    QCOMPARE(visit->status(), 400);
    QVERIFY(f.fake.running.empty());
}

void TestLegacySession::answersABatchAsAnArray()
{
    Fixture f(u"2025-03-26"_s);
    const auto visit =
        f.post('[' + call("1") + R"(,{"jsonrpc":"2.0","method":"n"},)" + call("2") + ']');
    f.fake.answer("2", Answer{"{}"});
    QVERIFY(!visit->isDone());
    f.fake.answer("1", Error(ErrorCode::MethodNotFound, u"no"_s));
    const QJsonArray all = QJsonDocument::fromJson(visit->body()).array();
    QCOMPARE(all.size(), 2);
    QCOMPARE(all[0]["id"_L1].toInt(), 2);
    QCOMPARE(all[1]["error"_L1]["code"_L1].toInt(), -32601);
    QCOMPARE(f.fake.notifications, QStringList{u"n"_s});
    const auto repeated = f.post('[' + call("5") + ',' + call("5") + ']');
    QCOMPARE(repeated->status(), 400);
    const auto notes = f.post(R"([{"jsonrpc":"2.0","method":"n"}])");
    QCOMPARE(notes->status(), 202);
    const auto mixed = f.post('[' + call("8") + ',' + call("9") + ']');
    f.fake.answer("8", Answer{"{}"});
    f.fake.running["9"].way->notify(u"x"_s, {}); // what was collected goes out first
    f.fake.answer("9", Answer{"{}"});
    QCOMPARE(mixed->events().size(), 3);
}

void TestLegacySession::tellsOneListenerOnly()
{
    Fixture f;
    Q_EMIT f.state->notified(u"notifications/tools/list_changed"_s, {}); // nobody listens
    Visit one("GET");
    Visit two("GET");
    QVERIFY(f.session->listen(one.exchange()));
    QVERIFY(f.session->listen(two.exchange()));
    Q_EMIT f.state->notified(u"notifications/tools/list_changed"_s, {});
    QCOMPARE(one.written().count("list_changed") + two.written().count("list_changed"), 1);
    two.leave();
    Q_EMIT f.state->notified(u"notifications/tools/list_changed"_s, {});
    QCOMPARE(one.written().count("list_changed"), 1);
}

void TestLegacySession::limitsListeningStreams()
{
    LegacyLimits limits;
    limits.maxStreams = 1;
    Fixture f(u"2025-11-25"_s, limits);
    auto one = std::make_unique<Visit>("GET");
    QVERIFY(f.session->listen(one->exchange()));
    Visit two("GET");
    const auto refused = f.session->listen(two.exchange());
    QVERIFY(!refused);
    QCOMPARE(httpStatus(refused.error()), 429);
    one->leave();
    QVERIFY(f.session->listen(two.exchange()));
}

void TestLegacySession::limitsResumedListeningStreamsAsWell()
{
    LegacyLimits limits;
    limits.maxStreams = 1;
    Fixture f(u"2025-11-25"_s, limits);
    auto one = std::make_unique<Visit>("GET");
    QVERIFY(f.session->listen(one->exchange()));
    const QByteArray first = one->events().first().id;
    one->leave();
    auto two = std::make_unique<Visit>("GET");
    QVERIFY(f.session->listen(two->exchange()));
    const QByteArray second = two->events().first().id;
    Visit back("GET");
    QVERIFY(f.session->opensStream(first));
    const auto refused = f.session->resume(back.exchange(), first);
    QVERIFY(!refused);
    QCOMPARE(httpStatus(refused.error()), 429);
    // Taking over one's own stream is always possible.
    QVERIFY(!f.session->opensStream(second));
    QVERIFY(f.session->resume(back.exchange(), second));
    QCOMPARE(f.session->openStreams(), 1);
}

void TestLegacySession::endsEverythingAtOnce()
{
    Fixture f;
    Visit listening("GET");
    QVERIFY(f.session->listen(listening.exchange()));
    const auto visit = f.post(call("1"));
    QVERIFY(!f.session->isIdle());
    for (int i = 0; i < 2; ++i)
        f.session->end();
    QCOMPARE(f.fake.released, 1);
    QCOMPARE(f.fake.cancelled, 1);
    QVERIFY(listening.isDone());
    QCOMPARE(visit->status(), 404);
}

QTEST_GUILESS_MAIN(TestLegacySession)
#include "tst_legacysession.moc"
