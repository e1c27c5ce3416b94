// SPDX-License-Identifier: GPL-3.0-or-later
// What clients of both eras are told without asking.
#include "backstage.h"
#include "schemacheck.h"

#include <QtTest/QtTest>

using namespace gatewaytest;

namespace {

struct Heard {
    QStringList methods;
    QList<QJsonObject> params;
};

} // namespace

class SubscriptionsTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void theAcknowledgementComesFirst();
    void onlyWhatWasAskedForIsTold();
    void resourcesAreFollowed_data();
    void resourcesAreFollowed();
    void aSubscriptionEndsInOrderWithItsServer();
    void theServerBehindAHandleTellsOfItself();
    void subscriptionsAreLimited();
    void subscriptionsOfOneUserAreLimited();
    void resourcesOfALegacySessionAreLimited();
    void aLegacySessionHearsOfChanges();
    void aLegacySessionFollowsResources();
    void rootsChangesReachTheServers();

private:
    static void listen(Theatre &theatre, Got &got, const QJsonObject &filter,
                       const QByteArray &id = "7"_ba,
                       const gateway::ClientStatePtr &state = nullptr)
    {
        auto request = theatre.request(u"subscriptions/listen"_s, {{"notifications"_L1, filter}});
        request.message.id = id;
        request.profile = modern();
        request.state = state;
        got.call = theatre.dispatcher->listen(
            request, got.audience,
            [&got](Result<gateway::Answer> answer) { got.result.emplace(std::move(answer)); });
    }
    static void hear(const gateway::ClientStatePtr &state, Heard &heard)
    {
        connect(state.get(), &gateway::ClientState::notified, state.get(),
                [&heard](const QString &method, const QByteArray &params) {
                    heard.methods.append(method);
                    heard.params.append(object(params));
                });
    }
};

void SubscriptionsTest::theAcknowledgementComesFirst()
{
    Theatre theatre({{u"one"_s}});
    Got got;
    listen(theatre, got, {{"toolsListChanged"_L1, true}, {"nonsense"_L1, true}});
    Q_EMIT theatre.registry->find(u"one"_s)->offersChanged(u"tools"_s);
    QTRY_COMPARE(got.audience->notices.size(), 2);
    const auto first = got.audience->notices.first();
    QCOMPARE(first.method, u"notifications/subscriptions/acknowledged"_s);
    QVERIFY(
        isValid(first.params, u"2026-07-28"_s, u"SubscriptionsAcknowledgedNotificationParams"_s));
    QCOMPARE(object(first.params)["notifications"_L1].toObject(),
             (QJsonObject{{"toolsListChanged"_L1, true}}));
    const auto second = got.audience->notices.last();
    QCOMPARE(second.method, u"notifications/tools/list_changed"_s);
    for (const auto &notice : std::as_const(got.audience->notices)) {
        const QJsonValue meta = object(notice.params)["_meta"_L1];
        QCOMPARE(meta["io.modelcontextprotocol/subscriptionId"_L1].toInt(), 7);
    }
}

void SubscriptionsTest::onlyWhatWasAskedForIsTold()
{
    Theatre theatre({{u"one"_s}, {u"two"_s}});
    Got all;
    Got none;
    listen(theatre, all, {{"promptsListChanged"_L1, true}}, "\"a\""_ba);
    listen(theatre, none, {});
    QTRY_COMPARE(all.audience->notices.size(), 1);
    QTRY_COMPARE(none.audience->notices.size(), 1);
    for (const auto &server : {u"one"_s, u"two"_s}) {
        for (const auto &what : {u"tools"_s, u"prompts"_s, u"resources"_s})
            Q_EMIT theatre.registry->find(server)->offersChanged(what);
    }
    QTRY_COMPARE(all.audience->notices.size(), 3);
    QCOMPARE(all.audience->notices.last().method, u"notifications/prompts/list_changed"_s);
    QVERIFY(all.audience->notices.last().params.contains("\"a\""));
    QCOMPARE(none.audience->notices.size(), 1);
    all.call.cancel();
    Q_EMIT theatre.registry->find(u"one"_s)->offersChanged(u"prompts"_s);
    QTest::qWait(100);
    QCOMPARE(all.audience->notices.size(), 3);
}

void SubscriptionsTest::resourcesAreFollowed_data()
{
    QTest::addColumn<bool>("isServerModern");
    QTest::newRow("legacy server") << false;
    QTest::newRow("modern server") << true;
}

void SubscriptionsTest::resourcesAreFollowed()
{
    QFETCH(bool, isServerModern);
    Theatre theatre({{u"one"_s, isServerModern}, {u"two"_s, isServerModern}});
    Got got;
    listen(
        theatre, got,
        {{"resourceSubscriptions"_L1, QJsonArray{u"bridge://two/test://same"_s, u"nobody://x"_s}}});
    QTRY_COMPARE(got.audience->notices.size(), 1);
    QCOMPARE(
        object(got.audience->notices.first().params)["notifications"_L1].toObject(),
        (QJsonObject{{"resourceSubscriptions"_L1, QJsonArray{u"bridge://two/test://same"_s}}}));
    QCOMPARE(theatre.stats(u"two"_s).subscribed, QStringList{u"test://same"_s});
    theatre.watcher(u"two"_s)->update(u"test://same"_s);
    theatre.watcher(u"two"_s)->update(u"test://other"_s);
    QTRY_COMPARE(got.audience->notices.size(), 2);
    QCOMPARE(got.audience->notices.last().method, u"notifications/resources/updated"_s);
    QCOMPARE(object(got.audience->notices.last().params)["uri"_L1].toString(),
             u"bridge://two/test://same"_s);
    QVERIFY(isValid(got.audience->notices.last().params, u"2026-07-28"_s,
                    u"ResourceUpdatedNotificationParams"_s));
    got.call.cancel();
    QTRY_COMPARE(theatre.stats(u"two"_s).alive, 0);
}

void SubscriptionsTest::aSubscriptionEndsInOrderWithItsServer()
{
    Theatre theatre({{u"one"_s}});
    Got got;
    listen(theatre, got, {{"resourceSubscriptions"_L1, QJsonArray{u"test://same"_s}}});
    QTRY_COMPARE(got.audience->notices.size(), 1);
    theatre.watcher(u"one"_s)->transport->close();
    QTRY_VERIFY(got.isThere());
    QVERIFY(isValid(got.raw(), u"2026-07-28"_s, u"SubscriptionsListenResult"_s));
}

void SubscriptionsTest::theServerBehindAHandleTellsOfItself()
{
    Theatre theatre({{u"one"_s}, {u"two"_s}});
    theatre.profile = modern();
    const auto state = theatre.makeState({}, u"2026-07-28"_s);
    Got got;
    listen(theatre, got, {{"toolsListChanged"_L1, true}}, "7"_ba, state);
    QTRY_COMPARE(got.audience->notices.size(), 1);
    Got called;
    auto request = theatre.request(u"tools/call"_s, {{"name"_L1, "one__count"_L1}});
    request.state = state;
    theatre.send(called, request);
    QTRY_VERIFY(called.isThere());
    theatre.actor(u"one"_s)->notify(u"notifications/tools/list_changed"_s);
    theatre.actor(u"one"_s)->notify(u"notifications/prompts/list_changed"_s);
    QTRY_COMPARE(got.audience->notices.size(), 2);
    QCOMPARE(got.audience->notices.last().method, u"notifications/tools/list_changed"_s);
    // What happens to other processes of that server is nothing to this client, other servers are.
    Q_EMIT theatre.registry->find(u"one"_s)->offersChanged(u"tools"_s);
    Q_EMIT theatre.registry->find(u"two"_s)->offersChanged(u"tools"_s);
    QTRY_COMPARE(got.audience->notices.size(), 3);
    QTest::qWait(100);
    QCOMPARE(got.audience->notices.size(), 3);
}

void SubscriptionsTest::subscriptionsAreLimited()
{
    gateway::DispatcherOptions options;
    options.subscriptions.total = 1;
    Theatre theatre({{u"one"_s}}, options);
    Got first;
    Got second;
    listen(theatre, first, {});
    listen(theatre, second, {});
    QTRY_COMPARE(second.code(), -32603);
    first.call.cancel();
    Got third;
    listen(theatre, third, {});
    QTRY_COMPARE(third.audience->notices.size(), 1);
}

void SubscriptionsTest::subscriptionsOfOneUserAreLimited()
{
    gateway::DispatcherOptions options;
    options.subscriptions = {1, 2, 100};
    Theatre theatre({{u"one"_s}}, options);
    const auto listenAs = [&theatre](Got &got, const QString &owner) {
        auto request =
            theatre.request(u"subscriptions/listen"_s, {{"notifications"_L1, QJsonObject()}});
        request.profile = modern();
        request.identity.owner = owner;
        got.call = theatre.dispatcher->listen(
            request, got.audience,
            [&got](Result<gateway::Answer> answer) { got.result.emplace(std::move(answer)); });
    };
    Got ada;
    Got more;
    Got bob;
    listenAs(ada, u"ada"_s);
    listenAs(more, u"ada"_s);
    listenAs(bob, u"bob"_s);
    QTRY_COMPARE(more.code(), -32603);
    QCOMPARE(more.result->error().code, ErrorCode::TooManyRequests);
    QVERIFY(more.result->error().message.contains("MCP_MAX_SUBSCRIPTIONS_PER_USER"_L1));
    QTRY_COMPARE(ada.audience->notices.size(), 1);
    QTRY_COMPARE(bob.audience->notices.size(), 1);
    ada.call.cancel();
    Got again;
    listenAs(again, u"ada"_s);
    QTRY_COMPARE(again.audience->notices.size(), 1);
    // Those nobody identified share one owner and have a limit of their own.
    std::array<Got, 3> anonymous;
    for (Got &got : anonymous)
        listenAs(got, u"anonymous"_s);
    QTRY_COMPARE(anonymous[2].code(), -32603);
    QTRY_COMPARE(anonymous[1].audience->notices.size(), 1);
}

void SubscriptionsTest::resourcesOfALegacySessionAreLimited()
{
    Theatre theatre({{u"one"_s}});
    const auto state = theatre.makeState();
    for (int i = 0; i < 1'000; ++i)
        state->subscribedUris.insert(u"test://%1"_s.arg(i));
    const auto subscribed = [&](const QString &method, const QString &uri) {
        Got got;
        auto request = theatre.request(method, {{"uri"_L1, uri}});
        request.state = state;
        theatre.send(got, request);
        return QTest::qWaitFor([&got] { return got.isThere(); }) ? got.code() : -1;
    };
    QCOMPARE(subscribed(u"resources/subscribe"_s, u"test://more"_s), -32603);
    QCOMPARE(theatre.stats(u"one"_s).started, 0);                     // nothing was done for it
    QCOMPARE(subscribed(u"resources/subscribe"_s, u"test://1"_s), 0); // again
    QCOMPARE(subscribed(u"resources/unsubscribe"_s, u"test://2"_s), 0);
    QCOMPARE(subscribed(u"resources/subscribe"_s, u"test://more"_s), 0);
    QCOMPARE(state->subscribedUris.size(), 1'000);
}

void SubscriptionsTest::aLegacySessionHearsOfChanges()
{
    Theatre theatre({{u"one"_s}, {u"two"_s}});
    const auto state = theatre.makeState();
    Heard heard;
    hear(state, heard);
    Got got;
    auto request = theatre.request(u"initialize"_s);
    request.state = state;
    theatre.send(got, request);
    QTRY_VERIFY(got.isThere());
    Q_EMIT theatre.registry->find(u"one"_s)->offersChanged(u"tools"_s);
    QTRY_COMPARE(heard.methods, QStringList{u"notifications/tools/list_changed"_s});
    // A session of its own tells by itself.
    request = theatre.request(u"tools/call"_s, {{"name"_L1, "two__count"_L1}});
    request.state = state;
    theatre.send(got, request);
    QTRY_COMPARE(got.text(), u"1"_s);
    heard = {};
    Q_EMIT theatre.registry->find(u"two"_s)->offersChanged(u"tools"_s);
    theatre.actor(u"two"_s)->notify(u"notifications/prompts/list_changed"_s);
    theatre.actor(u"two"_s)->notify(u"notifications/message"_s,
                                    {{"level"_L1, "info"_L1}, {"data"_L1, 1}});
    QTRY_COMPARE(heard.methods, (QStringList{u"notifications/prompts/list_changed"_s,
                                             u"notifications/message"_s}));
}

void SubscriptionsTest::aLegacySessionFollowsResources()
{
    Theatre theatre({{u"one"_s}, {u"two"_s, true}});
    const auto state = theatre.makeState();
    Heard heard;
    hear(state, heard);
    Got got;
    const QString uri = u"bridge://two/test://same"_s;
    auto request = theatre.request(u"resources/subscribe"_s, {{"uri"_L1, uri}});
    request.state = state;
    theatre.send(got, request);
    QTRY_COMPARE(got.raw(), "{}"_ba);
    QVERIFY(state->subscribedUris.contains(uri));
    theatre.watcher(u"two"_s)->update(u"test://same"_s);
    QTRY_COMPARE(heard.methods, QStringList{u"notifications/resources/updated"_s});
    QCOMPARE(heard.params.first()["uri"_L1].toString(), uri);
    request = theatre.request(u"resources/unsubscribe"_s, {{"uri"_L1, uri}});
    request.state = state;
    theatre.send(got, request);
    QTRY_COMPARE(got.raw(), "{}"_ba);
    QTRY_VERIFY(theatre.stats(u"two"_s).subscribed.isEmpty());
}

void SubscriptionsTest::rootsChangesReachTheServers()
{
    Theatre theatre({{u"one"_s}});
    const auto state = theatre.makeState({{"roots"_L1, QJsonObject{{"listChanged"_L1, true}}}});
    Got got;
    auto request = theatre.request(u"tools/call"_s, {{"name"_L1, "count"_L1}});
    request.state = state;
    theatre.send(got, request);
    QTRY_COMPARE(got.text(), u"1"_s);
    QVERIFY(theatre.stats(u"one"_s).capabilities.contains("roots"_L1));
    request.message.method = u"notifications/roots/list_changed"_s;
    theatre.dispatcher->notification(request);
    QTRY_COMPARE(theatre.stats(u"one"_s).rootsChanges, 1);
}

QTEST_GUILESS_MAIN(SubscriptionsTest)
#include "tst_subscriptions.moc"
