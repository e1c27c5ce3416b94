// SPDX-License-Identifier: GPL-3.0-or-later
// What users do with their accounts at MCP servers: see them, disconnect them, connect others; and
// whose credentials go where (MCP 2026-07-28 "Authorization Server Binding").
#include "tests/server/credentials/farlogin.h"

using namespace fake;

class TestUpstreamAccounts : public FarTest
{
    Q_OBJECT

    credentials::Ask asked() { return *m_far->broker->accountAsk(alice(), m_far->server()); }
    QList<credentials::ConnectedAccount> accounts(const QString &owner = u"https://idp#alice"_s)
    {
        Caught<QList<credentials::ConnectedAccount>> caught;
        caught.call = m_far->flow->accountsOf(owner, caught.handler());
        (void)QTest::qWaitFor([&] { return caught.outcome.has_value(); });
        return caught.outcome && *caught.outcome ? **caught.outcome
                                                 : QList<credentials::ConnectedAccount>();
    }
    std::optional<Result<credentials::Withdrawal>> disconnect()
    {
        Caught<credentials::Withdrawal> caught;
        caught.call = m_far->flow->disconnectAccount(alice()->owner, u"far"_s, caught.handler());
        (void)QTest::qWaitFor([&] { return caught.outcome.has_value(); });
        return caught.outcome;
    }
    /// A sign-in at the server that is there only to be finished.
    std::optional<UpstreamLogin::Arrival> anotherLogin()
    {
        Caught<credentials::Invitation> invited;
        invited.call = m_far->flow->invite(asked(), invited.handler());
        if (!QTest::qWaitFor([&] { return invited.isOk(); }))
            return std::nullopt;
        const QMap<QString, QString> fields = items((*invited.outcome)->address);
        const auto departure = m_far->flow->begin(fields.value(u"ticket"_s).toLatin1());
        return departure ? std::optional(arrivalOf(*departure)) : std::nullopt;
    }

private Q_SLOTS:
    void init() { m_far = std::make_unique<Far>(); }
    void cleanup() { m_far.reset(); }

    // MCP 2026-07-28 "Authorization Server Binding": registered beforehand means registered there.
    void aClientOfNoIssuerIsShownToNobody_data()
    {
        QTest::addColumn<QByteArray>("secret");
        QTest::newRow("public") << QByteArray();
        QTest::newRow("confidential") << "s3cret"_ba;
    }
    void aClientOfNoIssuerIsShownToNobody()
    {
        QFETCH(QByteArray, secret);
        auto server = m_far->server();
        server.auth.clientId = u"fixed-id"_s;
        server.auth.clientSecret = secret;
        const auto outcome = ask(server);
        QCOMPARE(outcome->error().code, ErrorCode::NotConnected);
        QVERIFY(!outcome->error().extra.contains("authorization_url"_L1));
        QVERIFY(outcome->error().message.contains(u"`issuer`"_s));
        for (const auto &one : m_far->seen)
            QVERIFY(!one.head.contains("fixed-id") && !one.body.contains("fixed-id"));
    }

    void aChangedClientMeansAnotherLogin()
    {
        QVERIFY(connectAccount());
        auto server = m_far->server();
        server.auth.issuer = m_far->origin;
        QCOMPARE((*ask(server))->token, "at-1"_ba); // what it was connected with
        server.auth.clientId = u"known"_s;
        const auto departure = m_far->flow->begin(ticket(server));
        QVERIFY(departure);
        QCOMPARE(items(departure->address).value(u"client_id"_s), u"known"_s);
        // An address that was given out for the client of before is not handed on.
        server.auth.clientId = u"newer"_s;
        const auto newer = m_far->flow->begin(ticket(server));
        QVERIFY(newer);
        QCOMPARE(items(newer->address).value(u"client_id"_s), u"newer"_s);
        server.auth.issuer = u"https://another.example"_s;
        QVERIFY(ticket(server).isEmpty());
        QVERIFY(!ask(server)->ok());
        QCOMPARE(m_far->posts("/token").size(), 1);
    }

    void anotherAuthorizationServerGetsNothingOfTheFirst()
    {
        QVERIFY(connectAccount());
        // The MCP server names somebody else from now on.
        Far other;
        other.registration["client_id"_L1] = u"dyn-other"_s;
        m_far->resource["authorization_servers"_L1] = QJsonArray{other.origin};
        egress::EgressOptions options;
        options.allowedNetworks = *Networks::from({u"127.0.0.1"_s});
        options.allowedPorts = {other.serverPort()};
        m_far->client.setOptions(options);
        upstream::Identity identity;
        m_far->broker->attach(identity, alice(), m_far->server());
        Caught<upstream::HeldCredential> held;
        held.call = identity.source->renew(
            "at-1", {{"WWW-Authenticate", "Bearer error=\"invalid_token\""}}, held.handler());
        QTRY_COMPARE(held.code(), ErrorCode::NotConnected);
        QCOMPARE(m_far->posts("/token").size(), 1); // a new one of the first would not help
        const QUrl url(held.outcome->error().extra["authorization_url"_L1].toString());
        const auto departure = m_far->flow->begin(items(url).value(u"ticket"_s).toLatin1());
        QVERIFY(departure);
        QCOMPARE(departure->address.port(), int(other.serverPort()));
        QCOMPARE(items(departure->address).value(u"client_id"_s), u"dyn-other"_s);
        other.tokens["access_token"_L1] = u"at-other"_s;
        QVERIFY(finish(arrivalOf(*departure))->ok());
        for (const auto &one : std::as_const(other.seen)) {
            for (const QByteArray &secret : {"at-1"_ba, "rt-1"_ba, "dyn-1"_ba, "caller-token"_ba})
                QVERIFY2(!one.head.contains(secret) && !one.body.contains(secret),
                         one.head.constData());
        }
        for (const auto &one : std::as_const(m_far->seen))
            QVERIFY(!one.head.contains("dyn-other") && !one.body.contains("dyn-other"));
        QCOMPARE((*ask(m_far->server()))->token, "at-other"_ba);
    }

    void accountsAreListedWithWhatIsKnownOfThem()
    {
        QVERIFY(accounts().isEmpty());
        QVERIFY(connectAccount());
        m_far->now += 60'000;
        m_far->open(); // from the vault
        const auto list = accounts();
        QCOMPARE(list.size(), 1);
        const credentials::Account &account = *list[0].account;
        QCOMPARE(list[0].server, u"far"_s);
        QCOMPARE(account.client.issuer, m_far->origin);
        QCOMPARE(account.connected.toMSecsSinceEpoch(), m_far->now - 60'000);
        QVERIFY(!m_far->flow->needsLogin(account, asked()));
        QVERIFY(accounts(u"https://idp#bob"_s).isEmpty());
        m_far->now += 3'600'000;
        QVERIFY(!m_far->flow->needsLogin(account, asked())); // it is renewed
        m_far->tokenStatus = "400 Bad Request";
        m_far->tokens = {{"error"_L1, "invalid_grant"_L1}};
        QVERIFY(!ticket(m_far->server()).isEmpty());
        QVERIFY(m_far->flow->needsLogin(*accounts()[0].account, asked()));
        const auto tries = m_far->posts("/token").size();
        QVERIFY(!ticket(m_far->server()).isEmpty());
        QCOMPARE(m_far->posts("/token").size(), tries); // a dead token is not tried again
    }

    void aDisconnectedAccountIsWithdrawn()
    {
        QVERIFY(connectAccount());
        QCOMPARE((*ask(m_far->server()))->token, "at-1"_ba);
        const auto outcome = disconnect();
        QVERIFY(outcome && outcome->ok());
        QCOMPARE(**outcome, credentials::Withdrawal::Done);
        const auto sent = m_far->posts("/revoke");
        QCOMPARE(sent.size(), 2);
        QCOMPARE(form(sent[0]), (QMap<QString, QString>{{u"token"_s, u"rt-1"_s},
                                                        {u"token_type_hint"_s, u"refresh_token"_s},
                                                        {u"client_id"_s, u"dyn-1"_s}}));
        QCOMPARE(form(sent[1]).value(u"token"_s), u"at-1"_s);
        QVERIFY(accounts().isEmpty());
        m_far->broker->forgetAccount(alice()->owner, u"far"_s);
        QVERIFY(!ticket(m_far->server()).isEmpty());
        QCOMPARE(disconnect()->error().code, ErrorCode::NotFound);
        m_far->open();
        QVERIFY(accounts().isEmpty());
    }

    void anAccountIsForgottenWhetherItsTokensAreWithdrawnOrNot()
    {
        QVERIFY(connectAccount());
        m_far->revokeStatus = "503 Down";
        QCOMPARE(**disconnect(), credentials::Withdrawal::Failed);
        QVERIFY(accounts().isEmpty());
        m_far->metadata.remove("revocation_endpoint"_L1);
        m_far->open(); // forgets the metadata
        QVERIFY(connectAccount());
        QCOMPARE(**disconnect(), credentials::Withdrawal::NotOffered);
        QVERIFY(accounts().isEmpty());
    }

    void aWithdrawalGoesOnWhenNobodyWaits()
    {
        QVERIFY(connectAccount());
        Caught<credentials::Withdrawal> caught;
        caught.call = m_far->flow->disconnectAccount(alice()->owner, u"far"_s, caught.handler());
        caught.call.cancel();
        QTRY_COMPARE(m_far->posts("/revoke").size(), 2);
        QVERIFY(!caught.outcome);
    }

    void whatIsRenewedAfterADisconnectIsWithdrawnToo()
    {
        QVERIFY(connectAccount());
        m_far->now += 3'600'000;
        m_far->holdsTokens = true;
        m_far->tokens = {{"access_token"_L1, "at-2"_L1}, {"refresh_token"_L1, "rt-2"_L1}};
        Caught<Credential> caught;
        caught.call = m_far->broker->credentialFor(alice(), m_far->server(), caught.handler());
        QTRY_COMPARE(m_far->held.size(), 1);
        QVERIFY(disconnect()->ok());
        m_far->answerHeld();
        QTRY_COMPARE(caught.code(), ErrorCode::NotConnected);
        QTRY_COMPARE(m_far->posts("/revoke").size(), 4);
        QCOMPARE(form(m_far->posts("/revoke")[2]).value(u"token"_s), u"rt-2"_s);
        QVERIFY(accounts().isEmpty());
    }

    void aLoginIsNotEndedForTheOneBeforeIt()
    {
        m_far->tokens.remove("refresh_token"_L1);
        QVERIFY(connectAccount());
        const auto second = anotherLogin();
        QVERIFY(second);
        upstream::Identity identity;
        m_far->broker->attach(identity, alice(), m_far->server());
        m_far->holdsResource = true;
        Caught<upstream::HeldCredential> renewed;
        renewed.call = identity.source->renew(
            "at-1", {{"WWW-Authenticate", "Bearer error=\"invalid_token\""}}, renewed.handler());
        QTRY_COMPARE(m_far->heldResources.size(), 1);
        m_far->tokens["access_token"_L1] = u"at-2"_s;
        QVERIFY(finish(*second)->ok());
        m_far->holdsResource = false;
        m_far->answerHeld();
        QTRY_COMPARE(renewed.token(), "at-2"_ba);
        QCOMPARE(accounts()[0].account->access, "at-2"_ba);
        QVERIFY(!accounts()[0].account->isEnded);
    }

    // Some servers give a user the same refresh token at each sign-in.
    void aRenewalDoesNotReplaceALoginThatCameMeanwhile()
    {
        QVERIFY(connectAccount());
        m_far->now += 3'600'000;
        const auto second = anotherLogin();
        QVERIFY(second);
        m_far->holdsTokens = true;
        Caught<Credential> caught;
        caught.call = m_far->broker->credentialFor(alice(), m_far->server(), caught.handler());
        QTRY_COMPARE(m_far->held.size(), 1);
        m_far->holdsTokens = false;
        m_far->tokens["access_token"_L1] = u"at-3"_s;
        QVERIFY(finish(*second)->ok());
        m_far->tokens["access_token"_L1] = u"at-2"_s;
        m_far->answerHeld();
        QTRY_COMPARE(caught.token(), "at-3"_ba);
        QCOMPARE(accounts()[0].account->access, "at-3"_ba);
        QVERIFY(m_far->posts("/revoke").isEmpty()); // it is the token of the login that stays
    }
};

QTEST_GUILESS_MAIN(TestUpstreamAccounts)
#include "tst_upstreamaccounts.moc"
