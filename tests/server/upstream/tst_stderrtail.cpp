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

    void choosesTheMostTellingLine_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("line");
        QTest::newRow("nothing") << u""_s << u""_s;
        QTest::newRow("plain text") << u"listening\ndisk full\n"_s << u"disk full"_s;
        QTest::newRow("unfinished question")
            << u"Need to install: x\nOk to proceed? (y) "_s << u"Ok to proceed? (y)"_s;
        QTest::newRow("lower case") << u"error: no database\nbye\n"_s << u"error: no database"_s;
        QTest::newRow("only signs") << u"starting\n}\n"_s << u"starting"_s;
        QTest::newRow("nothing but signs") << u"^\n}\n"_s << u"}"_s;
        QTest::newRow("Node module not found")
            << u"node:internal/modules/cjs/loader:1080\n  throw err;\n  ^\n\n"
               "Error: Cannot find module 'x'\n"
               "    at Module._load (node:internal/modules/cjs/loader:922:27)\n"
               "    at wrapError (node:internal/errors:20:3) {\n"
               "  code: 'MODULE_NOT_FOUND',\n  requireStack: []\n}\n\nNode.js v18.20.4\n"_s
            << u"Error: Cannot find module 'x'"_s;
        QTest::newRow("Node thrown text")
            << u"throw 'no key'\n^\nno key\n(Use `node --trace-uncaught ...` to show where the "
               "exception was thrown)\n\nNode.js v18.20.4\n"_s
            << u"no key"_s;
        QTest::newRow("Python traceback")
            << u"Traceback (most recent call last):\n  File \"s.py\", line 1, in <module>\n"
               "    import nothing\nModuleNotFoundError: No module named 'nothing'\n"_s
            << u"ModuleNotFoundError: No module named 'nothing'"_s;
        QTest::newRow("npm 8") << u"npm ERR! code E404\nnpm ERR! 404 Not Found - GET x\n"
                                  "npm ERR! 404 \n\nnpm ERR! A complete log of this run can be "
                                  "found in:\nnpm ERR!     /tmp/x.log\n"_s
                               << u"npm ERR! 404 Not Found - GET x"_s;
        QTest::newRow("npm 10") << u"npm error code ETIMEDOUT\nnpm error errno ETIMEDOUT\n"
                                   "npm error network request to x failed\nnpm error network\n"
                                   "npm error A complete log of this run can be found in: x\n"_s
                                << u"npm error network request to x failed"_s;
    }
    void choosesTheMostTellingLine()
    {
        QFETCH(QString, text);
        QFETCH(QString, line);
        StderrTail tail;
        tail.append(text.toUtf8(), {});
        QCOMPARE(tail.tellingLine(), line);
        tail.finish({});
        QCOMPARE(tail.tellingLine(), line);
        QCOMPARE(mostTelling(text.split(u'\n', Qt::SkipEmptyParts)), line);
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
