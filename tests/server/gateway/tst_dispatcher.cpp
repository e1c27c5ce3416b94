// SPDX-License-Identifier: GPL-3.0-or-later
// How requests reach servers, in the state of their client, and never cross.
#include "backstage.h"

#include <QtCore/QRandomGenerator>
#include <QtTest/QtTest>

using namespace gatewaytest;

namespace {

QJsonObject call(const QString &tool, const QJsonObject &arguments = {})
{
    return {{"name"_L1, tool}, {"arguments"_L1, arguments}};
}

} // namespace

class DispatcherTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void pingIsAnsweredToLegacyClientsOnly();
    void callsReachTheServerTheirNameTells();
    void anUnknownToolIsInvalidParams();
    void argumentsKeepTheirBytes();
    void promptsAndCompletionsAreRouted();
    void aFailingToolIsAResult();
    void aStateKeepsItsServer();
    void withoutStateEveryCallIsNew();
    void aClosedSessionIsStartedAnew();
    void droppingACallCancelsIt();
    void usersNeverCross();
};

void DispatcherTest::pingIsAnsweredToLegacyClientsOnly()
{
    Theatre theatre({{u"one"_s}});
    Got got;
    theatre.send(got, theatre.request(u"ping"_s));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(got.raw(), "{}"_ba);
    theatre.profile = modern();
    theatre.send(got, theatre.request(u"ping"_s));
    QTRY_COMPARE(got.code(), -32601);
}

void DispatcherTest::callsReachTheServerTheirNameTells()
{
    Theatre theatre({{u"one"_s}, {u"two"_s, true}});
    Got got;
    for (const auto server : {"one"_L1, "two"_L1}) {
        theatre.send(got, theatre.request(u"tools/call"_s, call(server + "__echo"_L1)));
        QTRY_VERIFY(got.isThere());
        QCOMPARE(got.text(), QString(server + ":{}"_L1));
    }
    QVERIFY(theatre.metrics.expose().contains("transport=\"mcp\""));
}

void DispatcherTest::anUnknownToolIsInvalidParams()
{
    Theatre theatre({{u"one"_s}, {u"two"_s, true}});
    Got got;
    for (const auto &name : {u"one__nothing"_s, u"echo"_s, u""_s}) {
        theatre.send(got, theatre.request(u"tools/call"_s, call(name)));
        QTRY_COMPARE(got.code(), -32602);
    }
    theatre.send(got, theatre.request(u"tools/call"_s, {{"name"_L1, 7}}));
    QTRY_COMPARE(got.code(), -32602);
    theatre.send(got, theatre.request(u"no/such"_s));
    QTRY_COMPARE(got.code(), -32601);
}

void DispatcherTest::argumentsKeepTheirBytes()
{
    Theatre theatre({{u"one"_s}});
    Got got;
    auto request = theatre.request(u"tools/call"_s);
    request.message.params = R"({"name":"echo","arguments":{"z":1,"a":2}})"_ba;
    theatre.send(got, request);
    QTRY_VERIFY(got.isThere());
    QCOMPARE(theatre.stats(u"one"_s).params.last()["arguments"_L1].toObject(),
             (QJsonObject{{"z"_L1, 1}, {"a"_L1, 2}}));
}

void DispatcherTest::promptsAndCompletionsAreRouted()
{
    Theatre theatre({{u"one"_s}, {u"two"_s, true}});
    Got got;
    theatre.send(got, theatre.request(u"prompts/get"_s, {{"name"_L1, "two__greet"_L1}}));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(got.json()["messages"_L1][0]["content"_L1]["text"_L1].toString(), u"two"_s);
    const QJsonObject ref{{"type"_L1, "ref/prompt"_L1}, {"name"_L1, "one__greet"_L1}};
    const QJsonObject argument{{"name"_L1, "a"_L1}, {"value"_L1, "b"_L1}};
    theatre.send(got, theatre.request(u"completion/complete"_s,
                                      {{"ref"_L1, ref}, {"argument"_L1, argument}}));
    QTRY_VERIFY(got.isThere());
    QCOMPARE(got.json()["completion"_L1]["values"_L1].toArray(),
             (QJsonArray{u"one"_s, u"greet"_s}));
    theatre.send(got, theatre.request(u"prompts/get"_s, {{"name"_L1, "one__none"_L1}}));
    QTRY_COMPARE(got.code(), -32602);
}

void DispatcherTest::aFailingToolIsAResult()
{
    Theatre theatre({{u"one"_s}});
    Got got;
    theatre.send(got, theatre.request(u"tools/call"_s, call(u"fail"_s)));
    QTRY_VERIFY(got.isThere());
    QVERIFY(got.json()["isError"_L1].toBool());
}

void DispatcherTest::aStateKeepsItsServer()
{
    Theatre theatre({{u"one"_s}});
    const auto state = theatre.makeState();
    std::array<Got, 3> got;
    for (Got &one : got) {
        auto request = theatre.request(u"tools/call"_s, call(u"count"_s));
        request.state = state;
        theatre.send(one, request); // at once: one start for all of them
    }
    QStringList counts;
    for (Got &one : got) {
        QTRY_VERIFY(one.isThere());
        counts.append(one.text());
    }
    QCOMPARE(counts, (QStringList{u"1"_s, u"2"_s, u"3"_s}));
    QCOMPARE(theatre.stats(u"one"_s).alive, 1);
    theatre.dispatcher->release(state);
    QTRY_COMPARE(theatre.stats(u"one"_s).alive, 0);
}

void DispatcherTest::withoutStateEveryCallIsNew()
{
    Theatre theatre({{u"one"_s}});
    Got got;
    for (int i = 0; i < 3; ++i) {
        theatre.send(got, theatre.request(u"tools/call"_s, call(u"count"_s)));
        QTRY_VERIFY(got.isThere());
        QCOMPARE(got.text(), u"1"_s);
    }
    got.call.cancel();
    QTRY_COMPARE(theatre.stats(u"one"_s).alive, 0);
}

void DispatcherTest::aClosedSessionIsStartedAnew()
{
    Theatre theatre({{u"one"_s}});
    const auto state = theatre.makeState();
    Got got;
    auto request = theatre.request(u"tools/call"_s, call(u"count"_s));
    request.state = state;
    theatre.send(got, request);
    QTRY_COMPARE(got.text(), u"1"_s);
    const auto key = state->sessions[u"one"_s]->record().key;
    QVERIFY(theatre.sessions->close(key.owner, key.server, key.id, u"expired"_s));
    theatre.send(got, request);
    QTRY_COMPARE(got.text(), u"1"_s);
    QCOMPARE(theatre.stats(u"one"_s).started, 2);
}

void DispatcherTest::droppingACallCancelsIt()
{
    Theatre theatre({{u"one"_s}});
    const auto state = theatre.makeState();
    Got got;
    auto request = theatre.request(u"tools/call"_s, call(u"hold"_s));
    request.state = state;
    theatre.send(got, request);
    QTRY_COMPARE(theatre.stats(u"one"_s).params.size(), 1);
    got.call.cancel();
    QTRY_COMPARE(theatre.stats(u"one"_s).cancelled, 1);
    theatre.actor(u"one"_s)->releaseAll();
    QTest::qWait(20);
    QVERIFY(!got.isThere());
}

void DispatcherTest::usersNeverCross()
{
    constexpr int kCalls = 10'000;
    constexpr int kAtOnce = 40;
    Theatre theatre({{u"one"_s}, {u"two"_s, true}});
    QRandomGenerator random(3);
    const std::array<gateway::ClientStatePtr, 2> states{theatre.makeState(), theatre.makeState()};
    states[0]->identity.owner = u"alice"_s;
    states[1]->identity.owner = u"bob"_s;
    std::vector<std::unique_ptr<Got>> running(kAtOnce);
    std::vector<QString> expected(kAtOnce);
    int sent = 0;
    int done = 0;
    while (done < kCalls) {
        for (int slot = 0; slot < kAtOnce; ++slot) {
            if (running[size_t(slot)] && running[size_t(slot)]->isThere()) {
                QCOMPARE(running[size_t(slot)]->text(), expected[size_t(slot)]);
                running[size_t(slot)].reset();
                ++done;
            }
            if (running[size_t(slot)] || sent == kCalls)
                continue;
            const auto &state = states[random.bounded(2)];
            const QString server = random.bounded(2) == 0 ? u"one"_s : u"two"_s;
            const QJsonObject arguments{{"who"_L1, state->identity.owner}, {"n"_L1, sent++}};
            auto request = theatre.request(u"tools/call"_s, call(server + u"__echo"_s, arguments));
            request.message.id = QByteArray::number(random.bounded(3));
            request.state = state;
            request.identity = state->identity;
            expected[size_t(slot)] =
                server + u':' + QString::fromUtf8(gatewaytest::json(arguments));
            running[size_t(slot)] = std::make_unique<Got>();
            theatre.send(*running[size_t(slot)], request);
        }
        QCoreApplication::processEvents(QEventLoop::AllEvents, 10);
    }
    QCOMPARE(done, kCalls);
}

QTEST_GUILESS_MAIN(DispatcherTest)
#include "tst_dispatcher.moc"
