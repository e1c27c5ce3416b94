// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/settings.h"
#include "server/upstream/runonstart.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::upstream;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class RunOnStartTest : public QObject
{
    Q_OBJECT
    std::optional<Result<Nothing>> m_outcome;

    Call run(const StartHook &hook)
    {
        m_outcome.reset();
        return runStartHook(hook, [this](Result<Nothing> result) { m_outcome.emplace(result); });
    }

private Q_SLOTS:
    void noCommandIsASuccess()
    {
        const Call call = run({});
        QVERIFY(!m_outcome);
        QTRY_VERIFY(m_outcome && m_outcome->ok());
    }

    void aCommandRunsWithACleanEnvironment()
    {
        qputenv("BRIDGE_TEST_SECRET", "x");
        const Call clean = run({u"test -z \"$BRIDGE_TEST_SECRET\" && test -n \"$PATH\""_s});
        QTRY_VERIFY(m_outcome);
        QVERIFY(m_outcome->ok());
        const Call full = run({u"test -n \"$BRIDGE_TEST_SECRET\""_s, true});
        QTRY_VERIFY(m_outcome);
        QVERIFY(m_outcome->ok());
    }

    void aFailureTellsStatusAndReason()
    {
        const Call call = run({u"echo no database >&2; exit 4"_s});
        QTRY_VERIFY(m_outcome);
        QVERIFY(!m_outcome->ok());
        QVERIFY(m_outcome->error().message.contains(u"exited with status 4"_s));
        QVERIFY(m_outcome->error().message.contains(u"no database"_s));
    }

    void aCommandThatTakesTooLongFails()
    {
        const Call call = run({u"exec sleep 60"_s, false, 100ms});
        QTRY_VERIFY(m_outcome);
        QVERIFY(m_outcome->error().message.contains(u"did not end"_s));
    }

    void withdrawingSaysNothing()
    {
        Call call = run({u"exit 1"_s});
        call.cancel();
        QTest::qWait(100);
        QVERIFY(!m_outcome);
    }

    void bothFormsAtOnceAreRefused()
    {
        config::Settings settings;
        QVERIFY(startHookFrom(settings)->command.isEmpty());
        settings.set(u"MCP_RUN_ON_START_INHERIT_ENVIRONMENT"_s, u"b"_s,
                     config::Source::Environment);
        QVERIFY(startHookFrom(settings)->inheritEnvironment);
        settings.set(u"MCP_RUN_ON_START"_s, u"a"_s, config::Source::Environment);
        QCOMPARE(startHookFrom(settings).error().code, ErrorCode::InvalidConfig);
    }
};

QTEST_GUILESS_MAIN(RunOnStartTest)
#include "tst_runonstart.moc"
