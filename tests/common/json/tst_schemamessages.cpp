// SPDX-License-Identifier: GPL-3.0-or-later
// What schemas say to the people who wrote them and to those who sent a wrong value.
#include "common/json/schema.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::json;
using namespace Qt::StringLiterals;

namespace {

QJsonValue parse(const QByteArray &text)
{
    QJsonParseError error;
    const QByteArray wrapped = "[" + text + "]";
    const QJsonDocument document = QJsonDocument::fromJson(wrapped, &error);
    if (error.error != QJsonParseError::NoError)
        qFatal("%s in %s", qPrintable(error.errorString()), text.constData());
    return document.array().at(0);
}

QList<FieldProblem> problemsOf(const QJsonValue &schema, const QJsonValue &value,
                               const ValidateOptions &options = {})
{
    const Result<Schema> compiled = Schema::compile(schema);
    if (!compiled)
        return {{u"schema"_s, compiled.error().message}};
    return compiled->validate(value, options);
}

} // namespace

class TestSchemaMessages : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void saysWhatIsWrongWithASchema_data();
    void saysWhatIsWrongWithASchema();
    void tellsPeopleWhatToChange_data();
    void tellsPeopleWhatToChange();
    void stopsAfterTheWantedNumberOfProblems();
};

void TestSchemaMessages::saysWhatIsWrongWithASchema_data()
{
    QTest::addColumn<QByteArray>("schema");
    QTest::addColumn<QString>("text");
    const auto row = [](const char *schema, const QString &text) {
        QTest::newRow(schema) << QByteArray(schema) << text;
    };
    row("3", u"at #: a schema must be an object or a boolean"_s);
    row(R"({"type":"strng"})", u"\"strng\" is no type"_s);
    row(R"({"type":5})", u"\"type\" must be"_s);
    row(R"({"properties":[]})", u"\"properties\" must be an object"_s);
    row(R"({"properties":{"a/b":{"items":7}}})", u"at #/properties/a~1b/items: a schema must"_s);
    row(R"({"required":true})", u"\"required\" must be a list of strings"_s);
    row(R"({"minLength":-1})", u"\"minLength\" must be a whole number"_s);
    row(R"({"minimum":"1"})", u"\"minimum\" must be a number"_s);
    row(R"({"multipleOf":0})", u"\"multipleOf\" must be above 0"_s);
    row(R"({"enum":{}})", u"\"enum\" must be a list"_s);
    row(R"({"anyOf":[]})", u"at least one schema"_s);
    row(R"({"$ref":7})", u"\"$ref\" must be a string"_s);
    row(R"({"$ref":"#/nowhere"})", u"\"#/nowhere\" leads nowhere"_s);
    row(R"({"$ref":"#nowhere"})", u"\"#nowhere\" leads nowhere"_s);
    row(R"({"$schema":"http://json-schema.org/draft-04/schema#"})",
        u"use \"https://json-schema.org/draft/2020-12/schema\" or "
        "\"http://json-schema.org/draft-07/schema#\""_s);
}

void TestSchemaMessages::saysWhatIsWrongWithASchema()
{
    QFETCH(QByteArray, schema);
    QFETCH(QString, text);
    const Result<Schema> compiled = Schema::compile(parse(schema));
    QVERIFY(!compiled.ok());
    QCOMPARE(compiled.error().code, ErrorCode::InvalidArguments);
    QVERIFY2(compiled.error().message.contains(text), qPrintable(compiled.error().message));
}

void TestSchemaMessages::tellsPeopleWhatToChange_data()
{
    QTest::addColumn<QByteArray>("schema");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("message");
    const auto row = [](const char *schema, const char *value, const QString &path,
                        const QString &message) {
        QTest::newRow(schema) << QByteArray(schema) << QByteArray(value) << path << message;
    };
    row(R"({"type":"integer"})", R"("x")", u""_s, u"must be an integer, is a string"_s);
    row(R"({"type":["string","null"]})", "1", u""_s, u"must be a string or null, is an integer"_s);
    row(R"({"properties":{"a/b":{"items":{"maximum":3}}}})", R"({"a/b":[1,4]})", u"/a~1b/1"_s,
        u"must be at most 3, is 4"_s);
    row(R"({"required":["a"]})", "{}", u""_s, u"lacks the required property \"a\""_s);
    row(R"({"properties":{"b":{},"a":{}},"additionalProperties":false})", R"({"c":1})", u"/c"_s,
        u"is not a known property, known are a, b"_s);
    row(R"({"enum":["red",1]})", R"("blue")", u""_s, u"must be one of \"red\", 1"_s);
    row(R"({"const":{"a":1}})", "2", u""_s, u"must be {\"a\":1}"_s);
    row(R"({"minLength":3})", "\"\xf0\x9f\x98\x80\"", u""_s,
        u"must have at least 3 characters, has 1"_s);
    row(R"({"pattern":"^a"})", R"("b")", u""_s, u"must match the pattern ^a"_s);
    row(R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "[]", u""_s,
        u"must match one of the alternatives: must be a string, is an array; or must be null, "
        "is an array"_s);
    row(R"({"anyOf":[{"type":"null"},{"type":"string","minLength":2}]})", R"("b")", u""_s,
        u"must have at least 2 characters, has 1"_s);
    row(R"({"anyOf":[{"type":"null"},{"properties":{"a":{"type":"string"}}}]})", R"({"a":1})",
        u"/a"_s, u"must be a string, is an integer"_s);
    row(R"({"uniqueItems":true})", "[1,2,1.0]", u"/2"_s, u"repeats item 0, items must be unique"_s);
}

void TestSchemaMessages::tellsPeopleWhatToChange()
{
    QFETCH(QByteArray, schema);
    QFETCH(QByteArray, value);
    const auto problems = problemsOf(parse(schema), parse(value));
    QCOMPARE(problems.size(), 1);
    QTEST(problems.first().message, "message");
    QTEST(problems.first().path, "path");
}

void TestSchemaMessages::stopsAfterTheWantedNumberOfProblems()
{
    QJsonArray many;
    for (int i = 0; i < 1000; ++i)
        many.append(i);
    const QJsonValue schema = parse(R"({"items":{"type":"string"}})");
    QCOMPARE(problemsOf(schema, many).size(), 20);
    ValidateOptions options;
    options.maxProblems = 1;
    QCOMPARE(problemsOf(schema, many, options).size(), 1);
}

QTEST_GUILESS_MAIN(TestSchemaMessages)
#include "tst_schemamessages.moc"
