// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/pointer.h"

#include <QtTest/QtTest>

using namespace bridge::json;
using namespace Qt::StringLiterals;

class TestPointer : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void resolvesTheExamplesOfTheRfc_data();
    void resolvesTheExamplesOfTheRfc();
    void refusesWhatIsNoPointer();
    void comesBackFromEscaping();
};

void TestPointer::resolvesTheExamplesOfTheRfc_data()
{
    QTest::addColumn<QString>("pointer");
    QTest::addColumn<QJsonValue>("value");
    const auto row = [](const QString &pointer, const QJsonValue &value) {
        QTest::newRow(pointer.toUtf8().constData()) << pointer << value;
    };
    row(u"/foo"_s, QJsonArray{u"bar"_s, u"baz"_s});
    row(u"/foo/0"_s, u"bar"_s);
    row(u"/foo/00"_s, QJsonValue::Undefined);
    row(u"/foo/-"_s, QJsonValue::Undefined);
    row(u"/foo/2"_s, QJsonValue::Undefined);
    row(u"/foo/99999999999999999999"_s, QJsonValue::Undefined);
    row(u"/foo/0/x"_s, QJsonValue::Undefined);
    row(u"/"_s, 0);
    row(u"/a~1b"_s, 1);
    row(u"/c%d"_s, 2);
    row(u"/k\"l"_s, 6);
    row(u"/ "_s, 7);
    row(u"/m~0n"_s, 8);
    row(u"/~01"_s, 9);
}

void TestPointer::resolvesTheExamplesOfTheRfc()
{
    const QJsonObject document = QJsonDocument::fromJson(R"({"foo":["bar","baz"],"":0,"a/b":1,
        "c%d":2,"k\"l":6," ":7,"m~n":8,"~1":9})")
                                     .object();
    QFETCH(QString, pointer);
    QTEST(resolvePointer(document, pointer), "value");
    QCOMPARE(resolvePointer(document, QString()), QJsonValue(document));
}

void TestPointer::refusesWhatIsNoPointer()
{
    for (const QString &text : {u"foo"_s, u"/a~"_s, u"/a~2"_s, u"#/a"_s}) {
        QVERIFY(!pointerTokens(text));
        QVERIFY(resolvePointer(QJsonObject(), text).isUndefined());
    }
}

void TestPointer::comesBackFromEscaping()
{
    const QString name = u"~1/~0//a"_s;
    const QString pointer = appendPointer(appendPointer(QString(), name), 3);
    QCOMPARE(pointer, u"/~01~1~00~1~1a/3"_s);
    QCOMPARE(*pointerTokens(pointer), (QStringList{name, u"3"_s}));
}

QTEST_GUILESS_MAIN(TestPointer)
#include "tst_pointer.moc"
