// SPDX-License-Identifier: GPL-3.0-or-later
// MCP 2026-07-28 "Authorization" from the client's side: who authorizes is found out, the user is
// sent there, what comes back is checked, tokens are kept and renewed.
#include "server/credentials/challenge.h"
#include "tests/server/credentials/farlogin.h"

using namespace fake;

class TestUpstreamLogin : public FarTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_far = std::make_unique<Far>(); }
    void cleanup() { m_far.reset(); }

    void theUserIsSentToWhoeverAuthorizes()
    {
        const QByteArray one = ticket(m_far->server());
        QVERIFY(!one.isEmpty());
        QCOMPARE(ticket(m_far->server()), one); // the same until it is used
        QCOMPARE(m_far->posts("/register").size(), 1);
        const QJsonObject registration =
            QJsonDocument::fromJson(m_far->posts("/register")[0].body).object();
        QCOMPARE(registration["application_type"_L1].toString(), u"native"_s);
        QCOMPARE(registration["token_endpoint_auth_method"_L1].toString(), u"none"_s);
        const auto departure = m_far->flow->begin(one);
        QVERIFY(departure);
        auto query = items(departure->address);
        QCOMPARE(query.take(u"code_challenge"_s).size(), 43);
        QVERIFY(query.take(u"state"_s).size() >= 43);
        QCOMPARE(query,
                 (QMap<QString, QString>{
                     {u"x"_s, u"1"_s},
                     {u"response_type"_s, u"code"_s},
                     {u"client_id"_s, u"dyn-1"_s},
                     {u"redirect_uri"_s, u"http://127.0.0.1:8000/base/oauth/upstream/callback/"_s
                                             + UpstreamLogin::placeOf(m_far->origin)},
                     {u"code_challenge_method"_s, u"S256"_s},
                     {u"resource"_s, m_far->origin + u"/mcp"_s},
                     {u"scope"_s, u"read+write+offline_access"_s}}));
    }

    void theCodeBecomesAnAccountThatIsKeptAndUsed()
    {
        const auto departure = m_far->flow->begin(ticket(m_far->server()));
        const auto ended = finish(arrivalOf(*departure));
        QVERIFY(ended && ended->ok());
        QCOMPARE(**ended, u"far"_s);
        const auto sent = form(m_far->posts("/token")[0]);
        QCOMPARE(sent.value(u"grant_type"_s), u"authorization_code"_s);
        QCOMPARE(sent.value(u"code"_s), u"the code"_s);
        QCOMPARE(sent.value(u"client_id"_s), u"dyn-1"_s);
        QCOMPARE(sent.value(u"resource"_s), m_far->origin + u"/mcp"_s);
        const QByteArray verifier = sent.value(u"code_verifier"_s).toLatin1();
        QCOMPARE(QCryptographicHash::hash(verifier, QCryptographicHash::Sha256)
                     .toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals),
                 items(departure->address).value(u"code_challenge"_s).toLatin1());
        auto credential = ask(m_far->server());
        QCOMPARE((*credential)->token, "at-1"_ba);
        m_far->open(); // another start of the bridge
        credential = ask(m_far->server());
        QCOMPARE((*credential)->token, "at-1"_ba);
        QCOMPARE(m_far->posts("/token").size(), 1);
        const auto other = ask(m_far->server(), share(person(u"bob"_s, "caller-token")));
        QCOMPARE(other->error().code, ErrorCode::NotConnected);
    }

    void anAnswerIsTakenOnceAndFromTheSameBrowserOnly()
    {
        const auto departure = m_far->flow->begin(ticket(m_far->server()));
        auto arrival = arrivalOf(*departure);
        for (const QByteArray &binding :
             {QByteArray(), "x"_ba, QByteArray(departure->binding + 'x')}) {
            auto foreign = arrival;
            foreign.binding = binding;
            QCOMPARE(finish(foreign)->error().code, ErrorCode::BadRequest);
        }
        auto guessed = arrival;
        guessed.state = "guess";
        QCOMPARE(finish(guessed)->error().code, ErrorCode::BadRequest);
        QVERIFY(finish(arrival)->ok());
        QCOMPARE(finish(arrival)->error().code, ErrorCode::BadRequest);
        QCOMPARE(m_far->posts("/token").size(), 1);
    }

    void anAnswerOfAnotherIssuerIsNotRedeemed_data()
    {
        QTest::addColumn<bool>("announced");
        QTest::addColumn<QString>("issuer");
        QTest::addColumn<bool>("isFine");
        QTest::newRow("other") << false << u"https://evil.example"_s << false;
        QTest::newRow("slash") << true << u"SELF/"_s << false;
        QTest::newRow("missing") << true << QString() << false;
        QTest::newRow("none needed") << false << QString() << true;
        QTest::newRow("right") << true << u"SELF"_s << true;
    }
    void anAnswerOfAnotherIssuerIsNotRedeemed()
    {
        QFETCH(bool, announced);
        QFETCH(QString, issuer);
        QFETCH(bool, isFine);
        m_far->metadata["authorization_response_iss_parameter_supported"_L1] = announced;
        auto arrival = arrivalOf(*m_far->flow->begin(ticket(m_far->server())));
        if (!issuer.isEmpty())
            arrival.issuer = issuer.replace(u"SELF"_s, m_far->origin);
        QCOMPARE(finish(arrival)->ok(), isFine);
        QCOMPARE(m_far->posts("/token").size(), isFine ? 1 : 0);
    }

    void aLoginIsOfferedForALimitedTime()
    {
        const QByteArray one = ticket(m_far->server());
        m_far->now += 10 * 60'000;
        QVERIFY(!m_far->flow->begin(one));
        QVERIFY(!m_far->flow->pending(one));
        QVERIFY(ticket(m_far->server()) != one);
    }

    void aRefusalOfTheUserIsNoError()
    {
        auto arrival = arrivalOf(*m_far->flow->begin(ticket(m_far->server())));
        arrival.code.clear();
        arrival.error = u"access_denied"_s;
        const Error refused = finish(arrival)->error();
        QCOMPARE(refused.code, ErrorCode::NotConnected);
        QCOMPARE(refused.logged["provider_error"_L1].toString(), u"access_denied"_s);
        QVERIFY(!ticket(m_far->server()).isEmpty());
        // Anybody can open the address with words of his own.
        arrival = arrivalOf(*m_far->flow->begin(ticket(m_far->server())));
        arrival.code.clear();
        arrival.error = u"a b\nc"_s;
        QCOMPARE(finish(arrival)->error().logged["provider_error"_L1].toString(), u"not a code"_s);
    }

    void anEndedAccountIsRenewedWithItsRotatingToken()
    {
        QVERIFY(connectAccount());
        m_far->tokens = {{"access_token"_L1, "at-2"_L1},
                         {"refresh_token"_L1, "rt-2"_L1},
                         {"expires_in"_L1, 3600}};
        m_far->now += 3'600'000;
        QCOMPARE((*ask(m_far->server()))->token, "at-2"_ba);
        QCOMPARE(form(m_far->posts("/token")[1]),
                 (QMap<QString, QString>{{u"grant_type"_s, u"refresh_token"_s},
                                         {u"refresh_token"_s, u"rt-1"_s},
                                         {u"client_id"_s, u"dyn-1"_s},
                                         {u"resource"_s, m_far->origin + u"/mcp"_s}}));
        m_far->open();
        m_far->now += 3'600'000;
        QVERIFY(ask(m_far->server())->ok());
        QCOMPARE(form(m_far->posts("/token")[2]).value(u"refresh_token"_s), u"rt-2"_s);
    }

    void anAccountThatCannotBeRenewedIsConnectedAgain()
    {
        QVERIFY(connectAccount());
        m_far->now += 3'600'000;
        m_far->tokenStatus = "503 Down";
        QCOMPARE(ask(m_far->server())->error().code, ErrorCode::IdpUnavailable);
        m_far->now += 1'001;
        m_far->tokenStatus = "400 Bad Request";
        m_far->tokens = {{"error"_L1, "invalid_grant"_L1}};
        QVERIFY(!ticket(m_far->server()).isEmpty());
    }

    void anotherServerOfTheSameNameGetsNothing()
    {
        QVERIFY(connectAccount());
        auto moved = m_far->server();
        moved.remote->url = QUrl(m_far->origin + u"/elsewhere"_s);
        const auto outcome = ask(moved);
        QVERIFY(outcome && !outcome->ok());
    }

    void whatIsUnsafeIsRefused()
    {
        m_far->metadata.remove("code_challenge_methods_supported"_L1);
        QVERIFY(ticket(m_far->server()).isEmpty());
        m_far = std::make_unique<Far>();
        m_far->metadata["issuer"_L1] = u"https://honest.example"_s;
        QVERIFY(ticket(m_far->server()).isEmpty());
        m_far = std::make_unique<Far>();
        m_far->resource["resource"_L1] = u"https://other.example/mcp"_s;
        QVERIFY(ticket(m_far->server()).isEmpty());
        m_far = std::make_unique<Far>();
        auto server = m_far->server();
        server.auth.issuer = u"https://another.example"_s;
        QVERIFY(ticket(server).isEmpty());
        m_far = std::make_unique<Far>();
        m_far->resource["authorization_servers"_L1] = QJsonArray{u"http://10.0.0.1"_s};
        const auto outcome = ask(m_far->server());
        QCOMPARE(outcome->error().code, ErrorCode::IdpUnavailable);
    }

    void whatMayNotBeFetchedIsNotSaidToComeBack()
    {
        m_far->resource["authorization_servers"_L1] = QJsonArray{u"http://127.0.0.9"_s};
        const Error refused = ask(m_far->server())->error();
        QCOMPARE(refused.code, ErrorCode::IdpUnavailable);
        QCOMPARE(httpStatus(refused), 502);
        QVERIFY(!refused.extra.contains("retry_after"_L1));
        QVERIFY2(refused.message.contains(u"EGRESS_ALLOWED_NETWORKS"), qPrintable(refused.message));
    }

    void aKnownClientIsUsedAndItsSecretKept()
    {
        auto server = m_far->server();
        server.auth.clientId = u"known"_s;
        server.auth.clientSecret = "s3cret";
        server.auth.issuer = m_far->origin;
        m_far->metadata["token_endpoint_auth_methods_supported"_L1] =
            QJsonArray{"client_secret_basic"_L1};
        const auto departure = m_far->flow->begin(ticket(server));
        QVERIFY(departure);
        QVERIFY(finish(arrivalOf(*departure))->ok());
        QVERIFY(m_far->posts("/register").isEmpty());
        QCOMPARE(m_far->posts("/token")[0].header("Authorization"),
                 QByteArray("Basic " + QByteArray("known:s3cret").toBase64()));
    }

    void aMetadataDocumentIsTheClientWhereThatWorks()
    {
        m_far->metadata["client_id_metadata_document_supported"_L1] = true;
        m_far->metadata["authorization_response_iss_parameter_supported"_L1] = true;
        m_far->login.publicUrl = QUrl(u"https://bridge.example/b/"_s);
        m_far->open();
        const auto departure = m_far->flow->begin(ticket(m_far->server()));
        const QString id = u"https://bridge.example/b/oauth/client-metadata.json"_s;
        QCOMPARE(items(departure->address).value(u"client_id"_s), id);
        const QJsonObject document = m_far->flow->clientDocument();
        QCOMPARE(document["client_id"_L1].toString(), id);
        QCOMPARE(document["redirect_uris"_L1].toArray(),
                 QJsonArray{items(departure->address).value(u"redirect_uri"_s)});
        QVERIFY(m_far->posts("/register").isEmpty());
    }

    void aServerThatDemandsItIsEnough()
    {
        auto server = m_far->server();
        server.auth.provider.clear(); // nothing is configured
        upstream::Identity identity;
        m_far->broker->attach(identity, alice(), server);
        QVERIFY(identity.source && identity.source->isOptional());
        Caught<upstream::HeldCredential> held;
        held.call = identity.source->get(held.handler());
        QTRY_COMPARE(held.token(), "caller-token"_ba); // passed on, as ever
        // The server refuses it and says who authorizes, here with another scope.
        const QByteArray challenge =
            "Basic realm=\"x\", Bearer error=\"invalid_token\", scope=\"files:read\", "
            "resource_metadata=\""
            + m_far->origin.toLatin1() + "/.well-known/oauth-protected-resource/mcp\"";
        Caught<upstream::HeldCredential> renewed;
        renewed.call = identity.source->renew("caller-token", {{"www-authenticate", challenge}},
                                              renewed.handler());
        QTRY_COMPARE(renewed.code(), ErrorCode::NotConnected);
        const QUrl url(renewed.outcome->error().extra["authorization_url"_L1].toString());
        const auto departure = m_far->flow->begin(items(url).value(u"ticket"_s).toLatin1());
        QCOMPARE(items(departure->address).value(u"scope"_s), u"files:read+offline_access"_s);
        QVERIFY(finish(arrivalOf(*departure))->ok());
        // From now on the account goes before the caller's token.
        Caught<upstream::HeldCredential> account;
        account.call = identity.source->get(account.handler());
        QTRY_COMPARE(account.token(), "at-1"_ba);
    }

    void aServerThatDoesNotSayWhoAuthorizesMeansWhatItSays()
    {
        auto server = m_far->server();
        server.auth.provider.clear();
        m_far->resource = {};
        upstream::Identity identity;
        m_far->broker->attach(identity, alice(), server);
        Caught<upstream::HeldCredential> held;
        held.call = identity.source->renew("caller-token", {}, held.handler());
        QTRY_VERIFY(held.outcome);
        QVERIFY(held.isOk());
        QVERIFY(held.token().isEmpty());
    }

    void aScopeThatIsMissingIsAskedForBesideTheOthers()
    {
        QVERIFY(connectAccount());
        upstream::Identity identity;
        m_far->broker->attach(identity, alice(), m_far->server());
        Caught<upstream::HeldCredential> held;
        held.call = identity.source->renew(
            "at-1", {{"WWW-Authenticate", "Bearer error=\"insufficient_scope\", scope=\"admin\""}},
            held.handler());
        QTRY_COMPARE(held.code(), ErrorCode::NotConnected);
        const QUrl url(held.outcome->error().extra["authorization_url"_L1].toString());
        const auto departure = m_far->flow->begin(items(url).value(u"ticket"_s).toLatin1());
        QVERIFY(departure);
        QCOMPARE(items(departure->address).value(u"scope"_s), u"admin+read+write+offline_access"_s);
        QCOMPARE(m_far->posts("/token").size(), 1); // renewing would not help
        // What is there goes on working.
        QCOMPARE((*ask(m_far->server()))->token, "at-1"_ba);
    }

    void whoeverNobodyVouchesForHasNoAccount()
    {
        QVERIFY(connectAccount());
        auto forged = person(u"alice"_s, "forged");
        forged.isVerified = false;
        QCOMPARE(ask(m_far->server(), share(forged))->error().code, ErrorCode::Unauthorized);
        auto server = m_far->server();
        server.auth.provider.clear();
        upstream::Identity identity;
        m_far->broker->attach(identity, share(forged), server);
        Caught<upstream::HeldCredential> held;
        held.call = identity.source->get(held.handler());
        QTRY_COMPARE(held.token(), "forged"_ba);
    }

    void nobodysAccountIsOfferedWhereThatIsAllowedOnly()
    {
        auto server = m_far->server();
        QCOMPARE(ask(server, auth::anonymous())->error().code, ErrorCode::Unauthorized);
        server.auth.provider.clear();
        upstream::Identity identity;
        m_far->broker->attach(identity, auth::anonymous(), server);
        QVERIFY(!identity.source);
        m_far->login.servesAnonymous = true;
        m_far->open();
        m_far->broker->attach(identity, auth::anonymous(), server);
        QVERIFY(identity.source);
    }

    void challengesAreRead_data()
    {
        QTest::addColumn<QByteArray>("field");
        QTest::addColumn<QString>("scope");
        QTest::addColumn<QString>("url");
        QTest::newRow("plain") << "Bearer scope=\"a b\""_ba << u"a b"_s << QString();
        QTest::newRow("second") << "Basic realm=\"Bearer scope=x\", bearer SCOPE=y"_ba << u"y"_s
                                << QString();
        QTest::newRow("escaped") << "Bearer scope=\"a\\\"b\", resource_metadata=https://x/y"_ba
                                 << u"a\"b"_s << u"https"_s;
        QTest::newRow("token68") << "Negotiate abc==, Bearer scope=\"z\""_ba << u"z"_s << QString();
        QTest::newRow("javascript")
            << "Bearer resource_metadata=\"javascript:alert(1)\""_ba << QString() << QString();
        QTest::newRow("open quote") << "Bearer scope=\"a"_ba << u"a"_s << QString();
    }
    void challengesAreRead()
    {
        QFETCH(QByteArray, field);
        QFETCH(QString, scope);
        const auto challenge = credentials::bearerChallenge({{"WWW-Authenticate", field}});
        QVERIFY(challenge);
        QCOMPARE(challenge->scopes.join(u' '), scope);
        QVERIFY(!challenge->resourceMetadata.isValid()
                || challenge->resourceMetadata.scheme().startsWith("http"_L1));
    }
    void whatIsNoChallengeIsNone()
    {
        for (const QByteArray &field : {"Basic realm=x"_ba, ""_ba, ",,,"_ba, "\"Bearer\""_ba,
                                        QByteArray("Bearer " + QByteArray(9'000, 'a'))})
            QVERIFY(!credentials::bearerChallenge({{"WWW-Authenticate", field}}));
    }
};

QTEST_GUILESS_MAIN(TestUpstreamLogin)
#include "tst_upstreamlogin.moc"
