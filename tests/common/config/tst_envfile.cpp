// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/envfile.h"

#include <QtTest/QtTest>

using namespace bridge::config;
using namespace Qt::StringLiterals;

class TestEnvFile : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsValues_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("value");
        QTest::newRow("bare") << u"A=b"_s << u"b"_s;
        QTest::newRow("blanks") << u"  A =  b c  "_s << u"b c"_s;
        QTest::newRow("export") << u"export A=b"_s << u"b"_s;
        QTest::newRow("empty") << u"A="_s << QString();
        QTest::newRow("CRLF") << u"A=b\r"_s << u"b"_s;
        QTest::newRow("byte order mark") << QString(QChar(0xfeff)) + u"A=b"_s << u"b"_s;
        QTest::newRow("comment") << u"A=b # c"_s << u"b"_s;
        QTest::newRow("comment only") << u"A= # c"_s << QString();
        QTest::newRow("hash in a word") << u"A=b#c"_s << u"b#c"_s;
        QTest::newRow("hash as value") << u"A=#c"_s << u"#c"_s;
        QTest::newRow("equals sign") << u"A=b=c"_s << u"b=c"_s;
        QTest::newRow("single quotes") << u"A='b \\n # c' # d"_s << u"b \\n # c"_s;
        QTest::newRow("double quotes") << u"A=\"b \\n\\t\\\"\\\\\\$\\x\""_s << u"b \n\t\"\\$\\x"_s;
        QTest::newRow("several lines") << u"A=\"b\nc\""_s << u"b\nc"_s;
        QTest::newRow("nothing is expanded") << u"A=$HOME"_s << u"$HOME"_s;
        QTest::newRow("the last one") << u"A=x"_s << u"x"_s;
    }

    void readsValues()
    {
        QFETCH(QString, line);
        const EnvFile file = parseEnvFile(line);
        QCOMPARE(file.problems.size(), 0);
        QCOMPARE(file.entries.size(), 1);
        QCOMPARE(file.entries.first().name, u"A"_s);
        QTEST(file.entries.first().value, "value");
    }

    void skipsCommentsAndEmptyLines()
    {
        const EnvFile file = parseEnvFile(u"\n# A=b\n   \nB=c\n\n'x"_s);
        QCOMPARE(file.entries.size(), 1);
        QCOMPARE(file.entries.first().line, 4);
        QCOMPARE(file.problems.size(), 1);
        QCOMPARE(file.problems.first().path, u".env: line 6"_s);
    }

    void reportsEveryBrokenLineAndReadsTheRest()
    {
        const EnvFile file =
            parseEnvFile(u"nonsense\n1A=b\n=c\nA='x' y\nB=\"1\n2\"\nC=d\nD=\"open\nE=f"_s);
        QStringList places;
        for (const auto &problem : file.problems)
            places.append(problem.path);
        QCOMPARE(places, (QStringList{u".env: line 1"_s, u".env: line 2"_s, u".env: line 3"_s,
                                      u".env: line 4"_s, u".env: line 8"_s}));
        QCOMPARE(file.entries.size(), 2);
        QCOMPARE(file.entries.last().name, u"C"_s);
        QCOMPARE(file.entries.last().line, 7);
    }
};

QTEST_GUILESS_MAIN(TestEnvFile)
#include "tst_envfile.moc"
