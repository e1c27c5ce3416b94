// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/stderrtail.h"

#include <QtTest/QtTest>

using namespace bridge::upstream;
using namespace Qt::StringLiterals;

class StderrTailTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void joinsPiecesToLines()
    {
        StderrTail tail;
        QStringList seen;
        const auto see = [&](const QString &line) { seen.append(line); };
        tail.append("one\r\ntw", see);
        QCOMPARE(seen, QStringList{u"one"_s});
        tail.append("o\n\n  \nthree", see);
        QCOMPARE(tail.lastLine(), u"two"_s);
        tail.finish(see);
        QCOMPARE(seen, (QStringList{u"one"_s, u"two"_s, u"three"_s}));
        QCOMPARE(tail.lastLine(), u"three"_s);
    }

    void keepsTheLastFiftyLines()
    {
        StderrTail tail;
        for (int i = 0; i < 1'000; ++i)
            tail.append(QByteArray::number(i) + '\n', {});
        QCOMPARE(tail.lines().size(), StderrTail::kMaxLines);
        QCOMPARE(tail.lines().first(), u"950"_s);
        QCOMPARE(tail.lastLine(), u"999"_s);
    }

    void cutsALineWithoutEnd()
    {
        StderrTail tail;
        for (int i = 0; i < 100; ++i)
            tail.append(QByteArray(1'000, 'x'), {});
        tail.append("\nnext\n", {});
        QCOMPARE(tail.lines().first().size(), StderrTail::kMaxLineBytes);
        QCOMPARE(tail.lastLine(), u"next"_s);
    }

    void masksSecretsAndControlCharacters()
    {
        StderrTail tail({u"exchanged-token"_s});
        tail.append("\x1b[31mgot exchanged-token and Authorization: Bearer abcdefgh12345678\n", {});
        const QString line = tail.lastLine();
        QVERIFY(!line.contains(u"exchanged-token"_s));
        QVERIFY(!line.contains(u"abcdefgh12345678"_s));
        QVERIFY(!line.contains(QChar(0x1b)));
        QVERIFY(line.contains(u"got"_s));
    }
};

QTEST_GUILESS_MAIN(StderrTailTest)
#include "tst_stderrtail.moc"
