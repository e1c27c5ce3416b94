// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/login/loginstrategy.h"

#include <QtTest/QTest>

#include "tests/server/login/fakeidp.h"

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace bridge;
using namespace bridge::login;
using Finding = auth::Strategy::Finding;

class tst_WebSessions : public QObject
{
    Q_OBJECT

    FakeIdp m_idp;
    LoginOptions m_options;
    std::unique_ptr<LoginFlow> m_flow;
    std::unique_ptr<WebSessions> m_sessions;

    void build()
    {
        m_flow = std::make_unique<LoginFlow>(m_options, m_idp.surroundings());
        m_sessions = std::make_unique<WebSessions>(m_flow.get());
    }

    Arrival arrivalOf(const QString &who, int seconds) const
    {
        auto principal = std::make_shared<auth::Principal>();
        principal->issuer = m_idp.provider.issuer;
        principal->subject = who;
        principal->owner = principal->issuer + u'#' + who;
        principal->claims = {{u"iss"_s, principal->issuer}, {u"sub"_s, who}};
        Arrival arrival;
        arrival.principal = principal;
        arrival.refreshToken = "refresh-0";
        arrival.expires = QDateTime::currentDateTimeUtc().addSecs(seconds);
        return arrival;
    }

    WebSessions::State stateOf(const QByteArray &id)
    {
        auth::PrincipalPtr principal;
        return m_sessions->look(id, principal);
    }

private Q_SLOTS:
    void init()
    {
        m_sessions.reset();
        m_idp = FakeIdp();
        m_options = {};
        build();
    }

    void aCookieStandsForItsPerson()
    {
        const QByteArray id = m_sessions->open(arrivalOf(u"alice"_s, 300));
        auth::PrincipalPtr principal;
        QVERIFY(m_sessions->look(id, principal) == WebSessions::State::Good);
        QCOMPARE(principal->subject, u"alice"_s);
        QVERIFY(stateOf(id + "x") == WebSessions::State::Unknown);
        QVERIFY(stateOf({}) == WebSessions::State::Unknown);
    }

    void aClosedSessionIsGone()
    {
        const QByteArray id = m_sessions->open(arrivalOf(u"alice"_s, 300));
        const auto closed = m_sessions->close(id);
        QVERIFY(closed);
        QCOMPARE(closed->principal->subject, u"alice"_s);
        QVERIFY(stateOf(id) == WebSessions::State::Unknown);
        QVERIFY(!m_sessions->close(id));
    }

    void whatIsOpenIsToldOfTheEnd()
    {
        const QByteArray id = m_sessions->open(arrivalOf(u"alice"_s, 300));
        const QByteArray other = m_sessions->open(arrivalOf(u"alice"_s, 300));
        auth::PrincipalPtr principal;
        (void)m_sessions->look(id, principal);
        QStringList told;
        const Call first = m_sessions->whenOver(principal, [&] { told.append(u"first"_s); });
        Call second = m_sessions->whenOver(principal, [&] { told.append(u"second"_s); });
        const Call third = m_sessions->whenOver(principal, [&] {
            told.append(u"third"_s);
            m_sessions->close(other);
        });
        const Call nobody = m_sessions->whenOver(auth::anonymous(), [&] { told.append(u"x"_s); });
        second.cancel();
        m_sessions->close(other);
        QVERIFY(told.isEmpty());
        m_sessions->close(id);
        QCOMPARE(told, (QStringList{u"first"_s, u"third"_s}));
    }

    void whatIsOpenEndsWithAllSessionsOfItsOwner()
    {
        const QByteArray id = m_sessions->open(arrivalOf(u"alice"_s, 300));
        auth::PrincipalPtr principal;
        (void)m_sessions->look(id, principal);
        int told = 0;
        const Call watch = m_sessions->whenOver(principal, [&] { ++told; });
        m_sessions->closeAllOf(u"somebody"_s);
        QCOMPARE(told, 0);
        m_sessions->closeAllOf(principal->owner);
        QCOMPARE(told, 1);
    }

    void anExpiredTokenIsRenewedOnceForAllWhoWait()
    {
        const QByteArray id = m_sessions->open(arrivalOf(u"alice"_s, -1));
        QVERIFY(stateOf(id) == WebSessions::State::Stale);
        QList<QByteArray> tokens;
        std::vector<Call> calls;
        for (int i = 0; i < 5; ++i)
            calls.push_back(m_sessions->renewed(
                id, [&](Result<auth::PrincipalPtr> got) { tokens.append((*got)->token); }));
        calls.pop_back();
        QTRY_COMPARE(tokens.size(), 4);
        QCOMPARE(tokens, QList<QByteArray>(4, "access-1"));
        QCOMPARE(m_idp.tokenRequests, 1);
        QVERIFY(stateOf(id) == WebSessions::State::Good);
    }

    void aTokenInUseIsRenewedBeforeItExpires()
    {
        const QByteArray id = m_sessions->open(arrivalOf(u"alice"_s, 3)); // buffer is 60 s
        QVERIFY(stateOf(id) == WebSessions::State::Good);
        QTRY_COMPARE(m_idp.tokenRequests, 1);
        QTRY_VERIFY([&] {
            auth::PrincipalPtr principal;
            m_sessions->look(id, principal);
            return principal->token == "access-1";
        }());
    }

    void aBufferLongerThanATokensLifeDoesNotRenewAllTheTime()
    {
        const QByteArray id = m_sessions->open(arrivalOf(u"alice"_s, 30));
        QVERIFY(stateOf(id) == WebSessions::State::Good);
        QTest::qWait(2'500);
        QCOMPARE(m_idp.tokenRequests, 0);
    }

    void aRefusedRenewalEndsTheSession()
    {
        const QByteArray id = m_sessions->open(arrivalOf(u"alice"_s, -1));
        m_idp.tokenStatus = 400;
        m_idp.tokenError = "invalid_grant";
        std::optional<ErrorCode> code;
        const Call call = m_sessions->renewed(
            id, [&](Result<auth::PrincipalPtr> got) { code = got.error().code; });
        QTRY_VERIFY(code.has_value());
        QCOMPARE(*code, ErrorCode::TokenExpired);
        QVERIFY(stateOf(id) == WebSessions::State::Unknown);
    }

    void aProviderThatIsDownEndsNothing()
    {
        const QByteArray id = m_sessions->open(arrivalOf(u"alice"_s, -1));
        m_idp.isDown = true;
        std::optional<ErrorCode> code;
        Call call = m_sessions->renewed(
            id, [&](Result<auth::PrincipalPtr> got) { code = got.error().code; });
        QTRY_VERIFY(code.has_value());
        QCOMPARE(*code, ErrorCode::IdpUnavailable);
        m_idp.isDown = false;
        QByteArray token;
        call =
            m_sessions->renewed(id, [&](Result<auth::PrincipalPtr> got) { token = (*got)->token; });
        QTRY_COMPARE(token, "access-1"_ba);
    }

    void unusedSessionsEnd()
    {
        m_options.idleTime = 0s;
        build();
        const QByteArray id = m_sessions->open(arrivalOf(u"alice"_s, 300));
        QVERIFY(stateOf(id) == WebSessions::State::Unknown);
        QTRY_COMPARE(m_sessions->count(), 0);
    }

    void onePersonsSessionsMakeRoomForHisOwn()
    {
        m_options.maxPerOwner = 2;
        build();
        const QByteArray bobs = m_sessions->open(arrivalOf(u"bob"_s, 300));
        const QByteArray first = m_sessions->open(arrivalOf(u"alice"_s, 300));
        QTest::qWait(2);
        const QByteArray second = m_sessions->open(arrivalOf(u"alice"_s, 300));
        QTest::qWait(2);
        const QByteArray third = m_sessions->open(arrivalOf(u"alice"_s, 300));
        QVERIFY(stateOf(first) == WebSessions::State::Unknown);
        QVERIFY(stateOf(second) == WebSessions::State::Good);
        QVERIFY(stateOf(third) == WebSessions::State::Good);
        QVERIFY(stateOf(bobs) == WebSessions::State::Good);
    }

    void whoWaitsForARenewalIsToldOfTheEnd()
    {
        const QByteArray id = m_sessions->open(arrivalOf(u"alice"_s, -1));
        int told = 0;
        Call second;
        const Call first = m_sessions->renewed(id, [&](const auto &) {
            ++told;
            second.cancel();
        });
        second = m_sessions->renewed(id, [&](const auto &) { ++told; });
        m_sessions->close(id);
        QCOMPARE(told, 1);
    }

    void theStrategyReadsItsCookieOnly()
    {
        LoginStrategy strategy(m_sessions.get(), true);
        const QByteArray id = m_sessions->open(arrivalOf(u"alice"_s, 300));
        QList<std::pair<QByteArray, QByteArray>> headers{{"Cookie", "mcp-bridge=" + id}};
        auth::AuthRequest request;
        request.headers = &headers;
        QVERIFY(strategy.findNow(request).finding == Finding::Pass);
        headers = {{"Cookie", "a=b; __Host-mcp-bridge=" + id}};
        const auto outcome = strategy.findNow(request);
        QVERIFY(outcome.finding == Finding::Known);
        QCOMPARE(outcome.principal->subject, u"alice"_s);
    }
};

QTEST_GUILESS_MAIN(tst_WebSessions)
#include "tst_websessions.moc"
