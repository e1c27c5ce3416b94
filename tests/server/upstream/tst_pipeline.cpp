// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/pipeline.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::upstream;
using namespace Qt::StringLiterals;

namespace {

/// JSON written with single quotes: moc of Qt 6.4 loses its way in raw strings.
QByteArray quotes(QByteArray text)
{
    return text.replace('\'', '"');
}

std::shared_ptr<const Tool> toolOf(const QByteArray &raw, const ServerDefinition &definition = {})
{
    const auto set = ToolSet::build({raw}, definition);
    return set->tools().value(0);
}

const QByteArray kAdd = quotes(
    "{'name':'add','inputSchema':{'type':'object','properties':{'a':{'type':'integer'},'b':{'"
    "type':'integer'}},'required':['a','b']},'outputSchema':{'type':'object','properties':{'"
    "result':{'type':'integer'}},'required':['result']}}");
const QByteArray kPlain = quotes("{'name':'plain','inputSchema':{'type':'object'}}");

CallInput inputOf(QJsonObject arguments, QMap<QByteArray, QByteArray> headers = {})
{
    CallInput input;
    input.arguments = std::move(arguments);
    input.header = [headers](const QByteArray &name) { return headers.value(name.toLower()); };
    return input;
}

QJsonObject objectOf(const QByteArray &json)
{
    return QJsonDocument::fromJson(json).object();
}

ServerDefinition mapping(bool strict)
{
    ServerDefinition definition;
    definition.headerMappings = {{u"a"_s, "X-Mapped-A"_ba}};
    definition.headerMappingStrict = strict;
    return definition;
}

} // namespace

class PipelineTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void validArgumentsPassUnchanged()
    {
        const auto tool = toolOf(kAdd);
        const auto result = prepareArguments(*tool, inputOf({{u"a"_s, 2}, {u"b"_s, 3}}), {});
        QCOMPARE(*result, (QJsonObject{{u"a"_s, 2}, {u"b"_s, 3}}));
    }

    void integerLikeTextsAreRead()
    {
        const auto tool = toolOf(kAdd);
        const auto result =
            prepareArguments(*tool, inputOf({{u"a"_s, u"2"_s}, {u"b"_s, u" 3 "_s}}), {});
        QCOMPARE(*result, (QJsonObject{{u"a"_s, 2}, {u"b"_s, 3}}));
    }

    void invalidArgumentsNameThePlace()
    {
        const auto tool = toolOf(kAdd);
        const auto missing = prepareArguments(*tool, inputOf({{u"a"_s, 1}}), {});
        QCOMPARE(missing.error().code, ErrorCode::InvalidArguments);
        QVERIFY(!missing.error().problems.isEmpty());
        const auto wrong = prepareArguments(*tool, inputOf({{u"a"_s, u"x"_s}, {u"b"_s, 2}}), {});
        QCOMPARE(wrong.error().problems.first().path, u"/a"_s);
        QVERIFY(wrong.error().message.contains(u"validation error"_s));
        ServerDefinition off;
        off.validateInput = false;
        QVERIFY(prepareArguments(*tool, inputOf({{u"a"_s, u"x"_s}}), off).ok());
    }

    void mappedHeadersAreCoerced()
    {
        const ServerDefinition definition = mapping(true);
        const auto tool = toolOf(kAdd, definition);
        QVERIFY(!tool->inputSchema["properties"_L1].toObject().contains("a"_L1));
        QCOMPARE(tool->inputSchema["required"_L1].toArray(), QJsonArray{u"b"_s});
        const auto result =
            prepareArguments(*tool, inputOf({{u"b"_s, 2}}, {{"x-mapped-a", "3"}}), definition);
        QCOMPARE(*result, (QJsonObject{{u"a"_s, 3}, {u"b"_s, 2}}));
        const auto misfit =
            prepareArguments(*tool, inputOf({{u"b"_s, 2}}, {{"x-mapped-a", "three"}}), definition);
        QCOMPARE(misfit.error().code, ErrorCode::InvalidArguments);
        QVERIFY(misfit.error().message.contains(u"X-Mapped-A"_s));
    }

    void strictMappingIgnoresTheCallersValue()
    {
        const ServerDefinition definition = mapping(true);
        const auto tool = toolOf(kAdd, definition);
        const QJsonObject arguments{{u"a"_s, 100}, {u"b"_s, 2}};
        const auto result =
            prepareArguments(*tool, inputOf(arguments, {{"x-mapped-a", "3"}}), definition);
        QCOMPARE(result->value("a"_L1).toInt(), 3);
        const auto absent = prepareArguments(*tool, inputOf(arguments), definition);
        QCOMPARE(absent.error().code, ErrorCode::InvalidArguments);
        QVERIFY(absent.error().message.contains(u"X-Mapped-A"_s));
    }

    void compatibleMappingLetsTheCallersValueWin()
    {
        const ServerDefinition definition = mapping(false);
        const auto tool = toolOf(kAdd, definition);
        const auto result = prepareArguments(
            *tool, inputOf({{u"a"_s, 100}, {u"b"_s, 2}}, {{"x-mapped-a", "3"}}), definition);
        QCOMPARE(result->value("a"_L1).toInt(), 100);
    }

    void oauthTokenIsInjectedAndNeverTheCallers()
    {
        const auto tool = toolOf(
            quotes("{'name':'mail','inputSchema':{'type':'object','properties':{'oauth_token':"
                   "{'type':'string'}},'required':['oauth_token']}}"));
        QVERIFY(tool->wantsOauthToken);
        QCOMPARE(tool->inputSchema,
                 (QJsonObject{{u"type"_s, u"object"_s}, {u"properties"_s, QJsonObject()}}));
        CallInput input = inputOf({{u"oauth_token"_s, u"forged"_s}});
        QCOMPARE(prepareArguments(*tool, input, {}).error().code, ErrorCode::Unauthorized);
        input.oauthToken = u"real"_s;
        QCOMPARE(prepareArguments(*tool, input, {})->value("oauth_token"_L1).toString(), u"real"_s);
    }

    void blocksPassAsTheyCame()
    {
        const auto tool = toolOf(kPlain);
        const QByteArray image =
            quotes("{'type':'image','data':'AA==','mimeType':'image/png','x':1.50}");
        const QByteArray raw = quotes("{'content':[{'type':'text','text':'5'},") + image
                               + quotes("],'_meta':{'z':1,'a':12345678901234567890}}");
        const auto shaped = shapeToolResult(*tool, raw, {});
        QCOMPARE(
            *shaped,
            quotes(
                "{'isError':false,'content':[{'type':'text','text':'5','structuredContent':null},")
                + image
                + quotes("],'structuredContent':null,'_meta':{'z':1,'a':12345678901234567890}}"));
    }

    void derivesStructuredContent_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QByteArray>("expected");
        QTest::newRow("object") << u" {\"b\":1.0,\"a\":2}"_s << quotes("{'b':1.0,'a':2}");
        QTest::newRow("array") << u"[1, 2]"_s << "[1, 2]"_ba;
        QTest::newRow("scalar") << u"5"_s << "null"_ba;
        QTest::newRow("text in quotes") << u"\"a\""_s << "null"_ba;
        QTest::newRow("broken") << u"{\"a\":"_s << "null"_ba;
        QTest::newRow("plain") << u"hello"_s << "null"_ba;
        QTest::newRow("contract")
            << u"<meetings from=\"a\" count=\"2\"><m id=\"1\"/><m id=\"2\"/>"
               "</meetings>"_s
            << quotes("{'meetings':{'count':'2','from':'a','m':[{'id':'1'},{'id':'2'}]}}");
        QTest::newRow("leaf") << u"<a> x </a>"_s << quotes("{'a':'x'}");
        QTest::newRow("empty leaf") << u"<a/>"_s << quotes("{'a':null}");
        QTest::newRow("leaf with attributes")
            << u"<a k=\"v\">x</a>"_s << quotes("{'a':{'_text':'x','k':'v'}}");
        QTest::newRow("attribute wins")
            << u"<a k=\"v\"><k>w</k></a>"_s << quotes("{'a':{'k':'v'}}");
        QTest::newRow("mixed") << u"<a>x<b>1</b>y</a>"_s << quotes("{'a':{'b':'1'}}");
        QTest::newRow("namespace") << u"<p:a xmlns:p=\"urn:x\"/>"_s << quotes("{'{urn:x}a':null}");
        QTest::newRow("three alike")
            << u"<a><b>1</b><b>2</b><b>3</b></a>"_s << quotes("{'a':{'b':['1','2','3']}}");
        QTest::newRow("unclosed") << u"<a><b></a>"_s << "null"_ba;
        QTest::newRow("two roots") << u"<a/><b/>"_s << "null"_ba;
        QTest::newRow("doctype") << u"<!DOCTYPE html><html/>"_s << "null"_ba;
        QTest::newRow("too deep") << QString(u"<a>"_s).repeated(65)
                                         + QString(u"</a>"_s).repeated(65)
                                  << "null"_ba;
        QTest::newRow("too long") << u"<a>"_s + QString(1024 * 1024, u'x') + u"</a>"_s << "null"_ba;
        QTest::newRow("entities")
            << u"<!DOCTYPE z [<!ENTITY a \"1\"><!ENTITY b \"&a;&a;\">]><z>&b;</z>"_s << "null"_ba;
        QTest::newRow("file")
            << u"<!DOCTYPE z [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><z>&a;</z>"_s << "null"_ba;
    }
    void derivesStructuredContent()
    {
        QFETCH(QString, text);
        QFETCH(QByteArray, expected);
        const QJsonObject result{
            {u"content"_s, QJsonArray{QJsonObject{{u"type"_s, u"text"_s}, {u"text"_s, text}}}}};
        const auto shaped = shapeToolResult(
            *toolOf(kPlain), QJsonDocument(result).toJson(QJsonDocument::Compact), {});
        QVERIFY(shaped.ok());
        const QByteArray ending = ",\"structuredContent\":" + expected + '}';
        QVERIFY2(shaped->endsWith(ending), shaped->right(200).constData());
    }

    void theServersOwnStructuredContentStays()
    {
        const auto tool = toolOf(kPlain);
        const QByteArray text = quotes("'content':[{'type':'text','text':'{\\'a\\':1}'}]");
        QVERIFY(shapeToolResult(*tool, '{' + text + quotes(",'structuredContent':{'b':2.50}}"), {})
                    ->endsWith(quotes(",'structuredContent':{'b':2.50}}")));
        QVERIFY(shapeToolResult(*tool, '{' + text + quotes(",'structuredContent':{ }}"), {})
                    ->endsWith(quotes(",'structuredContent':{'a':1}}")));
        // Not for errors.
        const auto failed = shapeStreamResult(*tool, '{' + text + quotes(",'isError':true}"), {});
        QVERIFY(failed->endsWith(quotes(",'structuredContent':null}")));
        QVERIFY(failed->startsWith(quotes("{'isError':true")));
    }

    void classifiesToolErrors_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("status");
        QTest::newRow("unknown") << u"Unknown tool: x"_s << 404;
        QTest::newRow("case matters") << u"unknown tool: x"_s << 422;
        QTest::newRow("python") << u"Input validation error: 'a' is required"_s << 400;
        QTest::newRow("pydantic") << u"2 validation errors for add"_s << 400;
        QTest::newRow("typescript")
            << u"MCP error -32602: Input validation error: Invalid arguments for tool add"_s << 400;
        QTest::newRow("output") << u"Output validation error: 'result' is missing"_s << 502;
        QTest::newRow("timeout") << u"Request Timed Out"_s << 504;
        QTest::newRow("other") << u"Error executing tool: 404 boom"_s << 422;
    }
    void classifiesToolErrors()
    {
        QFETCH(QString, text);
        QFETCH(int, status);
        const QJsonObject result{
            {u"isError"_s, true},
            {u"content"_s, QJsonArray{QJsonObject{{u"type"_s, u"text"_s}, {u"text"_s, text}}}}};
        const auto shaped = shapeToolResult(*toolOf(kAdd), QJsonDocument(result).toJson(), {});
        QVERIFY(!shaped.ok());
        QCOMPARE(httpStatus(shaped.error()), status);
        QCOMPARE(shaped.error().message, text);
        const QJsonObject full = shaped.error().extra["result"_L1].toObject();
        QCOMPARE(full["content"_L1][0]["text"_L1].toString(), text);
        QVERIFY(full["isError"_L1].toBool());
    }

    void anEmptyErrorGetsASentence()
    {
        const auto shaped =
            shapeToolResult(*toolOf(kPlain), quotes("{'isError':true,'content':[]}"), {});
        QCOMPARE(shaped.error().code, ErrorCode::ToolFailed);
        QVERIFY(shaped.error().message.contains(u"\"plain\""_s));
    }

    void enforcesTheOutputSchema()
    {
        const auto tool = toolOf(kAdd);
        const auto result = [&](const QByteArray &structured) {
            return shapeToolResult(
                *tool, quotes("{'content':[{'type':'text','text':'x'}]") + structured + '}', {});
        };
        QVERIFY(result(quotes(",'structuredContent':{'result':5}")).ok());
        const auto wrong = result(quotes(",'structuredContent':{'result':'5'}"));
        QCOMPARE(httpStatus(wrong.error()), 502);
        QCOMPARE(wrong.error().problems.first().path, u"/result"_s);
        QCOMPARE(httpStatus(result({}).error()), 502);
    }

    void refusesWhatIsNoResult()
    {
        for (const QByteArray &raw :
             {"5"_ba, "{}"_ba, quotes("{'content':'x'}"), quotes("{'content':[1]}"), "{"_ba}) {
            const auto shaped = shapeToolResult(*toolOf(kPlain), raw, {});
            QVERIFY2(!shaped.ok(), raw.constData());
            QCOMPARE(shaped.error().code, ErrorCode::UpstreamFailed);
        }
    }

    void neverPassesOnWhatIsTooLarge()
    {
        ServerDefinition definition;
        definition.maxResponseBytes = 64;
        const QJsonObject block{{u"type"_s, u"text"_s}, {u"text"_s, QString(437, u'S')}};
        const QJsonObject content{{u"content"_s, QJsonArray{block}}};
        const QByteArray raw = QJsonDocument(content).toJson();
        const auto shaped = shapeToolResult(*toolOf(kPlain), raw, definition);
        QCOMPARE(httpStatus(shaped.error()), 422);
        QCOMPARE(shaped.error().code, ErrorCode::ResponseTooLarge);
        QVERIFY(!shaped.error().message.contains(u"SSS"_s));
        QVERIFY(shaped.error().extra.isEmpty());
        QVERIFY(checkSize(raw, 0).ok());
        QVERIFY(checkSize(raw, raw.size()).ok());
    }

    void aDryRunSatisfiesTheOutputSchema()
    {
        const auto tool = toolOf(kAdd);
        const QJsonObject sample = objectOf(*dryRunResult(*tool, {{u"a"_s, 1}, {u"b"_s, 2}}));
        QVERIFY(tool->output->validate(sample["structuredContent"_L1]).isEmpty());
        QCOMPARE(sample["isError"_L1], QJsonValue(false));
        const QJsonObject text = objectOf(*dryRunResult(*toolOf(kPlain), {}));
        QVERIFY(text["content"_L1][0]["text"_L1].toString().contains(u"not called"_s));
    }
};

QTEST_GUILESS_MAIN(PipelineTest)
#include "tst_pipeline.moc"
