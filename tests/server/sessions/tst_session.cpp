// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessionfixture.h"

#include <QtTest/QtTest>

using namespace sessionstest;
using namespace bridge::sessions;

class tst_Session : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".?"_s)); }
    void cleanup() { QTRY_COMPARE(FakeInstance::alive, 0); }

    void keepsTheStateOfItsServer()
    {
        Running f;
        GotOutcome first;
        GotOutcome second;
        callTool(*f.session, first, u"count"_s);
        QVERIFY(!first.isThere());
        QTRY_VERIFY(first.isOk());
        callTool(*f.session, second, u"count"_s);
        QTRY_VERIFY(second.isOk());
        QCOMPARE(textOf(first.value().result), u"1"_s);
        QCOMPARE(textOf(second.value().result), u"2"_s);
        QVERIFY(!second.value().restarted);
        Got<Session::Use> use;
        use.call = f.session->use(use.handler());
        QTRY_VERIFY(use.isOk());
        QCOMPARE(f.session->totalRequests(), 1);
        use.result.reset();
        QCOMPARE(f.session->state(), Session::State::Active);
        QVERIFY(!f.session->isBusy());
    }

    void letsAFastCallOvertakeASlowOne()
    {
        Running f;
        GotOutcome slow;
        GotOutcome fast;
        callTool(*f.session, slow, u"hold"_s);
        callTool(*f.session, fast, u"count"_s);
        QTRY_VERIFY(fast.isOk());
        QVERIFY(!slow.isThere());
        QVERIFY(f.session->isBusy());
        f.fake().release(u"late"_s);
        QTRY_VERIFY(slow.isOk());
        QCOMPARE(textOf(slow.value().result), u"late"_s);
    }

    void givesTheNextCallItsOwnAnswerWhenAClientVanishes()
    {
        Running f;
        {
            GotOutcome vanishing;
            callTool(*f.session, vanishing, u"hold"_s);
            QTRY_COMPARE(f.fake().held.size(), 1);
        }
        QTRY_COMPARE(f.fake().cancelled.size(), 1);
        QVERIFY(!f.session->isBusy());
        GotOutcome next;
        callTool(*f.session, next, u"count"_s);
        f.fake().release(u"answer of the cancelled call"_s);
        QTRY_VERIFY(next.isOk());
        QCOMPARE(textOf(next.value().result), u"1"_s);
    }

    void passesOnTheServersErrors()
    {
        Running f;
        GotOutcome got;
        callTool(*f.session, got, u"no-such-tool"_s);
        QTRY_VERIFY(got.isThere());
        QVERIFY(!got.isOk());
        QCOMPARE(got.error().rpcCode, -32602);
    }

    void failsRunningCallsWhenItsServerDiesAndRestartsItOnce()
    {
        Running f;
        GotOutcome counted;
        callTool(*f.session, counted, u"count"_s);
        QTRY_VERIFY(counted.isOk());
        GotOutcome running;
        GotOutcome asked;
        callTool(*f.session, asked, u"ask"_s);
        QTRY_VERIFY(isSuspended(asked));
        callTool(*f.session, running, u"hold"_s);
        QTRY_COMPARE(f.fake().held.size(), 1);
        f.opener.last->die();
        QTRY_VERIFY(running.isThere());
        QCOMPARE(running.code(), ErrorCode::UpstreamFailed);
        QCOMPARE(httpStatus(running.error()), 502);
        QTRY_COMPARE(f.session->state(), Session::State::Broken);
        QVERIFY(!f.session->hasSuspendedCall());

        GotOutcome again;
        GotOutcome parallel;
        Got<Session::Use> use;
        callTool(*f.session, again, u"count"_s);
        callTool(*f.session, parallel, u"count"_s);
        use.call = f.session->use(use.handler());
        QTRY_VERIFY(again.isOk() && parallel.isOk() && use.isOk());
        QCOMPARE(f.opener.opened, 2);
        QVERIFY(again.value().restarted && parallel.value().restarted && use.value().restarted);
        QCOMPARE(textOf(again.value().result), u"1"_s); // its state is new
        QCOMPARE(f.session->state(), Session::State::Active);
        GotOutcome last;
        callTool(*f.session, last, u"count"_s);
        QTRY_VERIFY(last.isOk());
        QVERIFY(!last.value().restarted);
    }

    void tellsOfARestartEvenWhenWhoeverCausedItVanished()
    {
        Running f;
        f.opener.last->die();
        QTRY_COMPARE(f.session->state(), Session::State::Broken);
        {
            GotOutcome vanishing;
            callTool(*f.session, vanishing, u"count"_s);
        }
        QTRY_COMPARE(f.session->state(), Session::State::Active);
        GotOutcome next;
        callTool(*f.session, next, u"count"_s);
        QTRY_VERIFY(next.isOk());
        QVERIFY(next.value().restarted);
        QCOMPARE(f.opener.opened, 2);
    }

    void staysBrokenWhenTheRestartFailsAndTriesAgainLater()
    {
        Running f;
        f.opener.last->die();
        QTRY_COMPARE(f.session->state(), Session::State::Broken);
        f.opener.failure = Error(ErrorCode::UpstreamStart, u"no such program"_s);
        GotOutcome failed;
        callTool(*f.session, failed, u"count"_s);
        QTRY_VERIFY(failed.isThere());
        QCOMPARE(failed.code(), ErrorCode::UpstreamStart);
        QCOMPARE(f.session->state(), Session::State::Broken);
        f.opener.failure.reset();
        GotOutcome again;
        callTool(*f.session, again, u"count"_s);
        QTRY_VERIFY(again.isOk());
        QVERIFY(again.value().restarted);
    }

    void isGoneWhenItsServerDiesAndMustNotBeRestarted()
    {
        SessionLimits limits;
        limits.restartDead = false;
        Running f(limits);
        f.opener.last->die();
        QTRY_COMPARE(f.session->state(), Session::State::Broken);
        GotOutcome got;
        callTool(*f.session, got, u"count"_s);
        QTRY_VERIFY(got.isThere());
        QCOMPARE(got.code(), ErrorCode::SessionNotFound);
        QCOMPARE(httpStatus(got.error()), 410);
        QCOMPARE(f.opener.opened, 1);
    }

    void endsThoseWhoWaitForARestartWhenItIsClosed()
    {
        Running f;
        f.opener.last->die();
        QTRY_COMPARE(f.session->state(), Session::State::Broken);
        f.opener.neverAnswers = true;
        GotOutcome waiting;
        Got<Session::Use> use;
        callTool(*f.session, waiting, u"count"_s);
        use.call = f.session->use(use.handler());
        QVERIFY(f.manager->close(u"anonymous"_s, u"default"_s, u"s"_s, u"closed"_s).ok());
        QVERIFY(waiting.isThere() && use.isThere());
        QCOMPARE(waiting.code(), ErrorCode::SessionNotFound);
        QCOMPARE(use.code(), ErrorCode::SessionNotFound);
        QCOMPARE(f.opener.withdrawn, 1);
    }

    void holdsTheLeaseAsLongAsASingleCall()
    {
        const auto instance = std::make_shared<FakeInstance>(false);
        Got<mcp::ServerInfo> started;
        started.call = instance->client().start(started.handler());
        QTRY_VERIFY(started.isOk());
        int backs = 0;
        const auto giveBack = [&](const upstream::InstancePtr &) { ++backs; };
        GotOutcome done;
        done.call = callToolOnce(std::make_shared<upstream::Lease>(instance, giveBack),
                                 request(u"hold"_s), done.handler());
        QTRY_COMPARE(instance->server()->held.size(), 1);
        QCOMPARE(backs, 0);
        instance->server()->release(u"x"_s);
        QTRY_VERIFY(done.isOk());
        QCOMPARE(textOf(done.value().result), u"x"_s);
        QCOMPARE(backs, 1);
        {
            GotOutcome vanishing;
            vanishing.call = callToolOnce(std::make_shared<upstream::Lease>(instance, giveBack),
                                          request(u"hold"_s), vanishing.handler());
            QTRY_COMPARE(instance->server()->held.size(), 1);
        }
        QCOMPARE(backs, 2);
        QTRY_COMPARE(instance->server()->cancelled.size(), 1);
    }
};

QTEST_GUILESS_MAIN(tst_Session)
#include "tst_session.moc"
