// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/server/auth/fakeissuer.h"

#include <QtTest/QTest>

using namespace bridge;
using namespace bridge::auth;
using namespace bridge::test;
using namespace std::chrono_literals;

class tst_BadTokens : public QObject
{
    Q_OBJECT

    FakeIssuer m_idp;
    SigningKey m_key = SigningKey::forAlgorithm(u"ES256"_s, u"own"_s);
    SigningKey m_wrong = SigningKey::forAlgorithm(u"ES256"_s, u"own"_s);
    const QHostAddress m_mallory{u"203.0.113.7"_s};
    const QHostAddress m_bob{u"203.0.113.8"_s};

    VerifierOptions options(int most, Introspect mode = Introspect::Never) const
    {
        VerifierOptions made = m_idp.verifierOptions();
        made.maxBadTokens = most;
        made.issuers[0].introspect = mode;
        made.issuers[0].clientId = u"bridge"_s;
        made.issuers[0].clientSecret = u"s"_s;
        return made;
    }
    QByteArray token(const SigningKey &key, const QString &who, const QJsonObject &more = {}) const
    {
        QJsonObject claims = m_idp.claims(more);
        claims["sub"_L1] = who;
        return key.token(u"ES256"_s, claims);
    }
    QByteArray forged(int number) const { return token(m_wrong, QString::number(number)); }

    static ErrorCode codeOf(TokenVerifier &verifier, const QByteArray &token,
                            const QHostAddress &from)
    {
        std::optional<Result<PrincipalPtr>> outcome = verifier.verifyNow(token, {}, false, from);
        if (!outcome) {
            const Call call = verifier.verify(
                token, Via::Header, [&](Result<PrincipalPtr> got) { outcome = std::move(got); },
                from);
            if (!QTest::qWaitFor([&] { return outcome.has_value(); }))
                return ErrorCode::Internal;
        }
        return *outcome ? ErrorCode::Cancelled : outcome->error().code; // Cancelled = it is good
    }

    /// Asks about \a token and does not wait for the answer.
    void leave(TokenVerifier &verifier, const QByteArray &token) const
    {
        const Call call = verifier.verify(
            token, Via::Header, [](const Result<PrincipalPtr> &) { QFAIL("gone"); }, m_mallory);
    }

private Q_SLOTS:
    void init()
    {
        m_idp = FakeIssuer();
        m_idp.keys = {m_key};
    }

    void afterTooManyOfThemNewTokensOfAnAddressAreNotChecked()
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"203.0.113.7 showed 3 "_s));
        TokenVerifier checker(options(3), m_idp.fetch(), m_idp.clock());
        const QByteArray good = token(m_key, u"alice"_s);
        QCOMPARE(codeOf(checker, good, m_mallory), ErrorCode::Cancelled);
        for (int i = 0; i < 3; ++i)
            QCOMPARE(codeOf(checker, forged(i), m_mallory), ErrorCode::InvalidToken);
        const auto refused = checker.verifyNow(forged(4), Via::Header, false, m_mallory);
        QVERIFY(refused && !*refused);
        QCOMPARE(refused->error().code, ErrorCode::TooManyRequests);
        QCOMPARE(refused->error().extra["retry_after"_L1].toInt(), 60);
        // Who has been let in goes on, and so does everybody else.
        QCOMPARE(codeOf(checker, good, m_mallory), ErrorCode::Cancelled);
        QCOMPARE(codeOf(checker, token(m_key, u"bob"_s), m_bob), ErrorCode::Cancelled);
        // An expired token is told apart without a key, so that its client gets another one.
        const QByteArray old =
            token(m_key, u"carol"_s, {{"exp"_L1, m_idp.seconds() - 900}, {"iat"_L1, 1}});
        QCOMPARE(codeOf(checker, old, m_mallory), ErrorCode::TokenExpired);
        m_idp.now += 59s;
        QCOMPARE(codeOf(checker, forged(5), m_mallory), ErrorCode::TooManyRequests);
        m_idp.now += 1s;
        QCOMPARE(codeOf(checker, forged(6), m_mallory), ErrorCode::InvalidToken);
    }

    void theSameBadTokenCountsOnce()
    {
        TokenVerifier checker(options(2), m_idp.fetch(), m_idp.clock());
        const QByteArray bad = forged(1);
        for (int i = 0; i < 5; ++i) {
            QCOMPARE(codeOf(checker, bad, m_mallory), ErrorCode::InvalidToken);
            m_idp.now += 11s; // longer than a refusal is remembered
        }
        QCOMPARE(codeOf(checker, token(m_key, u"bob"_s), m_mallory), ErrorCode::Cancelled);
    }

    void expiredTokensDoNotCount()
    {
        TokenVerifier checker(options(2), m_idp.fetch(), m_idp.clock());
        for (int i = 0; i < 5; ++i)
            QCOMPARE(codeOf(checker,
                            token(m_key, QString::number(i),
                                  {{"exp"_L1, m_idp.seconds() - 900}, {"iat"_L1, 1}}),
                            m_mallory),
                     ErrorCode::TokenExpired);
        QCOMPARE(codeOf(checker, token(m_key, u"bob"_s), m_mallory), ErrorCode::Cancelled);
    }

    void aGoodTokenOfAKnownKeyIsTakenWhateverItsAddressDid()
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"203.0.113.7 showed 2 "_s));
        m_idp.introspected = QJsonObject{{"active"_L1, false}};
        TokenVerifier checker(options(2, Introspect::Opaque), m_idp.fetch(), m_idp.clock());
        QCOMPARE(codeOf(checker, token(m_key, u"bob"_s), m_bob), ErrorCode::Cancelled); // has keys
        for (int i = 0; i < 2; ++i)
            QCOMPARE(codeOf(checker, "opaque" + QByteArray::number(i), m_mallory),
                     ErrorCode::InvalidToken);
        QCOMPARE(codeOf(checker, "opaque3", m_mallory), ErrorCode::TooManyRequests);
        const auto asked = m_idp.seen.size();
        QCOMPARE(codeOf(checker, token(m_key, u"alice"_s), m_mallory), ErrorCode::Cancelled);
        QCOMPARE(codeOf(checker, forged(1), m_mallory), ErrorCode::TooManyRequests);
        const SigningKey unknown = SigningKey::forAlgorithm(u"ES256"_s, u"other"_s);
        QCOMPARE(codeOf(checker, token(unknown, u"eve"_s), m_mallory), ErrorCode::TooManyRequests);
        QCOMPARE(m_idp.seen.size(), asked); // all without asking anybody
        // A new key is looked for all the same when somebody else comes with it.
        m_idp.keys.append(unknown);
        QCOMPARE(codeOf(checker, token(unknown, u"carol"_s), m_bob), ErrorCode::Cancelled);
        QCOMPARE(codeOf(checker, token(unknown, u"dave"_s), m_mallory), ErrorCode::Cancelled);
    }

    void introspectionIsAskedNoMoreAboutAFlood()
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"203.0.113.7 showed 3 "_s));
        m_idp.introspected = QJsonObject{{"active"_L1, false}};
        TokenVerifier checker(options(3, Introspect::Opaque), m_idp.fetch(), m_idp.clock());
        for (int i = 0; i < 20; ++i)
            codeOf(checker, "opaque" + QByteArray::number(i), m_mallory);
        QCOMPARE(m_idp.asked("/introspect"_L1), 3);
        QCOMPARE(codeOf(checker, "another", m_mallory), ErrorCode::TooManyRequests);
    }

    void aTokenThatWasGoodIsAskedAboutAgainAllTheSame()
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"203.0.113.7 showed 2 "_s));
        QJsonObject active = m_idp.claims();
        active["active"_L1] = true;
        m_idp.introspected = active;
        TokenVerifier checker(options(2, Introspect::Opaque), m_idp.fetch(), m_idp.clock());
        QCOMPARE(codeOf(checker, "good", m_mallory), ErrorCode::Cancelled);
        m_idp.introspected = QJsonObject{{"active"_L1, false}};
        QCOMPARE(codeOf(checker, "bad1", m_mallory), ErrorCode::InvalidToken);
        QCOMPARE(codeOf(checker, "bad2", m_mallory), ErrorCode::InvalidToken);
        m_idp.introspected = active;
        m_idp.now += 31s; // its answer is believed for 30 seconds
        QCOMPARE(codeOf(checker, "good", m_mallory), ErrorCode::Cancelled);
        m_idp.introspected = QJsonObject{{"active"_L1, false}};
        m_idp.now += 25s;
        QCOMPARE(codeOf(checker, "bad3", m_mallory), ErrorCode::TooManyRequests);
    }

    void leavingBeforeTheAnswerIsNoWayAroundTheLimit()
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"203.0.113.7 showed 2 "_s));
        m_idp.introspected = QJsonObject{{"active"_L1, false}};
        TokenVerifier checker(options(2, Introspect::Opaque), m_idp.fetch(), m_idp.clock());
        for (int i = 0; i < 2; ++i)
            leave(checker, "opaque" + QByteArray::number(i));
        QTRY_VERIFY(checker.verifyNow("opaque3", Via::Header, false, m_mallory));
        QCOMPARE(codeOf(checker, "opaque3", m_mallory), ErrorCode::TooManyRequests);
        QCOMPARE(m_idp.asked("/introspect"_L1), 2);
    }

    void leavingWhileTheIssuerIsSilentOrTheQueueFullIsNoBadToken()
    {
        m_idp.status = 500;
        VerifierOptions few = options(1, Introspect::Opaque);
        few.maxQuestions = 1;
        few.maxWaiting = 1;
        TokenVerifier checker(few, m_idp.fetch(), m_idp.clock());
        for (int i = 0; i < 5; ++i)
            leave(checker, "opaque" + QByteArray::number(i));
        QCOMPARE(codeOf(checker, "opaque5", m_mallory), ErrorCode::IdpUnavailable);
        QCOMPARE(codeOf(checker, "opaque6", m_mallory), ErrorCode::IdpUnavailable);
        m_idp.status = 200;
        QCOMPARE(codeOf(checker, token(m_key, u"alice"_s), m_mallory), ErrorCode::Cancelled);
    }

    void aVerifierThatGoesAwayAsksNoMore()
    {
        m_idp.introspected = QJsonObject{{"active"_L1, false}};
        {
            TokenVerifier checker(options(2, Introspect::Opaque), m_idp.fetch(), m_idp.clock());
            leave(checker, "opaque");
        }
        QTest::qWait(0);
    }

    void anIssuerThatCannotBeAskedIsNobodysFault()
    {
        m_idp.status = 500;
        TokenVerifier checker(options(1, Introspect::Opaque), m_idp.fetch(), m_idp.clock());
        for (int i = 0; i < 3; ++i)
            QCOMPARE(codeOf(checker, "opaque" + QByteArray::number(i), m_mallory),
                     ErrorCode::IdpUnavailable);
    }

    void memoryIsBoundedAndNetworksOfIPv6AreOneAddress()
    {
        FakeIssuer idp;
        BadTokens book(1, idp.clock());
        const QByteArray digest(32, 'x');
        const auto previous = qInstallMessageHandler([](QtMsgType, const auto &, const auto &) {});
        for (quint32 i = 1; i <= 20'000; ++i)
            book.note(QHostAddress(0x0a000000U + i), digest);
        book.note(QHostAddress(u"2001:db8:1:2::1"_s), digest);
        qInstallMessageHandler(previous);
        QVERIFY(book.addressCount() <= BadTokens::kMostAddresses);
        QVERIFY(book.pauseOf(QHostAddress(0x0a000000U + 20'000)));
        QVERIFY(!book.pauseOf(QHostAddress(0x0a000001U)));
        QVERIFY(book.pauseOf(QHostAddress(u"2001:db8:1:2:ffff::9"_s)));
        QVERIFY(!book.pauseOf(QHostAddress(u"2001:db8:1:3::1"_s)));
        QVERIFY(book.pauseOf(QHostAddress(u"::ffff:10.0.78.32"_s))); // 10.0.78.32 = 20000
        QVERIFY(!book.pauseOf({}));
    }
};

QTEST_GUILESS_MAIN(tst_BadTokens)
#include "tst_badtokens.moc"
