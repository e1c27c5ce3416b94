// SPDX-License-Identifier: GPL-3.0-or-later
// Contract §7.6 and §12 L1 to L4, L6, L7, one provider after the other, over HTTP.
#include "tests/server/credentials/fakeidp.h"

using namespace fake;
using credentials::Credential;

class TestProviders : public QObject
{
    Q_OBJECT

private:
    Caught<Credential> ask(const auth::Principal &who, const upstream::ServerDefinition &server)
    {
        if (!m_idp->broker)
            m_idp->make();
        Caught<Credential> caught;
        caught.call = m_idp->broker->credentialFor(share(who), server, caught.handler());
        // The handler points into this very object, so that it is filled before it moves.
        const bool isDone = QTest::qWaitFor([&] { return caught.outcome.has_value(); }, 5'000);
        caught.call.cancel();
        if (!isDone)
            qWarning("no answer");
        return caught;
    }
    auth::Principal alice() const { return person(u"alice"_s, "caller-token"); }
    upstream::ServerDefinition brokered() const
    {
        auto server = childServer();
        server.auth.alias = u"git hub"_s;
        return server;
    }
    void use(const QString &provider)
    {
        m_idp->settings.provider = provider;
        m_idp->settings.clientId = u"bridge id"_s;
        m_idp->settings.clientSecret = "s3cret:+";
    }
    void useStore()
    {
        use(u"user-api-key"_s);
        m_idp->settings.keyStore = m_idp->settings.authBase;
        m_idp->settings.keyStoreSecret = "internal-secret";
        m_idp->settings.keyClients = {u"app"_s};
    }
    upstream::ServerDefinition keyed() const
    {
        auto server = childServer();
        server.auth.connection = u"a/b c"_s;
        return server;
    }

    std::unique_ptr<Idp> m_idp;

private Q_SLOTS:
    void init() { m_idp = std::make_unique<Idp>(); }
    void cleanup() { m_idp.reset(); }

    void withoutAnAliasTheCallersTokenIsPassedOn();
    void nothingIsPassedOnByNone();
    void aBrokeredTokenIsReadFromJson();
    void aBrokeredTokenIsReadFromAForm();
    void anOpaqueTokenIsNotRefreshed();
    void anExpiredTokenIsRefreshedWithExactlyTheseFields();
    void anExpiredTokenIsAskedForAgainInBrokerMode();
    void aTokenWithoutAnEndIsRefreshedWhenThatIsPossible();
    void whatTheBrokerRefuses_data();
    void whatTheBrokerRefuses();
    void aRefusedRefreshSaysConnectAgain();
    void aBrokerThatIsTooSlowIsNotTheCallersFault();
    void exchangeSendsWhatTheStandardAsksFor();
    void exchangeFindsTheEndpointOfAnIssuer();
    void exchangeRefusesOtherKindsOfTokens();
    void theBridgesOwnClientBeingRefusedIsNotTheCallersFault();
    void whatTheBridgeIsSetUpWronglyForIsNotTheCallersFault_data();
    void whatTheBridgeIsSetUpWronglyForIsNotTheCallersFault();
    void whyThereIsNoCredentialIsForTheLog();
    void aTokenOfAnotherIssuerIsNotHandedToTheIdentityProvider_data();
    void aTokenOfAnotherIssuerIsNotHandedToTheIdentityProvider();
    void entraActsOnBehalf();
    void entraRelaysWhatTheUserHasToDo();
    void aKeyComesFromTheStoreByAnEncodedPath();
    void onlyListedClientsGetKeys();
    void anUnverifiedCallerGetsNoKey();
    void keysAreNotGivenByANameNobodyVouchesFor_data();
    void keysAreNotGivenByANameNobodyVouchesFor();
    void aMissingKeyNamesTheConnection();
    void aStoreThatFailsFailsTheCall();
    void pathsThatLeadElsewhereAreRefused();
    void answersThatCannotStandInAHeaderAreRefused();
};

void TestProviders::withoutAnAliasTheCallersTokenIsPassedOn()
{
    const auto caught = ask(alice(), childServer());
    QCOMPARE(caught.token(), "caller-token"_ba);
    QCOMPARE((*caught.outcome)->type, u"Bearer"_s);
    QVERIFY(m_idp->seen.isEmpty());
}

void TestProviders::nothingIsPassedOnByNone()
{
    use(u"none"_s);
    const auto caught = ask(alice(), childServer());
    QVERIFY(caught.isOk());
    QVERIFY(caught.token().isEmpty());
    upstream::Identity identity;
    identity.callerToken = "caller-token";
    m_idp->broker->attach(identity, share(alice()), remoteServer(m_idp->url()));
    QVERIFY(identity.callerToken.isEmpty());
    QVERIFY(!identity.source);
}

void TestProviders::aBrokeredTokenIsReadFromJson()
{
    m_idp->answerAll(json({{"access_token"_L1, "opaque"_L1},
                           {"token_type"_L1, "bearer"_L1},
                           {"expires_in"_L1, 3600}}));
    const auto caught = ask(alice(), brokered());
    QCOMPARE(caught.token(), "opaque"_ba);
    QCOMPARE((*caught.outcome)->type, u"Bearer"_s);
    QCOMPARE((*caught.outcome)->expires.toMSecsSinceEpoch(), m_idp->now + 3'600'000);
    QCOMPARE(m_idp->seen.size(), 1);
    QCOMPARE(m_idp->seen[0].line(), "GET /realms/inxm/broker/git%20hub/token HTTP/1.1"_ba);
    QCOMPARE(m_idp->seen[0].header("Authorization"), "Bearer caller-token"_ba);
    QCOMPARE(m_idp->seen[0].header("Accept"), "application/json"_ba);
}

void TestProviders::aBrokeredTokenIsReadFromAForm()
{
    m_idp->answerAll("access_token=a%2Bb&scope=repo%20user&token_type=bearer", "200 OK",
                     "application/x-www-form-urlencoded");
    QCOMPARE(ask(alice(), brokered()).token(), "a+b"_ba);
}

void TestProviders::anOpaqueTokenIsNotRefreshed()
{
    m_idp->answerAll(json({{"access_token"_L1, "opaque"_L1}, {"refresh_token"_L1, "r"_L1}}));
    QCOMPARE(ask(alice(), brokered()).token(), "opaque"_ba);
    QCOMPARE(m_idp->seen.size(), 1);
}

void TestProviders::anExpiredTokenIsRefreshedWithExactlyTheseFields()
{
    const QByteArray old = jwtUntil(m_idp->now + 59'000);
    const QByteArray fresh = jwtUntil(m_idp->now + 600'000);
    m_idp->handle = [&](const RawServer::Seen &one) {
        const bool isRefresh = one.line().startsWith("POST");
        one.answer("200 OK", "application/json",
                   json({{"access_token"_L1, QString::fromLatin1(isRefresh ? fresh : old)},
                         {"refresh_token"_L1, "re fresh"_L1}}));
    };
    QCOMPARE(ask(alice(), brokered()).token(), fresh);
    QCOMPARE(m_idp->seen.size(), 2);
    const RawServer::Seen &post = m_idp->seen[1];
    QCOMPARE(post.line(), "POST /realms/inxm/protocol/openid-connect/token HTTP/1.1"_ba);
    QCOMPARE(form(post), (QMap<QString, QString>{{u"grant_type"_s, u"refresh_token"_s},
                                                 {u"client_id"_s, u"git hub"_s},
                                                 {u"refresh_token"_s, u"re fresh"_s}}));
    QVERIFY(post.header("Authorization").isEmpty());
}

void TestProviders::anExpiredTokenIsAskedForAgainInBrokerMode()
{
    m_idp->settings.refreshByBroker = true;
    const QByteArray old = jwtUntil(m_idp->now - 1'000);
    const QByteArray fresh = jwtUntil(m_idp->now + 600'000);
    m_idp->handle = [&](const RawServer::Seen &one) {
        const bool isSecond = !one.header("Cache-Control").isEmpty();
        one.answer("200 OK", "application/json",
                   json({{"access_token"_L1, QString::fromLatin1(isSecond ? fresh : old)},
                         {"refresh_token"_L1, "r"_L1}}));
    };
    QCOMPARE(ask(alice(), brokered()).token(), fresh);
    QCOMPARE(m_idp->seen.size(), 2);
    QCOMPARE(m_idp->seen[1].header("Cache-Control"), "no-cache"_ba);
}

void TestProviders::aTokenWithoutAnEndIsRefreshedWhenThatIsPossible()
{
    const QByteArray endless = jwt({{"sub"_L1, "a"_L1}});
    m_idp->answerAll(json({{"access_token"_L1, QString::fromLatin1(endless)}}));
    QCOMPARE(ask(alice(), brokered()).token(), endless);
    QCOMPARE(m_idp->seen.size(), 1);
    m_idp->broker->forget();
    m_idp->answerAll(
        json({{"access_token"_L1, QString::fromLatin1(endless)}, {"refresh_token"_L1, "r"_L1}}));
    QCOMPARE(ask(alice(), brokered()).token(), endless);
    QCOMPARE(m_idp->seen.size(), 3);
}

void TestProviders::whatTheBrokerRefuses_data()
{
    QTest::addColumn<QByteArray>("status");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("code");
    QTest::addColumn<int>("answer");
    const int token = int(ErrorCode::InvalidToken);
    const int account = int(ErrorCode::NotConnected);
    const int idp = int(ErrorCode::IdpUnavailable);
    QTest::newRow("401") << "401 Unauthorized"_ba
                         << "{}"_ba << token << 401;
    QTest::newRow("403") << "403 Forbidden"_ba
                         << "{}"_ba << account << 401;
    QTest::newRow("400") << "400 Bad Request"_ba
                         << "{}"_ba << account << 401;
    QTest::newRow("500") << "500 Oops"_ba
                         << "{}"_ba << idp << 502;
    QTest::newRow("503") << "503 Down"_ba
                         << "{}"_ba << idp << 503;
    QTest::newRow("429") << "429 Slow down"_ba
                         << "{}"_ba << idp << 503;
    QTest::newRow("no token") << "200 OK"_ba
                              << "{\"error\":\"x\"}"_ba << idp << 502;
    QTest::newRow("no JSON") << "200 OK"_ba
                             << "<html>secret</html>"_ba << idp << 502;
}

void TestProviders::whatTheBrokerRefuses()
{
    QFETCH(QByteArray, status);
    QFETCH(QByteArray, body);
    QFETCH(int, code);
    QFETCH(int, answer);
    m_idp->answerAll(body, status);
    const auto caught = ask(alice(), brokered());
    QVERIFY(caught.outcome);
    QCOMPARE(int(caught.code()), code);
    QCOMPARE(caught.status(), answer);
    QVERIFY(!caught.outcome->error().message.contains("caller-token"_L1));
    QVERIFY(!caught.outcome->error().message.contains("secret"_L1));
}

void TestProviders::aRefusedRefreshSaysConnectAgain()
{
    const QByteArray old = jwtUntil(m_idp->now - 1'000);
    m_idp->handle = [&](const RawServer::Seen &one) {
        if (one.line().startsWith("POST"))
            one.answer("400 Bad Request", "application/json", R"({"error":"invalid_grant"})");
        else
            one.answer("200 OK", "application/json",
                       json({{"access_token"_L1, QString::fromLatin1(old)},
                             {"refresh_token"_L1, "r"_L1}}));
    };
    const auto caught = ask(alice(), brokered());
    QCOMPARE(caught.code(), ErrorCode::NotConnected);
    QCOMPARE(caught.status(), 401);
}

void TestProviders::aBrokerThatIsTooSlowIsNotTheCallersFault()
{
    m_idp->settings.timeout = std::chrono::milliseconds(100);
    m_idp->handle = [](const RawServer::Seen &) {};
    const auto caught = ask(alice(), brokered());
    QCOMPARE(caught.code(), ErrorCode::IdpUnavailable);
    QCOMPARE(caught.status(), 503);
}

void TestProviders::exchangeSendsWhatTheStandardAsksFor()
{
    use(u"keycloak"_s);
    m_idp->settings.exchange = true;
    m_idp->answerAll(
        json({{"access_token"_L1, "exchanged"_L1},
              {"issued_token_type"_L1, "urn:ietf:params:oauth:token-type:access_token"_L1},
              {"token_type"_L1, "Bearer"_L1},
              {"expires_in"_L1, 60}}));
    auto server = brokered();
    server.auth.audience = u"api"_s;
    server.auth.scope = u"read write"_s;
    server.auth.resource = u"https://api/x"_s;
    QCOMPARE(ask(alice(), server).token(), "exchanged"_ba);
    const RawServer::Seen &post = m_idp->seen[0];
    QCOMPARE(post.line(), "POST /realms/inxm/protocol/openid-connect/token HTTP/1.1"_ba);
    const QString type = u"urn:ietf:params:oauth:token-type:access_token"_s;
    QCOMPARE(form(post),
             (QMap<QString, QString>{
                 {u"grant_type"_s, u"urn:ietf:params:oauth:grant-type:token-exchange"_s},
                 {u"subject_token"_s, u"caller-token"_s},
                 {u"subject_token_type"_s, type},
                 {u"requested_token_type"_s, type},
                 {u"audience"_s, u"api"_s},
                 {u"scope"_s, u"read write"_s},
                 {u"resource"_s, u"https://api/x"_s},
                 {u"requested_issuer"_s, u"git hub"_s}}));
    QCOMPARE(post.header("Authorization"),
             QByteArray("Basic " + QByteArray("bridge+id:s3cret%3A%2B").toBase64()));
}

void TestProviders::exchangeFindsTheEndpointOfAnIssuer()
{
    use(u"oidc"_s);
    m_idp->settings.exchange = true;
    m_idp->settings.secretInForm = true;
    const QString issuer = m_idp->settings.authBase.toString() + u"/t1"_s;
    m_idp->settings.issuer = issuer;
    m_idp->handle = [&](const RawServer::Seen &one) {
        if (one.line().contains("/.well-known/openid-configuration/t1"))
            one.answer(
                "200 OK", "application/json",
                json({{"issuer"_L1, issuer}, {"token_endpoint"_L1, QString(issuer + u"/tok"_s)}}));
        else if (one.line().startsWith("POST /t1/tok"))
            one.answer("200 OK", "application/json", json({{"access_token"_L1, "new"_L1}}));
        else
            one.answer("404 Not Found", "text/plain", "");
    };
    QCOMPARE(ask(alice(), childServer()).token(), "new"_ba);
    QCOMPARE(form(m_idp->seen.last()).value(u"client_secret"_s), u"s3cret:+"_s);
    QVERIFY(m_idp->seen.last().header("Authorization").isEmpty());
}

void TestProviders::exchangeRefusesOtherKindsOfTokens()
{
    use(u"keycloak"_s);
    m_idp->settings.exchange = true;
    m_idp->answerAll(
        json({{"access_token"_L1, "r"_L1},
              {"issued_token_type"_L1, "urn:ietf:params:oauth:token-type:refresh_token"_L1}}));
    QCOMPARE(ask(alice(), childServer()).code(), ErrorCode::IdpUnavailable);
}

void TestProviders::theBridgesOwnClientBeingRefusedIsNotTheCallersFault()
{
    use(u"keycloak"_s);
    m_idp->settings.exchange = true;
    m_idp->answerAll(R"({"error":"invalid_client"})", "401 Unauthorized");
    const auto caught = ask(alice(), childServer());
    QCOMPARE(caught.code(), ErrorCode::IdpUnavailable);
    QCOMPARE(caught.status(), 502);
}

void TestProviders::whatTheBridgeIsSetUpWronglyForIsNotTheCallersFault_data()
{
    QTest::addColumn<QString>("provider");
    QTest::addColumn<QString>("word");
    QTest::addColumn<QString>("hint");
    for (const QString &provider : {u"keycloak"_s, u"entra"_s}) {
        const auto row = [&provider](const QString &word, const QString &hint) {
            QTest::addRow("%s %s", qPrintable(provider), qPrintable(word))
                << provider << word << hint;
        };
        row(u"unauthorized_client"_s, u"does not accept the bridge itself"_s);
        row(u"invalid_target"_s, u"OAUTH_TOKEN_EXCHANGE_AUDIENCE"_s);
        row(u"invalid_scope"_s, u"OAUTH_TOKEN_EXCHANGE_SCOPE"_s);
    }
}

void TestProviders::whatTheBridgeIsSetUpWronglyForIsNotTheCallersFault()
{
    QFETCH(QString, provider);
    QFETCH(QString, word);
    QFETCH(QString, hint);
    use(provider);
    m_idp->settings.exchange = true;
    m_idp->settings.entraAuthority = m_idp->settings.authBase;
    m_idp->settings.entraTenant = u"t"_s;
    m_idp->answerAll(json({{"error"_L1, word}, {"error_description"_L1, "caller-token"_L1}}),
                     "400 Bad Request");
    const auto caught = ask(alice(), childServer());
    QCOMPARE(caught.code(), ErrorCode::IdpUnavailable);
    QCOMPARE(caught.status(), 502);
    const Error &error = caught.outcome->error();
    QVERIFY2(error.message.contains(hint), qPrintable(error.message));
    QVERIFY2(error.message.contains(word), qPrintable(error.message));
    QVERIFY(!error.message.contains("caller-token"_L1));
}

void TestProviders::whyThereIsNoCredentialIsForTheLog()
{
    use(u"keycloak"_s);
    m_idp->settings.exchange = true;
    m_idp->answerAll(R"({"error":"access_denied"})", "403 Forbidden");
    Error error = ask(alice(), childServer()).outcome->error();
    QCOMPARE(error.code, ErrorCode::NotConnected);
    QCOMPARE(error.logged.value("provider_error"_L1).toString(), u"access_denied"_s);
    QCOMPARE(error.logged.value("provider_status"_L1).toInt(), 403);
    m_idp->broker->forget();
    m_idp->answerAll(R"({"error":"caller token with spaces"})", "503 Down");
    error = ask(alice(), childServer()).outcome->error();
    QCOMPARE(error.logged.value("provider_status"_L1).toInt(), 503);
    QVERIFY(!error.logged.contains("provider_error"_L1));
    m_idp->broker->forget();
    m_idp->settings.tokenEndpoint = QUrl(u"http://127.0.0.1:1/token"_s);
    m_idp->make();
    error = ask(alice(), childServer()).outcome->error();
    QCOMPARE(httpStatus(error), 503);
    QVERIFY2(error.logged.value("cause"_L1).toString().contains(u"127.0.0.1:1"),
             qPrintable(error.logged.value("cause"_L1).toString()));
}

void TestProviders::aTokenOfAnotherIssuerIsNotHandedToTheIdentityProvider_data()
{
    QTest::addColumn<QString>("way");
    QTest::addColumn<QString>("issuer");
    QTest::addColumn<bool>("verifies");
    QTest::addColumn<bool>("isFine");
    for (const char *way : {"keycloak", "exchange", "entra"}) {
        const QString name = QString::fromLatin1(way);
        QTest::addRow("%s, own", way) << name << u"https://idp"_s << true << true;
        QTest::addRow("%s, another", way) << name << u"https://partner"_s << true << false;
        QTest::addRow("%s, none", way) << name << QString() << true << true;
        QTest::addRow("%s, not verified", way) << name << u"https://partner"_s << false << true;
    }
}

void TestProviders::aTokenOfAnotherIssuerIsNotHandedToTheIdentityProvider()
{
    QFETCH(QString, way);
    QFETCH(QString, issuer);
    QFETCH(bool, verifies);
    QFETCH(bool, isFine);
    use(u"keycloak"_s);
    m_idp->settings.entraAuthority = m_idp->settings.authBase;
    m_idp->settings.entraTenant = u"contoso"_s;
    m_idp->settings.primaryIssuer = u"https://idp"_s;
    m_idp->settings.verifiesTokens = verifies;
    m_idp->answerAll(json({{"access_token"_L1, "made"_L1}, {"expires_in"_L1, 60}}));
    auto who = alice();
    who.issuer = issuer;
    auto server = brokered();
    server.auth.provider = way;
    const auto caught = ask(who, server);
    QCOMPARE(caught.isOk(), isFine);
    QCOMPARE(m_idp->seen.isEmpty(), !isFine);
    if (isFine)
        return;
    QCOMPARE(caught.code(), ErrorCode::InvalidToken);
    QCOMPARE(caught.status(), 401);
    // Nor when a server refuses what it got.
    upstream::Identity identity;
    m_idp->broker->attach(identity, share(who), server);
    QVERIFY(identity.source);
    Caught<upstream::HeldCredential> again;
    again.call = identity.source->renew("old", {}, again.handler());
    QTRY_VERIFY(again.outcome);
    QCOMPARE(again.code(), ErrorCode::InvalidToken);
    QVERIFY(m_idp->seen.isEmpty());
    // What passes it on to an MCP server goes on doing so.
    server.auth.provider = u"passthrough"_s;
    QCOMPARE(ask(who, server).token(), "caller-token"_ba);
}

void TestProviders::entraActsOnBehalf()
{
    use(u"entra"_s);
    m_idp->settings.entraAuthority = m_idp->settings.authBase;
    m_idp->settings.entraTenant = u"contoso"_s;
    m_idp->answerAll(json({{"access_token"_L1, "obo"_L1}, {"expires_in"_L1, "3599"_L1}}));
    auto server = childServer();
    server.auth.scope = u"https://graph.microsoft.com/.default"_s;
    QCOMPARE(ask(alice(), server).token(), "obo"_ba);
    QCOMPARE(m_idp->seen[0].line(), "POST /contoso/oauth2/v2.0/token HTTP/1.1"_ba);
    QCOMPARE(
        form(m_idp->seen[0]),
        (QMap<QString, QString>{{u"grant_type"_s, u"urn:ietf:params:oauth:grant-type:jwt-bearer"_s},
                                {u"assertion"_s, u"caller-token"_s},
                                {u"requested_token_use"_s, u"on_behalf_of"_s},
                                {u"scope"_s, u"https://graph.microsoft.com/.default"_s},
                                {u"client_id"_s, u"bridge id"_s},
                                {u"client_secret"_s, u"s3cret:+"_s}}));
}

void TestProviders::entraRelaysWhatTheUserHasToDo()
{
    use(u"entra"_s);
    m_idp->settings.entraAuthority = m_idp->settings.authBase;
    m_idp->settings.entraTenant = u"contoso"_s;
    const QString claims = uR"({"access_token":{"polids":{"essential":true}}})"_s;
    m_idp->answerAll(json({{"error"_L1, "interaction_required"_L1}, {"claims"_L1, claims}}),
                     "400 Bad Request");
    const auto caught = ask(alice(), childServer());
    QCOMPARE(caught.status(), 401);
    QCOMPARE(caught.outcome->error().extra["claims"_L1].toString(), claims);
}

void TestProviders::aKeyComesFromTheStoreByAnEncodedPath()
{
    useStore();
    m_idp->answerAll(R"({"key":"k-1"})");
    auto who = alice();
    who.email = u"a/../b c@ex.org"_s;
    who.claims["email"_L1] = who.email;
    QCOMPARE(ask(who, keyed()).token(), "k-1"_ba);
    QCOMPARE(m_idp->seen[0].line(),
             "GET /api/internal/connection-key/a%2F..%2Fb%20c%40ex.org/a%2Fb%20c HTTP/1.1"_ba);
    QCOMPARE(m_idp->seen[0].header("X-Service-ID"), "bridge"_ba);
    QCOMPARE(m_idp->seen[0].header("X-Internal-Secret"), "internal-secret"_ba);
    QVERIFY(m_idp->seen[0].header("Authorization").isEmpty());
}

void TestProviders::onlyListedClientsGetKeys()
{
    useStore();
    m_idp->answerAll(R"({"key":"k-1"})");
    auto other = alice();
    other.claims = {{"azp"_L1, "evil"_L1}, {"aud"_L1, QJsonArray{"x"_L1, "y"_L1}}};
    QCOMPARE(ask(other, keyed()).status(), 401);
    auto audience = alice();
    audience.token = "other-token";
    audience.claims["azp"_L1] = "evil"_L1;
    audience.claims["aud"_L1] = QJsonArray{"x"_L1, "app"_L1};
    QCOMPARE(ask(audience, keyed()).token(), "k-1"_ba);
    QCOMPARE(m_idp->seen.size(), 1);
    m_idp->settings.keyClients.clear();
    m_idp->make();
    QCOMPARE(ask(alice(), keyed()).status(), 401);
    QCOMPARE(m_idp->seen.size(), 1);
}

void TestProviders::anUnverifiedCallerGetsNoKey()
{
    useStore();
    auto who = alice();
    who.isVerified = false;
    QCOMPARE(ask(who, keyed()).status(), 401);
    QVERIFY(m_idp->seen.isEmpty());
}

void TestProviders::keysAreNotGivenByANameNobodyVouchesFor_data()
{
    QTest::addColumn<QString>("issuer");
    QTest::addColumn<QJsonObject>("claims");
    QTest::addColumn<bool>("byUsername");
    QTest::addColumn<bool>("byUnsaidEmail");
    QTest::addColumn<bool>("isFine");
    const QString own = u"https://idp"_s, ceo = u"ceo@corp.org"_s;
    const QJsonObject plain{{"azp"_L1, "app"_L1}, {"email"_L1, ceo}};
    const auto with = [&](const QJsonValue &verified) {
        QJsonObject claims = plain;
        claims["email_verified"_L1] = verified;
        return claims;
    };
    const QJsonObject named{{"azp"_L1, "app"_L1}, {"preferred_username"_L1, ceo}};
    const QString partner = u"https://partner"_s;
    QTest::newRow("nothing is said") << own << plain << true << false << false;
    QTest::newRow("nothing is said, null") << own << with({}) << false << false << false;
    QTest::newRow("nothing is said, allowed") << own << plain << false << true << true;
    QTest::newRow("verified") << own << with(true) << false << false << true;
    QTest::newRow("verified, as text") << own << with(u"true"_s) << false << false << true;
    QTest::newRow("another issuer") << partner << with(true) << false << true << false;
    QTest::newRow("no issuer") << QString() << with(true) << true << true << false;
    QTest::newRow("not verified") << own << with(false) << true << true << false;
    QTest::newRow("not verified, as text") << own << with(u"false"_s) << false << true << false;
    QTest::newRow("a user name") << own << named << false << true << false;
    QTest::newRow("a user name, allowed") << own << named << true << false << true;
    QTest::newRow("another issuer's user name") << partner << named << true << true << false;
}

void TestProviders::keysAreNotGivenByANameNobodyVouchesFor()
{
    QFETCH(QString, issuer);
    QFETCH(QJsonObject, claims);
    QFETCH(bool, byUsername);
    QFETCH(bool, byUnsaidEmail);
    QFETCH(bool, isFine);
    useStore();
    m_idp->settings.primaryIssuer = u"https://idp"_s;
    m_idp->settings.keysByUsername = byUsername;
    m_idp->settings.keysByUnsaidEmail = byUnsaidEmail;
    m_idp->answerAll(R"({"key":"k-1"})");
    auto who = alice();
    who.email = u"ceo@corp.org"_s;
    who.issuer = issuer;
    who.claims = claims;
    const auto caught = ask(who, keyed());
    QCOMPARE(caught.isOk(), isFine);
    QCOMPARE(m_idp->seen.isEmpty(), !isFine);
    if (!isFine) {
        QCOMPARE(caught.code(), ErrorCode::InvalidToken);
        QCOMPARE(caught.status(), 401);
    }
}

void TestProviders::aMissingKeyNamesTheConnection()
{
    useStore();
    m_idp->answerAll("{}", "404 Not Found");
    auto caught = ask(alice(), keyed());
    QCOMPARE(caught.code(), ErrorCode::NotConnected);
    QVERIFY(caught.outcome->error().message.contains("a/b c"_L1));
    m_idp->make();
    m_idp->answerAll(R"({"key":""})");
    QCOMPARE(ask(alice(), keyed()).code(), ErrorCode::NotConnected);
}

void TestProviders::aStoreThatFailsFailsTheCall()
{
    useStore();
    m_idp->answerAll("{}", "500 Oops");
    const auto caught = ask(alice(), keyed());
    QCOMPARE(caught.code(), ErrorCode::IdpUnavailable);
    QVERIFY2(caught.outcome->error().message.contains(u"500"),
             qPrintable(caught.outcome->error().message));
    // Neither the shared token nor the caller's own takes its place.
    upstream::Identity identity;
    identity.callerToken = "caller-token";
    auto server = remoteServer(m_idp->url());
    server.auth = keyed().auth;
    server.auth.mayFallBack = true;
    server.remote->bearerToken = "shared";
    m_idp->broker->attach(identity, share(alice()), server);
    QVERIFY(identity.callerToken.isEmpty());
    QVERIFY(identity.source);
    QVERIFY(!identity.source->mayFallBack());
    m_idp->broker->attach(identity, auth::anonymous(), server);
    QVERIFY(identity.source); // and it fails
    Caught<upstream::HeldCredential> nobody;
    nobody.call = identity.source->get(nobody.handler());
    QTRY_VERIFY(nobody.outcome);
    QCOMPARE(nobody.code(), ErrorCode::Unauthorized);
}

void TestProviders::pathsThatLeadElsewhereAreRefused()
{
    useStore();
    auto who = alice();
    who.email = u".."_s;
    QCOMPARE(ask(who, keyed()).status(), 401);
    auto server = keyed();
    server.auth.connection = u".."_s;
    QCOMPARE(ask(alice(), server).code(), ErrorCode::IdpUnavailable);
    QVERIFY(m_idp->seen.isEmpty());
}

void TestProviders::answersThatCannotStandInAHeaderAreRefused()
{
    m_idp->answerAll(json({{"access_token"_L1, "a\r\nX-Evil: 1"_L1}}));
    QCOMPARE(ask(alice(), brokered()).code(), ErrorCode::IdpUnavailable);
}

QTEST_GUILESS_MAIN(TestProviders)
#include "tst_providers.moc"
