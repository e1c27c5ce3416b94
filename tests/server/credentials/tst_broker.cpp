// SPDX-License-Identifier: GPL-3.0-or-later
// What is remembered, for whom and how long; and what a long conversation does when tokens end.
#include "common/async/later.h"
#include "common/base/duration.h"
#include "tests/server/credentials/fakeidp.h"

using namespace fake;
using credentials::Credential;
using upstream::HeldCredential;

namespace {

/// Providers are asked here; each answer waits until the test gives it.
class Desk
{
public:
    Desk()
    {
        settings.authBase = QUrl(u"http://idp"_s);
        settings.realm = u"r"_s;
        settings.provider = u"keycloak"_s;
        settings.exchange = true;
        settings.clientId = u"bridge"_s;
        settings.clock = [this] { return now; };
    }
    void make()
    {
        broker = std::make_unique<credentials::Broker>(
            settings, [this](egress::EgressRequest request, Handler<httpclient::Response> done) {
                requests.append(request);
                waiting.append(std::make_shared<Handler<httpclient::Response>>(std::move(done)));
                return Call([weak = std::weak_ptr(waiting.last()), this] {
                    if (const auto strong = weak.lock())
                        waiting.removeOne(strong);
                });
            });
    }
    void answer(const QJsonObject &body, int status = 200)
    {
        httpclient::Response response;
        response.status = status;
        response.body = json(body);
        (*waiting.takeFirst())(response);
    }
    void give(const QString &token, int seconds = 3600)
    {
        answer({{"access_token"_L1, token}, {"expires_in"_L1, seconds}});
    }
    QString subject(int index) const
    {
        return credentials::formMembers(requests[index].body)["subject_token"_L1].toString();
    }

    qint64 now = 1'800'000'000'000;
    credentials::BrokerSettings settings;
    QList<egress::EgressRequest> requests;
    QList<std::shared_ptr<Handler<httpclient::Response>>> waiting;
    std::unique_ptr<credentials::Broker> broker;
};

} // namespace

class TestBroker : public QObject
{
    Q_OBJECT

private:
    auth::PrincipalPtr alice(const QByteArray &token = "t1", qint64 life = 300'000) const
    {
        auto who = person(u"alice"_s, token);
        who.expires = QDateTime::fromMSecsSinceEpoch(m_desk->now + life, kUtc);
        return share(who);
    }
    Call ask(Caught<Credential> &caught, const auth::PrincipalPtr &who,
             const upstream::ServerDefinition &server = childServer())
    {
        return m_desk->broker->credentialFor(who, server, caught.handler());
    }
    upstream::CredentialSourcePtr sourceOf(const auth::PrincipalPtr &who,
                                           const upstream::ServerDefinition &server)
    {
        upstream::Identity identity;
        m_desk->broker->attach(identity, who, server);
        return identity.source;
    }

    std::unique_ptr<Desk> m_desk;

private Q_SLOTS:
    void init()
    {
        m_desk = std::make_unique<Desk>();
        m_desk->make();
    }
    void cleanup() { m_desk.reset(); }

    void twoCallsAtOnceMakeOneExchange();
    void theWorkEndsWithTheLastWhoWaits();
    void aCredentialIsRememberedUntilShortlyBeforeItsEnd();
    void aShortLivedOneIsRememberedForHalfItsLife();
    void callersTokensAndServersNeverShare();
    void refusalsAreRememberedForAMoment();
    void rememberedCredentialsAreBounded();
    void aRejectedCredentialIsReplacedOnce();
    void anEndedTokenIsReplacedByTheCallersNextOne();
    void aTokenWithOtherScopesIsNoReplacement();
    void anEndedTokenIsNotExchanged();
    void aPassedOnTokenMovesToTheNextOne();
    void serversSayThemselvesWhereTheirCredentialComesFrom();
    void withoutATokenAServerThatNeedsOneInItsEnvironmentIsRefused();
    void whoeverIsKnownByAKeyIsToldThatItIsNoToken_data();
    void whoeverIsKnownByAKeyIsToldThatItIsNoToken();
    void whoeverIsNobodyGetsWhatIsShared();
    void whatIsMissingInTheSettingsIsTold();
    void aSourceOutlivesTheBroker();
};

void TestBroker::twoCallsAtOnceMakeOneExchange()
{
    Caught<Credential> one, two;
    one.call = ask(one, alice());
    two.call = ask(two, alice());
    QCOMPARE(m_desk->requests.size(), 1);
    m_desk->give(u"c1"_s);
    QTRY_VERIFY(one.outcome && two.outcome);
    QCOMPARE(one.token(), "c1"_ba);
    QCOMPARE(two.token(), "c1"_ba);
}

void TestBroker::theWorkEndsWithTheLastWhoWaits()
{
    Caught<Credential> one, two;
    one.call = ask(one, alice());
    two.call = ask(two, alice());
    one.call.cancel();
    QCOMPARE(m_desk->waiting.size(), 1);
    two.call.cancel();
    QVERIFY(m_desk->waiting.isEmpty());
}

void TestBroker::aCredentialIsRememberedUntilShortlyBeforeItsEnd()
{
    Caught<Credential> one;
    one.call = ask(one, alice("t1", 7'200'000));
    m_desk->give(u"c1"_s, 3600);
    m_desk->now += (3600 - 61) * 1000;
    const auto known = m_desk->broker->findNow(alice("t1"), childServer());
    QVERIFY(known && known->ok());
    QCOMPARE((*known)->token, "c1"_ba);
    m_desk->now += 1'500; // 60 s before its end
    QVERIFY(!m_desk->broker->findNow(alice("t1"), childServer()));
    Caught<Credential> two;
    two.call = ask(two, alice("t1"));
    m_desk->give(u"c2"_s);
    QTRY_COMPARE(two.token(), "c2"_ba);
}

void TestBroker::aShortLivedOneIsRememberedForHalfItsLife()
{
    Caught<Credential> one;
    one.call = ask(one, alice());
    m_desk->give(u"c1"_s, 40);
    m_desk->now += 19'000;
    QVERIFY(m_desk->broker->findNow(alice(), childServer()));
    m_desk->now += 2'000;
    QVERIFY(!m_desk->broker->findNow(alice(), childServer()));
}

void TestBroker::callersTokensAndServersNeverShare()
{
    Caught<Credential> one, two, three;
    one.call = ask(one, alice("t1"));
    two.call = ask(two, alice("t2"));
    three.call = ask(three, alice("t1"), childServer(u"other"_s));
    QCOMPARE(m_desk->requests.size(), 3);
    QCOMPARE(m_desk->subject(0), u"t1"_s);
    QCOMPARE(m_desk->subject(1), u"t2"_s);
    m_desk->give(u"c1"_s);
    m_desk->give(u"c2"_s);
    m_desk->give(u"c3"_s);
    QTRY_COMPARE(three.token(), "c3"_ba);
    QCOMPARE(two.token(), "c2"_ba);
    QVERIFY(sourceOf(alice("t1"), childServer())->scope()
            != sourceOf(share(person(u"bob"_s, "t1")), childServer())->scope());
    QCOMPARE(sourceOf(alice("t1"), childServer())->scope(),
             sourceOf(alice("t2"), childServer())->scope());
}

void TestBroker::refusalsAreRememberedForAMoment()
{
    Caught<Credential> one, two, three;
    one.call = ask(one, alice());
    m_desk->answer({{"error"_L1, "invalid_grant"_L1}}, 400);
    QTRY_COMPARE(one.code(), ErrorCode::InvalidToken);
    two.call = ask(two, alice());
    QTRY_COMPARE(two.code(), ErrorCode::InvalidToken);
    QCOMPARE(m_desk->requests.size(), 1);
    m_desk->now += 5'001;
    three.call = ask(three, alice());
    QCOMPARE(m_desk->requests.size(), 2);
    m_desk->answer({}, 500);
    QTRY_COMPARE(three.code(), ErrorCode::IdpUnavailable);
    m_desk->now += 1'001; // a provider may be back any moment
    Caught<Credential> four;
    four.call = ask(four, alice());
    QCOMPARE(m_desk->requests.size(), 3);
}

void TestBroker::rememberedCredentialsAreBounded()
{
    m_desk->settings.maxEntries = 2;
    m_desk->make();
    for (const char *token : {"t1", "t2", "t3"}) {
        Caught<Credential> one;
        one.call = ask(one, alice(token));
        m_desk->give(u"c"_s);
        QTRY_VERIFY(one.isOk());
    }
    QVERIFY(!m_desk->broker->findNow(alice("t1"), childServer()));
    QVERIFY(m_desk->broker->findNow(alice("t3"), childServer()));
}

void TestBroker::aRejectedCredentialIsReplacedOnce()
{
    const auto source = sourceOf(alice(), remoteServer(QUrl(u"http://far/mcp"_s)));
    Caught<HeldCredential> first, second, third, fourth;
    first.call = source->get(first.handler());
    m_desk->give(u"c1"_s);
    QTRY_COMPARE(first.token(), "c1"_ba);
    QCOMPARE(source->now()->token, "c1"_ba);
    second.call = source->renew("c1", {}, second.handler());
    m_desk->give(u"c2"_s);
    QTRY_COMPARE(second.token(), "c2"_ba);
    // Another request had been sent with the old one: what is there by now will do.
    third.call = source->renew("c1", {}, third.handler());
    QTRY_COMPARE(third.token(), "c2"_ba);
    // A server that accepts nothing does not make the provider busy.
    fourth.call = source->renew("c2", {}, fourth.handler());
    QTRY_COMPARE(fourth.token(), "c2"_ba);
    QCOMPARE(m_desk->requests.size(), 2);
}

void TestBroker::anEndedTokenIsReplacedByTheCallersNextOne()
{
    const auto server = remoteServer(QUrl(u"http://far/mcp"_s));
    const auto source = sourceOf(alice("t1", 300'000), server);
    m_desk->now += 301'000;
    sourceOf(alice("t2", 300'000), server);
    Caught<HeldCredential> held;
    held.call = source->get(held.handler());
    QCOMPARE(m_desk->requests.size(), 1);
    QCOMPARE(m_desk->subject(0), u"t2"_s);
}

void TestBroker::aTokenWithOtherScopesIsNoReplacement()
{
    const auto server = remoteServer(QUrl(u"http://far/mcp"_s));
    const auto source = sourceOf(alice("t1", 300'000), server);
    m_desk->now += 301'000;
    auto mighty = *alice("t2", 300'000);
    mighty.scopes = {u"admin"_s};
    sourceOf(share(mighty), server);
    Caught<HeldCredential> held;
    held.call = source->get(held.handler());
    QTRY_COMPARE(held.code(), ErrorCode::TokenExpired);
    QVERIFY(m_desk->requests.isEmpty());
}

void TestBroker::anEndedTokenIsNotExchanged()
{
    Caught<Credential> one;
    one.call = ask(one, alice("t1", -1));
    QTRY_COMPARE(one.code(), ErrorCode::TokenExpired);
    QVERIFY(m_desk->requests.isEmpty());
}

void TestBroker::aPassedOnTokenMovesToTheNextOne()
{
    m_desk->settings.exchange = false;
    m_desk->make();
    const auto server = remoteServer(QUrl(u"http://far/mcp"_s));
    const auto source = sourceOf(alice("t1", 300'000), server);
    QVERIFY(source->isCallersOwn());
    QCOMPARE(source->now()->token, "t1"_ba);
    m_desk->now += 301'000;
    QVERIFY(!source->now());
    sourceOf(alice("t2", 300'000), server);
    QCOMPARE(source->now()->token, "t2"_ba);
}

void TestBroker::serversSayThemselvesWhereTheirCredentialComesFrom()
{
    auto server = childServer();
    server.auth.provider = u"passthrough"_s;
    Caught<Credential> one, two;
    one.call = ask(one, alice("t1"), server);
    QTRY_COMPARE(one.token(), "t1"_ba);
    server.auth.provider = u"exchange"_s; // a reload: the new entry counts
    server.auth.audience = u"special"_s;
    two.call = ask(two, alice("t1"), server);
    QCOMPARE(m_desk->requests.size(), 1);
    QCOMPARE(credentials::formMembers(m_desk->requests[0].body)["audience"_L1].toString(),
             u"special"_s);
}

void TestBroker::whoeverIsKnownByAKeyIsToldThatItIsNoToken_data()
{
    QTest::addColumn<bool>("exchanges");
    QTest::newRow("passed on") << false;
    QTest::newRow("exchanged") << true;
}

void TestBroker::whoeverIsKnownByAKeyIsToldThatItIsNoToken()
{
    QFETCH(bool, exchanges);
    m_desk->settings.exchange = exchanges;
    m_desk->make();
    auto server = childServer();
    server.auth.environment = u"TOKEN"_s;
    auto key = person(u"key"_s, {});
    key.strategy = u"api-key"_s;
    upstream::Identity identity;
    m_desk->broker->attach(identity, share(key), server);
    QVERIFY(identity.source);
    Caught<upstream::HeldCredential> caught;
    caught.call = identity.source->get(caught.handler());
    QTRY_VERIFY(caught.outcome);
    QCOMPARE(caught.code(), ErrorCode::Unauthorized);
    const QString text = caught.outcome->error().message;
    QVERIFY2(text.contains(u"(api-key)") && text.contains(u"no other credential"),
             qPrintable(text));
    QVERIFY(!text.contains(u"brought none"));
}

void TestBroker::withoutATokenAServerThatNeedsOneInItsEnvironmentIsRefused()
{
    auto server = childServer();
    server.auth.environment = u"TOKEN"_s;
    for (const bool exchange : {true, false}) {
        m_desk->settings.exchange = exchange;
        m_desk->make();
        const auto source = sourceOf(auth::anonymous(), server);
        QVERIFY(source);
        Caught<HeldCredential> held;
        held.call = source->get(held.handler());
        QTRY_VERIFY(held.outcome);
        QCOMPARE(held.status(), 400);
    }
}

void TestBroker::whoeverIsNobodyGetsWhatIsShared()
{
    QVERIFY(!sourceOf(auth::anonymous(), remoteServer(QUrl(u"http://far/mcp"_s))));
    QVERIFY(!sourceOf(auth::anonymous(), childServer()));
    // Where nobody verifies callers a token is still a token.
    upstream::Identity identity;
    m_desk->broker->attach(identity, auth::anonymous(), childServer(),
                           {{"authorization", "bearer abc"}});
    QVERIFY(identity.source);
    Caught<HeldCredential> held;
    held.call = identity.source->get(held.handler());
    QCOMPARE(m_desk->subject(0), u"abc"_s);
}

void TestBroker::whatIsMissingInTheSettingsIsTold()
{
    m_desk->settings = {};
    m_desk->settings.provider = u"entra"_s;
    m_desk->make();
    QStringList settings;
    for (const FieldProblem &problem : credentials::Broker::check(m_desk->settings, childServer()))
        settings.append(problem.path);
    QCOMPARE(settings, (QStringList{u"ENTRA_TENANT_ID"_s, u"OAUTH_CLIENT_ID"_s,
                                    u"OAUTH_CLIENT_SECRET"_s, u"OAUTH_TOKEN_EXCHANGE_SCOPE"_s}));
    auto free = childServer();
    free.auth.provider = u"none"_s;
    QVERIFY(credentials::Broker::check(m_desk->settings, free).isEmpty());
}

void TestBroker::aSourceOutlivesTheBroker()
{
    const auto source = sourceOf(alice(), childServer());
    Caught<HeldCredential> running, late;
    running.call = source->get(running.handler());
    m_desk->broker.reset();
    QVERIFY(!source->now());
    late.call = source->get(late.handler());
    QTRY_COMPARE(late.code(), ErrorCode::Overloaded);
    QVERIFY(!running.outcome);
}

QTEST_GUILESS_MAIN(TestBroker)
#include "tst_broker.moc"
