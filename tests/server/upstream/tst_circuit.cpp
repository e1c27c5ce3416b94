// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/backoff.h"
#include "server/upstream/childbudget.h"
#include "server/upstream/circuits.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::upstream;
using namespace Qt::StringLiterals;

namespace {

const Error kFailure(ErrorCode::UpstreamStart, u"no such file"_s);

void fail(const std::shared_ptr<Circuit> &circuit, int times)
{
    for (int i = 0; i < times; ++i) {
        auto attempt = circuit->admit();
        QVERIFY(attempt.ok());
        (*attempt)->failed(kFailure);
    }
}

} // namespace

class CircuitTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void opensAfterFiveFailuresInARow()
    {
        qint64 now = 0;
        auto circuit = Circuit::create(u"files"_s, [&] { return now; });
        fail(circuit, 4);
        (*circuit->admit())->succeeded();
        fail(circuit, 5);
        const auto refused = circuit->admit();
        QVERIFY(!refused.ok());
        QCOMPARE(refused.error().code, ErrorCode::UpstreamUnavailable);
        QCOMPARE(refused.error().extra.value("retry_after"_L1).toInt(), 1);
        QVERIFY(refused.error().message.contains(u"no such file"_s));
        QVERIFY(refused.error().message.contains(u"\"files\""_s));
    }

    void letsOneThroughAfterTheWait()
    {
        qint64 now = 0;
        auto circuit = Circuit::create(u"files"_s, [&] { return now; });
        fail(circuit, 5);
        now = 700;
        auto trial = circuit->admit();
        QVERIFY(trial.ok());
        QVERIFY(!circuit->admit().ok());
        (*trial)->succeeded();
        QVERIFY(circuit->admit().ok());
        QVERIFY(circuit->isClean());
    }

    void waitsLongerAfterEachFailedTrial()
    {
        qint64 now = 0;
        auto circuit = Circuit::create(u"files"_s, [&] { return now; });
        fail(circuit, 5);
        qint64 before = 0;
        for (int i = 0; i < 8; ++i) {
            now += 40'000;
            fail(circuit, 1);
            const auto refused = circuit->admit();
            QVERIFY(!refused.ok());
            const qint64 seconds = refused.error().extra.value("retry_after"_L1).toInteger();
            QVERIFY(seconds >= 1 && seconds <= 36);
            QVERIFY(seconds >= before || seconds >= 24);
            before = seconds;
        }
        QVERIFY(before >= 24);
    }

    void anAbandonedTrialMakesRoomForAnother()
    {
        qint64 now = 0;
        auto circuit = Circuit::create(u"files"_s, [&] { return now; });
        fail(circuit, 5);
        now = 700;
        {
            auto trial = circuit->admit();
            QVERIFY(trial.ok());
        }
        QVERIFY(circuit->admit().ok());
    }

    void eachCallerHasACircuitOfHisOwn()
    {
        Circuits circuits(u"files"_s, [] { return 0; });
        QVERIFY(!circuits.ofEverybody());
        fail(circuits.of(u"him"_s), 5);
        QVERIFY(!circuits.of(u"him"_s)->admit().ok());
        QVERIFY(circuits.of(u"her"_s)->admit().ok());
        QVERIFY(circuits.of(QString())->admit().ok());
        QVERIFY(circuits.of(QString()) == circuits.ofEverybody());
    }

    void circuitsAreLimitedWhileAServerIsDown()
    {
        Circuits circuits(u"files"_s, [] { return 0; });
        fail(circuits.of(QString()), 5);
        for (int i = 0; i < 3 * Circuits::kMost; ++i) {
            // Every other one is still closed.
            fail(circuits.of(QString::number(i)), i % 2 == 0 ? 5 : 1);
            QVERIFY(circuits.count() <= Circuits::kMost);
        }
        QVERIFY(circuits.ofEverybody()->isOpen());
        fail(circuits.of(u"last"_s), 5);
        QVERIFY(circuits.of(u"last"_s)->isOpen());
    }

    void closedCircuitsGoFirst()
    {
        Circuits circuits(u"files"_s, [] { return 0; });
        for (int i = 0; i < Circuits::kMost - 1; ++i)
            fail(circuits.of(QString::number(i)), 5);
        fail(circuits.of(u"closed"_s), 1);
        fail(circuits.of(u"new"_s), 1);
        QCOMPARE(circuits.of(u"closed"_s)->failures(), 0); // a new one
        for (int i = 0; i < Circuits::kMost - 2; ++i)
            QVERIFY(circuits.of(QString::number(i))->isOpen());
    }

    void backsOffFromHalfASecondToThirty()
    {
        for (int i = 0; i < 100; ++i) {
            const auto first = backoff(1).count();
            QVERIFY(first >= 400 && first <= 600);
            const auto late = backoff(1'000).count();
            QVERIFY(late >= 24'000 && late <= 36'000);
        }
    }

    void aBudgetRefusesMoreThanItsLimit()
    {
        auto budget = std::make_shared<ChildBudget>(2);
        auto a = budget->take(ChildBudget::Purpose::Need);
        auto b = budget->take(ChildBudget::Purpose::Spare);
        QVERIFY(a && b);
        QVERIFY(!budget->take(ChildBudget::Purpose::Need));
        a.reset();
        QVERIFY(budget->take(ChildBudget::Purpose::Need));
        QCOMPARE(budget->count(), 1);
    }

    void aNeedPushesASpareOut()
    {
        auto budget = std::make_shared<ChildBudget>(1);
        auto spare = budget->take(ChildBudget::Purpose::Spare);
        int evictions = 0;
        const int id = budget->addEvictor([&] {
            ++evictions;
            spare->surrender();
            return true;
        });
        QVERIFY(!budget->take(ChildBudget::Purpose::Spare));
        QCOMPARE(evictions, 0);
        auto needed = budget->take(ChildBudget::Purpose::Need);
        QVERIFY(needed);
        QCOMPARE(evictions, 1);
        spare.reset(); // its child ends only now and must not be counted twice
        QCOMPARE(budget->count(), 1);
        budget->removeEvictor(id);
        QVERIFY(!budget->take(ChildBudget::Purpose::Need));
        QCOMPARE(evictions, 1);
    }

    void noLimitMeansNone()
    {
        auto budget = std::make_shared<ChildBudget>(0);
        QList<ChildBudget::SlotPtr> all;
        for (int i = 0; i < 100; ++i)
            all.append(budget->take(ChildBudget::Purpose::Need));
        QVERIFY(!all.contains(nullptr));
    }
};

QTEST_GUILESS_MAIN(CircuitTest)
#include "tst_circuit.moc"
