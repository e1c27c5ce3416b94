// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/crypto/digest.h"
#include "tests/server/auth/fakeissuer.h"

#include <QtCore/QJsonArray>
#include <QtTest/QTest>

using namespace bridge;
using namespace bridge::auth;
using namespace bridge::test;

class tst_TokenVerifier : public QObject
{
    Q_OBJECT

    FakeIssuer m_idp;
    SigningKey m_old = SigningKey::forAlgorithm(u"ES256"_s, u"old"_s);
    SigningKey m_new = SigningKey::forAlgorithm(u"ES256"_s, u"new"_s);

    QByteArray token(const SigningKey &key, const QJsonObject &changes = {}) const
    {
        return key.token(u"ES256"_s, m_idp.claims(changes));
    }

    std::unique_ptr<TokenVerifier> verifier(VerifierOptions options)
    {
        return std::make_unique<TokenVerifier>(std::move(options), m_idp.fetch(), m_idp.clock());
    }
    std::unique_ptr<TokenVerifier> verifier() { return verifier(m_idp.verifierOptions()); }

private Q_SLOTS:
    void init()
    {
        m_idp = FakeIssuer();
        m_idp.keys = {m_old};
    }

    void aGoodTokenNamesItsUser()
    {
        const auto checker = verifier();
        const QByteArray good = token(m_old, {{"groups"_L1, QJsonArray{"/ops"_L1}},
                                              {"scope"_L1, "tools:call openid"_L1},
                                              {"azp"_L1, "cli"_L1}});
        const auto found = verdict(*checker, good);
        QVERIFY2(found.ok(), found ? "" : qPrintable(found.error().message));
        const Principal &who = **found;
        QCOMPARE(who.userId, u"alice"_s);
        QCOMPARE(who.owner, QString(m_idp.name + u"#alice"_s));
        QCOMPARE(who.issuer, m_idp.name);
        QCOMPARE(who.groups, QStringList{u"ops"_s});
        QCOMPARE(who.scopes, QStringList({u"tools:call"_s, u"openid"_s}));
        QCOMPARE(who.clientId, u"cli"_s);
        QCOMPARE(who.token, good);
        QCOMPARE(who.strategy, u"bearer"_s);
        QCOMPARE(who.expires.toSecsSinceEpoch(), m_idp.seconds() + 300);
        QVERIFY(who.isVerified && !who.isAdmin);
    }

    void aTokenIsCheckedOnceUntilItExpires()
    {
        const auto checker = verifier();
        const QByteArray good = token(m_old);
        QVERIFY(!checker->verifyNow(good)); // the keys have to be fetched first
        QVERIFY(verdict(*checker, good).ok());
        const auto again = checker->verifyNow(good);
        QVERIFY(again && again->ok());
        QCOMPARE(m_idp.seen.size(), 1);
        m_idp.now += 329s; // expiry and leeway
        QVERIFY(verdict(*checker, good).ok());
        m_idp.now += 1s;
        QCOMPARE(verdict(*checker, good).error().code, ErrorCode::TokenExpired);
    }

    void otherTokensNeedNoFetch()
    {
        const auto checker = verifier();
        QVERIFY(verdict(*checker, token(m_old)).ok());
        const auto other = checker->verifyNow(token(m_old, {{"sub"_L1, "bob"_L1}}));
        QVERIFY(other && other->ok());
        QCOMPARE((**other)->userId, u"bob"_s);
        QCOMPARE(m_idp.seen.size(), 1);
    }

    void manyWhoAskAtOnceCauseOneFetch()
    {
        const auto checker = verifier();
        int answers = 0;
        std::vector<Call> calls;
        for (int i = 0; i < 20; ++i) {
            const QByteArray good = token(m_old, {{"sub"_L1, QString::number(i % 5)}});
            calls.push_back(checker->verify(
                good, [&](const Result<PrincipalPtr> &found) { answers += found.ok() ? 1 : 0; }));
        }
        QTRY_COMPARE(answers, 20);
        QCOMPARE(m_idp.seen.size(), 1);
    }

    void whoGivesUpIsNotAnswered()
    {
        const auto checker = verifier();
        int first = 0;
        int second = 0;
        Call one = checker->verify(token(m_old), [&](const Result<PrincipalPtr> &) { ++first; });
        Call two = checker->verify(token(m_old), [&](const Result<PrincipalPtr> &) { ++second; });
        one.cancel();
        QTRY_COMPARE(second, 1);
        QCOMPARE(first, 0);
        // Everybody gave up: the next one starts anew.
        Call three = checker->verify(token(m_new), [&](const Result<PrincipalPtr> &) { ++first; });
        three.cancel();
        QVERIFY(!verdict(*checker, token(m_new)).ok());
        QCOMPARE(first, 0);
    }

    void aHandlerMayEndTheVerifier()
    {
        auto checker = verifier();
        const QByteArray good = token(m_old);
        int answers = 0;
        std::vector<Call> calls;
        for (int i = 0; i < 4; ++i) { // three for one token
            const QByteArray asked = i == 3 ? token(m_old, {{"sub"_L1, "bob"_L1}}) : good;
            calls.push_back(checker->verify(asked, [&](const Result<PrincipalPtr> &) {
                checker.reset();
                ++answers;
            }));
        }
        QTRY_COMPARE(answers, 3); // the other token's question ended with the verifier
    }

    void cookiesAndHeadersAreToldApart()
    {
        const auto checker = verifier();
        QCOMPARE((*verdict(*checker, token(m_old), Via::Cookie))->strategy, u"cookie"_s);
        const QByteArray good = token(m_old, {{"sub"_L1, "bob"_L1}});
        QCOMPARE((*verdict(*checker, good))->strategy, u"bearer"_s);
        QCOMPARE((**checker->verifyNow(good, Via::Cookie))->strategy, u"cookie"_s);
        QCOMPARE((**checker->verifyNow(good, Via::Header))->strategy, u"bearer"_s);
    }

    // J3
    void aNewKeyIsFoundByItsName()
    {
        const auto checker = verifier();
        QVERIFY(verdict(*checker, token(m_old)).ok());
        m_idp.keys = {m_old, m_new};
        QVERIFY(verdict(*checker, token(m_new)).ok());
        QCOMPARE(m_idp.seen.size(), 2);
    }

    void aWithdrawnKeyIsTrustedNoLongerThanTheSet()
    {
        const auto checker = verifier();
        const QByteArray seenBefore = token(m_old, {{"exp"_L1, m_idp.seconds() + 3600}});
        const QByteArray unseen =
            token(m_old, {{"exp"_L1, m_idp.seconds() + 3600}, {"sub"_L1, "bob"_L1}});
        QVERIFY(verdict(*checker, seenBefore).ok());
        m_idp.keys = {m_new};
        QVERIFY(verdict(*checker, unseen).ok());
        m_idp.now += 301s;
        // Also for a token that was found good under the key before.
        QCOMPARE(verdict(*checker, seenBefore).error().code, ErrorCode::InvalidToken);
        QCOMPARE(verdict(*checker, unseen).error().code, ErrorCode::InvalidToken);
        QVERIFY(verdict(*checker, token(m_new)).ok());
    }

    void aKeyThatStaysKeepsItsTokensGood()
    {
        const auto checker = verifier();
        const QByteArray good = token(m_old, {{"exp"_L1, m_idp.seconds() + 3600}});
        QVERIFY(verdict(*checker, good).ok());
        m_idp.keys = {m_new, m_old};
        m_idp.now += 301s;
        QVERIFY(verdict(*checker, good).ok());
        QVERIFY(checker->verifyNow(good));
        QCOMPARE(m_idp.seen.size(), 2);
    }

    void keysAreFetchedBeforeTheyRunOut()
    {
        const auto checker = verifier();
        const QByteArray good = token(m_old, {{"exp"_L1, m_idp.seconds() + 3600}});
        QVERIFY(verdict(*checker, good).ok());
        m_idp.now += 250s;
        const auto served = checker->verifyNow(good); // at once, while the fetch goes out
        QVERIFY(served && served->ok());
        QTRY_COMPARE(m_idp.seen.size(), 2);
        QTest::qWait(0);
        m_idp.now += 200s;
        QVERIFY(checker->verifyNow(good));
    }

    void aFloodOfUnknownKeysCausesFewFetches()
    {
        const auto checker = verifier();
        QVERIFY(verdict(*checker, token(m_old)).ok());
        for (int i = 0; i < 200; ++i) {
            const SigningKey &key = m_new;
            const QByteArray bad =
                key.token(u"ES256"_s, m_idp.claims(), {{"kid"_L1, QString::number(i)}});
            QCOMPARE(verdict(*checker, bad).error().code, ErrorCode::InvalidToken);
        }
        QCOMPARE(m_idp.seen.size(), 2); // the first one for its own sake
        m_idp.now += 10s;
        QVERIFY(!verdict(*checker, token(m_new)).ok());
        QCOMPARE(m_idp.seen.size(), 3);
    }

    // J4
    void aProviderThatIsDownIsNoFaultOfTheToken_data()
    {
        QTest::addColumn<QString>("trouble");
        for (const char *trouble : {"unreachable", "status 500", "status 404", "garbage",
                                    "no key set", "repeated member", "too many keys"})
            QTest::newRow(trouble) << QString::fromLatin1(trouble);
    }

    void aProviderThatIsDownIsNoFaultOfTheToken()
    {
        QFETCH(QString, trouble);
        if (trouble == "unreachable"_L1)
            m_idp.error = Error(ErrorCode::UpstreamTimeout, u"idp.example did not answer."_s);
        else if (trouble.startsWith("status"_L1))
            m_idp.status = trouble.right(3).toInt();
        else if (trouble == "garbage"_L1)
            m_idp.body = "{\"keys\": [{\"kty\": \"RSA\", \"n\": 7}, nonsense";
        else if (trouble == "no key set"_L1)
            m_idp.body = "{\"keys\": 7}";
        else if (trouble == "repeated member"_L1)
            m_idp.body = "{\"keys\":[],\"keys\":[]}";
        else
            m_idp.body = "{\"keys\":[" + QByteArray("{},").repeated(100) + "{}]}";
        const auto checker = verifier();
        const auto found = verdict(*checker, token(m_old));
        QCOMPARE(found.error().code, ErrorCode::IdpUnavailable);
        QCOMPARE(httpStatus(found.error()), 503);
        QVERIFY(!found.error().message.contains("idp.example"_L1));
        // It is not asked again at once.
        for (int i = 0; i < 50; ++i)
            QVERIFY(!verdict(*checker, token(m_old)).ok());
        QCOMPARE(m_idp.seen.size(), 1);
        // When it is well again, so is the token.
        m_idp.error.reset();
        m_idp.status = 200;
        m_idp.body.clear();
        m_idp.now += 6s;
        QVERIFY(verdict(*checker, token(m_old)).ok());
    }

    void knownKeysServeForAWhileWhenTheProviderIsDown()
    {
        const auto checker = verifier();
        const QJsonObject lasting{{"exp"_L1, m_idp.seconds() + 36'000}};
        QVERIFY(verdict(*checker, token(m_old, lasting)).ok());
        m_idp.error = Error(ErrorCode::UpstreamFailed, u"Gone."_s);
        m_idp.now += 400s;
        QVERIFY(verdict(*checker, token(m_old, lasting)).ok());
        m_idp.now += 3400s;
        QVERIFY(verdict(*checker, token(m_old, lasting)).ok());
        // A key nobody knows may be a new one: that cannot be told now.
        QCOMPARE(verdict(*checker, token(m_new, lasting)).error().code, ErrorCode::IdpUnavailable);
        m_idp.now += 200s;
        QCOMPARE(verdict(*checker, token(m_old, lasting)).error().code, ErrorCode::IdpUnavailable);
    }

    void onlyListedAlgorithmsAreTaken()
    {
        auto options = m_idp.verifierOptions();
        options.issuers[0].algorithms = {crypto::Algorithm::RS256};
        const auto checker = verifier(options);
        QCOMPARE(verdict(*checker, token(m_old)).error().code, ErrorCode::InvalidToken);
        QVERIFY(m_idp.seen.isEmpty());
    }

    void theAudienceIsLookedForInAudOrElseInResource()
    {
        auto options = m_idp.verifierOptions();
        options.issuers[0].audiences = {u"bridge"_s, u"https://bridge.example/mcp"_s};
        const auto checker = verifier(options);
        const auto isTaken = [&](const QJsonObject &claims) {
            return verdict(*checker, token(m_old, claims)).ok();
        };
        QVERIFY(isTaken({{"aud"_L1, "bridge"_L1}}));
        QVERIFY(isTaken({{"aud"_L1, QJsonArray{"x"_L1, "https://bridge.example/mcp"_L1}}}));
        QVERIFY(isTaken({{"resource"_L1, "bridge"_L1}}));
        QVERIFY(!isTaken({{"aud"_L1, "x"_L1}, {"resource"_L1, "bridge"_L1}}));
        QVERIFY(!isTaken({}));
        QVERIFY(!isTaken({{"aud"_L1, "bridge2"_L1}}));
    }

    void clocksMayDifferByHalfAMinute()
    {
        const auto checker = verifier();
        const auto codeFor = [&](const QString &claim, int seconds) {
            const auto found =
                verdict(*checker, token(m_old, {{claim, m_idp.seconds() + seconds}}));
            return found ? ErrorCode::Cancelled : found.error().code;
        };
        for (const QString &claim : {u"nbf"_s, u"iat"_s}) {
            QCOMPARE(codeFor(claim, 30), ErrorCode::Cancelled);
            QCOMPARE(codeFor(claim, 31), ErrorCode::InvalidToken);
        }
        QCOMPARE(codeFor(u"exp"_s, -29), ErrorCode::Cancelled);
        QCOMPARE(codeFor(u"exp"_s, -30), ErrorCode::TokenExpired);
    }

    void severalIssuersAreTrustedEachWithItsOwnKeys()
    {
        FakeIssuer other;
        other.name = u"https://other.example"_s;
        auto options = m_idp.verifierOptions();
        auto second = other.options();
        second.keycloakRealm = QUrl();
        second.jwksUri = QUrl(u"https://keys.other.example/other"_s);
        options.issuers.push_back(second);
        const QByteArray otherKeys = jwksOf({m_new});
        const Fetch own = m_idp.fetch();
        const auto fetch = [&](egress::EgressRequest request,
                               Handler<httpclient::Response> handler) {
            if (request.url.host() != "keys.other.example"_L1)
                return own(std::move(request), std::move(handler));
            return later([handler, otherKeys] {
                handler(httpclient::Response{200, {}, otherKeys});
            });
        };
        TokenVerifier checker(options, fetch, m_idp.clock());
        QVERIFY(verdict(checker, token(m_old)).ok());
        const auto there = verdict(checker, m_new.token(u"ES256"_s, other.claims()));
        QVERIFY(there.ok());
        QCOMPARE((*there)->owner, u"https://other.example#alice"_s);
        // The keys of one are worth nothing for the other.
        QVERIFY(!verdict(checker, m_old.token(u"ES256"_s, other.claims())).ok());
        QVERIFY(!verdict(checker, m_new.token(u"ES256"_s, m_idp.claims())).ok());
    }

    void membersOfAdminGroupsAreAdministratorsWhenVerified()
    {
        auto options = m_idp.verifierOptions();
        options.adminGroups = {u"bridge-admins"_s};
        const QJsonObject admin{{"groups"_L1, QJsonArray{"/bridge-admins"_L1}}};
        const QJsonObject client{
            {"resource_access"_L1,
             QJsonObject{{"x"_L1, QJsonObject{{"roles"_L1, QJsonArray{"bridge-admins"_L1}}}}}}};
        const auto checker = verifier(options);
        QVERIFY((*verdict(*checker, token(m_old, admin)))->isAdmin);
        QVERIFY(!(*verdict(*checker, token(m_old, client)))->isAdmin);
        options.verify = false;
        options.believe = true;
        const auto believing = verifier(options);
        QVERIFY(!(*verdict(*believing, token(m_old, admin)))->isAdmin);
    }

    void groupsOfFurtherIssuersCountWhereTheyMay()
    {
        FakeIssuer other;
        other.name = u"https://other.example"_s;
        const auto admin = [&](bool admins, bool required) {
            auto options = m_idp.verifierOptions();
            options.adminGroups = {u"bridge-admins"_s};
            IssuerOptions further = other.options();
            further.keycloakRealm = QUrl(m_idp.name); // the same keys
            further.admins = admins;
            further.requiredGroups = required;
            options.issuers.push_back(further);
            const auto checker = verifier(options);
            const QByteArray made = m_old.token(
                u"ES256"_s, other.claims({{"iat"_L1, m_idp.seconds()},
                                          {"exp"_L1, m_idp.seconds() + 300},
                                          {"groups"_L1, QJsonArray{"bridge-admins"_L1}}}));
            const auto found = verdict(*checker, made);
            return found ? **found : Principal();
        };
        const Principal usual = admin(false, false);
        QCOMPARE(usual.owner, u"https://other.example#alice"_s);
        QVERIFY(!usual.isAdmin && !usual.opensRequiredGroups && !usual.isOfMainIssuer);
        const Principal allowed = admin(true, true);
        QVERIFY(allowed.isAdmin && allowed.opensRequiredGroups && !allowed.isOfMainIssuer);
    }

    void tokensOfOtherKindsAreNoAccessTokens_data()
    {
        QTest::addColumn<QJsonObject>("claims");
        QTest::addColumn<bool>("isGood");
        for (const char *kind : {"ID", "Refresh", "Offline", "Logout"})
            QTest::newRow(kind) << QJsonObject{{"typ"_L1, QLatin1StringView(kind)}} << false;
        for (const char *claim : {"at_hash", "c_hash"})
            QTest::newRow(claim) << QJsonObject{{QLatin1StringView(claim), "x"_L1}} << false;
        QTest::newRow("events") << QJsonObject{{"events"_L1, QJsonObject()}} << false;
        QTest::newRow("Bearer") << QJsonObject{{"typ"_L1, "Bearer"_L1}} << true;
        QTest::newRow("nonce") << QJsonObject{{"nonce"_L1, "x"_L1}} << true;
        const auto row = [](const char *name, const char *claim, const QJsonValue &value,
                            bool isGood) {
            QTest::newRow(name) << QJsonObject{{QLatin1StringView(claim), value}} << isGood;
        };
        row("Cognito's access", "token_use", u"access"_s, true);
        row("Cognito's ID", "token_use", u"id"_s, false);
        row("Hydra's access", "token_use", u"access_token"_s, true);
        row("use of a refresh token", "token_use", u"refresh_token"_s, false);
        row("no use", "token_use", 7, false);
        row("bearer in any case", "token_type", u"bEARER"_s, true);
        row("type of refresh", "token_type", u"refresh_token"_s, false);
        row("another type", "token_type", u"N_A"_s, false);
        row("no type", "token_type", QJsonValue(QJsonValue::Null), true); // removes it
        row("DPoP", "token_type", u"DPoP"_s, false);
        row("Keycloak's DPoP", "typ", u"DPoP"_s, false);
        row("bound", "cnf", QJsonObject{{"jkt"_L1, "x"_L1}}, false);
        row("bound to nothing", "cnf", QJsonObject(), false);
        QTest::newRow("for the client after a login")
            << QJsonObject{{"nonce"_L1, "x"_L1}, {"aud"_L1, "client"_L1}} << false;
        QTest::newRow("for the client alone, in a list")
            << QJsonObject{{"nonce"_L1, "x"_L1}, {"aud"_L1, QJsonArray{"client"_L1}}} << false;
        // What a token says of itself goes before what it looks like.
        const auto sure = [](const char *name, const char *claim, const QString &value) {
            QTest::newRow(name) << QJsonObject{{"nonce"_L1, "x"_L1},
                                               {"aud"_L1, "client"_L1},
                                               {"at_hash"_L1, "x"_L1},
                                               {QLatin1StringView(claim), value}}
                                << true;
        };
        sure("Keycloak's, after a login", "typ", u"Bearer"_s);
        sure("Cognito's, after a login", "token_use", u"access"_s);
        sure("a bearer token, after a login", "token_type", u"BearerToken"_s);
        QTest::newRow("two words of an ID token")
            << QJsonObject{{"typ"_L1, "Bearer"_L1}, {"token_use"_L1, "id"_L1}} << false;
        QTest::newRow("for the client, with a scope")
            << QJsonObject{{"nonce"_L1, "x"_L1}, {"aud"_L1, "client"_L1}, {"scope"_L1, "a"_L1}}
            << true;
        QTest::newRow("for more than the client")
            << QJsonObject{{"nonce"_L1, "x"_L1}, {"aud"_L1, QJsonArray{"client"_L1, "x"_L1}}}
            << true;
        QTest::newRow("for the client without a nonce")
            << QJsonObject{{"aud"_L1, "client"_L1}} << true;
    }

    void tokensOfOtherKindsAreNoAccessTokens()
    {
        QFETCH(QJsonObject, claims);
        QFETCH(bool, isGood);
        auto options = m_idp.verifierOptions();
        options.issuers.front().clientId = u"client"_s;
        QCOMPARE(verdict(*verifier(options), token(m_old, claims)).ok(), isGood);
        auto login = m_idp.verifierOptions();
        login.issuers.front().takesOtherKinds = true;
        QVERIFY(verdict(*verifier(login), token(m_old, claims)).ok());
    }

    void theTypeInTheHeaderSaysThatItIsAnAccessToken()
    {
        auto options = m_idp.verifierOptions();
        options.issuers.front().clientId = u"client"_s;
        const QJsonObject claims =
            m_idp.claims({{"nonce"_L1, "x"_L1}, {"aud"_L1, "client"_L1}, {"at_hash"_L1, "x"_L1}});
        for (const auto type : {"at+jwt"_L1, "application/AT+JWT"_L1})
            QVERIFY(verdict(*verifier(options), m_old.token(u"ES256"_s, claims, {{"typ"_L1, type}}))
                        .ok());
        QVERIFY(!verdict(*verifier(options), m_old.token(u"ES256"_s, claims)).ok());
    }

    void anIdTokenIsToldOfOnceWithWhatHelps()
    {
        auto options = m_idp.verifierOptions();
        options.issuers.front().clientId = u"client"_s;
        const auto checker = verifier(options);
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        QTest::ignoreMessage(
            QtWarningMsg,
            QRegularExpression(u"as its nonce shows.*Dex does, set AUTH_ACCEPT_ID_TOKENS=true"_s));
        for (const auto who : {"alice"_L1, "bob"_L1}) {
            const auto refused = verdict(
                *checker,
                token(m_old, {{"nonce"_L1, "x"_L1}, {"aud"_L1, "client"_L1}, {"sub"_L1, who}}));
            QCOMPARE(refused.error().code, ErrorCode::InvalidToken);
            QVERIFY(refused.error().message.contains(u"it is an ID token"));
        }
        QVERIFY(!verdict(*checker, token(m_old, {{"typ"_L1, "Refresh"_L1}})).ok());
    }

    void groupsThatAreElsewhereAreAskedForOrRefuseTheirUser()
    {
        const QJsonObject overage{{"_claim_names"_L1, QJsonObject{{"groups"_L1, "src1"_L1}}},
                                  {"_claim_sources"_L1, QJsonObject{{"src1"_L1, QJsonObject()}}}};
        auto options = m_idp.verifierOptions();
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"set OAUTH_CLAIMS_PRESET=entra"_s));
        const auto usual = verifier(options);
        QCOMPARE(verdict(*usual, token(m_old, overage)).error().code, ErrorCode::Forbidden);
        QVERIFY(verdict(*usual, token(m_old, {{"groups"_L1, QJsonArray{"a"_L1}}})).ok());
        // Where groups stand in other claims nothing is missing.
        options.issuers.front().graph = QUrl(u"https://graph.example"_s);
        options.issuers.front().claims.groups = QStringList{u"roles"_s};
        QVERIFY(verdict(*verifier(options), token(m_old, overage)).ok());
        options.issuers.front().claims = {};
        QVERIFY(verdict(*verifier(options), token(m_old, overage)).ok());
        QCOMPARE(m_idp.asked("token"_L1), 0);
    }

    void idTokensAreTakenWhereThatIsSaid()
    {
        auto options = m_idp.verifierOptions();
        options.issuers.front().clientId = u"client"_s;
        options.issuers.front().takesIdTokens = true;
        const auto takes = [&](const QJsonObject &claims) {
            return verdict(*verifier(options), token(m_old, claims)).ok();
        };
        QVERIFY(takes({{"typ"_L1, "ID"_L1}, {"at_hash"_L1, "x"_L1}}));
        QVERIFY(takes({{"token_use"_L1, "id"_L1}}));
        QVERIFY(takes({{"nonce"_L1, "x"_L1}, {"aud"_L1, "client"_L1}}));
        QVERIFY(!takes({{"typ"_L1, "Refresh"_L1}}));
        QVERIFY(!takes({{"events"_L1, QJsonObject()}}));
        QVERIFY(!takes({{"token_use"_L1, "id"_L1}, {"cnf"_L1, QJsonObject()}}));
    }

    void unverifiedTokensAreNeverTakenForVerifiedOnes()
    {
        auto options = m_idp.verifierOptions();
        options.verify = false;
        options.believe = true;
        const auto checker = verifier(options);
        const QByteArray forged = base64Url("{\"alg\":\"none\"}") + '.'
                                  + base64Url("{\"iss\":\"" + m_idp.name.toLatin1()
                                              + "\",\"sub\":\"alice\",\"groups\":\"ops\"}")
                                  + '.';
        const auto found = checker->verifyNow(forged);
        QVERIFY(found && found->ok());
        QCOMPARE((**found)->userId, u"alice"_s);
        QCOMPARE((**found)->owner, QString(u"unverified:"_s + m_idp.name + u"#alice"_s));
        QVERIFY(!(**found)->isVerified);
        const auto opaque = checker->verifyNow("opaque-token");
        QVERIFY((**opaque)->userId.isEmpty() && !(**opaque)->isVerified);
        QVERIFY((**opaque)->owner.startsWith("token:"_L1));
        // A trusted proxy passed it on.
        const auto vouched = checker->verifyNow(forged, Via::Header, true);
        QVERIFY((**vouched)->isVerified);
        QVERIFY(!(**checker->verifyNow(forged))->isVerified);
        options.believe = false;
        const auto cautious = verifier(options);
        for (const QByteArray &made : {forged, "opaque-token"_ba}) {
            const auto stranger = **cautious->verifyNow(made);
            QVERIFY(stranger->isAnonymous() && !stranger->isVerified);
            QCOMPARE(stranger->owner, anonymous()->owner);
            QCOMPARE(stranger->token, made);
            QVERIFY(stranger->userId.isEmpty() && stranger->claims.isEmpty());
        }
        QCOMPARE(cautious->knownCount(), 0);
        QVERIFY(m_idp.seen.isEmpty());
    }

    void whatIsRememberedIsBounded()
    {
        auto options = m_idp.verifierOptions();
        options.maxKnown = 10;
        options.maxRefused = 10;
        const auto checker = verifier(options);
        const QByteArray first = token(m_old);
        QVERIFY(verdict(*checker, first).ok());
        for (int i = 0; i < 100; ++i) {
            QVERIFY(verdict(*checker, token(m_old, {{"sub"_L1, QString::number(i)}})).ok());
            QVERIFY(!verdict(*checker, QByteArray::number(i)).ok());
            QVERIFY(verdict(*checker, first).ok()); // in use, so it stays
            QVERIFY(checker->knownCount() <= 10);
        }
        checker->forget(first);
        QCOMPARE(m_idp.seen.size(), 1);
    }
};

QTEST_GUILESS_MAIN(tst_TokenVerifier)
#include "tst_tokenverifier.moc"
