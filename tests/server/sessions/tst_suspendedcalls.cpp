// SPDX-License-Identifier: GPL-3.0-or-later
// Tools that ask their user something, in sessions and without.
#include "sessionfixture.h"

#include <QtTest/QtTest>

using namespace sessionstest;
using namespace bridge::sessions;

namespace {

SessionLimits patience(std::chrono::milliseconds time)
{
    SessionLimits limits;
    limits.elicitationTimeout = time;
    return limits;
}

SessionLimits rerun()
{
    SessionLimits limits;
    limits.rerunElicitation = true;
    return limits;
}

QString actionOf(const GotOutcome &got)
{
    return object(textOf(got.value().result).toUtf8())["action"_L1].toString();
}

} // namespace

class tst_SuspendedCalls : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".?"_s)); }
    void cleanup() { QTRY_COMPARE(FakeInstance::alive, 0); }

    void suspendsACallThatAsksAndResumesItOnce_data()
    {
        QTest::addColumn<bool>("isModern");
        QTest::newRow("handshake era") << false;
        QTest::newRow("2026-07-28") << true;
    }

    void suspendsACallThatAsksAndResumesItOnce()
    {
        QFETCH(bool, isModern);
        Running f({}, isModern);
        GotOutcome asked;
        callTool(*f.session, asked, u"ask"_s);
        QTRY_VERIFY(isSuspended(asked));
        QCOMPARE(asked.value().elicitation["message"_L1].toString(), u"Please tell name"_s);
        QCOMPARE(asked.value().elicitation["requestedSchema"_L1],
                 f.fake().question["requestedSchema"_L1]);
        QVERIFY(f.session->hasSuspendedCall());
        QVERIFY(!f.session->isBusy());
        asked.call = {}; // the request that asked is over

        GotOutcome resumed;
        resumeTool(*f.session, resumed, u"ask"_s, u"<user_feedback>Ada</user_feedback>"_s);
        QTRY_VERIFY(resumed.isOk());
        QCOMPARE(textOf(resumed.value().result),
                 u"{\"action\":\"accept\",\"content\":{\"name\":\"Ada\"}}"_s);
        QCOMPARE(f.fake().sideEffects, 1);
        QVERIFY(!f.session->hasSuspendedCall());
        QVERIFY(f.fake().cancelled.isEmpty());

        GotOutcome again;
        resumeTool(*f.session, again, u"ask"_s, u"Ada"_s);
        QTRY_VERIFY(again.isThere());
        QCOMPARE(again.code(), ErrorCode::FeedbackNotExpected);
        QCOMPARE(again.error().detail["error"_L1].toString(), u"feedback_not_expected"_s);
    }

    void passesOnDeclineAndCancel_data()
    {
        QTest::addColumn<QString>("feedback");
        QTest::addColumn<QString>("action");
        QTest::newRow("no") << u"no"_s << u"decline"_s;
        QTest::newRow("dismiss") << u"dismiss"_s << u"cancel"_s;
        QTest::newRow("JSON") << u"{\"action\":\"decline\"}"_s << u"decline"_s;
    }

    void passesOnDeclineAndCancel()
    {
        QFETCH(QString, feedback);
        QFETCH(QString, action);
        Running f;
        GotOutcome asked;
        callTool(*f.session, asked, u"ask"_s);
        QTRY_VERIFY(isSuspended(asked));
        GotOutcome resumed;
        resumeTool(*f.session, resumed, u"ask"_s, feedback);
        QTRY_VERIFY(resumed.isOk());
        QCOMPARE(actionOf(resumed), action);
    }

    void asksASecondQuestionOfTheSameCall()
    {
        Running f;
        GotOutcome first;
        GotOutcome second;
        GotOutcome last;
        callTool(*f.session, first, u"askTwice"_s);
        QTRY_VERIFY(isSuspended(first));
        resumeTool(*f.session, second, u"askTwice"_s, u"Ada"_s);
        QTRY_VERIFY(isSuspended(second));
        QCOMPARE(second.value().elicitation["message"_L1].toString(), u"Please tell age"_s);
        resumeTool(*f.session, last, u"askTwice"_s, u"36"_s);
        QTRY_VERIFY(last.isOk());
        QCOMPARE(textOf(last.value().result), u"Ada 36"_s);
        QCOMPARE(f.fake().sideEffects, 1);
    }

    void keepsTheQuestionWhenTheAnswerIsWrong()
    {
        Running f;
        f.fake().question = form(u"age"_s, u"integer"_s);
        GotOutcome asked;
        callTool(*f.session, asked, u"ask"_s);
        QTRY_VERIFY(isSuspended(asked));
        GotOutcome wrong;
        resumeTool(*f.session, wrong, u"ask"_s, u"old"_s);
        QTRY_VERIFY(wrong.isThere());
        QCOMPARE(wrong.code(), ErrorCode::InvalidFeedback);
        QCOMPARE(wrong.error().detail["elicitation"_L1].toObject(), asked.value().elicitation);
        GotOutcome right;
        resumeTool(*f.session, right, u"ask"_s, u"36"_s);
        QTRY_VERIFY(right.isOk());
        QCOMPARE(f.fake().elicited.size(), 1);
    }

    void refusesFeedbackForAnotherTool()
    {
        Running f;
        GotOutcome asked;
        callTool(*f.session, asked, u"ask"_s);
        QTRY_VERIFY(isSuspended(asked));
        GotOutcome mismatch;
        resumeTool(*f.session, mismatch, u"count"_s, u"Ada"_s);
        QTRY_VERIFY(mismatch.isThere());
        QCOMPARE(mismatch.code(), ErrorCode::FeedbackToolMismatch);
        QVERIFY(f.session->hasSuspendedCall());
    }

    void answersTheOldestQuestionFirst()
    {
        Running f;
        GotOutcome first;
        callTool(*f.session, first, u"ask"_s);
        QTRY_VERIFY(isSuspended(first));
        GotOutcome second;
        callTool(*f.session, second, u"askTwice"_s);
        QTRY_VERIFY(isSuspended(second));
        GotOutcome resumed;
        resumeTool(*f.session, resumed, u"ask"_s, u"Ada"_s);
        QTRY_VERIFY(resumed.isOk());
        GotOutcome other;
        resumeTool(*f.session, other, u"askTwice"_s, u"Bob"_s);
        QTRY_VERIFY(isSuspended(other));
    }

    void cancelsTheQuestionWhenNobodyAnswersInTime_data()
    {
        suspendsACallThatAsksAndResumesItOnce_data();
    }

    void cancelsTheQuestionWhenNobodyAnswersInTime()
    {
        QFETCH(bool, isModern);
        Running f(patience(30ms), isModern);
        GotOutcome asked;
        callTool(*f.session, asked, u"ask"_s);
        QTRY_VERIFY(isSuspended(asked));
        QTRY_COMPARE(f.fake().elicited.size(), 1);
        QCOMPARE(f.fake().elicited.at(0)["action"_L1].toString(), u"cancel"_s);
        QVERIFY(!f.session->hasSuspendedCall());
        GotOutcome late;
        resumeTool(*f.session, late, u"ask"_s, u"Ada"_s);
        QTRY_VERIFY(late.isThere());
        QCOMPARE(late.code(), ErrorCode::FeedbackNotExpected);
    }

    void cancelsTheCallWhenTheClientVanishesAfterItsAnswer()
    {
        Running f;
        GotOutcome asked;
        callTool(*f.session, asked, u"askTwice"_s);
        QTRY_VERIFY(isSuspended(asked));
        {
            GotOutcome vanishing;
            resumeTool(*f.session, vanishing, u"askTwice"_s, u"Ada"_s);
        }
        QTRY_COMPARE(f.fake().cancelled.size(), 1);
        QVERIFY(!f.session->hasSuspendedCall());
    }

    void dropsAQuestionTheServerWithdraws()
    {
        Running f;
        GotOutcome asked;
        callTool(*f.session, asked, u"ask"_s);
        QTRY_VERIFY(isSuspended(asked));
        f.fake().withdrawQuestion();
        QTRY_VERIFY(!f.session->hasSuspendedCall());
        GotOutcome late;
        resumeTool(*f.session, late, u"ask"_s, u"Ada"_s);
        QTRY_VERIFY(late.isThere());
        QCOMPARE(late.code(), ErrorCode::FeedbackNotExpected);
    }

    void refusesAQuestionThatCannotBeAsked()
    {
        Running f;
        f.fake().question = form(u"names"_s, u"array"_s);
        GotOutcome got;
        callTool(*f.session, got, u"ask"_s);
        QTRY_VERIFY(got.isThere());
        QCOMPARE(got.code(), ErrorCode::UnsupportedElicitation);
        QTRY_COMPARE(f.fake().elicited.size(), 1);
        QCOMPARE(f.fake().elicited.at(0)["action"_L1].toString(), u"cancel"_s);
        QVERIFY(!f.session->hasSuspendedCall());
    }

    void limitsSuspendedCalls()
    {
        SessionLimits limits;
        limits.maxSuspendedPerSession = 1;
        Running f(limits);
        GotOutcome first;
        callTool(*f.session, first, u"ask"_s);
        QTRY_VERIFY(isSuspended(first));
        GotOutcome second;
        callTool(*f.session, second, u"ask"_s);
        QTRY_VERIFY(second.isThere());
        QCOMPARE(second.code(), ErrorCode::TooManyRequests);
        QCOMPARE(f.fake().elicited.size(), 1);
        QVERIFY(f.session->hasSuspendedCall());
        GotOutcome resumed;
        resumeTool(*f.session, resumed, u"ask"_s, u"Ada"_s);
        QTRY_VERIFY(resumed.isOk());
        QCOMPARE(actionOf(resumed), u"accept"_s);
    }

    void answersAQuestionInUrlMode()
    {
        Running f;
        f.fake().question = {{"mode"_L1, "url"_L1},
                             {"message"_L1, "Sign in"_L1},
                             {"url"_L1, "https://example.org/"_L1},
                             {"elicitationId"_L1, "e"_L1}};
        GotOutcome asked;
        callTool(*f.session, asked, u"ask"_s);
        QTRY_VERIFY(isSuspended(asked));
        QCOMPARE(asked.value().elicitation["url"_L1].toString(), u"https://example.org/"_s);
        GotOutcome resumed;
        resumeTool(*f.session, resumed, u"ask"_s, u"done"_s);
        QTRY_VERIFY(resumed.isOk());
        QCOMPARE(textOf(resumed.value().result), u"{\"action\":\"accept\"}"_s);
    }

    void refusesWhatNobodyCanAnswer()
    {
        Running f;
        GotOutcome got;
        callTool(*f.session, got, u"sample"_s);
        QTRY_VERIFY(got.isOk());
        QCOMPARE(f.fake().refusals.size(), 1);
    }

    void dropsSuspendedCallsOnClose()
    {
        Running f;
        GotOutcome asked;
        callTool(*f.session, asked, u"ask"_s);
        QTRY_VERIFY(isSuspended(asked));
        QVERIFY(f.manager->close(u"anonymous"_s, u"default"_s, u"s"_s, u"closed"_s).ok());
        QVERIFY(!f.session->hasSuspendedCall());
    }

    void keepsTheSessionNoLongerThanItsQuestionWaits()
    {
        SessionLimits limits = patience(150ms);
        limits.idleTimeout = 30ms;
        Running f(limits);
        GotOutcome asked;
        callTool(*f.session, asked, u"ask"_s);
        QTRY_VERIFY(isSuspended(asked));
        QTest::qWait(70);
        QVERIFY(f.find(u"s"_s).ok());
        QTRY_COMPARE_WITH_TIMEOUT(f.manager->count(), 0, 1000);
    }

    void runsTheToolAgainInRerunMode()
    {
        Running f(rerun());
        GotOutcome first;
        callTool(*f.session, first, u"askTwice"_s);
        QTRY_VERIFY(isSuspended(first));
        QTRY_COMPARE(f.fake().cancelled.size(), 1);
        GotOutcome second;
        resumeTool(*f.session, second, u"askTwice"_s, u"Ada"_s);
        QTRY_VERIFY(isSuspended(second));
        QCOMPARE(second.value().elicitation["message"_L1].toString(), u"Please tell age"_s);
        GotOutcome last;
        resumeTool(*f.session, last, u"askTwice"_s, u"36"_s);
        QTRY_VERIFY(last.isOk());
        QCOMPARE(textOf(last.value().result), u"Ada 36"_s);
        QCOMPARE(f.fake().sideEffects, 3);
    }

    void survivesAWaiterThatLetsGoOfEverything()
    {
        auto f = std::make_unique<Running>();
        bool told = false;
        Call call = f->session->callTool(request(u"ask"_s), [&](Result<ToolOutcome> outcome) {
            told = outcome.ok() && outcome->suspended;
            f.reset();
        });
        QTRY_VERIFY(told);
        QVERIFY(!f);
    }

    void endsASingleCallThatAsks_data() { suspendsACallThatAsksAndResumesItOnce_data(); }

    void endsASingleCallThatAsks()
    {
        QFETCH(bool, isModern);
        const auto instance = std::make_shared<FakeInstance>(isModern);
        Got<mcp::ServerInfo> started;
        started.call = instance->client().start(started.handler());
        QTRY_VERIFY(started.isOk());
        bool isBack = false;
        auto lease = std::make_shared<upstream::Lease>(
            instance, [&](const upstream::InstancePtr &) { isBack = true; });
        GotOutcome got;
        got.call = callToolOnce(std::exchange(lease, nullptr), request(u"ask"_s), got.handler());
        QTRY_VERIFY(got.isThere());
        QCOMPARE(got.code(), ErrorCode::FeedbackRequired);
        const QJsonObject detail = got.error().detail.toObject();
        QCOMPARE(detail["requires_session"_L1], QJsonValue(true));
        QVERIFY(detail["resume_token"_L1].isNull());
        QVERIFY(isBack);
        QTRY_COMPARE(instance->server()->elicited.size(), 1);
        QCOMPARE(instance->server()->elicited.at(0)["action"_L1].toString(), u"cancel"_s);
        QTRY_COMPARE(instance->server()->cancelled.size(), 1);
    }
};

QTEST_GUILESS_MAIN(tst_SuspendedCalls)
#include "tst_suspendedcalls.moc"
