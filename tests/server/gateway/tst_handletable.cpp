// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/handletable.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::gateway;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestHandleTable : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { m_released.clear(); }

    void findsOnlyWhatIsTheOwnersOwn()
    {
        HandleTable table({}, release());
        const QString id = *table.add(state(u"alice"_s));
        QVERIFY(id.size() >= 32);
        QVERIFY(table.find(id, u"alice"_s, QString()));
        QVERIFY(!table.find(id, u"bob"_s, QString()));
        QVERIFY(!table.find(id, QString(), QString()));
        QVERIFY(!table.find(id, u"alice"_s, u"demo"_s));
        QVERIFY(!table.find(QString(), u"alice"_s, QString()));
    }

    void endsOnlyWhatIsTheOwnersOwnAndOnce()
    {
        HandleTable table({}, release());
        const QString id = *table.add(state(u"alice"_s));
        QVERIFY(!table.end(id, u"bob"_s));
        QVERIFY(m_released.isEmpty());
        QVERIFY(table.end(id, u"alice"_s));
        QVERIFY(!table.end(id, u"alice"_s));
        QCOMPARE(m_released, QStringList{u"alice"_s});
        QVERIFY(!table.find(id, u"alice"_s, QString()));
    }

    void refusesBeyondTheCaps()
    {
        TableLimits limits;
        limits.sessions.perOwner = 1;
        limits.sessions.total = 2;
        limits.yieldAfter = 1h;
        HandleTable table(limits, release());
        QVERIFY(table.add(state(u"alice"_s)));
        QCOMPARE(table.add(state(u"alice"_s)).error().code, ErrorCode::TooManyRequests);
        QVERIFY(table.add(state(u"bob"_s)));
        QCOMPARE(table.add(state(u"carol"_s)).error().code, ErrorCode::TooManyRequests);
        QCOMPARE(table.count(), 2);
    }

    void letsTheLongestUnusedGiveWay()
    {
        TableLimits limits;
        limits.sessions.perOwner = 2;
        limits.yieldAfter = 20ms;
        HandleTable table(limits, release());
        const QString old = *table.add(state(u"alice"_s));
        const QString used = *table.add(state(u"alice"_s));
        const QString bobs = *table.add(state(u"bob"_s));
        QTest::qWait(30);
        QVERIFY(table.find(used, u"alice"_s, QString()));
        QVERIFY(table.add(state(u"alice"_s)));
        QVERIFY(!table.find(old, u"alice"_s, QString()));
        QVERIFY(table.find(used, u"alice"_s, QString()));
        QVERIFY(table.find(bobs, u"bob"_s, QString()));
    }

    void endsWhatNobodyUses()
    {
        TableLimits limits;
        limits.idleTimeout = 40ms;
        HandleTable table(limits, release());
        const QString busy = *table.add(state(u"busy"_s));
        QVERIFY(table.add(state(u"idle"_s)));
        ClientStatePtr running = table.find(busy, u"busy"_s, QString());
        QTRY_COMPARE(m_released, QStringList{u"idle"_s});
        QTest::qWait(100);
        QCOMPARE(table.count(), 1); // a request that runs keeps its own
        running.reset();
        QTRY_COMPARE(table.count(), 0);
    }

private:
    static ClientStatePtr state(const QString &owner)
    {
        auto made = std::make_shared<ClientState>();
        made->identity.owner = owner;
        return made;
    }
    HandleTable::Release release()
    {
        return [this](const ClientStatePtr &ended) { m_released.append(ended->identity.owner); };
    }
    QStringList m_released;
};

QTEST_GUILESS_MAIN(TestHandleTable)
#include "tst_handletable.moc"
