// SPDX-License-Identifier: GPL-3.0-or-later
#include "fakeinstance.h"
#include "server/upstream/warmpool.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::upstream;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class WarmPoolTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void cleanup() { QCOMPARE(FakeInstance::count, 0); }

    void fillsTwoAtATime()
    {
        ManualStart<InstancePtr> starts;
        WarmPool pool(3, starts.function());
        QCOMPARE(starts.begun, 0);
        pool.warmUp();
        QCOMPARE(starts.pending.size(), 2);
        starts.answer(InstancePtr(std::make_shared<FakeInstance>()));
        QCOMPARE(starts.begun, 3);
        starts.answer(InstancePtr(std::make_shared<FakeInstance>()));
        starts.answer(InstancePtr(std::make_shared<FakeInstance>()));
        QCOMPARE(pool.ready(), 3);
        QCOMPARE(starts.begun, 3);
    }

    void refillsWhatWasTaken()
    {
        ManualStart<InstancePtr> starts;
        WarmPool pool(1, starts.function());
        QVERIFY(!pool.take()); // cold, but now it knows it is needed
        QTRY_COMPARE(starts.pending.size(), 1);
        starts.answer(InstancePtr(std::make_shared<FakeInstance>()));
        const InstancePtr taken = pool.take();
        QVERIFY(taken);
        QCOMPARE(pool.ready(), 0);
        QTRY_COMPARE(starts.begun, 2);
    }

    void aDisabledPoolStartsNothing()
    {
        ManualStart<InstancePtr> starts;
        WarmPool pool(0, starts.function());
        pool.warmUp();
        QVERIFY(!pool.take());
        QTest::qWait(10);
        QCOMPARE(starts.begun, 0);
    }

    void shrinksToOneWhenQuiet()
    {
        ManualStart<InstancePtr> starts;
        WarmPool pool(3, starts.function());
        pool.setQuietTime(50ms);
        pool.warmUp();
        for (int i = 0; i < 3; ++i)
            starts.answer(InstancePtr(std::make_shared<FakeInstance>()));
        QTRY_COMPARE(pool.ready(), 1);
        QCOMPARE(FakeInstance::count, 1);
        QVERIFY(pool.take());
        QTRY_COMPARE(starts.begun, 5); // wanted again: back to three, two at a time
    }

    void replacesTheDeadAfterAPause()
    {
        ManualStart<InstancePtr> starts;
        WarmPool pool(1, starts.function());
        pool.warmUp();
        auto instance = std::make_shared<FakeInstance>();
        FakeInstance *bare = instance.get();
        starts.answer(InstancePtr(std::move(instance)));
        bare->die();
        QCOMPARE(pool.ready(), 0);
        QCOMPARE(starts.begun, 1);
        QTRY_COMPARE(starts.begun, 2);
    }

    void replacesTheExpiredWithoutAPause()
    {
        ManualStart<InstancePtr> starts;
        WarmPool pool(1, starts.function());
        pool.warmUp();
        // More often than any back-off would allow in that time.
        for (int i = 1; i <= 8; ++i) {
            auto instance = std::make_shared<FakeInstance>();
            FakeInstance *bare = instance.get();
            bare->expired = true;
            starts.answer(InstancePtr(std::move(instance)));
            bare->die();
            QTRY_COMPARE_WITH_TIMEOUT(starts.begun, i + 1, 200);
        }
    }

    void pausesAfterAFailure()
    {
        ManualStart<InstancePtr> starts;
        WarmPool pool(1, starts.function());
        pool.warmUp();
        starts.answer(Error(ErrorCode::UpstreamStart, u"no"_s));
        QVERIFY(!pool.take());
        QTest::qWait(50);
        QCOMPARE(starts.begun, 1);
        QTRY_COMPARE(starts.begun, 2);
    }

    void neverHandsOutTheDead()
    {
        ManualStart<InstancePtr> starts;
        WarmPool pool(1, starts.function());
        pool.warmUp();
        auto instance = std::make_shared<FakeInstance>();
        instance->alive = false; // has died, the signal is still on its way
        starts.answer(InstancePtr(instance));
        instance.reset();
        QVERIFY(!pool.take());
    }

    void staysSmallerAfterEvictionUntilTheNextCall()
    {
        ManualStart<InstancePtr> starts;
        WarmPool pool(2, starts.function());
        pool.warmUp();
        starts.answer(InstancePtr(std::make_shared<FakeInstance>()));
        starts.answer(InstancePtr(std::make_shared<FakeInstance>()));
        QVERIFY(pool.evict());
        QTest::qWait(10);
        QCOMPARE(starts.begun, 2);
        QVERIFY(pool.take());
        QTRY_COMPARE(starts.begun, 4);
    }

    void drainingWithdrawsStarts()
    {
        ManualStart<InstancePtr> starts;
        WarmPool pool(2, starts.function());
        pool.warmUp();
        starts.answer(InstancePtr(std::make_shared<FakeInstance>()));
        pool.drain();
        QVERIFY(starts.pending.isEmpty());
        QCOMPARE(pool.ready(), 0);
    }
};

QTEST_GUILESS_MAIN(WarmPoolTest)
#include "tst_warmpool.moc"
