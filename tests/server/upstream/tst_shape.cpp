// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/shape.h"

#include <QtTest/QtTest>

using namespace bridge::upstream;
using namespace Qt::StringLiterals;

class ShapeTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void tellsTypeAndSizeOnly_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("shape");
        QTest::newRow("object") << " {\"a\":1, \"b\":{\"c\":2}} "_ba << u"type=dict items=2"_s;
        QTest::newRow("array") << "[1,[2,3],\"x\"]"_ba << u"type=list items=3"_s;
        QTest::newRow("text") << "\"gr\\u00f6\xc3\x9f"
                                 "e\""_ba
                              << u"type=str chars=5"_s;
        QTest::newRow("no text") << "\"\""_ba << u"type=str chars=0"_s;
        QTest::newRow("number") << "-1.5e3"_ba << u"type=number"_s;
        QTest::newRow("true") << "true"_ba << u"type=bool"_s;
        QTest::newRow("null") << "null"_ba << u"type=none"_s;
        QTest::newRow("nothing") << ""_ba << u"type=none"_s;
        QTest::newRow("broken") << "{\"secret\":"_ba << u"type=dict"_s;
    }
    void tellsTypeAndSizeOnly()
    {
        QFETCH(QByteArray, json);
        QTEST(shapeOf(json), "shape");
    }
};

QTEST_APPLESS_MAIN(ShapeTest)
#include "tst_shape.moc"
