// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/sample.h"
#include "common/json/schema.h"
#include "common/json/writer.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::json;
using namespace Qt::StringLiterals;

class TestSample : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void satisfiesItsSchema_data();
    void satisfiesItsSchema();
    void prefersWhatTheAuthorWrote_data();
    void prefersWhatTheAuthorWrote();
    void fillsInOptionalProperties();
    void isBoundedOnHostileSchemas_data();
    void isBoundedOnHostileSchemas();
};

void TestSample::satisfiesItsSchema_data()
{
    QTest::addColumn<QByteArray>("schema");
    for (const char *schema :
         {R"(true)",
          R"({})",
          R"({"type":"string"})",
          R"({"type":"integer"})",
          R"({"type":"number","minimum":2.5})",
          R"({"type":"integer","minimum":2.5,"maximum":3})",
          R"({"type":"integer","exclusiveMinimum":5,"exclusiveMaximum":7})",
          R"({"type":"number","exclusiveMinimum":0,"exclusiveMaximum":0.5})",
          R"({"type":"number","maximum":-3})",
          R"({"type":"integer","multipleOf":7,"minimum":30})",
          R"({"type":"number","multipleOf":0.25,"minimum":1.1})",
          R"({"type":"integer","multipleOf":1.5,"minimum":2})",
          R"({"type":"string","minLength":20})",
          R"({"type":"string","maxLength":2})",
          R"({"type":"string","minLength":3,"maxLength":3})",
          R"({"type":"string","pattern":"^[A-Z]{3}-\\d{4}$"})",
          R"({"type":"string","pattern":"^(foo|bar)+baz?$","minLength":10})",
          R"({"type":"string","pattern":"^[^a-z]+$","minLength":4})",
          R"({"type":"string","pattern":"^\\+?[1-9]\\d{1,14}$"})",
          R"({"type":"string","pattern":"^[a-zA-Z0-9._-]+@[a-z]+\\.(com|org)$"})",
          R"({"type":"string","pattern":"^(?:\\w+\\.)*\\w+$","maxLength":5})",
          R"({"type":"boolean"})",
          R"({"type":"null"})",
          R"({"type":["null","integer"]})",
          R"({"type":["null"]})",
          R"({"type":"array","minItems":3,"items":{"type":"integer"}})",
          R"({"type":"array","minItems":3,"items":{"type":"integer"},"uniqueItems":true})",
          R"({"type":"array","minItems":2,"items":{"enum":["a","b"]},"uniqueItems":true})",
          R"({"type":"array","maxItems":0,"items":{"type":"string"}})",
          R"({"prefixItems":[{"type":"string"},{"type":"null"}],"items":false,"minItems":2})",
          R"({"type":"array","contains":{"const":5},"minContains":2})",
          R"({"type":"array","items":[{"type":"string"}],"additionalItems":{"type":"number"}})",
          R"({"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},
                 "required":["a"],"additionalProperties":false})",
          R"({"type":"object","required":["x"]})",
          R"({"type":"object","minProperties":3})",
          R"({"type":"object","maxProperties":1,"properties":{"a":{},"b":{}}})",
          R"({"required":["x"],"additionalProperties":{"type":"integer"}})",
          R"({"properties":{"a":{},"b":false}})",
          R"({"type":"object","properties":{"a":{}},"dependentRequired":{"a":["z"]}})",
          R"({"$ref":"#/$defs/n","$defs":{"n":{"type":"object","required":["v"],"properties":
                 {"v":{"type":"integer"},"next":{"$ref":"#/$defs/n"}}}}})",
          R"({"definitions":{"a b":{"type":"integer"}},"$ref":"#/definitions/a%20b"})",
          R"({"allOf":[{"properties":{"a":{"minimum":3}},"required":["a"]},
                 {"properties":{"a":{"type":"integer","maximum":4}}}]})",
          R"({"allOf":[{"type":"number"},{"type":"integer"},{"minimum":8}]})",
          R"({"anyOf":[false,{"type":"integer","minimum":5}]})",
          R"({"oneOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},
                 {"type":"object","properties":{"b":{"type":"string"}},"required":["b"]}]})",
          R"({"properties":{"a":{"type":"string"},"b":{"type":"string"}},"oneOf":
                 [{"required":["a"]},{"required":["b"]}]})",
          R"({"type":"object","properties":{"k":{"const":"x"}},"required":["k"],"anyOf":
                 [{"properties":{"k":{"const":"y"}}},{"properties":{"k":{"const":"x"}}}]})",
          R"({"if":{"properties":{"t":{"const":"a"}},"required":["t"]},"then":{"required":["v"]},
                 "properties":{"t":{"enum":["a"]},"v":{"type":"integer"}},"required":["t"]})",
          R"({"type":"integer","default":"no integer","minimum":3})",
          R"({"enum":[1,2,3],"minimum":3})",
          R"({"type":"string","format":"date-time"})",
          R"({"type":"string","format":"email","maxLength":30})",
          R"({"anyOf":[{"type":"integer"},{"type":"null"}],"default":null})",
          R"({"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":
                 {"l":{"type":"array","items":{"$ref":"#/definitions/i"},"minItems":1}},
                 "definitions":{"i":{"type":"object","properties":{"q":{"type":"number"}}}}})",
          R"({"not":{"required":["a"]},"properties":{"a":{"type":"string"}}})"}) {
        QTest::newRow(schema) << QByteArray(schema);
    }
}

void TestSample::satisfiesItsSchema()
{
    QFETCH(QByteArray, schema);
    const QJsonValue parsed = QJsonDocument::fromJson("[" + schema + "]").array().at(0);
    SchemaOptions options;
    options.assertFormat = true;
    const Result<Schema> compiled = Schema::compile(parsed, options);
    QVERIFY2(compiled.ok(), compiled ? "" : qPrintable(compiled.error().message));
    const QJsonValue value = sample(parsed);
    for (const FieldProblem &problem : compiled->validate(value)) {
        QFAIL(qPrintable(problem.path % u' ' % problem.message % " in "_L1
                         % QString::fromUtf8(compactJson(value))));
    }
    QCOMPARE(sample(parsed), value);
}

void TestSample::prefersWhatTheAuthorWrote_data()
{
    QTest::addColumn<QByteArray>("schema");
    QTest::addColumn<QJsonValue>("expected");
    const auto row = [](const char *schema, const QJsonValue &expected) {
        QTest::newRow(schema) << QByteArray(schema) << expected;
    };
    row(R"({"const":"c","default":"d"})", u"c"_s);
    row(R"({"type":"string","default":"d","examples":["e"]})", u"d"_s);
    row(R"({"type":"string","examples":["e"]})", u"e"_s);
    row(R"({"enum":["x","y"],"examples":["y"]})", u"x"_s);
    row(R"({"type":"integer"})", 1);
}

void TestSample::prefersWhatTheAuthorWrote()
{
    QFETCH(QByteArray, schema);
    QTEST(sample(QJsonDocument::fromJson(schema).object()), "expected");
}

void TestSample::fillsInOptionalProperties()
{
    const QJsonValue schema = QJsonDocument::fromJson(R"({"type":"object","properties":{
        "a":{"type":"integer"},"b":{"type":"string"}},"required":["a"]})")
                                  .object();
    QCOMPARE(sample(schema), (QJsonValue(QJsonObject{{u"a"_s, 1}, {u"b"_s, u"string"_s}})));
}

void TestSample::isBoundedOnHostileSchemas_data()
{
    QTest::addColumn<QByteArray>("schema");
    QTest::newRow("itself") << R"({"$ref":"#"})"_ba;
    QTest::newRow("circle") << R"({"allOf":[{"$ref":"#"},{"$ref":"#"}]})"_ba;
    QTest::newRow("endless")
        << R"({"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]})"_ba;
    QTest::newRow("wide") << R"({"type":"array","minItems":1e9,"items":{"$ref":"#"}})"_ba;
    QTest::newRow("long") << R"({"type":"string","minLength":1e12})"_ba;
    QTest::newRow("impossible")
        << R"({"type":"integer","minimum":5,"maximum":3,"multipleOf":1e300})"_ba;
    QTest::newRow("nothing") << R"({"not":{}})"_ba;
    QTest::newRow("pattern")
        << R"x({"type":"string","pattern":"(((((((a{9}){9}){9}){9}){9}){9}){9})"})x"_ba;
    QTest::newRow("broken") << R"({"type":7,"properties":[],"required":3,"anyOf":{"a":1}})"_ba;
    QByteArray choices = R"({"$ref":"#/$defs/0","$defs":{)";
    for (int i = 0; i < 30; ++i) {
        const QByteArray next = "{\"$ref\":\"#/$defs/" + QByteArray::number(i + 1) + "\"}";
        choices += "\"" + QByteArray::number(i) + "\":{\"KEYWORD\":[" + next + "," + next + "]},";
    }
    choices += R"("30":{"type":"string","not":{}}}})";
    for (const char *keyword : {"anyOf", "allOf", "oneOf"})
        QTest::newRow(keyword) << QByteArray(choices).replace("KEYWORD", keyword);
}

void TestSample::isBoundedOnHostileSchemas()
{
    QFETCH(QByteArray, schema);
    QElapsedTimer timer;
    timer.start();
    const QByteArray text = compactJson(sample(QJsonDocument::fromJson(schema).object()));
    QVERIFY(text.size() < 10'000'000);
    const int slowness = qEnvironmentVariableIntValue("BRIDGE_SLOW") ? 10 : 1; // sanitizers
    QVERIFY2(timer.elapsed() < 20'000 * slowness, "making a sample took too long");
}

QTEST_GUILESS_MAIN(TestSample)
#include "tst_sample.moc"
