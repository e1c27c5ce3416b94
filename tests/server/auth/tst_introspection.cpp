// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/server/auth/fakeissuer.h"

#include "server/auth/clientauth.h"

#include <QtCore/QJsonArray>
#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

using namespace bridge;
using namespace bridge::auth;
using namespace bridge::test;

class tst_Introspection : public QObject
{
    Q_OBJECT

    FakeIssuer m_idp;
    SigningKey m_key = SigningKey::forAlgorithm(u"ES256"_s);

    VerifierOptions options(Introspect mode = Introspect::Opaque) const
    {
        VerifierOptions made = m_idp.verifierOptions();
        made.issuers[0].introspect = mode;
        made.issuers[0].clientId = u"bridge:1"_s;
        made.issuers[0].clientSecret = u"s&cret"_s;
        return made;
    }

    QJsonObject active(QJsonObject more = {}) const
    {
        QJsonObject claims = m_idp.claims(more);
        claims["active"_L1] = true;
        return claims;
    }

    /// Answers to questions about tokens of several addresses, in the order they came.
    struct Crowd {
        TokenVerifier &verifier;
        QStringList order = {};
        std::vector<Call> calls = {};
        void ask(const QByteArray &token, const char *from)
        {
            calls.push_back(verifier.verify(
                token, Via::Header,
                [this, token](const Result<PrincipalPtr> &found) {
                    const bool isHis = !found && found.error().code == ErrorCode::TooManyRequests
                                       && found.error().message.contains(u"your address"_s);
                    order.append((found   ? u""_s
                                  : isHis ? u"no "_s
                                          : found.error().message)
                                 + QString::fromLatin1(token));
                },
                QHostAddress(QString::fromLatin1(from))));
        }
    };

    VerifierOptions fewPlaces() const
    {
        auto few = options();
        few.maxQuestions = 4;
        few.maxWaiting = 12;
        few.introspectionLifetime = 1s;
        return few;
    }

private Q_SLOTS:
    void init()
    {
        m_idp = FakeIssuer();
        m_idp.keys = {m_key};
        m_idp.introspected = active();
    }

    void anOpaqueTokenIsAskedAboutWithTheClientsCredentials()
    {
        TokenVerifier checker(options(), m_idp.fetch(), m_idp.clock());
        QVERIFY(!checker.verifyNow("opaque 1"));
        const auto found = verdict(checker, "opaque 1");
        QVERIFY(found.ok());
        QCOMPARE((*found)->userId, u"alice"_s);
        QVERIFY((*found)->isVerified);
        QVERIFY(!(*found)->claims.contains("active"_L1));
        const egress::EgressRequest &sent = m_idp.seen.first();
        QCOMPARE(sent.method, "POST");
        QCOMPARE(sent.body, "token=opaque%201&token_type_hint=access_token");
        QCOMPARE(httpclient::headerValue(sent.headers, "authorization"),
                 "Basic " + QByteArray("bridge%3A1:s%26cret").toBase64());
        QCOMPARE(sent.trust, egress::Trust::Configured);
    }

    void theAnswerIsBelievedForAWhileOnly()
    {
        TokenVerifier checker(options(), m_idp.fetch(), m_idp.clock());
        QVERIFY(verdict(checker, "opaque").ok());
        QVERIFY(verdict(checker, "opaque").ok());
        QCOMPARE(m_idp.seen.size(), 1);
        m_idp.introspected = {{"active"_L1, false}};
        m_idp.now += 31s;
        QCOMPARE(verdict(checker, "opaque").error().code, ErrorCode::InvalidToken);
        QVERIFY(checker.verifyNow("opaque")); // remembered for some seconds
        QCOMPARE(m_idp.seen.size(), 2);
        m_idp.introspected = active();
        m_idp.now += 11s;
        QVERIFY(verdict(checker, "opaque").ok());
    }

    void manyWhoAskAboutOneTokenCauseOneRequest()
    {
        TokenVerifier checker(options(), m_idp.fetch(), m_idp.clock());
        int answers = 0;
        std::vector<Call> calls;
        for (int i = 0; i < 10; ++i)
            calls.push_back(checker.verify("opaque", i % 2 == 0 ? Via::Header : Via::Cookie,
                                           [&answers, i](const Result<PrincipalPtr> &found) {
                                               QCOMPARE((*found)->strategy,
                                                        i % 2 == 0 ? u"bearer"_s : u"cookie"_s);
                                               ++answers;
                                           }));
        QTRY_COMPARE(answers, 10);
        QCOMPARE(m_idp.seen.size(), 1);
    }

    // A page can make a browser send a cookie, so whoever is known by one is asked more.
    void answersOfOtherKindsOfTokensAreNone()
    {
        TokenVerifier checker(options(), m_idp.fetch(), m_idp.clock());
        int number = 0;
        for (const auto &more : {QJsonObject{{"token_use"_L1, "refresh_token"_L1}},
                                 QJsonObject{{"token_type"_L1, "refresh_token"_L1}},
                                 QJsonObject{{"token_type"_L1, "DPoP"_L1}},
                                 QJsonObject{{"cnf"_L1, QJsonObject{{"jkt"_L1, "x"_L1}}}}}) {
            m_idp.introspected = active(more);
            QCOMPARE(verdict(checker, "opaque" + QByteArray::number(++number)).error().code,
                     ErrorCode::InvalidToken);
        }
        m_idp.introspected = active({{"token_type"_L1, "bearer"_L1}});
        QVERIFY(verdict(checker, "good").ok());
    }

    // What may be a good token of one issuer is no business of the others.
    void noOtherIssuerIsAskedWhileOneCannotAnswer()
    {
        auto two = options();
        two.issuers.push_back(two.issuers.front());
        two.issuers.back().issuer = u"https://partner"_s;
        two.issuers.back().keycloakRealm = {};
        two.issuers.back().introspectionEndpoint = QUrl(u"https://partner/asks"_s);
        TokenVerifier checker(two, m_idp.fetch(), m_idp.clock());
        m_idp.status = 500;
        QCOMPARE(verdict(checker, "opaque").error().code, ErrorCode::IdpUnavailable);
        QCOMPARE(m_idp.asked("/introspect"_L1), 1);
        QCOMPARE(m_idp.asked("/asks"_L1), 0);
        m_idp.status = 200;
        m_idp.introspected = {{"active"_L1, false}};
        QVERIFY(!verdict(checker, "other").ok());
        QCOMPARE(m_idp.asked("/asks"_L1), 1);
    }

    void howATokenCameIsToldAlsoWhereNothingIsRemembered()
    {
        auto forgetful = options(Introspect::Always);
        forgetful.introspectionLifetime = 0s;
        TokenVerifier checker(forgetful, m_idp.fetch(), m_idp.clock());
        QCOMPARE((*verdict(checker, "opaque", Via::Cookie))->strategy, u"cookie"_s);
        QCOMPARE((*verdict(checker, "opaque", Via::Header))->strategy, u"bearer"_s);
        QStringList told;
        std::vector<Call> calls;
        for (const Via via : {Via::Cookie, Via::Header, Via::Cookie})
            calls.push_back(checker.verify("other", via, [&](const Result<PrincipalPtr> &found) {
                told.append((*found)->strategy);
            }));
        QTRY_COMPARE(told, QStringList({u"cookie"_s, u"bearer"_s, u"cookie"_s}));
    }

    void aSignedAnswerIsRefusedWithTheReason()
    {
        QTest::ignoreMessage(QtWarningMsg,
                             QRegularExpression(u"signed JWT \\(RFC 9701\\).*plain JSON"_s));
        m_idp.headers = {{"content-type", "Application/Token-Introspection+JWT; charset=x"}};
        m_idp.body = "eyJ0eXAiOiJ0b2tlbi1pbnRyb3NwZWN0aW9uK2p3dCJ9.e30.x";
        TokenVerifier checker(options(), m_idp.fetch(), m_idp.clock());
        const auto found = verdict(checker, "opaque");
        QVERIFY(!found);
        QCOMPARE(found.error().code, ErrorCode::IdpUnavailable);
        QCOMPARE(found.error().extra["retry_after"_L1].toInt(), kIdpPauseSeconds);
        QCOMPARE(httpclient::headerValue(m_idp.seen.last().headers, "Accept"),
                 "application/json"_ba);
    }

    void strangersDoNotTakeEveryConnection()
    {
        auto few = options();
        few.maxQuestions = 2;
        few.maxWaiting = 3;
        TokenVerifier checker(few, m_idp.fetch(), m_idp.clock());
        int good = 0;
        int busy = 0;
        std::vector<Call> calls;
        for (int i = 0; i < 7; ++i)
            calls.push_back(checker.verify(
                "opaque" + QByteArray::number(i), Via::Header,
                [&](const Result<PrincipalPtr> &found) {
                    const bool isFull = !found && found.error().code == ErrorCode::Overloaded
                                        && found.error().extra["retry_after"_L1].toInt() == 5;
                    ++(isFull ? busy : good);
                }));
        calls[1].cancel(); // is being asked about, which goes on
        calls[2].cancel(); // waits, and makes room
        QTRY_COMPARE(good + busy, 5);
        QCOMPARE(busy, 2);
        QCOMPARE(m_idp.seen.size(), 4);
        QVERIFY(verdict(checker, "opaque6").ok()); // being busy is not remembered
        for (int i = 0; i < 4; ++i)
            calls.push_back(checker.verify("late" + QByteArray::number(i), Via::Header,
                                           [](const Result<PrincipalPtr> &) { QFAIL("gone"); }));
        calls.clear();
    }

    void anAddressMayHaveEveryPlaceThatNobodyElseWants()
    {
        TokenVerifier checker(fewPlaces(), m_idp.fetch(), m_idp.clock());
        Crowd crowd{checker};
        for (int i = 0; i < 18; ++i) // whatever address of his network
            crowd.ask("token" + QByteArray::number(i), i % 2 == 0 ? "2001:db8::1" : "2001:db8::2");
        QTRY_COMPARE(crowd.order.size(), 18);
        QCOMPARE(crowd.order.filter(u"no "_s), QStringList({u"no token16"_s, u"no token17"_s}));
    }

    void whoHasHisShareWaitsBehindOthersAndMakesRoomForThem()
    {
        TokenVerifier checker(fewPlaces(), m_idp.fetch(), m_idp.clock());
        QVERIFY(verdict(checker, "regular").ok());
        m_idp.now += 2s;
        QVERIFY(!checker.verifyNow("regular"));
        Crowd crowd{checker};
        for (int i = 0; i < 16; ++i) // a quarter of 16 are his
            crowd.ask("flood" + QByteArray::number(i), "2001:db8::1");
        crowd.ask("other", "192.0.2.1");
        crowd.ask("regular", "2001:db8::1");
        QTRY_COMPARE(crowd.order.size(), 18);
        QStringList good = crowd.order;
        QVERIFY(good.removeOne(u"no flood15"_s)); // the last that came
        QCOMPARE(good.filter(u"no "_s), {});
        QCOMPARE(good.mid(4, 2), QStringList({u"regular"_s, u"other"_s}));
        crowd.calls.clear();
        crowd.order.clear();
        crowd.ask("later", "2001:db8::1"); // places are free again
        QTRY_COMPARE(crowd.order, QStringList{u"later"_s});
    }

    void anIssuerWithoutIntrospectionHasNoOpaqueTokens()
    {
        auto made = options();
        made.issuers[0].keycloakRealm = {};
        m_idp.metadata = {{"issuer"_L1, m_idp.name},
                          {"jwks_uri"_L1, QString(m_idp.name + "/certs"_L1)}};
        TokenVerifier checker(made, m_idp.fetch(), m_idp.clock());
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"names no introspection"_s));
        QTest::failOnWarning(QRegularExpression(u".*"_s)); // said once
        QCOMPARE(verdict(checker, "garbage").error().code, ErrorCode::InvalidToken);
        QCOMPARE(verdict(checker, "rubbish").error().code, ErrorCode::InvalidToken);
    }

    void howAskingWentIsToldOnceAndShown()
    {
        TokenVerifier checker(options(), m_idp.fetch(), m_idp.clock());
        const auto shown = [&] {
            return checker.primaryIssuer()->health().toJson()["introspection"_L1].toObject();
        };
        QCOMPARE(shown()["state"_L1].toString(), u"unknown"_s);
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        QTest::ignoreMessage(QtWarningMsg,
                             QRegularExpression(u"cannot be introspected: idp.example refuses the "
                                                "bridge's client id or secret .status 400.*Check "
                                                "OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET"_s));
        m_idp.status = 400;
        m_idp.body = R"({"error":"invalid_client","error_description":"s&cret"})";
        for (const char *token : {"one", "two"})
            QCOMPARE(verdict(checker, token).error().code, ErrorCode::IdpUnavailable);
        QCOMPARE(shown()["state"_L1].toString(), u"failing"_s);
        QVERIFY(shown()["detail"_L1].toString().contains(u"client id or secret"));
        QVERIFY(!shown()["detail"_L1].toString().contains(u"s&cret"));
        QVERIFY(!checker.primaryIssuer()->health().isTroubled()); // its keys are no worse for it
        m_idp.status = 200;
        m_idp.body = R"({"active":false})";
        QCOMPARE(verdict(checker, "three").error().code, ErrorCode::InvalidToken);
        QCOMPARE(shown(), (QJsonObject{{"state"_L1, "working"_L1}}));
        TokenVerifier other(options(Introspect::Never), m_idp.fetch(), m_idp.clock());
        QVERIFY(!other.primaryIssuer()->health().toJson().contains("introspection"_L1));
    }

    void unclearAnswersAreNoFaultOfTheToken_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("body");
        QTest::newRow("our secret is refused") << 401 << QByteArray("{}");
        QTest::newRow("our client may not ask") << 403 << QByteArray("{}");
        QTest::newRow("bad request") << 400 << QByteArray("{\"error\":\"invalid_request\"}");
        QTest::newRow("server error") << 500 << QByteArray("{\"active\":true}");
        QTest::newRow("no JSON") << 200 << QByteArray("<html>");
        QTest::newRow("active is text") << 200 << QByteArray("{\"active\":\"true\"}");
        QTest::newRow("active is missing") << 200 << QByteArray("{\"sub\":\"alice\"}");
        QTest::newRow("active twice")
            << 200 << QByteArray("{\"active\":false,\"active\":true,\"sub\":\"a\"}");
    }

    void unclearAnswersAreNoFaultOfTheToken()
    {
        QFETCH(int, status);
        QFETCH(QByteArray, body);
        m_idp.status = status;
        m_idp.body = body;
        TokenVerifier checker(options(), m_idp.fetch(), m_idp.clock());
        QCOMPARE(verdict(checker, "opaque").error().code, ErrorCode::IdpUnavailable);
    }

    void activeTokensForSomebodyElseAreRefused()
    {
        auto wanted = options();
        wanted.issuers[0].audiences = {u"bridge"_s};
        TokenVerifier checker(wanted, m_idp.fetch(), m_idp.clock());
        QCOMPARE(verdict(checker, "no audience").error().code, ErrorCode::InvalidToken);
        m_idp.introspected = active({{"aud"_L1, "bridge"_L1}, {"iss"_L1, "https://evil"_L1}});
        QCOMPARE(verdict(checker, "other issuer").error().code, ErrorCode::InvalidToken);
        m_idp.introspected = active({{"aud"_L1, "bridge"_L1}, {"exp"_L1, m_idp.seconds() - 31}});
        QCOMPARE(verdict(checker, "expired").error().code, ErrorCode::TokenExpired);
        m_idp.introspected = {{"active"_L1, true}, {"aud"_L1, "bridge"_L1}};
        QCOMPARE(verdict(checker, "nobody's").error().code, ErrorCode::InvalidToken);
        m_idp.introspected = {
            {"active"_L1, true}, {"aud"_L1, "bridge"_L1}, {"username"_L1, "carol"_L1}};
        QCOMPARE((*verdict(checker, "carol's"))->userId, u"carol"_s);
    }

    void everyTokenIsAskedAboutWhereThatIsWanted()
    {
        TokenVerifier checker(options(Introspect::Always), m_idp.fetch(), m_idp.clock());
        const QByteArray good = m_key.token(u"ES256"_s, m_idp.claims());
        QVERIFY(verdict(checker, good).ok());
        QCOMPARE(m_idp.asked("/introspect"_L1), 1);
        QCOMPARE(m_idp.asked("/certs"_L1), 0);
        // One that could not be good is not.
        QVERIFY(
            !verdict(checker, m_key.token(u"ES256"_s, m_idp.claims(), {{"jku"_L1, "x"_L1}})).ok());
        QCOMPARE(m_idp.asked("/introspect"_L1), 1);
    }

    void opaqueTokensAreRefusedWhereNobodyCanBeAsked()
    {
        TokenVerifier checker(options(Introspect::Never), m_idp.fetch(), m_idp.clock());
        const auto found = checker.verifyNow("opaque");
        QVERIFY(found && !found->ok());
        QCOMPARE(found->error().code, ErrorCode::InvalidToken);
        QVERIFY(m_idp.seen.isEmpty());
    }

    void credentialsGoIntoTheFormWhereOnlyThatIsTaken()
    {
        egress::EgressRequest request;
        authenticate(request, "a=1", {u"id"_s, u"secret"_s}, {u"client_secret_post"_s});
        QCOMPARE(request.body, "a=1&client_id=id&client_secret=secret");
        QVERIFY(httpclient::headerValue(request.headers, "Authorization").isEmpty());
        egress::EgressRequest open;
        authenticate(open, {}, {u"id"_s, {}}, {});
        QCOMPARE(open.body, "client_id=id");
    }
};

QTEST_GUILESS_MAIN(tst_Introspection)
#include "tst_introspection.moc"
