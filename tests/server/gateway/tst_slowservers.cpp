// SPDX-License-Identifier: GPL-3.0-or-later
// Servers that take longer to start than anybody waits.
#include "backstage.h"

#include "server/gateway/listings.h"

#include <QtTest/QtTest>

using namespace gatewaytest;

namespace {

constexpr auto kPatience = 100ms;
constexpr auto kDelay = 600ms;

gateway::DispatcherOptions impatient()
{
    gateway::DispatcherOptions options;
    options.listPatience = kPatience;
    return options;
}

Theatre::Cast slow(const QString &name)
{
    return {name, false, false, false, kDelay};
}

} // namespace

class SlowServersTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aSessionIsListedOnceItsServerIsThere();
    void endingASessionFailsTheCallThatWaitsForItsServer();
    void manyClientsOfAColdServerStartItOnce_data();
    void manyClientsOfAColdServerStartItOnce();
    void stoppingEndsWhatIsBeingLearned();
    void nothingIsToldOfWhatWasNotAcknowledged();
    void aSlowServerKeepsNoOtherFromBeingFollowed();
};

void SlowServersTest::aSessionIsListedOnceItsServerIsThere()
{
    Theatre theatre({slow(u"one"_s)}, impatient());
    const auto state = theatre.makeState();
    auto request = theatre.request(u"tools/list"_s);
    request.state = state;
    Got got;
    theatre.send(got, request);
    QTRY_VERIFY(got.isThere());
    QVERIFY(got.code() != 0); // not in time
    got.call.cancel();        // as transports do with what is answered
    QTRY_COMPARE(theatre.stats(u"one"_s).started, 1);
    theatre.send(got, request);
    QTRY_VERIFY(got.isThere());
    QCOMPARE(got.json()["tools"_L1].toArray().size(), 11);
    QCOMPARE(theatre.stats(u"one"_s).started, 1);
    QCOMPARE(theatre.sessions->count(), 1);
}

void SlowServersTest::endingASessionFailsTheCallThatWaitsForItsServer()
{
    Theatre theatre({{u"never"_s, false, false, true}}, impatient());
    const auto state = theatre.makeState();
    auto request = theatre.request(u"tools/call"_s, {{"name"_L1, "count"_L1}});
    request.state = state;
    Got first;
    Got second;
    theatre.send(first, request);
    theatre.send(second, request);
    QTest::qWait(20);
    QVERIFY(!first.isThere());
    theatre.dispatcher->release(state);
    QTRY_VERIFY(first.isThere());
    QTRY_VERIFY(second.isThere());
    QCOMPARE(first.result->error().code, ErrorCode::SessionNotFound);
    QCOMPARE(second.result->error().code, ErrorCode::SessionNotFound);
}

void SlowServersTest::manyClientsOfAColdServerStartItOnce_data()
{
    QTest::addColumn<bool>("isModern");
    QTest::newRow("initialize") << false;
    QTest::newRow("server/discover") << true;
}

void SlowServersTest::manyClientsOfAColdServerStartItOnce()
{
    QFETCH(bool, isModern);
    Theatre theatre({slow(u"one"_s), {u"two"_s}}, impatient());
    if (isModern)
        theatre.profile = modern();
    const QString method = isModern ? u"server/discover"_s : u"initialize"_s;
    for (int round = 0; round < 3; ++round) {
        std::vector<Got> all(5);
        for (Got &got : all) {
            auto request = theatre.request(method);
            if (!isModern)
                request.state = theatre.makeState();
            theatre.send(got, request);
        }
        for (Got &got : all)
            QTRY_VERIFY(got.isThere());
        QVERIFY(all.front().json().contains("capabilities"_L1));
    }
    QTRY_COMPARE(theatre.stats(u"one"_s).started, 1);
    QTRY_COMPARE(theatre.stats(u"one"_s).alive, 0);
    // What the one start brought is known to all.
    Got got;
    theatre.send(got, theatre.request(method));
    QTRY_VERIFY(got.isThere());
    QVERIFY(got.json()["instructions"_L1].toString().contains("Use one."_L1));
    QCOMPARE(theatre.stats(u"one"_s).started, 1);
    QCOMPARE(theatre.stats(u"two"_s).started, 1);
}

void SlowServersTest::stoppingEndsWhatIsBeingLearned()
{
    gateway::DispatcherOptions options;
    options.listPatience = 1h;
    Theatre theatre({slow(u"one"_s), {u"two"_s}}, options);
    theatre.profile = modern();
    Got got;
    theatre.send(got, theatre.request(u"server/discover"_s));
    QTRY_COMPARE(theatre.stats(u"two"_s).started, 1);
    theatre.dispatcher->dropSuspended();
    QTRY_VERIFY(got.isThere());
    QTest::qWait(int(std::chrono::milliseconds(kDelay + kPatience).count()));
    QCOMPARE(theatre.stats(u"one"_s).started, 0);
}

void SlowServersTest::nothingIsToldOfWhatWasNotAcknowledged()
{
    Theatre theatre({slow(u"one"_s), {u"two"_s}}, impatient());
    const QString slowUri = u"bridge://one/test://same"_s;
    auto request = theatre.request(
        u"subscriptions/listen"_s,
        {{"notifications"_L1, QJsonObject{{"resourceSubscriptions"_L1, QJsonArray{slowUri}}}}});
    request.profile = modern();
    Got got;
    got.call =
        theatre.dispatcher->listen(request, got.audience, [](const Result<gateway::Answer> &) {});
    QTRY_COMPARE(got.audience->notices.size(), 1);
    QCOMPARE(object(got.audience->notices.first().params)["notifications"_L1].toObject(),
             QJsonObject());
    QTest::qWait(int(std::chrono::milliseconds(kDelay + kPatience).count()));
    QCOMPARE(theatre.stats(u"one"_s).subscribed, QStringList());
    QCOMPARE(got.audience->notices.size(), 1);
}

void SlowServersTest::aSlowServerKeepsNoOtherFromBeingFollowed()
{
    Theatre theatre({slow(u"one"_s), {u"two"_s}}, impatient());
    const QJsonArray uris{u"bridge://one/test://same"_s, u"bridge://two/test://two"_s,
                          u"bridge://two/test://same"_s};
    auto request =
        theatre.request(u"subscriptions/listen"_s,
                        {{"notifications"_L1, QJsonObject{{"resourceSubscriptions"_L1, uris}}}});
    request.profile = modern();
    Got got;
    got.call =
        theatre.dispatcher->listen(request, got.audience, [](const Result<gateway::Answer> &) {});
    QTRY_COMPARE(got.audience->notices.size(), 1);
    const QJsonObject honoured =
        object(got.audience->notices.first().params)["notifications"_L1].toObject();
    QCOMPARE(honoured["resourceSubscriptions"_L1].toArray(), (QJsonArray{uris[1], uris[2]}));
    QCOMPARE(theatre.stats(u"two"_s).started, 1); // one for both
    theatre.watcher(u"two"_s)->update(u"test://same"_s);
    QTRY_COMPARE(got.audience->notices.size(), 2);
}

QTEST_GUILESS_MAIN(SlowServersTest)
#include "tst_slowservers.moc"
