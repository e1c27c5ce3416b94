// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/globs.h"

#include <QtTest/QtTest>

using namespace bridge::config;
using namespace Qt::StringLiterals;

class TestGlobs : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void matchesAsAShellDoes_data()
    {
        QTest::addColumn<QString>("pattern");
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("matches");
        const auto row = [](const char *pattern, const char *name, bool matches) {
            QTest::addRow("%s on %s", pattern, name)
                << QString::fromLatin1(pattern) << QString::fromLatin1(name) << matches;
        };
        row("add", "add", true);
        row("add", "Add", false);
        row("add", "adds", false);
        row("add", "", false);
        row("*", "", true);
        row("*", "anything", true);
        row("get_*", "get_", true);
        row("get_*", "get_user", true);
        row("get_*", "forget_user", false);
        row("*_user", "get_user", true);
        row("*a*b*", "xxaxxbxx", true);
        row("*a*b*", "xxbxxaxx", false);
        row("*ab", "aab", true);
        row("**", "x", true);
        row("a?c", "abc", true);
        row("a?c", "ac", false);
        row("?", "", false);
        row("[abc]x", "bx", true);
        row("[abc]x", "dx", false);
        row("[!abc]x", "dx", true);
        row("[!abc]x", "ax", false);
        row("[a-c]", "b", true);
        row("[a-c]", "d", false);
        row("[!a-c]", "d", true);
        row("[]x]", "]", true);
        row("[!]x]", "]", false);
        row("[a-]", "-", true);
        row("[c-a]", "b", false);
        row("[abc", "[abc", true);
        row("[abc", "a", false);
        row("a.c", "abc", false);
        row("a\\*", "a\\x", true); // a backslash is a plain character, as in the reference
        row("[^a]", "b", false);
        row("[^a]", "^", true);
    }

    void matchesAsAShellDoes()
    {
        QFETCH(QString, pattern);
        QFETCH(QString, name);
        QTEST(Glob(pattern).matches(name), "matches");
    }

    void trimsAndDropsEmptyEntries()
    {
        const GlobList list = GlobList::parse(u" get_* ,, add "_s);
        QVERIFY(!list.isEmpty());
        QVERIFY(list.matches(u"get_x"));
        QVERIFY(list.matches(u"add"));
        QVERIFY(!list.matches(u""));
        QVERIFY(!list.matches(u"sub"));
        QVERIFY(GlobList::parse(u" , "_s).isEmpty());
        QVERIFY(!GlobList().matches(u"x"));
    }

    void staysQuickOnHostilePatterns()
    {
        QElapsedTimer timer;
        timer.start();
        const Glob glob(QString(QString(u"*a"_s).repeated(50) + u"*b"_s));
        QVERIFY(!glob.matches(QString(20'000, u'a')));
        QVERIFY2(timer.elapsed() < 5000, qPrintable(QString::number(timer.elapsed())));
    }
};

QTEST_GUILESS_MAIN(TestGlobs)
#include "tst_globs.moc"
