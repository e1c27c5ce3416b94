// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/jsonrpc/message.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::jsonrpc;
using namespace Qt::StringLiterals;

namespace {

Message one(const QByteArray &text)
{
    const Result<QList<Message>> read = parse(text);
    if (!read || read->size() != 1)
        qFatal("not one message: %s", text.constData());
    return read->constFirst();
}

} // namespace

class tst_Message : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void readsARequestAndKeepsItsBytes()
    {
        // Plain strings: moc 6.4 stumbles over escapes in raw ones.
        const Message m =
            one(" {\"jsonrpc\":\"2.0\", \"id\": \"a\\\"b\",\n\"method\":\"tools/call\", "
                "\"params\": { \"x\" : [1, 2.50,\"\\u00e9\"] } } ");
        QCOMPARE(m.kind, Message::Kind::Request);
        QCOMPARE(m.id, "\"a\\\"b\""_ba);
        QCOMPARE(m.method, u"tools/call"_s);
        QCOMPARE(m.params, "{ \"x\" : [1, 2.50,\"\\u00e9\"] }"_ba);
        QCOMPARE(m.paramsObject()["x"_L1][1].toDouble(), 2.5);
    }

    void readsNotificationsResultsAndErrors()
    {
        QCOMPARE(one(R"({"jsonrpc":"2.0","method":"n"})").kind, Message::Kind::Notification);
        const Message result = one(R"({"jsonrpc":"2.0","id":7,"result":null})");
        QCOMPARE(result.kind, Message::Kind::Result);
        QCOMPARE(result.id, "7"_ba);
        QCOMPARE(result.result, "null"_ba);
        const Message error =
            one(R"({"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"no","data":[1]}})");
        QCOMPARE(error.kind, Message::Kind::Error);
        QCOMPARE(error.error.code, -32601);
        QCOMPARE(error.error.message, u"no"_s);
        QCOMPARE(error.error.data, "[1]"_ba);
    }

    void anErrorMayHaveANullId()
    {
        QVERIFY(one(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":""}})")
                    .id.isEmpty());
    }

    void escapedNamesAreTheSameNames()
    {
        QCOMPARE(one(R"({"json\u0072pc":"2.0","method":"n"})").method, u"n"_s);
    }

    void refusesWhatIsNoMessage_data()
    {
        QTest::addColumn<QByteArray>("text");
        const auto row = [](const char *name, const QByteArray &text) {
            QTest::newRow(name) << text;
        };
        row("empty", "");
        row("word", "hello");
        row("scalar", "1");
        row("no version", R"({"method":"n"})");
        row("wrong version", R"({"jsonrpc":"1.0","method":"n"})");
        row("number version", R"({"jsonrpc":2.0,"method":"n"})");
        row("null id", R"({"jsonrpc":"2.0","id":null,"method":"n"})");
        row("null id of a result", R"({"jsonrpc":"2.0","id":null,"result":{}})");
        row("object id", R"({"jsonrpc":"2.0","id":{},"method":"n"})");
        row("boolean id", R"({"jsonrpc":"2.0","id":true,"method":"n"})");
        row("no id", R"({"jsonrpc":"2.0","result":{}})");
        row("method no string", R"({"jsonrpc":"2.0","method":1})");
        row("params a scalar", R"({"jsonrpc":"2.0","method":"n","params":1})");
        row("both", R"({"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":""}})");
        row("neither", R"({"jsonrpc":"2.0","id":1})");
        row("method and result", R"({"jsonrpc":"2.0","id":1,"method":"n","result":1})");
        row("code no integer", R"({"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":""}})");
        row("code a string", R"({"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}})");
        row("error a string", R"({"jsonrpc":"2.0","id":1,"error":"bad"})");
        row("id twice", R"({"jsonrpc":"2.0","id":1,"id":2,"result":1})");
        row("trailing text", R"({"jsonrpc":"2.0","method":"n"} x)");
        row("trailing comma", R"({"jsonrpc":"2.0","method":"n",})");
        row("cut off", R"({"jsonrpc":"2.0","method":"n","params":{"a":)");
        row("not UTF-8", "{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}");
        row("control in string", "{\"jsonrpc\":\"2.0\",\"method\":\"a\tb\"}");
        row("bad escape", R"({"jsonrpc":"2.0","method":"\x"})");
        row("bad number", R"({"jsonrpc":"2.0","method":"n","params":[01]})");
        row("mixed closers", R"({"jsonrpc":"2.0","method":"n","params":[1}})");
        row("empty batch", "[]");
        row("batch in a batch", R"([[{"jsonrpc":"2.0","method":"n"}]])");
        row("bad member of a batch", R"([{"jsonrpc":"2.0","method":"n"},1])");
    }
    void refusesWhatIsNoMessage()
    {
        QFETCH(QByteArray, text);
        const Result<QList<Message>> read = parse(text);
        QVERIFY(!read);
        QCOMPARE(read.error().code, ErrorCode::UpstreamFailed);
        QVERIFY(!read.error().message.isEmpty());
    }

    void readsABatchInOrder()
    {
        const auto read = parse(R"([{"jsonrpc":"2.0","method":"a"}, )"
                                R"({"jsonrpc":"2.0","id":1,"result":{}}])");
        QVERIFY(read.ok());
        QCOMPARE(read->size(), 2);
        QCOMPARE(read->at(0).method, u"a"_s);
        QCOMPARE(read->at(1).kind, Message::Kind::Result);
    }

    void limitsTheSizeOfABatch()
    {
        QByteArray text = "[";
        for (int i = 0; i < 1001; ++i)
            text += QByteArray(i ? "," : "") + R"({"jsonrpc":"2.0","method":"n"})";
        QVERIFY(!parse(text + ']'));
    }

    void limitsDepthWithoutUsingTheStack()
    {
        const auto nested = [](int levels) -> QByteArray {
            return R"({"jsonrpc":"2.0","method":"n","params":)" + QByteArray(levels, '[')
                   + QByteArray(levels, ']') + '}';
        };
        QVERIFY(parse(nested(127)).ok());
        QVERIFY(!parse(nested(128)));
        QVERIFY(!parse(nested(1'000'000)));
        QVERIFY(!parse(QByteArray(1'000'000, '[')));
    }

    void limitsBytes()
    {
        MessageLimits limits;
        limits.maxBytes = 20;
        const auto read = parse(R"({"jsonrpc":"2.0","method":"n"})", limits);
        QVERIFY(!read);
        QCOMPARE(read.error().code, ErrorCode::PayloadTooLarge);
    }

    void writesWhatItReadsOnOneLine_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("request") << R"({"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1}})"_ba;
        QTest::newRow("notification") << R"({"jsonrpc":"2.0","method":"m"})"_ba;
        QTest::newRow("result") << R"({"jsonrpc":"2.0","id":"x","result":[]})"_ba;
        QTest::newRow("error")
            << R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"a\"b","data":{}}})"_ba;
    }
    void writesWhatItReadsOnOneLine()
    {
        QFETCH(QByteArray, text);
        QCOMPARE(write(one(text)), text);
    }

    void lineBreaksBetweenTokensDoNotSurviveWriting()
    {
        Message m = one("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{\n\"a\":\r\n\"b\\n\"}}");
        QCOMPARE(write(m), R"({"jsonrpc":"2.0","method":"m","params":{ "a":  "b\n"}})"_ba);
    }
};

QTEST_GUILESS_MAIN(tst_Message)
#include "tst_message.moc"
