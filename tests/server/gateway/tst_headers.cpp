// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/headers.h"
#include "server/gateway/incoming.h"
#include "server/gateway/modernface.h"
#include "server/gateway/modernway.h"
#include "server/gateway/rpc.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::gateway;
using namespace Qt::StringLiterals;

namespace {

http::Request request(const http::Headers &headers, const QByteArray &body = {})
{
    http::Request made;
    made.method = "POST";
    made.headers = headers;
    made.body = body;
    return made;
}

jsonrpc::Message message(const QByteArray &text)
{
    const auto all = jsonrpc::parse(text);
    return all ? all->constFirst() : jsonrpc::Message();
}

int codeOf(const std::optional<Error> &error)
{
    return error ? error->rpcCode : 0;
}

const QByteArray kCall = R"({"jsonrpc":"2.0","id":1,"method":"tools/call",)"
                         R"("params":{"name":"add","arguments":{}}})"_ba;

QJsonObject schema()
{
    return QJsonDocument::fromJson(R"({"type":"object","properties":{
        "region":{"type":"string","x-mcp-header":"Region"},
        "count":{"type":"integer","x-mcp-header":"Count"},
        "sure":{"type":"boolean","x-mcp-header":"Sure"},
        "ratio":{"type":"number","x-mcp-header":"Ratio"},
        "größe":{"type":"string","x-mcp-header":"Size"},
        "in":{"type":"object","properties":{"deep":{"type":"string","x-mcp-header":"Deep"}}},
        "list":{"type":"array","items":{"type":"object","properties":{
            "x":{"type":"string","x-mcp-header":"Never"}}}}}})")
        .object();
}

} // namespace

class TestHeaders : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void decodesBase64Values_data();
    void decodesBase64Values();
    void checksTheVersionAgainstTheBody();
    void refusesARepeatedHeader();
    void namesTheRevisionsThereAre();
    void checksMethodAndName();
    void checksParameters_data();
    void checksParameters();
    void ignoresAnnotationsThatBreakTheRules();
    void tellsTheErasApart_data();
    void tellsTheErasApart();
    void wantsTheMetadataOfTheModernEra();
    void negotiatesLegacyRevisions();
    void tellsBadJsonFromBadMessages_data();
    void tellsBadJsonFromBadMessages();
    void readsAcceptFields_data();
    void readsAcceptFields();
    void mapsCodesToStatuses();
};

void TestHeaders::decodesBase64Values_data()
{
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<bool>("ok");
    QTest::addColumn<QString>("text");
    QTest::newRow("plain") << "us-west1"_ba << true << u"us-west1"_s;
    QTest::newRow("umlauts") << "=?base64?SGVsbG8sIOS4lueVjA==?="_ba << true << u"Hello, 世界"_s;
    QTest::newRow("padded") << "=?base64?IHBhZGRlZCA=?="_ba << true << u" padded "_s;
    QTest::newRow("sentinel") << "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="_ba << true
                              << u"=?base64?literal?="_s;
    QTest::newRow("case matters") << "=?BASE64?SGk=?="_ba << true << u"=?BASE64?SGk=?="_s;
    QTest::newRow("empty") << "=?base64?\?="_ba << true << u""_s;
    QTest::newRow("overlapping marks") << "=?base64?="_ba << true << u"=?base64?="_s;
    QTest::newRow("broken Base64") << "=?base64?a*b?="_ba << false << QString();
    QTest::newRow("no padding") << "=?base64?SGVsbG8?="_ba << false << QString();
    QTest::newRow("no UTF-8") << "=?base64?/w==?="_ba << false << QString();
    QTest::newRow("raw UTF-8") << "gr\xc3\xb6\xc3\x9f"_ba << false << QString();
    QTest::newRow("control") << "a\x01"_ba << false << QString();
}

void TestHeaders::decodesBase64Values()
{
    QFETCH(QByteArray, value);
    QFETCH(bool, ok);
    QFETCH(QString, text);
    const std::optional<QString> decoded = decodeHeaderValue(value);
    QCOMPARE(decoded.has_value(), ok);
    if (ok)
        QCOMPARE(*decoded, text);
}

void TestHeaders::checksTheVersionAgainstTheBody()
{
    const http::Request modern = request({{"mcp-protocol-version", "2026-07-28"}});
    QVERIFY(!checkVersionHeader(modern, u"2026-07-28"_s));
    QVERIFY(!checkVersionHeader(modern, QString()));
    QCOMPARE(codeOf(checkVersionHeader(modern, u"2025-11-25"_s)), -32020);
    QCOMPARE(codeOf(checkVersionHeader(request({}), u"2026-07-28"_s)), -32020);
    const http::Request old = request({{"MCP-Protocol-Version", "1900-01-01"}});
    QCOMPARE(codeOf(checkVersionHeader(old, u"1900-01-01"_s)), -32022);
}

void TestHeaders::refusesARepeatedHeader()
{
    const http::Request twice =
        request({{"MCP-Protocol-Version", "2026-07-28"}, {"mcp-protocol-version", "2026-07-28"}});
    QCOMPARE(codeOf(checkVersionHeader(twice, u"2026-07-28"_s)), -32020);
}

void TestHeaders::namesTheRevisionsThereAre()
{
    const Error error = unsupportedRevision(u"1900-01-01"_s);
    QCOMPARE(error.rpcCode, -32022);
    QCOMPARE(httpStatus(error), 400);
    const QJsonObject data = error.detail.toObject();
    QCOMPARE(data["requested"_L1].toString(), u"1900-01-01"_s);
    QCOMPARE(data["supported"_L1].toArray().size(), 5);
    QCOMPARE(data["supported"_L1].toArray().at(0).toString(), u"2026-07-28"_s);
}

void TestHeaders::checksMethodAndName()
{
    const jsonrpc::Message call = message(kCall);
    const auto check = [&call](const http::Headers &headers) {
        return codeOf(checkMethodHeaders(request(headers), call));
    };
    QCOMPARE(check({{"Mcp-Method", "tools/call"}, {"Mcp-Name", "add"}}), 0);
    QCOMPARE(check({{"Mcp-Method", "tools/call"}, {"Mcp-Name", "=?base64?YWRk?="}}), 0);
    QCOMPARE(check({{"Mcp-Method", "tools/call"}}), -32020);
    QCOMPARE(check({{"Mcp-Name", "add"}}), -32020);
    QCOMPARE(check({{"Mcp-Method", "Tools/Call"}, {"Mcp-Name", "add"}}), -32020);
    QCOMPARE(check({{"Mcp-Method", "tools/call"}, {"Mcp-Name", "sub"}}), -32020);
    const jsonrpc::Message list = message(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})");
    QVERIFY(!checkMethodHeaders(request({{"Mcp-Method", "tools/list"}}), list));
    const jsonrpc::Message read =
        message(R"({"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"a:b"}})");
    QVERIFY(!checkMethodHeaders(request({{"Mcp-Method", "resources/read"}, {"Mcp-Name", "a:b"}}),
                                read));
}

void TestHeaders::checksParameters_data()
{
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QByteArray>("arguments");
    QTest::addColumn<bool>("fits");
    const auto row = [](const char *name, const QByteArray &header, const QByteArray &value,
                        const QByteArray &arguments,
                        bool fits) { QTest::newRow(name) << header << value << arguments << fits; };
    row("same text", "Mcp-Param-Region", "us", R"({"region":"us"})", true);
    row("name in any case", "mcp-param-REGION", "us", R"({"region":"us"})", true);
    row("other text", "Mcp-Param-Region", "eu", R"({"region":"us"})", false);
    row("missing header", "X-Other", "us", R"({"region":"us"})", false);
    row("null is no value", "X-Other", "us", R"({"region":null})", true);
    row("no arguments", "X-Other", "us", "", true);
    row("header without argument", "Mcp-Param-Region", "us", "{}", false);
    row("same integer", "Mcp-Param-Count", "42", R"({"count":42})", true);
    row("integer written otherwise", "Mcp-Param-Count", "42.0", R"({"count":42})", true);
    row("integer with an exponent", "Mcp-Param-Count", "100", R"({"count":1e2})", true);
    row("other integer", "Mcp-Param-Count", "43", R"({"count":42})", false);
    row("no integer", "Mcp-Param-Count", "many", R"({"count":42})", false);
    row("integers beyond double", "Mcp-Param-Count", "9007199254740993",
        R"({"count":9007199254740992})", false);
    row("boolean", "Mcp-Param-Sure", "true", R"({"sure":true})", true);
    row("other boolean", "Mcp-Param-Sure", "True", R"({"sure":true})", false);
    row("nested", "Mcp-Param-Deep", "x", R"({"in":{"deep":"x"}})", true);
    row("nested wrong", "Mcp-Param-Deep", "y", R"({"in":{"deep":"x"}})", false);
    row("Base64", "Mcp-Param-Region", "=?base64?w7w=?=", R"({"region":"\u00fc"})", true);
    row("umlaut in a key", "Mcp-Param-Size", "L",
        "{\"gr\xc3\xb6\xc3\x9f"
        "e\":\"L\"}",
        true);
    row("umlaut in a key, wrong", "Mcp-Param-Size", "M",
        "{\"gr\xc3\xb6\xc3\x9f"
        "e\":\"L\"}",
        false);
    row("unknown header", "Mcp-Param-Else", "x", "{}", true);
}

void TestHeaders::checksParameters()
{
    QFETCH(QByteArray, header);
    QFETCH(QByteArray, value);
    QFETCH(QByteArray, arguments);
    QFETCH(bool, fits);
    const std::optional<Error> error =
        checkParamHeaders(request({{header, value}}), schema(), arguments);
    QCOMPARE(codeOf(error), fits ? 0 : -32020);
}

void TestHeaders::ignoresAnnotationsThatBreakTheRules()
{
    // Numbers must not be mirrored, and nothing inside arrays can be.
    QVERIFY(!checkParamHeaders(request({}), schema(), R"({"ratio":1.5,"list":[{"x":"y"}]})"));
    QVERIFY(hasParamHeaders(schema()));
    QVERIFY(!hasParamHeaders(QJsonObject()));
}

void TestHeaders::tellsTheErasApart_data()
{
    QTest::addColumn<http::Headers>("headers");
    QTest::addColumn<QByteArray>("params");
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<bool>("modern");
    const QByteArray meta = R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}})";
    const http::Headers none;
    const http::Headers version{{"MCP-Protocol-Version", "2026-07-28"}};
    const http::Headers later{{"MCP-Protocol-Version", "2031-01-01"}};
    const http::Headers old{{"MCP-Protocol-Version", "2025-06-18"}};
    const http::Headers junk{{"MCP-Protocol-Version", "zzzz-zz-zz"}};
    QTest::newRow("meta alone") << none << meta << "tools/list"_ba << true;
    QTest::newRow("meta beats an old header") << old << meta << "tools/list"_ba << true;
    QTest::newRow("header alone") << version << "{}"_ba
                                  << "tools/list"_ba << true;
    QTest::newRow("later header") << later << "{}"_ba
                                  << "tools/list"_ba << true;
    QTest::newRow("initialize") << version << "{}"_ba
                                << "initialize"_ba << false;
    QTest::newRow("initialize with meta") << version << meta << "initialize"_ba << true;
    QTest::newRow("old header") << old << "{}"_ba
                                << "tools/list"_ba << false;
    QTest::newRow("junk header") << junk << "{}"_ba
                                 << "tools/list"_ba << false;
    QTest::newRow("nothing") << none << "{}"_ba
                             << "tools/list"_ba << false;
    QTest::newRow("method header") << http::Headers{{"Mcp-Method", "tools/list"}} << "{}"_ba
                                   << "tools/list"_ba << true;
}

void TestHeaders::tellsTheErasApart()
{
    QFETCH(http::Headers, headers);
    QFETCH(QByteArray, params);
    QFETCH(QByteArray, method);
    QFETCH(bool, modern);
    const http::Request made = request(headers, R"({"jsonrpc":"2.0","id":1,"method":")" + method
                                                    + R"(","params":)" + params + '}');
    const Result<Incoming> incoming = readBody(made);
    QVERIFY(incoming);
    QCOMPARE(eraOf(made, *incoming) == mcp::Era::Modern, modern);
}

void TestHeaders::wantsTheMetadataOfTheModernEra()
{
    const auto code = [](const QByteArray &params) {
        const auto profile = modernProfile(QJsonDocument::fromJson(params).object());
        return profile ? 0 : profile.error().rpcCode;
    };
    QCOMPARE(code("{}"), -32602);
    QCOMPARE(code(R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}})"), -32602);
    QCOMPARE(code(R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",
                     "io.modelcontextprotocol/clientCapabilities":[]}})"),
             -32602);
    QCOMPARE(code(R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",
                     "io.modelcontextprotocol/clientCapabilities":{}}})"),
             0);
}

void TestHeaders::negotiatesLegacyRevisions()
{
    const auto revision = [](const QString &wanted) {
        const auto profile = legacyProfile({{"protocolVersion"_L1, wanted}});
        return profile ? profile->revision : QString();
    };
    for (const char *known : {"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"})
        QCOMPARE(revision(QString::fromLatin1(known)), QString::fromLatin1(known));
    QCOMPARE(revision(u"2026-07-28"_s), u"2025-11-25"_s);
    QCOMPARE(revision(u"1.0"_s), u"2025-11-25"_s);
    QVERIFY(!legacyProfile({}));
}

void TestHeaders::tellsBadJsonFromBadMessages_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("code");
    QTest::newRow("empty") << ""_ba << -32700;
    QTest::newRow("cut off") << R"({"jsonrpc":"2.0",)"_ba << -32700;
    QTest::newRow("number") << "5"_ba << -32600;
    QTest::newRow("old version") << R"({"jsonrpc":"1.0","id":1,"method":"x"})"_ba << -32600;
    QTest::newRow("null id") << R"({"jsonrpc":"2.0","id":null,"method":"x"})"_ba << -32600;
    QTest::newRow("fraction as id") << R"({"jsonrpc":"2.0","id":1.5,"method":"x"})"_ba << -32600;
    QTest::newRow("params by place")
        << R"({"jsonrpc":"2.0","id":1,"method":"x","params":[1]})"_ba << -32600;
    QTest::newRow("empty batch") << "[]"_ba << -32600;
}

void TestHeaders::tellsBadJsonFromBadMessages()
{
    QFETCH(QByteArray, body);
    QFETCH(int, code);
    const Result<Incoming> read = readBody(request({}, body));
    QVERIFY(!read);
    QCOMPARE(read.error().rpcCode, code);
    QCOMPARE(httpStatus(read.error()), 400);
}

void TestHeaders::readsAcceptFields_data()
{
    QTest::addColumn<QByteArray>("field");
    QTest::addColumn<bool>("json");
    QTest::addColumn<bool>("events");
    QTest::addColumn<bool>("named");
    QTest::newRow("none") << QByteArray() << true << true << false;
    QTest::newRow("both") << "application/json, text/event-stream"_ba << true << true << true;
    QTest::newRow("any") << "*/*"_ba << true << true << false;
    QTest::newRow("json") << "application/json"_ba << true << false << false;
    QTest::newRow("events") << "text/event-stream"_ba << false << true << true;
    QTest::newRow("neither") << "text/html"_ba << false << false << false;
    QTest::newRow("refused") << "application/json, text/event-stream;q=0"_ba << true << false
                             << false;
}

void TestHeaders::readsAcceptFields()
{
    QFETCH(QByteArray, field);
    const Accepts accepts =
        acceptsOf(request(field.isNull() ? http::Headers() : http::Headers{{"Accept", field}}));
    QTEST(accepts.json, "json");
    QTEST(accepts.events, "events");
    QTEST(accepts.eventsNamed, "named");
}

void TestHeaders::mapsCodesToStatuses()
{
    QCOMPARE(modernStatus(-32601), 404);
    for (int code : {-32600, -32700, -32020, -32021, -32022})
        QCOMPARE(modernStatus(code), 400);
    for (int code : {-32602, -32603, 0, 7})
        QCOMPARE(modernStatus(code), 200);
}

QTEST_GUILESS_MAIN(TestHeaders)
#include "tst_headers.moc"
