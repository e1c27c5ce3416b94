// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gate/challenge.h"

#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace bridge;
using namespace bridge::gate;

class TestChallenge : public QObject
{
    Q_OBJECT

    const ChallengeFacts m_facts{u"https://b.example/.well-known/oauth-protected-resource"_s,
                                 u"openid mcp"_s};

private Q_SLOTS:
    void namesNoErrorWhenNoCredentialCame()
    {
        QCOMPARE(challengeFor(Error(ErrorCode::Unauthorized, u"Log in."_s), m_facts),
                 "Bearer scope=\"openid mcp\", resource_metadata="
                 "\"https://b.example/.well-known/oauth-protected-resource\""_ba);
    }

    void saysWhatIsWrongWithAToken()
    {
        const QByteArray value =
            challengeFor(Error(ErrorCode::TokenExpired, u"It has expired."_s), {});
        QCOMPARE(value, "Bearer error=\"invalid_token\", error_description=\"It has expired.\""_ba);
    }

    void namesTheScopesTheErrorWants()
    {
        Error error(ErrorCode::InsufficientScope, u"Another scope is needed."_s);
        error.extra["scope"_L1] = u"tools:write"_s;
        const QByteArray value = challengeFor(error, m_facts);
        QVERIFY(value.startsWith("Bearer error=\"insufficient_scope\""));
        QVERIFY(value.contains("scope=\"tools:write\""));
        QVERIFY(!value.contains("openid"));
    }

    void asksForNoOtherTokenWhereNoneWouldHelp()
    {
        const Error outside(ErrorCode::Forbidden, u"You are in none of the groups."_s);
        QCOMPARE(challengeFor(outside, m_facts),
                 "Bearer resource_metadata="
                 "\"https://b.example/.well-known/oauth-protected-resource\""_ba);
        QVERIFY(challengeFor(outside, {}).isEmpty());
    }

    void isSilentAboutOtherErrors()
    {
        QVERIFY(challengeFor(Error(ErrorCode::IdpUnavailable, u"Later."_s), m_facts).isEmpty());
        Error upstream(ErrorCode::UpstreamStatus, u"It says no."_s);
        upstream.status = 401; // the remote server's, which wants another credential
        QVERIFY(challengeFor(upstream, m_facts).isEmpty());
    }

    void keepsQuotesAndLinesOutOfItsText()
    {
        const QByteArray value =
            challengeFor(Error(ErrorCode::InvalidToken, u"a\"b\\c\r\nX: y\u00e9"_s), {});
        QCOMPARE(value, "Bearer error=\"invalid_token\", error_description=\"a'b c  X: y \""_ba);
    }
};

QTEST_GUILESS_MAIN(TestChallenge)
#include "tst_challenge.moc"
