// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/async/background.h"
#include "common/async/workerthread.h"

#include <QtCore/QThread>
#include <QtTest/QtTest>

#include <atomic>
#include <thread>
#include <vector>

using namespace bridge;

class TestThreads : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aMailboxRunsWhatItGetsInItsOwnThreadAndInOrder()
    {
        const auto home = Mailbox::ofThisThread();
        QCOMPARE(Mailbox::ofThisThread(), home);
        const auto here = std::this_thread::get_id();
        QList<int> got;
        bool areAllHere = true;
        std::thread other([&, home] {
            for (int i = 0; i < 1'000; ++i) {
                home->post([&, i] {
                    areAllHere = areAllHere && std::this_thread::get_id() == here;
                    got.append(i);
                });
            }
        });
        QTRY_COMPARE(got.size(), 1'000);
        other.join();
        QVERIFY(areAllHere);
        QVERIFY(std::is_sorted(got.cbegin(), got.cend()));
    }

    void nothingRunsBeforePostHasReturned()
    {
        bool hasRun = false;
        Mailbox::ofThisThread()->post([&] { hasRun = true; });
        QVERIFY(!hasRun);
        QTRY_VERIFY(hasRun);
    }

    void aLoopInsideAFunctionGoesOnWithTheNextOne()
    {
        const auto home = Mailbox::ofThisThread();
        bool isSecondDone = false;
        bool wasSecondSeen = false;
        home->post([&] {
            QEventLoop loop;
            home->post([&] { loop.quit(); });
            loop.exec();
            wasSecondSeen = isSecondDone;
        });
        home->post([&] { isSecondDone = true; });
        QTRY_VERIFY(wasSecondSeen);
    }

    void aMailboxOutlivesItsThreadAndDropsWhatComesTooLate()
    {
        std::shared_ptr<Mailbox> gone;
        auto early = std::make_shared<int>(1);
        std::thread other([&] {
            gone = Mailbox::ofThisThread();
            gone->post([early] { qFatal("there is no loop that could run it"); });
        });
        other.join();
        QCOMPARE(early.use_count(), 1L);
        auto late = std::make_shared<int>(2);
        gone->post([late] { qFatal("its thread is gone"); });
        QCOMPARE(late.use_count(), 1L);
    }

    void aWorkerKeepsTheOrderAndEndsWhenAllIsDone()
    {
        QList<int> done;
        {
            WorkerThread worker("test");
            for (int i = 0; i < 1'000; ++i)
                worker.post([&done, i] { done.append(i); });
        }
        QCOMPARE(done.size(), 1'000);
        QVERIFY(std::is_sorted(done.cbegin(), done.cend()));
    }

    void aWorkersLastWorkMayAskForMore()
    {
        int done = 0;
        {
            WorkerThread worker("test");
            worker.post([&] { worker.post([&done] { ++done; }); });
        }
        QCOMPARE(done, 1);
    }

    void waitingForAWorkSeesWhatItAndThoseBeforeItDid()
    {
        WorkerThread worker("test");
        const auto here = std::this_thread::get_id();
        int before = 0;
        worker.post([&] { before = 7; });
        bool isElsewhere = false;
        worker.runAndWait([&] { isElsewhere = std::this_thread::get_id() != here; });
        QVERIFY(isElsewhere);
        QCOMPARE(before, 7);
    }

    void aWorkerWithoutWorkEnds()
    {
        for (int i = 0; i < 100; ++i)
            const WorkerThread worker("test");
    }

    void workInBackgroundAnswersHere()
    {
        const auto here = std::this_thread::get_id();
        std::vector<Call> calls;
        std::atomic<int> elsewhere = 0;
        int sum = 0;
        int answered = 0;
        for (int i = 0; i < 200; ++i) {
            calls.push_back(inBackground<int>(
                [&elsewhere, here, i] {
                    elsewhere += std::this_thread::get_id() != here;
                    return i;
                },
                [&](const Result<int> &got) {
                    QCOMPARE(std::this_thread::get_id(), here);
                    sum += *got;
                    ++answered;
                }));
        }
        QTRY_COMPARE(answered, 200);
        QCOMPARE(elsewhere, 200);
        QCOMPARE(sum, 199 * 200 / 2);
    }

    void aWithdrawnAnswerIsDropped()
    {
        std::atomic<bool> isDone = false;
        Call call = inBackground<int>(
            [&] {
                isDone = true;
                return 1;
            },
            [](const Result<int> &) { QFAIL("was withdrawn"); });
        call.cancel();
        QTRY_VERIFY(isDone);
        QTest::qWait(20);
    }
};

QTEST_GUILESS_MAIN(TestThreads)
#include "tst_threads.moc"
