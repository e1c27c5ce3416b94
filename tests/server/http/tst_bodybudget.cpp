// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/bodybudget.h"

#include <QtTest/QTest>

using namespace bridge::http;
using namespace Qt::StringLiterals;

namespace {

constexpr qint64 kMega = 1024 * 1024;

QHostAddress address(int last)
{
    return QHostAddress(quint32(0x0a000000 + last));
}

ServerLimits limits(qint64 bodies, int perAddress = 10)
{
    ServerLimits limits;
    limits.body = kMega;
    limits.bufferedBodies = bodies;
    limits.connectionsPerAddress = perAddress;
    return limits;
}

} // namespace

class TestBodyBudget : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void countsNothingOfSmallBodies()
    {
        BodyBudget budget(limits(4 * kMega));
        for (int i = 0; i < 1000; ++i)
            QVERIFY(budget.change(address(1), 0, BodyBudget::kFree));
        QCOMPARE(budget.used(), qint64(0));
    }

    void givesOneAddressAQuarter()
    {
        BodyBudget budget(limits(8 * kMega));
        QVERIFY(budget.change(address(1), 0, kMega));
        QVERIFY(budget.change(address(1), 0, kMega));
        QVERIFY(!budget.change(address(1), 0, kMega));
        QVERIFY(budget.change(address(2), 0, kMega));
        QCOMPARE(budget.used(), 3 * kMega);
    }

    void refusesWhatAllTogetherMayNotHave()
    {
        BodyBudget budget(limits(4 * kMega));
        for (int i = 1; i <= 4; ++i)
            QVERIFY(budget.change(address(i), 0, kMega));
        QVERIFY(!budget.change(address(5), 0, kMega));
        QVERIFY(budget.change(address(1), kMega, 0));
        QVERIFY(budget.change(address(5), 0, kMega));
        QCOMPARE(budget.used(), 4 * kMega);
    }

    void countsTheSmallPartOfABodyThatGrew()
    {
        BodyBudget budget(limits(4 * kMega));
        QVERIFY(budget.change(address(1), 1000, 100'000));
        QCOMPARE(budget.used(), qint64(100'000));
        QVERIFY(budget.change(address(1), 100'000, 1000));
        QCOMPARE(budget.used(), qint64(0));
    }

    void alwaysHasRoomForOneBody()
    {
        BodyBudget budget(limits(1024));
        QVERIFY(budget.change(address(1), 0, kMega));
    }

    void givesTheClientsOfProxiesAllOfIt()
    {
        BodyBudget budget(limits(4 * kMega));
        const QHostAddress proxied;
        QVERIFY(budget.change(address(9), 0, kMega));
        QVERIFY(!budget.change(address(9), 0, kMega));
        for (int i = 1; i <= 3; ++i)
            QVERIFY(budget.change(proxied, 0, kMega));
        QVERIFY(!budget.change(proxied, 0, kMega));
        QVERIFY(budget.change(proxied, kMega, 0));
        QVERIFY(budget.change(address(8), 0, kMega));
        QCOMPARE(budget.used(), 4 * kMega);
    }

    void givesAShareAlsoWhereConnectionsAreNotLimited()
    {
        BodyBudget budget(limits(4 * kMega, 0));
        QVERIFY(budget.change(address(1), 0, kMega));
        QVERIFY(!budget.change(address(1), 0, kMega));
        QVERIFY(budget.change(address(2), 0, kMega));
    }

    void takesANetworkOfIPv6ForOneClient()
    {
        BodyBudget budget(limits(4 * kMega));
        QVERIFY(budget.change(QHostAddress(u"2001:db8:0:1::1"_s), 0, kMega));
        QVERIFY(!budget.change(QHostAddress(u"2001:db8:0:1:ffff::2"_s), 0, kMega));
        QVERIFY(budget.change(QHostAddress(u"2001:db8:0:2::1"_s), 0, kMega));
        QVERIFY(budget.change(QHostAddress(u"2001:db8:0:1::3"_s), kMega, 0));
        QCOMPARE(budget.used(), kMega);
    }

    void takesIPv4InIPv6ClothesForWhatItIs()
    {
        BodyBudget budget(limits(4 * kMega));
        QVERIFY(budget.change(QHostAddress(u"::ffff:10.0.0.1"_s), 0, kMega));
        QVERIFY(!budget.change(address(1), 0, kMega));
        QVERIFY(budget.change(QHostAddress(u"::ffff:10.0.0.2"_s), 0, kMega));
    }
};

QTEST_GUILESS_MAIN(TestBodyBudget)
#include "tst_bodybudget.moc"
