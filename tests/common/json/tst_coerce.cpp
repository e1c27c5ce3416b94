// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/coerce.h"

#include <QtTest/QtTest>

using namespace bridge::json;
using namespace Qt::StringLiterals;

class TestCoerce : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void givesTheValueTheSchemaAsksFor_data();
    void givesTheValueTheSchemaAsksFor();
    void survivesAlternativesWithoutEnd();
};

void TestCoerce::givesTheValueTheSchemaAsksFor_data()
{
    QTest::addColumn<QByteArray>("schema");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QByteArray>("expected"); // a list with one value, or empty
    const auto row = [](const char *schema, const QString &text, const char *expected) {
        QTest::addRow("%s %s", schema, qPrintable(text))
            << QByteArray(schema) << text << QByteArray(expected);
    };
    row(R"({"type":"string"})", u" 12 "_s, R"([" 12 "])");
    row(R"({})", u"x"_s, R"(["x"])");
    row(R"({"type":"integer"})", u"42"_s, "[42]");
    row(R"({"type":"integer"})", u" -7 "_s, "[-7]");
    row(R"({"type":"integer"})", u"3.0"_s, "[3]");
    row(R"({"type":"integer"})", u"9007199254740993"_s, "[9007199254740993]");
    row(R"({"type":"integer"})", u"3.5"_s, "[]");
    row(R"({"type":"integer"})", u"12a"_s, "[]");
    row(R"({"type":"integer"})", u""_s, "[]");
    row(R"({"type":"number"})", u"2.5e3"_s, "[2500]");
    row(R"({"type":"number"})", u"nan"_s, "[]");
    row(R"({"type":"number"})", u"inf"_s, "[]");
    row(R"({"type":"number"})", u"1e999"_s, "[]");
    for (const auto &word : {u"true"_s, u"1"_s, u"YES"_s, u" On "_s})
        row(R"({"type":"boolean"})", word, "[true]");
    for (const auto &word : {u"False"_s, u"0"_s, u"no"_s, u"off"_s})
        row(R"({"type":"boolean"})", word, "[false]");
    row(R"({"type":"boolean"})", u"maybe"_s, "[]");
    row(R"({"type":"null"})", u"anything"_s, "[null]");
    row(R"({"enum":["red","green"]})", u"green"_s, R"(["green"])");
    row(R"({"enum":["red","green"]})", u"Green"_s, "[]");
    row(R"({"enum":[1,2.5,"3"]})", u"2.5"_s, "[2.5]");
    row(R"({"enum":[1,2.5,"3"]})", u"3"_s, R"(["3"])");
    row(R"({"enum":[true,null]})", u"TRUE"_s, "[true]");
    row(R"({"enum":[true,null]})", u"null"_s, "[null]");
    row(R"({"const":5})", u"5"_s, "[5]");
    row(R"({"const":5})", u"6"_s, "[]");
    row(R"({"oneOf":[{"const":"a","title":"A"},{"const":"b"}]})", u"b"_s, R"(["b"])");
    row(R"({"oneOf":[{"type":"integer","minimum":10},{"type":"string"}]})", u"12"_s, "[12]");
    row(R"({"oneOf":[{"type":"integer","minimum":10},{"type":"string"}]})", u"5"_s, R"(["5"])");
    row(R"({"anyOf":[{"type":"boolean"},{"type":"number"}]})", u"7"_s, "[7]");
    row(R"({"anyOf":[{"type":"boolean"},{"type":"number"}]})", u"x"_s, "[]");
    row(R"({"type":["integer","string"]})", u"8"_s, "[8]");
    row(R"({"type":["integer","string"]})", u"eight"_s, R"(["eight"])");
    row(R"({"type":["integer","boolean"],"minimum":5})", u"1"_s, "[true]");
    row(R"({"type":"array"})", u"[\"a\",1]"_s, R"([["a",1]])");
    row(R"({"type":"array"})", u"a,b"_s, "[]");
    row(R"({"type":"object"})", u"{\"a\":1}"_s, R"([{"a":1}])");
    row(R"({"type":"object"})", u"[]"_s, "[]");
}

void TestCoerce::givesTheValueTheSchemaAsksFor()
{
    QFETCH(QByteArray, schema);
    QFETCH(QString, text);
    QFETCH(QByteArray, expected);
    const auto value = coerceText(text, QJsonDocument::fromJson(schema).object());
    const QJsonArray wanted = QJsonDocument::fromJson(expected).array();
    QCOMPARE(value ? QJsonArray{*value} : QJsonArray(), wanted);
}

void TestCoerce::survivesAlternativesWithoutEnd()
{
    QJsonObject schema{{u"type"_s, u"integer"_s}};
    for (int i = 0; i < 100; ++i)
        schema = QJsonObject{{u"anyOf"_s, QJsonArray{schema}}};
    QVERIFY(!coerceText(u"1"_s, schema));
}

QTEST_GUILESS_MAIN(TestCoerce)
#include "tst_coerce.moc"
