// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/eventloop/timerlist.h"

#include <QtCore/QTimerEvent>
#include <QtTest/QTest>

#include <functional>

using namespace bridge;
using namespace std::chrono_literals;

namespace {

class Receiver : public QObject
{
public:
    QList<int> fired;
    std::function<void(int)> then;

protected:
    void timerEvent(QTimerEvent *event) override
    {
        fired.append(event->timerId());
        if (then)
            then(event->timerId());
    }
};

} // namespace

class tst_TimerList : public QObject
{
    Q_OBJECT

    const TimerList::Clock::time_point m_start{std::chrono::hours(1)};

private Q_SLOTS:
    void firesInTheOrderOfTheDeadlines()
    {
        TimerList list;
        Receiver receiver;
        list.add(1, 30ms, Qt::PreciseTimer, &receiver, m_start);
        list.add(2, 10ms, Qt::PreciseTimer, &receiver, m_start);
        list.add(3, 20ms, Qt::PreciseTimer, &receiver, m_start);
        QCOMPARE(list.fire(m_start + 9ms), 0);
        QVERIFY(list.next() == m_start + 10ms);
        QCOMPARE(list.fire(m_start + 20ms), 2);
        QCOMPARE(receiver.fired, QList<int>({2, 3}));
    }

    void comesAgainAfterItsIntervalAndSkipsWhatItMissed()
    {
        TimerList list;
        Receiver receiver;
        list.add(1, 10ms, Qt::PreciseTimer, &receiver, m_start);
        QCOMPARE(list.fire(m_start + 12ms), 1);
        QVERIFY(list.deadline(1) == m_start + 20ms); // regular, not 22
        QCOMPARE(list.fire(m_start + 100ms), 1);
        QVERIFY(list.deadline(1) == m_start + 110ms);
    }

    void aTimerWithoutLengthFiresOnceATurn()
    {
        TimerList list;
        Receiver receiver;
        list.add(1, 0ms, Qt::CoarseTimer, &receiver, m_start);
        QCOMPARE(list.fire(m_start), 1);
        QCOMPARE(list.fire(m_start), 1);
        QCOMPARE(receiver.fired.size(), 2);
    }

    void aTimerThatRestartsItselfWithoutLengthWaitsForTheNextTurn()
    {
        TimerList list;
        Receiver receiver;
        receiver.then = [&](int id) {
            list.remove(id);
            list.add(id, 0ms, Qt::PreciseTimer, &receiver, m_start);
        };
        list.add(1, 0ms, Qt::PreciseTimer, &receiver, m_start);
        QCOMPARE(list.fire(m_start), 1);
        QCOMPARE(list.fire(m_start), 1);
    }

    void oneThatIsRemovedByAnotherDoesNotFire()
    {
        TimerList list;
        Receiver receiver;
        receiver.then = [&](int id) { list.remove(id == 1 ? 2 : 1); };
        list.add(1, 10ms, Qt::PreciseTimer, &receiver, m_start);
        list.add(2, 10ms, Qt::PreciseTimer, &receiver, m_start);
        QCOMPARE(list.fire(m_start + 10ms), 1);
        QCOMPARE(receiver.fired.size(), 1);
    }

    void aReceiverThatIsDeletedInsideIsForgotten()
    {
        TimerList list;
        auto *receiver = new Receiver;
        receiver->then = [&](int) {
            list.removeAll(receiver);
            delete receiver;
        };
        list.add(1, 10ms, Qt::PreciseTimer, receiver, m_start);
        list.add(2, 10ms, Qt::PreciseTimer, receiver, m_start);
        QCOMPARE(list.fire(m_start + 10ms), 1);
        QVERIFY(list.isEmpty());
    }

    void doesNotEnterATimerThatIsStillRunning()
    {
        TimerList list;
        Receiver receiver;
        int inside = 0;
        receiver.then = [&](int) { inside += list.fire(m_start + 1h); };
        list.add(1, 10ms, Qt::PreciseTimer, &receiver, m_start);
        QCOMPARE(list.fire(m_start + 10ms), 1);
        QCOMPARE(inside, 0);
        receiver.then = nullptr;
        QCOMPARE(list.fire(m_start + 2h), 1);
    }

    void coarseTimersShareTheirWakeUpsAndAreAtMostATwentiethLate_data()
    {
        QTest::addColumn<int>("interval");
        for (const int interval : {1, 19, 40, 100, 999, 15'000, 3'600'000})
            QTest::newRow(QByteArray::number(interval).constData()) << interval;
    }

    void coarseTimersShareTheirWakeUpsAndAreAtMostATwentiethLate()
    {
        QFETCH(int, interval);
        TimerList list;
        Receiver receiver;
        const std::chrono::milliseconds length(interval);
        for (int id = 0; id < 100; ++id) {
            const auto begin = m_start + id * 1ms;
            list.add(id, length, Qt::CoarseTimer, &receiver, begin);
            QVERIFY(*list.deadline(id) >= begin + length);
            QVERIFY(*list.deadline(id) <= begin + length + length / 20);
        }
        QSet<qint64> points;
        for (int id = 0; id < 100; ++id)
            points.insert(list.deadline(id)->time_since_epoch().count());
        if (interval >= 15'000)
            QVERIFY(points.size() <= 2);
    }

    void veryCoarseTimersFireOnTheSecond()
    {
        TimerList list;
        Receiver receiver;
        list.add(1, 1500ms, Qt::VeryCoarseTimer, &receiver, m_start + 1ms);
        QVERIFY(list.deadline(1) == m_start + 2s);
    }

    void tellsWhatAReceiverHas()
    {
        TimerList list;
        Receiver one;
        Receiver other;
        list.add(1, 10ms, Qt::PreciseTimer, &one, m_start);
        list.add(2, 20ms, Qt::CoarseTimer, &other, m_start);
        const auto timers = list.of(&one);
        QCOMPARE(timers.size(), 1);
        QCOMPARE(timers.first().timerId, 1);
        QCOMPARE(timers.first().interval, 10);
        QCOMPARE(timers.first().timerType, Qt::PreciseTimer);
        QVERIFY(list.removeAll(&one));
        QVERIFY(!list.removeAll(&one));
        QVERIFY(!list.remove(1));
        QVERIFY(!list.deadline(1));
        QVERIFY(list.remove(2));
    }
};

QTEST_GUILESS_MAIN(tst_TimerList)
#include "tst_timerlist.moc"
