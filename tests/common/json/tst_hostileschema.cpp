// SPDX-License-Identifier: GPL-3.0-or-later
// Schemas written to crash or to hang.
#include "common/json/schema.h"

#include <QtTest/QtTest>

#include <thread>

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

QString compileError(const QJsonValue &schema, const SchemaOptions &options = {})
{
    const Result<Schema> compiled = Schema::compile(schema, options);
    return compiled ? QString() : compiled.error().message;
}

QList<FieldProblem> problemsOf(const QJsonValue &schema, const QJsonValue &value,
                               const ValidateOptions &options = {})
{
    const Result<Schema> compiled = Schema::compile(schema);
    if (!compiled)
        return {{u"schema"_s, compiled.error().message}};
    return compiled->validate(value, options);
}

QByteArray repeat(const QByteArray &open, int times, const QByteArray &core,
                  const QByteArray &close)
{
    return open.repeated(times) + core + close.repeated(times);
}

} // namespace

class TestHostileSchema : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void refusesDeepSchemas_data();
    void refusesDeepSchemas();
    void refusesTooManySubschemas();
    void refusesReferencesInCircles_data();
    void refusesReferencesInCircles();
    void allowsRecursionIntoTheValue();
    void givesUpOnDynamicCircles();
    void boundsLongChainsOfReferences();
    void boundsExponentialWork_data();
    void boundsExponentialWork();
    void notDoesNotTurnGivingUpIntoSuccess();
    void boundsHostilePatterns_data();
    void boundsHostilePatterns();
    void refusesWhatIsNoPattern_data();
    void refusesWhatIsNoPattern();
    void survivesHugeKeysAndStrings();
    void survivesExtremeNumbers();
    void followsNoReferenceOutOfTheDocument();
    void boundsDocumentsOfTheResolver();
    void isReadByManyThreadsAtOnce();
    void acceptsEverythingWhenEmpty();
};

void TestHostileSchema::refusesDeepSchemas_data()
{
    QTest::addColumn<QByteArray>("schema");
    QTest::newRow("not") << repeat(R"({"not":)", 1000, "{}", "}");
    QTest::newRow("properties") << repeat(R"({"properties":{"a":)", 400, "{}", "}}");
    QTest::newRow("items") << repeat(R"({"items":)", 1000, "true", "}");
    QTest::newRow("allOf") << repeat(R"({"allOf":[)", 400, "{}", "]}");
    QTest::newRow("definitions") << repeat(R"({"$defs":{"a":)", 400, "{}", "}}");
}

void TestHostileSchema::refusesDeepSchemas()
{
    QFETCH(QByteArray, schema);
    const QString message = compileError(parse(schema));
    QVERIFY2(message.contains("nested deeper than 128"_L1), qPrintable(message));
}

void TestHostileSchema::refusesTooManySubschemas()
{
    QJsonObject properties;
    for (int i = 0; i < 20'000; ++i)
        properties.insert(u"p%1"_s.arg(i), QJsonObject());
    const QString message = compileError(QJsonObject{{u"properties"_s, properties}});
    QVERIFY2(message.contains("more than 10000 subschemas"_L1), qPrintable(message));
}

void TestHostileSchema::refusesReferencesInCircles_data()
{
    QTest::addColumn<QByteArray>("schema");
    QTest::newRow("itself") << R"({"$ref":"#"})"_ba;
    QTest::newRow("two") << R"({"$ref":"#/$defs/a",
        "$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}})"_ba;
    QTest::newRow("through allOf") << R"({"allOf":[{"$ref":"#"}]})"_ba;
    QTest::newRow("through not") << R"({"not":{"$ref":"#"}})"_ba;
    QTest::newRow("through anyOf") << R"({"anyOf":[{"type":"null"},{"$ref":"#"}]})"_ba;
    QTest::newRow("through then") << R"({"if":true,"then":{"$ref":"#"}})"_ba;
    QTest::newRow("through dependencies") << R"({"dependentSchemas":{"a":{"$ref":"#"}}})"_ba;
    QTest::newRow("by id") << R"({"$id":"http://x/a","$ref":"a"})"_ba;
}

void TestHostileSchema::refusesReferencesInCircles()
{
    QFETCH(QByteArray, schema);
    const QString message = compileError(parse(schema));
    QVERIFY2(message.contains("leads to itself"_L1), qPrintable(message));
}

void TestHostileSchema::allowsRecursionIntoTheValue()
{
    const QJsonValue schema = parse(R"({"type":"array","items":{"$ref":"#"}})");
    QVERIFY(problemsOf(schema, parse("[[],[[]]]")).isEmpty());
    QCOMPARE(problemsOf(schema, parse("[[],[[3]]]")).first().path, u"/1/0/0"_s);
    QVERIFY(problemsOf(schema, parse(repeat("[", 120, "", "]"))).isEmpty());
    const auto tooDeep = problemsOf(schema, parse(repeat("[", 900, "", "]")));
    QVERIFY(tooDeep.first().message.contains("nested deeper than"_L1));
}

void TestHostileSchema::givesUpOnDynamicCircles()
{
    const auto problems = problemsOf(parse(R"({"$dynamicAnchor":"a","$dynamicRef":"#a"})"), 1);
    QCOMPARE(problems.size(), 1);
    QVERIFY(problems.first().message.contains("nested deeper"_L1));
}

void TestHostileSchema::boundsLongChainsOfReferences()
{
    QJsonObject defs;
    for (int i = 0; i < 5000; ++i)
        defs.insert(QString::number(i), QJsonObject{{u"$ref"_s, u"#/$defs/%1"_s.arg(i + 1)}});
    defs.insert(u"5000"_s, true);
    const QJsonObject schema{{u"$ref"_s, u"#/$defs/0"_s}, {u"$defs"_s, defs}};
    QVERIFY(problemsOf(schema, 1).first().message.contains("nested deeper"_L1));
}

void TestHostileSchema::boundsExponentialWork_data()
{
    QTest::addColumn<QByteArray>("schema");
    QTest::addColumn<QByteArray>("value");
    QByteArray doubling = R"({"$ref":"#/$defs/0","$defs":{)";
    for (int i = 0; i < 60; ++i) {
        const QByteArray next = QByteArray::number(i + 1);
        doubling += "\"" + QByteArray::number(i) + "\":{\"KEYWORD\":[{\"$ref\":\"#/$defs/" + next
                    + "\"},{\"$ref\":\"#/$defs/" + next + "\"}]},";
    }
    doubling += R"("60":{"type":"string"}}})";
    for (const char *keyword : {"anyOf", "oneOf"})
        QTest::newRow(keyword) << QByteArray(doubling).replace("KEYWORD", keyword) << "1"_ba;
    QTest::newRow("allOf") << QByteArray(doubling).replace("KEYWORD", "allOf") << "\"text\""_ba;
    QTest::newRow("unevaluated")
        << QByteArray(doubling)
               .replace("KEYWORD", "anyOf")
               .replace(R"("type":"string")",
                        R"("unevaluatedProperties":false,"properties":{"a":true})")
        << R"({"a":1})"_ba;
    QTest::newRow("tree") << R"({"$defs":{"n":{"properties":{"a":{"allOf":[{"$ref":"#/$defs/n"},
        {"$ref":"#/$defs/n"},{"$ref":"#/$defs/n"},{"$ref":"#/$defs/n"}]}}}},"$ref":"#/$defs/n"})"_ba
                          << repeat(R"({"a":)", 100, "1", "}");
}

void TestHostileSchema::boundsExponentialWork()
{
    QFETCH(QByteArray, schema);
    QFETCH(QByteArray, value);
    QElapsedTimer timer;
    timer.start();
    const auto problems = problemsOf(parse(schema), parse(value));
    QCOMPARE(problems.size(), 1);
    QVERIFY2(problems.first().message.contains("more than 1000000 steps"_L1),
             qPrintable(problems.first().message));
    QVERIFY2(timer.elapsed() < 20'000, "the bound on steps is no bound on time");
}

void TestHostileSchema::notDoesNotTurnGivingUpIntoSuccess()
{
    const QJsonValue schema = parse(R"({"not":{"items":{"pattern":"y"}}})");
    QJsonArray value;
    for (int i = 0; i < 100; ++i)
        value.append(u"y"_s);
    ValidateOptions options;
    options.maxSteps = 50;
    const auto problems = problemsOf(schema, value, options);
    QCOMPARE(problems.size(), 1);
    QVERIFY(problems.first().message.contains("steps"_L1));
}

void TestHostileSchema::boundsHostilePatterns_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::newRow("nested") << u"^(a+)+$"_s;
    QTest::newRow("alternatives") << u"^(a|aa|aaa)+$"_s;
    QTest::newRow("many") << u"(.*)*(.*)*(.*)*b\\1"_s;
    QTest::newRow("look-ahead") << u"^(?=(a+)+c)a*$"_s;
}

void TestHostileSchema::boundsHostilePatterns()
{
    QFETCH(QString, pattern);
    const QJsonObject rule{{u"pattern"_s, pattern}};
    QJsonArray values;
    for (int i = 0; i < 1000; ++i)
        values.append(QString(QString(5000, u'a') % QString::number(i) % u'!'));
    QElapsedTimer timer;
    timer.start();
    QVERIFY(!problemsOf(QJsonObject{{u"items"_s, rule}}, values).isEmpty());
    QVERIFY2(timer.elapsed() < 20'000, "the pattern ran for too long");
}

void TestHostileSchema::refusesWhatIsNoPattern_data()
{
    QTest::addColumn<QString>("pattern");
    for (const auto &pattern :
         {u"("_s, u"[a"_s, u"a**"_s, u"\\"_s, u"(*ACCEPT)a"_s, u"(*LIMIT_MATCH=4000000000)a"_s,
          u"a\\Kb"_s, u"\\u12"_s, u"\\p{Nonsense}"_s,
          u"((((a{1,1000}){1,1000}){1,1000}){1,1000})"_s, QString(20'000, u'a'),
          QString(u"("_s.repeated(5000) % u")"_s.repeated(5000))}) {
        QTest::newRow(pattern.left(30).toUtf8().constData()) << pattern;
    }
}

void TestHostileSchema::refusesWhatIsNoPattern()
{
    QFETCH(QString, pattern);
    const QString message = compileError(QJsonObject{{u"pattern"_s, pattern}});
    QVERIFY2(message.startsWith("The JSON schema cannot be used: at #: the pattern"_L1),
             qPrintable(message));
    QVERIFY(message.size() < 400);
}

void TestHostileSchema::survivesHugeKeysAndStrings()
{
    const QString huge(1'000'000, u'k');
    QJsonObject inner{{huge, QJsonObject{{u"type"_s, u"integer"_s}}}};
    for (int i = 0; i < 100; ++i)
        inner = QJsonObject{{huge, QJsonObject{{u"properties"_s, inner}}}};
    const QJsonObject schema{{u"properties"_s, inner},
                             {u"required"_s, QJsonArray{QString(u'x' % huge)}}};
    const auto problems = problemsOf(schema, QJsonObject{{huge, huge}});
    QCOMPARE(problems.size(), 1);
    QVERIFY(problems.first().message.size() < 400);
    const QJsonObject broken{{u"properties"_s, QJsonObject{{huge, 1}}}};
    QVERIFY(compileError(broken).size() < 400);
}

void TestHostileSchema::survivesExtremeNumbers()
{
    const QJsonValue counts = parse(R"({"minLength":1e300,"maxLength":1e300,"minItems":1e18})");
    QCOMPARE(problemsOf(counts, u"x"_s).size(), 1);
    const QJsonValue limits = parse(R"({"maximum":9007199254740992,"multipleOf":1e-200})");
    QVERIFY(problemsOf(limits, QJsonValue(qint64(9007199254740992))).isEmpty());
    QVERIFY(!problemsOf(limits, QJsonValue(qint64(9007199254740993))).isEmpty());
    for (double number : {1e308, -1e308, 5e-324, 0.0, -0.0, double(qint64(-1) << 62) * 2})
        problemsOf(limits, number);
    const QJsonValue smallest(std::numeric_limits<qint64>::min());
    QVERIFY(problemsOf(parse(R"({"type":"integer","multipleOf":1})"), smallest).isEmpty());
    QVERIFY(problemsOf(parse(R"({"const":1.0})"), 1).isEmpty());
}

void TestHostileSchema::followsNoReferenceOutOfTheDocument()
{
    for (const auto &target :
         {"http://example.com/x"_L1, "file:///etc/passwd"_L1, "other.json"_L1}) {
        const QString message = compileError(QJsonObject{{u"$ref"_s, QString(target)}});
        QVERIFY2(message.contains("leads out of the document"_L1), qPrintable(message));
    }
}

void TestHostileSchema::boundsDocumentsOfTheResolver()
{
    SchemaOptions options;
    options.resolver = [](const QUrl &url) {
        return QJsonValue(QJsonObject{{u"$ref"_s, QString(url.toString() % u'x')}});
    };
    const QString message = compileError(QJsonObject{{u"$ref"_s, u"http://x/"_s}}, options);
    QVERIFY2(message.contains("more than 64 documents"_L1), qPrintable(message));
}

void TestHostileSchema::isReadByManyThreadsAtOnce()
{
    const QJsonValue value = parse(R"({"name":"ab12","list":[1,2,3]})");
    const Schema schema = *Schema::compile(parse(R"({"type":"object","properties":{
        "name":{"pattern":"^[a-z]+[0-9]+$"},"list":{"items":{"type":"integer"}}}})"));
    std::atomic_int failures = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, copy = schema] {
            for (int round = 0; round < 500; ++round)
                failures += int(copy.validate(value).size());
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(failures.load(), 0);
}

void TestHostileSchema::acceptsEverythingWhenEmpty()
{
    QVERIFY(Schema().validate(1).isEmpty());
}

QTEST_GUILESS_MAIN(TestHostileSchema)
#include "tst_hostileschema.moc"
