// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/async/task.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace std::chrono_literals;

namespace {

/// Counts frames that are alive, so a leak or a double destruction shows.
struct Witness {
    static inline int alive = 0;
    Witness() { ++alive; }
    Witness(const Witness &) { ++alive; }
    Witness &operator=(const Witness &) = default;
    ~Witness() { --alive; }
};

Task<int> immediate(int value)
{
    co_return value;
}

Task<int> delayed(int value)
{
    Witness witness;
    (void)co_await pause(1ms);
    co_return value;
}

Task<int> sum()
{
    Witness witness;
    Result<int> a = co_await delayed(2);
    Result<int> b = co_await immediate(3);
    if (!a || !b)
        co_return Error(ErrorCode::Internal, QStringLiteral("unreachable"));
    co_return *a + *b;
}

Task<int> failing()
{
    Result<int> a = co_await delayed(1);
    co_return Error(ErrorCode::UpstreamTimeout, QStringLiteral("no answer"));
}

Task<int> cutsItselfOff(std::shared_ptr<Call> own)
{
    Witness witness;
    (void)co_await pause(1ms);
    own->cancel(); // drops the running frame's owner
    (void)co_await pause(1ms);
    qFatal("resumed after it was abandoned");
    co_return 1;
}

Task<int> forever(std::function<void()> withdrawn)
{
    Witness witness;
    co_return co_await answer<int>([&withdrawn](Handler<int>) { return Call(withdrawn); });
}

Task<int> outerForever(std::function<void()> withdrawn)
{
    Witness witness;
    co_return co_await forever(withdrawn);
}

} // namespace

class tst_Task : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QCOMPARE(Witness::alive, 0); }
    void cleanup() { QCOMPARE(Witness::alive, 0); }

    void deliversTheResultOfNestedTasks()
    {
        int got = 0;
        Call call = sum().start([&](Result<int> r) { got = *r; });
        QTRY_COMPARE(got, 5);
    }

    void deliversErrorsAsValues()
    {
        std::optional<ErrorCode> got;
        Call call = failing().start([&](Result<int> r) { got = r.error().code; });
        QTRY_VERIFY(got.has_value());
        QCOMPARE(*got, ErrorCode::UpstreamTimeout);
    }

    void neverCallsTheHandlerBeforeStartReturned()
    {
        bool called = false;
        Call call = immediate(1).start([&](Result<int>) { called = true; });
        QVERIFY(!called);
        QTRY_VERIFY(called);
    }

    void droppingTheCallBeforeDeliverySilencesTheHandler()
    {
        bool called = false;
        {
            Call call = immediate(1).start([&](Result<int>) { called = true; });
        }
        QTest::qWait(5);
        QVERIFY(!called);
    }

    void droppingTheCallMidwayWithdrawsTheInnermostCall()
    {
        int withdrawn = 0;
        bool called = false;
        {
            Call call =
                outerForever([&] { ++withdrawn; }).start([&](Result<int>) { called = true; });
            QCOMPARE(Witness::alive, 2);
        }
        QCOMPARE(withdrawn, 1);
        QCOMPARE(Witness::alive, 0);
        QVERIFY(!called);
    }

    void aTaskMayDropItsOwnCallWhileRunning()
    {
        auto own = std::make_shared<Call>();
        *own = cutsItselfOff(own).start([](Result<int>) { QFAIL("abandoned"); });
        QTRY_COMPARE(Witness::alive, 0);
    }

    void theHandlerMayDropTheCall()
    {
        auto call = std::make_unique<Call>();
        bool done = false;
        *call = sum().start([&](Result<int>) {
            call.reset();
            done = true;
        });
        QTRY_VERIFY(done);
    }

    void anUnstartedTaskRunsNothing()
    {
        {
            auto task = delayed(1);
        }
        QCOMPARE(Witness::alive, 0);
    }

    void aTimerCallMayBeDroppedFromItsOwnFunction()
    {
        auto call = std::make_unique<Call>();
        int runs = 0;
        *call = after(1ms, [&] {
            ++runs;
            call.reset();
        });
        QTRY_COMPARE(runs, 1);
    }
};

QTEST_GUILESS_MAIN(tst_Task)
#include "tst_task.moc"
