// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/shellwords.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::config;
using namespace Qt::StringLiterals;

class TestShellWords : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void splitsAsAShellDoes_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QStringList>("words");
        QTest::newRow("empty") << QString() << QStringList();
        QTest::newRow("blanks") << u" \t\n "_s << QStringList();
        QTest::newRow("plain") << u"npx  -y server"_s
                               << QStringList{u"npx"_s, u"-y"_s, u"server"_s};
        QTest::newRow("single quotes")
            << u"a 'b  \\c \"d' e"_s << QStringList{u"a"_s, u"b  \\c \"d"_s, u"e"_s};
        QTest::newRow("double quotes")
            << u"\"a 'b' \\\" \\\\ \\x \\$\""_s << QStringList{u"a 'b' \" \\ \\x $"_s};
        QTest::newRow("glued") << u"a'b'\"c\"d"_s << QStringList{u"abcd"_s};
        QTest::newRow("empty words") << u"'' \"\" x"_s << QStringList{QString(), QString(), u"x"_s};
        QTest::newRow("escapes") << u"a\\ b \\'c \\\\"_s << QStringList{u"a b"_s, u"'c"_s, u"\\"_s};
        QTest::newRow("continued line") << u"a\\\nb \"c\\\nd\""_s << QStringList{u"ab"_s, u"cd"_s};
        QTest::newRow("nothing is expanded")
            << u"$HOME ~ *.txt `id` $(id) a;b &"_s
            << QStringList{u"$HOME"_s, u"~"_s, u"*.txt"_s, u"`id`"_s, u"$(id)"_s, u"a;b"_s, u"&"_s};
        QTest::newRow("unicode") << u"ä 'ö ü'"_s << QStringList{u"ä"_s, u"ö ü"_s};
    }

    void splitsAsAShellDoes()
    {
        QFETCH(QString, text);
        const Result<QStringList> words = splitShellWords(text);
        QVERIFY(words.ok());
        QTEST(*words, "words");
    }

    void refusesWhatIsLeftOpen_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("single") << u"a 'b"_s;
        QTest::newRow("double") << u"a \"b"_s;
        QTest::newRow("escaped end of double") << u"\"a\\\""_s;
        QTest::newRow("backslash") << u"a \\"_s;
    }

    void refusesWhatIsLeftOpen()
    {
        QFETCH(QString, text);
        const Result<QStringList> words = splitShellWords(text);
        QVERIFY(!words.ok());
        QCOMPARE(words.error().code, ErrorCode::InvalidConfig);
        QVERIFY(!words.error().message.isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestShellWords)
#include "tst_shellwords.moc"
