// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/base/duration.h"
#include "common/logging/redaction.h"
#include "server/audit/chain.h"

#include <QtCore/QJsonDocument>
#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::audit;
using namespace Qt::StringLiterals;

namespace {

const QDateTime kTime(QDate(2026, 11, 22), QTime(10, 0), kUtc);

AuditEvent eventOf(const QString &action)
{
    AuditEvent event;
    event.kind = AuditEvent::Kind::Admin;
    event.success = true;
    event.owner = u"https://idp.example#ann@example.com"_s;
    event.action = action;
    return event;
}

QList<QByteArray> linesOf(int count, const QByteArray &key = {})
{
    QList<QByteArray> lines;
    Link link;
    for (int i = 0; i < count; ++i)
        lines.append(chained(eventOf(u"act %1"_s.arg(i)), {}, kTime, key, link).chopped(1));
    return lines;
}

/// Number of the first line that is wrong, counted from 1; 0 = none.
int firstWrong(const QList<QByteArray> &lines, const QByteArray &key = {})
{
    ChainCheck check(key);
    for (int i = 0; i < lines.size(); ++i) {
        if (!check.next(lines.at(i)).isEmpty())
            return i + 1;
    }
    return 0;
}

} // namespace

class tst_AuditChain : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aLineIsOneJsonObjectOnOneLine()
    {
        AuditEvent event = eventOf(u"line\nbreak \"quoted\" \u2028 \x01"_s);
        event.kind = AuditEvent::Kind::Refusal;
        event.success = false;
        event.reason = u"invalid_token"_s;
        event.userAgent = QString(1'000, u'a');
        Link link;
        const QByteArray line = chained(event, {3, 9}, kTime, {}, link);
        QCOMPARE(line.count('\n'), 1);
        QVERIFY(line.endsWith('\n'));
        const QJsonObject object = QJsonDocument::fromJson(line).object();
        QCOMPARE(object["time"_L1].toString(), u"2026-11-22T10:00:00.000Z"_s);
        QCOMPARE(object["event"_L1].toString(), u"refusal"_s);
        QCOMPARE(object["success"_L1].toBool(true), false);
        QCOMPARE(object["seq"_L1].toInt(), 1);
        QCOMPARE(object["reason"_L1].toString(), u"invalid_token"_s);
        QCOMPARE(object["action"_L1].toString(), event.action);
        QCOMPARE(object["user_agent"_L1].toString().size(), 256);
        QCOMPARE(object["lost"_L1].toInt(), 3);
        QCOMPARE(object["torn"_L1].toInt(), 9);
        QVERIFY(!object.contains("target"_L1));
        QVERIFY(!line.contains("ann@example.com"));
        QVERIFY(object["user"_L1].toString().startsWith(u"len=35 sha256="));
    }

    void secretsOfTheLogAreSecretsHere()
    {
        logging::registerSecret(u"canary-5512"_s);
        Link link;
        AuditEvent event = eventOf(u"reload canary-5512"_s);
        event.userAgent = u"curl Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.abcdefghijklmnop"_s;
        const QByteArray line = chained(event, {}, kTime, {}, link);
        QVERIFY(!line.contains("canary-5512"));
        QVERIFY(!line.contains("eyJ"));
    }

    void anUntouchedChainIsWhole()
    {
        QCOMPARE(firstWrong(linesOf(50)), 0);
        QCOMPARE(firstWrong(linesOf(50, "key"), "key"), 0);
        ChainCheck check({});
        for (const QByteArray &line : linesOf(3))
            QVERIFY(check.next(line).isEmpty());
        QCOMPARE(check.count(), 3);
        QVERIFY(check.isWhole());
        QCOMPARE(check.last().sequence, 3);
    }

    void everyChangedByteIsFound()
    {
        const QList<QByteArray> lines = linesOf(3);
        for (int at = 0; at < lines.at(1).size(); ++at) {
            QList<QByteArray> changed = lines;
            changed[1][at] = char(changed.at(1).at(at) ^ 1);
            QVERIFY2(firstWrong(changed) == 2, qPrintable(QString::number(at)));
        }
    }

    void missingSwappedAndDoubledLinesAreFound()
    {
        const QList<QByteArray> lines = linesOf(5);
        QList<QByteArray> missing = lines;
        missing.removeAt(2);
        QCOMPARE(firstWrong(missing), 3);
        QList<QByteArray> swapped = lines;
        swapped.swapItemsAt(1, 2);
        QCOMPARE(firstWrong(swapped), 2);
        QList<QByteArray> doubled = lines;
        doubled.insert(3, lines.at(2));
        QCOMPARE(firstWrong(doubled), 4);
        QList<QByteArray> foreign = lines;
        foreign.insert(4, "{\"event\":\"login\"}");
        QCOMPARE(firstWrong(foreign), 5);
    }

    void aChainThatWasMadeAnewWithoutTheKeyIsFound()
    {
        QCOMPARE(firstWrong(linesOf(2), "key"), 1);
        QCOMPARE(firstWrong(linesOf(2, "other"), "key"), 1);
        QCOMPARE(firstWrong(linesOf(2, "key")), 1);
    }

    void aChainMayBeginInTheMiddleOfAnother()
    {
        ChainCheck check({});
        for (const QByteArray &line : linesOf(9).mid(4))
            QVERIFY(check.next(line).isEmpty());
        QVERIFY(!check.isWhole());
    }

    void aNewChainBehindAnotherIsToldApartFromMissingLines()
    {
        ChainCheck check({});
        for (int chain = 0; chain < 2; ++chain) {
            Link last;
            const QByteArray line =
                chained(AuditEvent(), {}, QDateTime::currentDateTimeUtc(), {}, last);
            const QString problem = check.next(QByteArrayView(line).chopped(1));
            QCOMPARE(problem.isEmpty(), chain == 0);
            if (chain == 1)
                QVERIFY(problem.contains("new chain begins here"_L1));
        }
    }

    void durationsAndRepetitionsAreNumbers()
    {
        AuditEvent event;
        event.kind = AuditEvent::Kind::Limited;
        event.durationMs = 0;
        event.repeated = 7;
        Link last;
        const auto object =
            QJsonDocument::fromJson(chained(event, {}, QDateTime::currentDateTimeUtc(), {}, last))
                .object();
        QCOMPARE(object["event"_L1].toString(), u"rate_limited"_s);
        QVERIFY(object["duration_ms"_L1].isDouble());
        QCOMPARE(object["repeated"_L1].toInt(), 7);
    }

    void lostEventsAreAddedUp()
    {
        Link link;
        ChainCheck check({});
        for (int lost : {0, 4, 0, 3})
            QVERIFY(check.next(chained(eventOf(u"x"_s), {lost, 0}, kTime, {}, link).chopped(1))
                        .isEmpty());
        QCOMPARE(check.lost(), 7);
    }

    void anythingElseIsNoLine_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::newRow("empty") << ""_ba;
        QTest::newRow("text") << "hello"_ba;
        QTest::newRow("other JSON") << "[1,2]"_ba;
        QTest::newRow("no hash") << "{\"seq\":1,\"prev\":\"\"}"_ba;
        QTest::newRow("hash elsewhere") << "{\"hash\":\"" + QByteArray(64, 'a') + "\",\"seq\":1}";
        QTest::newRow("binary") << QByteArray(300, '\0');
        QTest::newRow("huge number")
            << "{\"seq\":1e300,\"prev\":\"\",\"hash\":\"" + QByteArray(64, 'a') + "\"}";
    }
    void anythingElseIsNoLine()
    {
        QFETCH(QByteArray, line);
        QVERIFY(!linkOf(line));
        QVERIFY(!ChainCheck({}).next(line).isEmpty());
    }
};

QTEST_GUILESS_MAIN(tst_AuditChain)
#include "tst_auditchain.moc"
