// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/requestframer.h"

#include <QtCore/QRandomGenerator>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using bridge::http::Request;
using bridge::http::RequestFramer;
using bridge::http::ServerLimits;
using State = RequestFramer::State;

namespace {

ServerLimits smallLimits()
{
    ServerLimits limits;
    limits.requestLine = 64;
    limits.head = 256;
    limits.fields = 5;
    limits.body = 16;
    return limits;
}

/// Everything a stream yields: one line per request, then how it ended.
QStringList outcome(const QByteArray &stream, qsizetype step)
{
    RequestFramer framer(smallLimits());
    QStringList lines;
    const auto drain = [&] {
        while (framer.state() == State::Complete) {
            const bool keeps = framer.keepsAlive();
            const Request request = framer.take();
            lines.append(u"%1 %2 1.%3 %4 body=%5 keep=%6"_s.arg(
                QString::fromUtf8(request.method), QString::fromUtf8(request.target),
                QString::number(request.minorVersion), QString::number(request.headers.size()),
                QString::fromUtf8(request.body), QString::number(keeps)));
            framer.feed({});
        }
    };
    for (qsizetype at = 0; at < stream.size(); at += step) {
        framer.feed(stream.mid(at, step));
        drain();
    }
    if (framer.state() == State::Failed)
        lines.append(QString::number(bridge::httpStatus(framer.error())));
    else
        lines.append(u"state %1"_s.arg(int(framer.state())));
    return lines;
}

} // namespace

class TestRequestFramer : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsStreamsTheSameHoweverTheyArrive_data()
    {
        QTest::addColumn<QByteArray>("stream");
        QTest::addColumn<QStringList>("expected");
        const auto row = [](const char *name, const QByteArray &stream, const QStringList &lines) {
            QTest::newRow(name) << stream << lines;
        };
        const QByteArray h = "Host: a\r\n"_ba;
        const QString idle = u"state 0"_s;
        row("plain GET", "GET /x HTTP/1.1\r\n" + h + "\r\n",
            {u"GET /x 1.1 1 body= keep=1"_s, idle});
        row("leading empty lines", "\r\n\r\nGET / HTTP/1.1\r\n" + h + "\r\n",
            {u"GET / 1.1 1 body= keep=1"_s, idle});
        row("1.0 without host", "GET / HTTP/1.0\r\n\r\n", {u"GET / 1.0 0 body= keep=0"_s, idle});
        row("1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
            {u"GET / 1.0 1 body= keep=1"_s, idle});
        row("close among options", "GET / HTTP/1.1\r\n" + h + "Connection: foo, Close\r\n\r\n",
            {u"GET / 1.1 2 body= keep=0"_s, idle});
        row("body", "POST / HTTP/1.1\r\n" + h + "Content-Length: 3\r\n\r\nabc",
            {u"POST / 1.1 2 body=abc keep=1"_s, idle});
        row("same length twice",
            "POST / HTTP/1.1\r\n" + h + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
            {u"POST / 1.1 3 body=abc keep=1"_s, idle});
        row("pipelined",
            "POST /1 HTTP/1.1\r\n" + h + "Content-Length: 2\r\n\r\nabGET /2 HTTP/1.1\r\n" + h
                + "\r\nGET /3",
            {u"POST /1 1.1 2 body=ab keep=1"_s, u"GET /2 1.1 1 body= keep=1"_s, u"state 1"_s});
        row("chunked",
            "POST / HTTP/1.1\r\n" + h
                + "Transfer-Encoding: Chunked\r\n\r\n3;x=y\r\na\r\n\r\n2 \r\nbc\r\n0\r\nT: "
                  "v\r\n\r\n",
            {u"POST / 1.1 2 body=a\r\nbc keep=1"_s, idle});
        row("chunked body at the limit",
            "POST / HTTP/1.1\r\n" + h
                + "Transfer-Encoding: chunked\r\n\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n",
            {u"POST / 1.1 2 body=0123456789abcdef keep=1"_s, idle});
        row("absolute target", "GET http://b/x?y HTTP/1.1\r\n" + h + "\r\n",
            {u"GET http://b/x?y 1.1 1 body= keep=1"_s, idle});
        row("unknown method", "BREW /pot HTTP/1.1\r\n" + h + "\r\n",
            {u"BREW /pot 1.1 1 body= keep=1"_s, idle});
        row("half a head", "GET / HTTP/1.1\r\nHos", {u"state 1"_s});
        row("half a body", "POST / HTTP/1.1\r\n" + h + "Content-Length: 3\r\n\r\nab",
            {u"state 2"_s});
    }

    void readsStreamsTheSameHoweverTheyArrive()
    {
        QFETCH(QByteArray, stream);
        QFETCH(QStringList, expected);
        QCOMPARE(outcome(stream, stream.size()), expected);
        QCOMPARE(outcome(stream, 1), expected);
        QCOMPARE(outcome(stream, 3), expected);
    }

    void refusesWhatIsAmbiguousOrTooLarge_data()
    {
        QTest::addColumn<QByteArray>("stream");
        QTest::addColumn<int>("status");
        const auto row = [](const char *name, const QByteArray &stream, int status) {
            QTest::newRow(name) << stream << status;
        };
        const QByteArray post = "POST / HTTP/1.1\r\nHost: a\r\n"_ba;
        const QByteArray chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
        const auto field = [&post](const QByteArray &line) -> QByteArray {
            return post + line + "\r\n\r\n";
        };

        row("no version", "GET /\r\n\r\n", 400);
        row("two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400);
        row("space in target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400);
        row("fragment in target", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400);
        row("target without slash", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400);
        row("control in target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400);
        row("lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400);
        row("broken method", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400);
        row("bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400);
        row("bare LF in fields", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400);
        row("bare CR in a value", field("X: a\rb"), 400);
        row("NUL in a value", field(QByteArray("X: a\0b", 6)), 400);
        row("folded field", field("X: a\r\n b"), 400);
        row("space before colon", field("X : a"), 400);
        row("no colon", field("nonsense"), 400);
        row("empty name", field(": a"), 400);
        row("no Host", "GET / HTTP/1.1\r\n\r\n", 400);
        row("two Hosts", field("Host: a"), 400);
        row("Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400);
        row("Host with user info", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400);
        row("length and coding", field("Content-Length: 1\r\nTransfer-Encoding: chunked"), 400);
        row("coding and length", field("Transfer-Encoding: chunked\r\nContent-Length: 1"), 400);
        row("differing lengths", field("Content-Length: 1\r\nContent-Length: 2"), 400);
        row("list of lengths", field("Content-Length: 1, 1"), 400);
        row("signed length", field("Content-Length: +1"), 400);
        row("negative length", field("Content-Length: -1"), 400);
        row("empty length", field("Content-Length:"), 400);
        row("hex length", field("Content-Length: 0x1"), 400);
        row("other coding", field("Transfer-Encoding: gzip"), 400);
        row("coding list", field("Transfer-Encoding: gzip, chunked"), 400);
        row("coding twice", field("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), 400);
        row("coding with vertical tab", field("Transfer-Encoding: \vchunked"), 400);
        row("coding in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
        row("chunk size missing", chunked + "\r\n", 400);
        row("chunk size not hex", chunked + "x\r\n", 400);
        row("chunk size signed", chunked + "-1\r\n", 400);
        row("chunk size prefixed", chunked + "0x1\r\na\r\n", 400);
        row("chunk line with LF", chunked + "1\na\r\n", 400);
        row("chunk data overruns", chunked + "1\r\nab\r\n", 400);
        row("chunk data ends with LF", chunked + "1\r\na\n0\r\n\r\n", 400);
        row("chunk extension with NUL", chunked + QByteArray("1;\0\r\na\r\n", 8), 400);
        row("trailer without colon", chunked + "0\r\nnope\r\n\r\n", 400);
        row("endless chunk line", chunked + "1;" + QByteArray(2000, 'x'), 400);
        row("body too large", field("Content-Length: 17"), 413);
        row("length beyond 64 bits", field("Content-Length: 99999999999999999999"), 400);
        row("chunk too large", chunked + "11\r\n", 413);
        row("chunk size beyond 64 bits", chunked + "fffffffffffffffffffff\r\n", 413);
        row("chunks too large", chunked + "10\r\n0123456789abcdef\r\n1\r\nx\r\n", 413);
        row("long request line", "GET /" + QByteArray(60, 'a') + " HTTP/1.1\r\n", 414);
        row("endless request line", "GET /" + QByteArray(200, 'a'), 414);
        row("large head", field("X: " + QByteArray(300, 'a')), 431);
        row("endless field", post + "X: " + QByteArray(400, 'a'), 431);
        row("many fields", field("A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1"), 431);
        row("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
        row("HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505);
        row("other expectation", field("Expect: miracles"), 417);
        row("TLS hello", "\x16\x03\x01\x02", 400);
        row("garbage", "\x7f\x45\x4c\x46\xff\xfe", 400);
        row("endless empty lines", QByteArray("\r\n").repeated(40), 400);
    }

    void refusesWhatIsAmbiguousOrTooLarge()
    {
        QFETCH(QByteArray, stream);
        QFETCH(int, status);
        const QStringList expected{QString::number(status)};
        QCOMPARE(outcome(stream, stream.size()), expected);
        QCOMPARE(outcome(stream, 1), expected);
        // Nothing after a refusal is read, whatever it is.
        QCOMPARE(outcome(stream + "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 1).last(),
                 expected.last());
    }

    void judgesMutatedStreamsTheSameHoweverTheyArrive()
    {
        const QByteArray seed = "POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.0\r\n\r\n"_ba;
        const QByteArray spice = "\r\n\t :;,0123fF\x7f/H.%"_ba + QByteArray(1, '\0') + '\xff';
        QRandomGenerator random(20240607); // fixed: a failure must repeat
        for (int round = 0; round < 20000; ++round) {
            QByteArray stream = seed;
            for (int edit = random.bounded(1, 5); edit > 0; --edit) {
                const qsizetype at = random.bounded(int(stream.size()));
                const char c = spice[random.bounded(int(spice.size()))];
                switch (random.bounded(3)) {
                case 0:
                    stream[at] = c;
                    break;
                case 1:
                    stream.insert(at, c);
                    break;
                default:
                    stream.remove(at, random.bounded(1, 4));
                }
            }
            const QStringList whole = outcome(stream, stream.size());
            QVERIFY2(outcome(stream, 1) == whole, stream.toPercentEncoding().constData());
            QVERIFY2(outcome(stream, 7) == whole, stream.toPercentEncoding().constData());
        }
    }

    void acceptsARequestLineOfExactlyTheLimit()
    {
        const QByteArray line = "GET /" + QByteArray(64 - 14, 'a') + " HTTP/1.1";
        QCOMPARE(line.size(), 64);
        QCOMPARE(outcome(line + "\r\nHost: a\r\n\r\n", 1).size(), 2);
    }

    void reportsOnceThatTheClientWaitsForContinue()
    {
        RequestFramer framer(smallLimits());
        framer.feed("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n"
                    "Content-Length: 1\r\n\r\n");
        QVERIFY(framer.takeContinue());
        QVERIFY(!framer.takeContinue());
        QCOMPARE(framer.feed("x"), State::Complete);
        QVERIFY(!framer.takeContinue());
    }

    void splitsTargetIntoPathAndQuery()
    {
        RequestFramer framer(smallLimits());
        framer.feed("GET /a%2Fb?group=x+%C3%BC&e HTTP/1.1\r\nHOST: Me:1\r\n"
                    "Cookie: a=1; b=\"two\"\r\n\r\n");
        const Request request = framer.take();
        QCOMPARE(request.path, u"/a%2Fb"_s);
        QCOMPARE(request.rawPath(), "/a%2Fb"_ba);
        QCOMPARE(request.queryValue(u"group"_s), u"x ü"_s);
        QCOMPARE(request.header("host"), "Me:1"_ba);
        QCOMPARE(request.host(), "me:1"_ba);
        QCOMPARE(request.cookie("b"), "two"_ba);
        QCOMPARE(request.cookie("c"), QByteArray());
    }
};

QTEST_GUILESS_MAIN(TestRequestFramer)
#include "tst_requestframer.moc"
