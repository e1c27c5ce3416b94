// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/audit/damper.h"

#include <QtTest/QtTest>

using namespace bridge::audit;
using namespace Qt::StringLiterals;

class tst_Damper : public QObject
{
    Q_OBJECT

    QList<AuditEvent> m_written;

    Damper::Write writing()
    {
        return [this](AuditEvent event) { m_written.append(std::move(event)); };
    }
    static AuditEvent eventOf(const QString &request)
    {
        AuditEvent event;
        event.kind = AuditEvent::Kind::Limited;
        event.requestId = request;
        return event;
    }

private Q_SLOTS:
    void init() { m_written.clear(); }

    void theFirstIsWrittenAtOnceAndTheOthersAreCounted()
    {
        Damper damper(writing(), std::chrono::milliseconds(50));
        for (int i = 0; i < 1'000; ++i)
            damper.take(u"a"_s, u"alice"_s, eventOf(QString::number(i)));
        damper.take(u"a"_s, u"bob"_s, eventOf(u"his"_s));
        QCOMPARE(m_written.size(), 2);
        QCOMPARE(m_written[0].requestId, u"0"_s);
        QCOMPARE(m_written[0].repeated, 0);
        QTRY_COMPARE(m_written.size(), 3);
        QCOMPARE(m_written[2].repeated, 999);
        QCOMPARE(m_written[2].requestId, u"999"_s);
        damper.take(u"a"_s, u"alice"_s, eventOf(u"again"_s));
        QCOMPARE(m_written.size(), 4);
        QCOMPARE(m_written[3].repeated, 0);
    }

    void manyCallersMakeNoMoreLinesThanTheirLimit()
    {
        {
            Damper damper(writing());
            for (int round = 0; round < 3; ++round) {
                for (int i = 0; i < 10'000; ++i)
                    damper.take(QString::number(i), u"k"_s, eventOf(QString::number(i)));
            }
            QCOMPARE(m_written.size(), Damper::kMaxKeys);
        }
        QCOMPARE(m_written.size(), 2 * Damper::kMaxKeys + 1);
        qint64 sum = 0;
        for (const AuditEvent &event : m_written)
            sum += event.repeated;
        QCOMPARE(sum + Damper::kMaxKeys, 30'000);
        QCOMPARE(m_written.last().reason, u"many_others"_s);
        QVERIFY(m_written.last().requestId.isEmpty());
    }

    void oneClientLeavesTheMostToOthers()
    {
        Damper damper(writing());
        for (int i = 0; i < 10'000; ++i)
            damper.take(u"flooder"_s, QString::number(i), eventOf(u"flood"_s));
        const qsizetype his = m_written.size();
        QCOMPARE(his, Damper::kMaxKeys / 5);
        for (int i = 0; i < Damper::kMaxKeys / 2; ++i)
            damper.take(u"client %1"_s.arg(i), u"k"_s, eventOf(QString::number(i)));
        QCOMPARE(m_written.size(), his + Damper::kMaxKeys / 2);
    }

    void evenManyFloodersLeaveRoomForSomebodyElse()
    {
        Damper damper(writing());
        for (int client = 0; client < 8; ++client) {
            for (int i = 0; i < 1'000; ++i)
                damper.take(QString::number(client), QString::number(i), eventOf(u"flood"_s));
        }
        m_written.clear();
        for (int i = 0; i < 20; ++i)
            damper.take(u"client %1"_s.arg(i), u"k"_s, eventOf(QString::number(i)));
        QCOMPARE(m_written.size(), 20);
    }

    void sharesAreThereAgainWhenTheTimeIsOver()
    {
        Damper damper(writing(), std::chrono::milliseconds(50));
        for (int i = 0; i < 1'000; ++i)
            damper.take(u"a"_s, QString::number(i), eventOf(u"flood"_s));
        const qsizetype his = m_written.size();
        QTRY_COMPARE(m_written.size(), his + 1); // the sum
        for (int i = 0; i < 1'000; ++i)
            damper.take(u"a"_s, QString::number(i), eventOf(u"flood"_s));
        QCOMPARE(m_written.size(), 2 * his + 1);
    }

    void keysAreThoseOfTheirClient()
    {
        Damper damper(writing());
        damper.take(u"a"_s, u"b"_s, eventOf(u"1"_s));
        damper.take(u"b"_s, u"b"_s, eventOf(u"2"_s));
        QCOMPARE(m_written.size(), 2);
    }
};

QTEST_GUILESS_MAIN(tst_Damper)
#include "tst_damper.moc"
