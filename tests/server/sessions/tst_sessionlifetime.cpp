// SPDX-License-Identifier: GPL-3.0-or-later
// How sessions end: closed, expired, at shutdown.
#include "sessionfixture.h"

#include <QtTest/QtTest>

using namespace sessionstest;
using namespace bridge::sessions;

class tst_SessionLifetime : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".?"_s)); }
    void cleanup() { QTRY_COMPARE(FakeInstance::alive, 0); }

    void closesASession()
    {
        Fixture f;
        GotSession got;
        QSignalSpy created(f.manager.get(), &SessionManager::sessionCreated);
        QSignalSpy closed(f.manager.get(), &SessionManager::sessionClosed);
        f.start(got, u"s"_s);
        QTRY_VERIFY(got.isOk());
        QCOMPARE(created.size(), 1);
        Got<Session::Use> used;
        used.call = got.value()->use(used.handler());
        QTRY_VERIFY(used.isOk());
        used.result.reset();
        const auto report = f.manager->close(u"anonymous"_s, u"default"_s, u"s"_s, u"closed"_s);
        QVERIFY(report.ok());
        QCOMPARE(report->totalRequests, 1);
        QVERIFY(report->durationMs >= 0);
        QCOMPARE(closed.size(), 1);
        QCOMPARE(closed.at(0).at(1).toString(), u"closed"_s);
        QCOMPARE(got.value()->state(), Session::State::Closing);
        QVERIFY(!f.find(u"s"_s).ok());
        QVERIFY(!f.manager->close(u"anonymous"_s, u"default"_s, u"s"_s, u"closed"_s).ok());
        // Whoever still holds the session gets nothing from it, and the server is gone.
        QTRY_COMPARE(FakeInstance::alive, 0);
        GotOutcome late;
        callTool(*got.value(), late, u"count"_s);
        Got<Session::Use> use;
        use.call = got.value()->use(use.handler());
        QTRY_VERIFY(late.isThere() && use.isThere());
        QCOMPARE(late.code(), ErrorCode::SessionNotFound);
        QCOMPARE(use.code(), ErrorCode::SessionNotFound);
    }

    void closesPromptlyDuringARunningCall()
    {
        Fixture f;
        GotSession got;
        f.start(got, u"s"_s);
        QTRY_VERIFY(got.isOk());
        GotOutcome running;
        callTool(*got.value(), running, u"hold"_s);
        QTRY_COMPARE(f.opener.server()->held.size(), 1);
        QVERIFY(f.manager->close(u"anonymous"_s, u"default"_s, u"s"_s, u"closed"_s).ok());
        QVERIFY(running.isThere());
        QCOMPARE(running.code(), ErrorCode::SessionNotFound);
        QCOMPARE(running.error().message, u"The session was closed."_s);
        QTRY_COMPARE(FakeInstance::alive, 0);
    }

    void endsRequestsOfThoseWhoUseTheServerWhenItIsClosed()
    {
        Fixture f;
        GotSession got;
        f.start(got, u"s"_s);
        QTRY_VERIFY(got.isOk());
        Got<Session::Use> use;
        use.call = got.value()->use(use.handler());
        QTRY_VERIFY(use.isOk());
        Got<QByteArray> held;
        held.call = use.value().instance->client().callTool(u"hold"_s, "{}", {}, held.handler());
        QTRY_COMPARE(f.opener.server()->held.size(), 1);
        QVERIFY(f.manager->close(u"anonymous"_s, u"default"_s, u"s"_s, u"closed"_s).ok());
        QTRY_VERIFY(held.isThere());
        QVERIFY(!held.isOk());
    }

    void expiresAnIdleSession()
    {
        SessionLimits limits;
        limits.idleTimeout = 60ms;
        Fixture f(limits);
        QSignalSpy closed(f.manager.get(), &SessionManager::sessionClosed);
        GotSession got;
        f.start(got, u"s"_s);
        QTRY_VERIFY(got.isOk());
        got.result.reset();
        QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 2000);
        QCOMPARE(closed.at(0).at(1).toString(), u"expired"_s);
        QCOMPARE(f.manager->count(), 0);
        QVERIFY(!f.find(u"s"_s).ok());
        closed.clear(); // the arguments hold the session
        QTRY_COMPARE(FakeInstance::alive, 0);
    }

    void noticesOnAccessThatASessionHasExpired()
    {
        SessionLimits limits;
        limits.idleTimeout = 20ms;
        Fixture f(limits);
        GotSession got;
        f.start(got, u"s"_s);
        QTRY_VERIFY(got.isOk());
        QThread::msleep(30); // the timer gets no chance to run
        QVERIFY(!f.find(u"s"_s).ok());
    }

    void keepsASessionThatIsTouched()
    {
        SessionLimits limits;
        limits.idleTimeout = 300ms;
        Fixture f(limits);
        GotSession got;
        f.start(got, u"s"_s);
        QTRY_VERIFY(got.isOk());
        const QDateTime before = got.value()->record().expiresAt;
        QElapsedTimer clock;
        clock.start();
        while (clock.elapsed() < 450) {
            got.value()->touch();
            QTest::qWait(20);
        }
        QVERIFY(f.find(u"s"_s).ok());
        QVERIFY(got.value()->record().expiresAt > before);
    }

    void keepsASessionWithARunningCall()
    {
        SessionLimits limits;
        limits.idleTimeout = 300ms;
        Fixture f(limits);
        QSignalSpy closed(f.manager.get(), &SessionManager::sessionClosed);
        GotSession got;
        f.start(got, u"s"_s);
        QTRY_VERIFY(got.isOk());
        GotOutcome running;
        callTool(*got.value(), running, u"hold"_s);
        QTRY_COMPARE(f.opener.server()->held.size(), 1);
        QTest::qWait(600);
        QCOMPARE(closed.size(), 0);
        f.opener.server()->release(u"done"_s);
        QTRY_VERIFY(running.isOk());
        QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 2000);
        closed.clear();
    }

    void keepsASessionWhoseServerIsInUse()
    {
        SessionLimits limits;
        limits.idleTimeout = 300ms;
        Fixture f(limits);
        GotSession got;
        f.start(got, u"s"_s);
        QTRY_VERIFY(got.isOk());
        Got<Session::Use> use;
        use.call = got.value()->use(use.handler());
        QTRY_VERIFY(use.isOk());
        QTest::qWait(600);
        QVERIFY(f.find(u"s"_s).ok());
        use.result.reset();
        QTRY_VERIFY(!f.find(u"s"_s).ok());
    }

    void neverExpiresWithoutATimeout()
    {
        SessionLimits limits;
        limits.idleTimeout = 0ms;
        limits.cleanupInterval = 5ms;
        Fixture f(limits);
        GotSession got;
        f.start(got, u"s"_s);
        QTRY_VERIFY(got.isOk());
        QTest::qWait(30);
        QVERIFY(f.find(u"s"_s).ok());
        QVERIFY(!got.value()->record().expiresAt.isValid());
    }

    void shutsDownWhenEveryServerIsGone()
    {
        Fixture f;
        GotSession first;
        GotSession second;
        f.start(first);
        f.start(second);
        QTRY_VERIFY(first.isOk() && second.isOk());
        Got<Session::Use> use; // holds one server a little longer
        use.call = second.value()->use(use.handler());
        QTRY_VERIFY(use.isOk());
        bool done = false;
        f.manager->shutDown([&] { done = true; });
        QCOMPARE(f.manager->count(), 0);
        QTest::qWait(20);
        QVERIFY(!done);
        use.result.reset();
        QTRY_VERIFY(done);
        QCOMPARE(FakeInstance::alive, 0);
        GotSession late;
        f.start(late);
        QTRY_VERIFY(late.isThere());
        QCOMPARE(late.code(), ErrorCode::Overloaded);
    }

    void shutsDownAtOnceWhenThereIsNothing()
    {
        Fixture f;
        bool done = false;
        f.manager->shutDown([&] { done = true; });
        QVERIFY(!done);
        QTRY_VERIFY(done);
    }

    void leavesNoProcessOfARealServer()
    {
        const QString python = QStandardPaths::findExecutable(u"python3"_s);
        if (python.isEmpty())
            QSKIP("python3 is not installed");
        upstream::ServerDefinition definition = Fixture::definition();
        definition.command = {python,
                              QStringLiteral(BRIDGE_SOURCE_DIR "/tests/support/servers/elicit.py")};
        upstream::Server server(definition, std::make_shared<upstream::ChildBudget>(0));
        SessionManager manager(std::move(*makeSessionStore(u"memory"_s)), {});
        GotSession got;
        got.call = manager.start(&server, {}, {}, u"s"_s, got.handler());
        QTRY_VERIFY_WITH_TIMEOUT(got.isThere(), 20000);
        QVERIFY2(got.isOk(), qPrintable(got.isOk() ? QString() : got.error().message));
        const SessionPtr session = std::exchange(got.result, std::nullopt)->value();
        qint64 pid = 0;
        {
            Got<Session::Use> use;
            use.call = session->use(use.handler());
            QTRY_VERIFY(use.isOk());
            pid = use.value().instance->processId();
        }
        QVERIFY(pid > 0);
        GotOutcome asked;
        callTool(*session, asked, u"ask_integer"_s);
        QTRY_VERIFY_WITH_TIMEOUT(asked.isOk() && asked.value().suspended, 10000);
        GotOutcome resumed;
        resumeTool(*session, resumed, u"ask_integer"_s, u"7"_s);
        QTRY_VERIFY_WITH_TIMEOUT(resumed.isOk(), 10000);
        QCOMPARE(object(resumed.value().result)["structuredContent"_L1]["content"_L1]["count"_L1],
                 QJsonValue(7));
        bool done = false;
        manager.shutDown([&] { done = true; });
        QTRY_VERIFY_WITH_TIMEOUT(done, 15000);
        QTRY_VERIFY_WITH_TIMEOUT(!QFile::exists(u"/proc/%1"_s.arg(pid)), 15000);
    }

    void mayBeDestroyedDuringAStartAndACall()
    {
        Fixture f;
        GotSession got;
        f.start(got, u"s"_s);
        QTRY_VERIFY(got.isOk());
        GotOutcome running;
        callTool(*got.value(), running, u"hold"_s);
        GotSession starting;
        f.start(starting);
        f.manager.reset();
        QVERIFY(running.isThere());
        QTRY_VERIFY(starting.isThere());
        QVERIFY(!starting.isOk());
    }

    void aServerWhoseCredentialHasEndedIsReplaced()
    {
        sessions::SessionLimits limits;
        limits.restartDead = false; // it is not dead
        Running r(limits);
        GotOutcome counted;
        callTool(*r.session, counted, u"count"_s);
        QTRY_VERIFY(counted.isOk());
        r.opener.last->setCredentialEnd(QDateTime::currentDateTimeUtc().addSecs(60));
        QVERIFY(r.session->useNow());
        r.opener.last->setCredentialEnd(QDateTime::currentDateTimeUtc().addSecs(-1));
        {
            // Not under the feet of who uses it.
            const auto held = std::exchange(r.opener.last, nullptr);
            held->setCredentialEnd({});
            const auto use = r.session->useNow();
            held->setCredentialEnd(QDateTime::currentDateTimeUtc().addSecs(-1));
            QVERIFY(r.session->useNow());
            QCOMPARE(r.opener.opened, 1);
        }
        QVERIFY(!r.session->useNow());
        Got<Session::Use> use;
        use.call = r.session->use(use.handler());
        QTRY_VERIFY(use.isOk());
        QVERIFY(use.value().restarted);
        QCOMPARE(r.opener.opened, 2);
        use.result.reset();
        QVERIFY(r.manager->close(u"anonymous"_s, u"default"_s, u"s"_s, u"closed"_s).ok());
    }

    void aSessionMayEndWithItsCredential()
    {
        sessions::SessionLimits limits;
        limits.credentialExpiry = sessions::CredentialExpiry::Close;
        Running r(limits);
        r.opener.last->setCredentialEnd(QDateTime::currentDateTimeUtc().addSecs(-1));
        Got<Session::Use> use;
        use.call = r.session->use(use.handler());
        QTRY_VERIFY(use.isThere());
        QCOMPARE(use.code(), ErrorCode::SessionNotFound);
        QCOMPARE(httpStatus(use.error()), 410);
        QTRY_COMPARE(FakeInstance::alive, 0);
    }

    void aSessionMayOutliveItsCredential()
    {
        sessions::SessionLimits limits;
        limits.credentialExpiry = sessions::CredentialExpiry::Keep;
        Running r(limits);
        r.opener.last->setCredentialEnd(QDateTime::currentDateTimeUtc().addSecs(-1));
        QVERIFY(r.session->useNow());
        QCOMPARE(r.opener.opened, 1);
    }
};

QTEST_GUILESS_MAIN(tst_SessionLifetime)
#include "tst_sessionlifetime.moc"
