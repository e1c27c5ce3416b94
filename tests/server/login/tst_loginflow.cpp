// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/login/loginflow.h"

#include <QtCore/QCryptographicHash>
#include <QtCore/QJsonArray>
#include <QtTest/QTest>

#include "tests/server/login/fakeidp.h"

using namespace Qt::StringLiterals;
using namespace bridge;
using namespace bridge::login;

class tst_LoginFlow : public QObject
{
    Q_OBJECT

    FakeIdp m_idp;
    std::unique_ptr<LoginFlow> m_flow;
    LoginFlow::Begun m_begun;

    QUrlQuery asked() const { return QUrlQuery(m_begun.location); }

    LoginFlow::Callback goodCallback()
    {
        LoginFlow::Callback callback;
        callback.code = u"the code"_s;
        callback.state = asked().queryItemValue(u"state"_s);
        m_idp.idClaims["nonce"_L1] = asked().queryItemValue(u"nonce"_s);
        return callback;
    }

    Result<LoginFlow::Ended> finish(const LoginFlow::Callback &callback)
    {
        return outcomeOf(m_flow->finish(callback, m_begun.cookie));
    }

    /// Where providers write them; some are taken away later.
    static std::map<QString, QJsonValue> rightsOf(bool isAdmin)
    {
        QJsonArray names{u"staff"_s};
        if (isAdmin)
            names.append(u"admins"_s);
        return {{u"groups"_s, names},
                {u"roles"_s, names},
                {u"realm_access"_s, QJsonObject{{u"roles"_s, names}}},
                {u"resource_access"_s, QJsonObject{{u"app"_s, QJsonObject{{u"roles"_s, names}}}}}};
    }

private Q_SLOTS:
    void init()
    {
        m_idp = FakeIdp();
        LoginOptions options;
        options.clientId = u"mcp bridge"_s;
        options.clientSecret = "s:cret";
        options.resource = u"https://bridge.example/"_s;
        m_flow = std::make_unique<LoginFlow>(options, m_idp.surroundings());
        const auto begun =
            outcomeOf(m_flow->begin(u"https://bridge.example/oauth/callback"_s, u"/docs"_s));
        QVERIFY(begun);
        m_begun = *begun;
    }

    void asksForACodeWithPkceStateAndNonce()
    {
        QCOMPARE(m_begun.location.host(), u"idp.example"_s);
        const QUrlQuery query = asked();
        QCOMPARE(query.queryItemValue(u"tenant"_s), u"1"_s);
        QCOMPARE(query.queryItemValue(u"response_type"_s), u"code"_s);
        QCOMPARE(query.queryItemValue(u"client_id"_s, QUrl::FullyDecoded), u"mcp bridge"_s);
        QCOMPARE(query.queryItemValue(u"redirect_uri"_s, QUrl::FullyDecoded),
                 u"https://bridge.example/oauth/callback"_s);
        QCOMPARE(query.queryItemValue(u"code_challenge_method"_s), u"S256"_s);
        QCOMPARE(query.queryItemValue(u"code_challenge"_s).size(), 43);
        QCOMPARE(query.queryItemValue(u"state"_s).size(), 43);
        QCOMPARE(query.queryItemValue(u"nonce"_s).size(), 43);
        QCOMPARE(query.queryItemValue(u"resource"_s, QUrl::FullyDecoded),
                 u"https://bridge.example/"_s);
    }

    void redeemsTheCodeWithItsVerifierAndTheClientsCredentials()
    {
        const auto ended = finish(goodCallback());
        QVERIFY2(ended, qPrintable(ended ? QString() : ended.error().message));
        QCOMPARE(ended->returnTo, u"/docs"_s);
        QCOMPARE(ended->arrival.principal->subject, u"alice"_s);
        QCOMPARE(ended->arrival.principal->token, "access-1"_ba);
        QCOMPARE(ended->arrival.refreshToken, "refresh-1"_ba);
        const QUrlQuery form = m_idp.formOf("/token");
        QCOMPARE(form.queryItemValue(u"grant_type"_s), u"authorization_code"_s);
        QCOMPARE(form.queryItemValue(u"code"_s, QUrl::FullyDecoded), u"the code"_s);
        const QByteArray verifier = form.queryItemValue(u"code_verifier"_s).toLatin1();
        QCOMPARE(QCryptographicHash::hash(verifier, QCryptographicHash::Sha256)
                     .toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals),
                 asked().queryItemValue(u"code_challenge"_s).toLatin1());
        QVERIFY(!form.hasQueryItem(u"client_secret"_s));
        const QByteArray basic =
            httpclient::headerValue(m_idp.requests.first().headers, "authorization");
        QCOMPARE(QByteArray::fromBase64(basic.mid(6)), "mcp%20bridge:s%3Acret"_ba);
    }

    void sendsTheSecretInTheFormWhereTheProviderWantsThat()
    {
        m_idp.provider.takesBasic = false;
        QVERIFY(finish(goodCallback()));
        const QUrlQuery form = m_idp.formOf("/token");
        QCOMPARE(form.queryItemValue(u"client_secret"_s, QUrl::FullyDecoded), u"s:cret"_s);
        QVERIFY(httpclient::headerValue(m_idp.requests.first().headers, "authorization").isEmpty());
    }

    void refusesAnswersThatBelongToSomethingElse_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<int>("code");
        QTest::newRow("another state") << u"state"_s << int(ErrorCode::BadRequest);
        QTest::newRow("another issuer") << u"iss"_s << int(ErrorCode::BadRequest);
        QTest::newRow("issuer promised and missing") << u"no iss"_s << int(ErrorCode::BadRequest);
        QTest::newRow("another browser") << u"cookie"_s << int(ErrorCode::BadRequest);
        QTest::newRow("another nonce") << u"nonce"_s << int(ErrorCode::InvalidToken);
        QTest::newRow("no nonce") << u"no nonce"_s << int(ErrorCode::InvalidToken);
        QTest::newRow("a forged ID token") << u"forged"_s << int(ErrorCode::InvalidToken);
        QTest::newRow("declined") << u"error"_s << int(ErrorCode::Forbidden);
        QTest::newRow("a used code") << u"used"_s << int(ErrorCode::TokenExpired);
        QTest::newRow("a client nobody knows") << u"client"_s << int(ErrorCode::IdpUnavailable);
        QTest::newRow("the provider is down") << u"down"_s << int(ErrorCode::IdpUnavailable);
    }
    void refusesAnswersThatBelongToSomethingElse()
    {
        QFETCH(QString, what);
        QFETCH(int, code);
        LoginFlow::Callback callback = goodCallback();
        if (what == "state"_L1)
            callback.state += u'x';
        if (what == "iss"_L1) {
            callback.namesIssuer = true;
            callback.issuer = u"https://other.example"_s;
        }
        if (what == "no iss"_L1)
            m_idp.provider.namesItself = true;
        if (what == "cookie"_L1)
            m_begun.cookie = "AAAA";
        if (what == "nonce"_L1)
            m_idp.idClaims["nonce"_L1] = u"other"_s;
        if (what == "no nonce"_L1)
            m_idp.idClaims.remove("nonce"_L1);
        if (what == "forged"_L1)
            m_idp.idClaims["forged"_L1] = true;
        if (what == "error"_L1)
            callback.error = u"access_denied"_s;
        if (what == "used"_L1 || what == "client"_L1) {
            m_idp.tokenStatus = 400;
            m_idp.tokenError = what == "used"_L1 ? "invalid_grant" : "invalid_client";
        }
        m_idp.isDown = what == "down"_L1;
        const auto ended = finish(callback);
        QVERIFY(!ended);
        QCOMPARE(int(ended.error().code), code);
        const QHash<QString, QString> said{{u"error"_s, u"access_denied"_s},
                                           {u"used"_s, u"invalid_grant"_s},
                                           {u"client"_s, u"invalid_client"_s}};
        QCOMPARE(ended.error().logged["provider_error"_L1].toString(), said.value(what));
    }

    void anAnsweringIssuerOfItsOwnIsFine()
    {
        m_idp.provider.namesItself = true;
        LoginFlow::Callback callback = goodCallback();
        callback.namesIssuer = true;
        callback.issuer = m_idp.provider.issuer;
        QVERIFY(finish(callback));
    }

    void asksUserinfoForWhatTheIdTokenDoesNotTell()
    {
        m_idp.userinfo = {{u"sub"_s, u"alice"_s}, {u"email"_s, u"alice@example.org"_s}};
        QCOMPARE(finish(goodCallback())->arrival.principal->email, u"alice@example.org"_s);
    }

    void ignoresUserinfoOfSomebodyElse()
    {
        m_idp.userinfo = {{u"sub"_s, u"bob"_s}, {u"email"_s, u"bob@example.org"_s}};
        QCOMPARE(finish(goodCallback())->arrival.principal->email, QString());
    }

    void renewsAndKeepsTheOldRefreshTokenWhenThereIsNoNewOne()
    {
        m_idp.rotatesRefresh = false;
        const auto ended = finish(goodCallback());
        const auto renewed = outcomeOf(m_flow->refresh(ended->arrival));
        QVERIFY(renewed);
        QCOMPARE(renewed->principal->token, "access-2"_ba);
        QCOMPARE(renewed->refreshToken, "refresh-1"_ba);
        QCOMPARE(m_idp.formOf("/token").queryItemValue(u"refresh_token"_s), u"refresh-1"_s);
    }

    void refusesARenewalThatSpeaksOfSomebodyElse()
    {
        const auto ended = finish(goodCallback());
        m_idp.idClaims["sub"_L1] = u"mallory"_s;
        const auto renewed = outcomeOf(m_flow->refresh(ended->arrival));
        QVERIFY(!renewed);
        QCOMPARE(renewed.error().code, ErrorCode::InvalidToken);
    }

    void rightsTakenAwayEndWithARenewalThatBringsNoIdToken_data()
    {
        QTest::addColumn<QString>("source");
        QTest::addColumn<QJsonObject>("later");
        const QJsonObject alice{{u"sub"_s, u"alice"_s}};
        QJsonObject nothing = alice, fewer = alice;
        for (const auto &[name, few] : rightsOf(false))
            fewer[name] = few;
        for (const QString &source : {u"userinfo"_s, u"access token"_s}) {
            QTest::addRow("%s tells fewer", qPrintable(source)) << source << fewer;
            QTest::addRow("%s tells none", qPrintable(source)) << source << nothing;
        }
    }
    void rightsTakenAwayEndWithARenewalThatBringsNoIdToken()
    {
        QFETCH(QString, source);
        QFETCH(QJsonObject, later);
        m_idp.repeatsIdToken = false;
        QJsonObject &told = source == "userinfo"_L1 ? m_idp.userinfo : m_idp.accessClaims;
        told["sub"_L1] = u"alice"_s;
        for (const auto &[name, all] : rightsOf(true)) {
            m_idp.idClaims[name] = all;
            told[name] = all;
        }
        const auto ended = finish(goodCallback());
        QVERIFY(ended);
        QCOMPARE(ended->arrival.principal->claims["groups"_L1].toArray().size(), 2);
        told = later;
        auto renewed = outcomeOf(m_flow->refresh(ended->arrival));
        for (int i = 0; i < 2; ++i) { // nor do they come back
            QVERIFY(renewed);
            for (const auto &[name, few] : rightsOf(false))
                QCOMPARE(renewed->principal->claims.value(name), later.value(name));
            m_idp.userinfoStatus = 500;
            renewed = outcomeOf(m_flow->refresh(*renewed));
            if (source == "userinfo"_L1)
                later = {};
        }
    }

    void rightsThatOnlyTheIdTokenTellsStayWithoutANewOne()
    {
        m_idp.repeatsIdToken = false;
        m_idp.idClaims["groups"_L1] = QJsonArray{u"staff"_s};
        m_idp.userinfo = {{u"sub"_s, u"alice"_s}, {u"name"_s, u"Alice"_s}};
        const auto renewed = outcomeOf(m_flow->refresh(finish(goodCallback())->arrival));
        QVERIFY(renewed);
        QCOMPARE(renewed->principal->claims["groups"_L1], QJsonValue(QJsonArray{u"staff"_s}));
    }

    void userinfoGoesBeforeTheAccessTokenAndThatBeforeTheIdToken()
    {
        const auto only = [](const QString &group) { return QJsonArray{group}; };
        m_idp.idClaims["aud"_L1] = u"mcp bridge"_s;
        m_idp.idClaims["groups"_L1] = only(u"id"_s);
        m_idp.accessClaims = {{u"sub"_s, u"alice"_s},
                              {u"iss"_s, u"https://idp.example"_s},
                              {u"aud"_s, u"far"_s},
                              {u"groups"_s, only(u"access"_s)}};
        const auto first = finish(goodCallback());
        QCOMPARE(first->arrival.principal->claims["groups"_L1], QJsonValue(only(u"access"_s)));
        QCOMPARE(first->arrival.principal->claims["aud"_L1].toString(), u"mcp bridge"_s);
        m_idp.userinfo = {{u"sub"_s, u"alice"_s}, {u"groups"_s, QJsonArray()}};
        const auto renewed = outcomeOf(m_flow->refresh(first->arrival));
        QCOMPARE(renewed->principal->claims["groups"_L1], QJsonValue(QJsonArray()));
    }

    void anAccessTokenOfAnotherIssuerTellsNothing()
    {
        m_idp.accessClaims = {{u"sub"_s, u"alice"_s},
                              {u"iss"_s, u"https://partner.example"_s},
                              {u"groups"_s, QJsonArray{u"admins"_s}}};
        QVERIFY(!finish(goodCallback())->arrival.principal->claims.contains("groups"_L1));
    }

    void aCheckedAddressSaysNothingOfAnotherOne()
    {
        m_idp.idClaims["email"_L1] = u"alice@example.org"_s;
        m_idp.idClaims["email_verified"_L1] = true;
        m_idp.userinfo = {{u"sub"_s, u"alice"_s}, {u"email"_s, u"ceo@example.org"_s}};
        const QJsonObject claims = finish(goodCallback())->arrival.principal->claims;
        QCOMPARE(claims["email"_L1].toString(), u"ceo@example.org"_s);
        QVERIFY(!claims.contains("email_verified"_L1));
    }

    void anAddressThatIsNotCheckedStaysSo()
    {
        m_idp.repeatsIdToken = false;
        m_idp.idClaims["email"_L1] = u"ceo@example.org"_s;
        m_idp.idClaims["email_verified"_L1] = false;
        m_idp.userinfo = {{u"sub"_s, u"alice"_s}, {u"email"_s, u"ceo@example.org"_s}};
        const auto renewed = outcomeOf(m_flow->refresh(finish(goodCallback())->arrival));
        QVERIFY(renewed);
        QCOMPARE(renewed->principal->claims["email_verified"_L1], QJsonValue(false));
    }

    void aTokenThatUserinfoNeverTookIsNoReasonToEnd()
    {
        m_idp.userinfoStatus = 401; // it is for a resource
        const auto ended = finish(goodCallback());
        QVERIFY(ended);
        QVERIFY(outcomeOf(m_flow->refresh(ended->arrival)));
    }

    void aUserWhoWasRemovedIsNotRenewed()
    {
        const auto ended = finish(goodCallback());
        m_idp.userinfoStatus = 401;
        const auto renewed = outcomeOf(m_flow->refresh(ended->arrival));
        QVERIFY(!renewed);
        QCOMPARE(renewed.error().code, ErrorCode::TokenExpired);
    }

    void endsTheLoginAtTheProviderAsWell()
    {
        const auto ended = finish(goodCallback());
        const auto url = outcomeOf(m_flow->farewell(ended->arrival, u"https://bridge.example/"_s));
        QVERIFY(url);
        const QUrlQuery query(*url);
        QCOMPARE(query.queryItemValue(u"post_logout_redirect_uri"_s, QUrl::FullyDecoded),
                 u"https://bridge.example/"_s);
        QVERIFY(query.hasQueryItem(u"id_token_hint"_s));
        QVERIFY(outcomeOf(m_flow->revoke(ended->arrival)));
        QCOMPARE(m_idp.formOf("/revoke").queryItemValue(u"token"_s), u"refresh-1"_s);
    }

    void droppingALoginMidwayIsHarmless()
    {
        for (int turns = 0; turns < 8; ++turns) {
            bool isDone = false;
            Call call =
                m_flow->finish(goodCallback(), m_begun.cookie).start([&isDone](const auto &) {
                    isDone = true;
                });
            for (int i = 0; i < turns; ++i)
                QCoreApplication::processEvents();
            const bool wasDone = isDone;
            call.cancel();
            QTest::qWait(5);
            QCOMPARE(isDone, wasDone);
        }
    }
};

QTEST_GUILESS_MAIN(tst_LoginFlow)
#include "tst_loginflow.moc"
