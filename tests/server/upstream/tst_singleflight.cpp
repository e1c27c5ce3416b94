// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/singleflight.h"

#include <QtCore/QStringList>
#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::upstream;
using namespace Qt::StringLiterals;

namespace {

/// The work of a flight, ended by the test.
struct Work {
    int begun = 0;
    int withdrawn = 0;
    Handler<int> done;

    SingleFlight<int>::Start start()
    {
        return [this](Handler<int> handler) {
            ++begun;
            done = std::move(handler);
            return Call([this] { ++withdrawn; });
        };
    }
};

} // namespace

class SingleFlightTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void allWhoWaitGetTheOneOutcome()
    {
        Work work;
        SingleFlight<int> flight;
        QList<int> got;
        const auto take = [&got](const Result<int> &outcome) { got.append(*outcome); };
        const Call first = flight.join(take, work.start());
        const Call second = flight.join(take, work.start());
        work.done(7);
        QCOMPARE(got, (QList<int>{7, 7}));
        QCOMPARE(work.begun, 1);
        QVERIFY(!flight.isRunning());
    }

    void theWorkEndsWithTheLastWhoWaits()
    {
        Work work;
        SingleFlight<int> flight;
        const auto ignore = [](const Result<int> &) {};
        Call first = flight.join(ignore, work.start());
        Call second = flight.join(ignore, work.start());
        first.cancel();
        QCOMPARE(work.withdrawn, 0);
        second.cancel();
        QCOMPARE(work.withdrawn, 1);
    }

    void failingTellsAllWhoWaitAndEndsTheWork()
    {
        Work work;
        SingleFlight<int> flight;
        QStringList got;
        const auto take = [&got](const Result<int> &outcome) {
            got.append(outcome.error().message);
        };
        const Call first = flight.join(take, work.start());
        const Call second = flight.join(take, work.start());
        flight.fail(Error(ErrorCode::Cancelled, u"over"_s));
        QCOMPARE(got, (QStringList{u"over"_s, u"over"_s}));
        QCOMPARE(work.withdrawn, 1);
        QVERIFY(!flight.isRunning());
        work.done(7); // too late
        QCOMPARE(got.size(), 2);
        flight.fail(Error(ErrorCode::Cancelled, u"again"_s));
        QCOMPARE(got.size(), 2);
    }

    void whoIsToldOfAFailureMayEndTheFlightAndBeginAnother()
    {
        Work work;
        auto flight = std::make_unique<SingleFlight<int>>();
        int told = 0;
        Call again;
        SingleFlight<int> next;
        const Call first = flight->join(
            [&](const Result<int> &) {
                ++told;
                flight.reset();
                again = next.join([](const Result<int> &) {}, work.start());
            },
            work.start());
        const Call second = flight->join([&](const Result<int> &) { ++told; }, work.start());
        flight->fail(Error(ErrorCode::Cancelled, u"over"_s));
        QCOMPARE(told, 2);
        QVERIFY(next.isRunning());
    }
};

QTEST_GUILESS_MAIN(SingleFlightTest)
#include "tst_singleflight.moc"
