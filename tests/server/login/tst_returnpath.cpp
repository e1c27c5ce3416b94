// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/login/returnpath.h"

#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using bridge::login::safeReturnPath;

class tst_ReturnPath : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void pathsOfOursAreKept_data()
    {
        QTest::addColumn<QString>("path");
        QTest::newRow("root") << u"/"_s;
        QTest::newRow("docs") << u"/docs"_s;
        QTest::newRow("with query and fragment") << u"/docs?next=https://a.example/#top"_s;
        QTest::newRow("with an encoded slash") << u"/tools/a%2Fb"_s;
    }
    void pathsOfOursAreKept()
    {
        QFETCH(QString, path);
        QCOMPARE(safeReturnPath(path, u"/else"_s), path);
    }

    void everythingElseIsReplaced_data()
    {
        QTest::addColumn<QString>("path");
        QTest::newRow("empty") << QString();
        QTest::newRow("absolute") << u"https://evil.example/"_s;
        QTest::newRow("scheme relative") << u"//evil.example/"_s;
        QTest::newRow("backslashes") << u"/\\evil.example/"_s;
        QTest::newRow("encoded second slash") << u"/%2Fevil.example/"_s;
        QTest::newRow("encoded backslash") << u"/%5Cevil.example/"_s;
        QTest::newRow("tab that browsers drop") << u"/\t/evil.example/"_s;
        QTest::newRow("line end that browsers drop") << u"/\n/evil.example/"_s;
        QTest::newRow("script") << u"javascript:alert(1)"_s;
        QTest::newRow("relative") << u"docs"_s;
        QTest::newRow("leading blank") << u" /docs"_s;
        QTest::newRow("header splitting") << u"/docs\r\nSet-Cookie: a=b"_s;
        QTest::newRow("too long") << u"/"_s + QString(3'000, u'a');
    }
    void everythingElseIsReplaced()
    {
        QFETCH(QString, path);
        QCOMPARE(safeReturnPath(path, u"/else"_s), u"/else"_s);
    }
};

QTEST_GUILESS_MAIN(tst_ReturnPath)
#include "tst_returnpath.moc"
