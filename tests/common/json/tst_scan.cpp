// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/scan.h"
#include "common/json/writer.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::json;
using namespace Qt::StringLiterals;

class TestScan : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void acceptsWhatRfc8259Allows_data();
    void acceptsWhatRfc8259Allows();
    void refusesAndSaysWhereAndWhy_data();
    void refusesAndSaysWhereAndWhy();
    void boundsDepthAndSize();
    void comparesDecodedKeys();
    void findsRepeatsAmongManyKeys();
    void acceptsRepeatsAndLoneSurrogatesByLimits();
    void agreesWithQtOnRandomBytes();
    void listsMembersInTheirOrderByteForByte();
    void listsElementsByteForByte();
    void refusesTheWrongKindOfValue();
    void writesObjectsFromPieces();
    void quotesEveryCharacterSoThatItComesBack();
    void scansFast();
};

void TestScan::acceptsWhatRfc8259Allows_data()
{
    QTest::addColumn<QByteArray>("text");
    int row = 0;
    for (const char *text : {"{}",
                             "[]",
                             " \t\r\n[ ] \n",
                             "null",
                             "true",
                             "false",
                             "\"\"",
                             "0",
                             "-0",
                             "10.25e-3",
                             "1E+2",
                             "-0.0",
                             "1e999",
                             "[1,2,[3,{\"a\":[]}]]",
                             "{\"a\":1,\"b\":{\"a\":1}}",
                             "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
                             "\"\\ud83d\\ude00\"",
                             "\"\\ud800\"",
                             "\"\x7f\"",
                             "\"\xc3\xa9\"",
                             "\"\xed\x9f\xbf\xee\x80\x80\"",
                             "\"\xf4\x8f\xbf\xbf\"",
                             "\"a string that is longer than eight bytes \xe2\x82\xac and on\""})
        QTest::addRow("%d", row++) << QByteArray(text);
}

void TestScan::acceptsWhatRfc8259Allows()
{
    QFETCH(QByteArray, text);
    const auto result = check(text);
    QVERIFY2(result.ok(), result ? "" : qPrintable(result.error().message));
}

void TestScan::refusesAndSaysWhereAndWhy_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("offset");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char *name, QByteArray text, int offset, const QString &reason) {
        QTest::newRow(name) << text << offset << reason;
    };
    row("empty", ""_ba, 0, u"the text ends where a value"_s);
    row("blank", "  "_ba, 2, u"the text ends"_s);
    row("bom", "\xef\xbb\xbf{}"_ba, 0, u"byte order mark"_s);
    row("nul", QByteArray("\0{}", 3), 0, u"NUL byte"_s);
    row("nul in a string", QByteArray("\"ab\0\"", 5), 3, u"NUL byte"_s);
    row("nul behind", QByteArray("{}\0", 3), 2, u"follows"_s);
    row("control", "\"a\nb\""_ba, 2, u"control character"_s);
    row("control late", "\"abcdefghijkl\x01\""_ba, 13, u"control character"_s);
    row("form feed is no space", "[\f]"_ba, 1, u"expected a value"_s);
    row("trailing", "{} x"_ba, 3, u"follows"_s);
    row("two values", "1 2"_ba, 2, u"follows"_s);
    row("leading zero", "[01]"_ba, 1, u"begin with 0"_s);
    row("plus", "+1"_ba, 0, u"expected a value"_s);
    row("minus", "-"_ba, 0, u"minus"_s);
    row("minus letter", "-Infinity"_ba, 0, u"minus"_s);
    row("no fraction", "1."_ba, 0, u"after the point"_s);
    row("no exponent", "[1e+]"_ba, 1, u"exponent"_s);
    row("hex", "0x1"_ba, 1, u"follows"_s);
    row("NaN", "NaN"_ba, 0, u"expected a value"_s);
    row("nul literal", "nul"_ba, 0, u"none of true"_s);
    row("comma last", "[1,]"_ba, 3, u"expected a value"_s);
    row("comma last in object", "{\"a\":1,}"_ba, 7, u"a key"_s);
    row("no comma", "[1 2]"_ba, 3, u"a comma or ]"_s);
    row("wrong bracket", "[1}"_ba, 2, u"a comma or ]"_s);
    row("no colon", "{\"a\" 1}"_ba, 5, u"a colon"_s);
    row("bare key", "{a:1}"_ba, 1, u"a key"_s);
    row("single quotes", "['a']"_ba, 1, u"expected a value"_s);
    row("comment", "[/**/]"_ba, 1, u"expected a value"_s);
    row("open array", "[1"_ba, 2, u"the text ends"_s);
    row("open string", "\"abc"_ba, 4, u"inside a string"_s);
    row("ends in backslash", "\"abc\\"_ba, 4, u"backslash"_s);
    row("bad escape", "\"\\x41\""_ba, 1, u"backslash"_s);
    row("bad unicode", "\"\\u12g4\""_ba, 1, u"hexadecimal"_s);
    row("short unicode", "\"\\u12"_ba, 1, u"hexadecimal"_s);
    row("overlong", "\"\xc0\xaf\""_ba, 1, u"UTF-8"_s);
    row("overlong 3", "\"\xe0\x80\xaf\""_ba, 1, u"UTF-8"_s);
    row("surrogate", "\"\xed\xa0\x80\""_ba, 1, u"UTF-8"_s);
    row("too high", "\"\xf4\x90\x80\x80\""_ba, 1, u"UTF-8"_s);
    row("lone continuation", "\"\x80\""_ba, 1, u"UTF-8"_s);
    row("cut", "\"\xe2\x82"_ba, 1, u"UTF-8"_s);
    row("latin 1", "\"\xe9t\xe9\""_ba, 1, u"UTF-8"_s);
    row("bad bytes outside", "\xff"_ba, 0, u"expected a value"_s);
    row("repeated", "{\"a\":1,\"b\":2,\"a\":3}"_ba, 13, u"\"a\" is there twice"_s);
}

void TestScan::refusesAndSaysWhereAndWhy()
{
    QFETCH(QByteArray, text);
    QFETCH(int, offset);
    QFETCH(QString, reason);
    const auto result = check(text);
    QVERIFY(!result.ok());
    QCOMPARE(result.error().code, ErrorCode::InvalidBody);
    const QString message = result.error().message;
    QVERIFY2(message.contains(u" at byte %1:"_s.arg(offset)), qPrintable(message));
    QVERIFY2(message.contains(reason), qPrintable(message));
}

void TestScan::boundsDepthAndSize()
{
    QVERIFY(check(QByteArray(QByteArray(128, '[') + QByteArray(128, ']'))).ok());
    const auto deep = check(QByteArray(QByteArray(1000, '[') + QByteArray(1000, ']')));
    QVERIFY(!deep.ok());
    QVERIFY(deep.error().message.contains("at byte 128: it is nested deeper than 128"_L1));
    QVERIFY(check(QByteArray(100'000, '['), {.maxDepth = 200'000})
                .error()
                .message.contains("the text ends"_L1));
    QCOMPARE(check("[1,2]", {.maxBytes = 4}).error().code, ErrorCode::PayloadTooLarge);
    QVERIFY(check("[1,2]", {.maxBytes = 5}).ok());
}

void TestScan::comparesDecodedKeys()
{
    QVERIFY(!check(R"({"a":1,"\u0061":2})").ok());
    QVERIFY(!check("{\"\xc3\xa9\":1,\"\\u00E9\":2}").ok());
    QVERIFY(!check("{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}").ok());
    QVERIFY(check(R"({"\ud800":1,"\ud801":2,"?":3})").ok());
    QVERIFY(!check(R"({"x":{"a/b":1,"a\/b":2}})").ok());
    QVERIFY(check(R"([{"a":1},{"a":2}])").ok());
}

void TestScan::findsRepeatsAmongManyKeys()
{
    QByteArray text = "{";
    for (int i = 0; i < 50'000; ++i)
        text += "\"key" + QByteArray::number(i) + "\":{\"x\":1},";
    QVERIFY(check(QByteArray(text + "\"last\":0}")).ok());
    const auto repeated = check(QByteArray(text + "\"key777\":0}"));
    QVERIFY(!repeated.ok());
    QVERIFY(
        repeated.error().message.contains(u"at byte %1: the key \"key777\""_s.arg(text.size())));
}

void TestScan::acceptsRepeatsAndLoneSurrogatesByLimits()
{
    QVERIFY(check(R"({"a":1,"a":2})", {.refuseDuplicateKeys = false}).ok());
    const ScanLimits strict{.refuseLoneSurrogates = true};
    QVERIFY(check(R"("\ud83d\ude00")", strict).ok());
    for (const char *text : {R"("\ud83d")", R"("\ude00\ud83d")", R"("\ud83dx")", R"("\ud83d\n")"})
        QVERIFY(!check(text, strict).ok());
}

void TestScan::agreesWithQtOnRandomBytes()
{
    // Qt is laxer in places (a NUL byte at the end, lone surrogates), so only one direction holds.
    QRandomGenerator random(7);
    static constexpr char kAlphabet[] = "{}[],:\"\\u0019ae-+.truefalsn \xc3\xa9";
    int accepted = 0;
    for (int round = 0; round < 200'000; ++round) {
        QByteArray text = "[";
        const int length = random.bounded(1, 10);
        for (int i = 0; i < length; ++i)
            text += kAlphabet[random.bounded(int(sizeof kAlphabet) - 1)];
        text += ']';
        if (!check(text).ok())
            continue;
        ++accepted;
        QJsonParseError error;
        QJsonDocument::fromJson(text, &error);
        QVERIFY2(error.error == QJsonParseError::NoError, text.constData());
    }
    QVERIFY(accepted > 100);
}

void TestScan::listsMembersInTheirOrderByteForByte()
{
    const QByteArray text = R"( { "z" : 1.0 , "a\n" :{ "y": [1, 2 ], "x":2 }, "":"s" ,"t":[] } )";
    const auto list = members(text);
    QVERIFY(list.ok());
    QCOMPARE(list->size(), 4);
    QCOMPARE(list->at(0).key, u"z"_s);
    QCOMPARE(list->at(0).value, "1.0");
    QCOMPARE(list->at(1).key, u"a\n"_s);
    QCOMPARE(list->at(1).value, R"({ "y": [1, 2 ], "x":2 })");
    QCOMPARE(list->at(2).key, QString());
    QCOMPARE(list->at(2).value, "\"s\"");
    QCOMPARE(list->at(3).value, "[]");
    for (const Member &member : *list)
        QCOMPARE(text.mid(member.offset, member.value.size()), member.value.toByteArray());
    QCOMPARE(valueOf(*list, u"z"), "1.0");
    QVERIFY(valueOf(*list, u"nothing").isEmpty());
}

void TestScan::listsElementsByteForByte()
{
    const QByteArray text = R"([ 1e2, [ ] ,{"b":1,"a":2}, "x" ])";
    const auto list = elements(text);
    QVERIFY(list.ok());
    QCOMPARE(*list, (QList<QByteArrayView>{"1e2", "[ ]", R"({"b":1,"a":2})", "\"x\""}));
    QVERIFY(elements("[]")->isEmpty());
}

void TestScan::refusesTheWrongKindOfValue()
{
    QVERIFY(members("[1]").error().message.contains("must be an object"_L1));
    QVERIFY(members("3").error().message.contains("must be an object"_L1));
    QVERIFY(elements(R"({"a":1})").error().message.contains("must be an array"_L1));
    QVERIFY(!members(R"({"a":1)").ok());
}

void TestScan::writesObjectsFromPieces()
{
    ObjectWriter writer;
    writer.raw(u"z", "1.00").value(u"a\"", u"x\n"_s).value(u"gone", QJsonValue::Undefined);
    writer.value(u"o", QJsonObject{{u"k"_s, 1.5}}).value(u"n", QJsonValue());
    writer.value(u"big", QJsonValue(qint64(9007199254740993)));
    const QByteArray text = writer.take();
    QCOMPARE(text, R"({"z":1.00,"a\"":"x\n","o":{"k":1.5},"n":null,"big":9007199254740993})");
    QVERIFY(check(text).ok());
    QCOMPARE(writer.take(), "{}");
}

void TestScan::quotesEveryCharacterSoThatItComesBack()
{
    QString all;
    for (uint code = 0; code < 0x3000; ++code)
        all += QChar(ushort(code));
    all += u"\U0001F600"_s % QChar(ushort(0xd800)) % u'x' % QChar(ushort(0xdc00));
    const QByteArray object = "{" + quoted(all) + ":0}";
    const auto list = members(object);
    QVERIFY2(list.ok(), list ? "" : qPrintable(list.error().message));
    QCOMPARE(list->first().key, all);
}

void TestScan::scansFast()
{
    QByteArray text = "[";
    while (text.size() < 8'000'000) {
        text += R"({"id":12345,"name":"some quite ordinary text","tags":["a","bb"],"score":1.25,)"
                R"("ok":true,"note":"Gr)"
                "\xc3\xbc"
                R"(ezi \"quoted\" text of medium length"},)";
    }
    text.back() = ']';
    QElapsedTimer timer;
    timer.start();
    QVERIFY(check(text).ok());
    const qint64 elapsed = std::max<qint64>(1, timer.nsecsElapsed());
    const double megabytes = double(text.size()) * 1000 / double(elapsed);
    qInfo("%.0f MB/s", megabytes);
    QVERIFY2(megabytes > 5, "far slower than it can be in any build");
}

QTEST_GUILESS_MAIN(TestScan)
#include "tst_scan.moc"
