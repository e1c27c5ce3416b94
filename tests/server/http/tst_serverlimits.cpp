// SPDX-License-Identifier: GPL-3.0-or-later
// What the server does with clients that are slow, greedy, broken or gone.
#include "serverfixture.h"

#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace bridge::http;
using namespace bridge::http::test;

namespace {

ServerOptions hasty()
{
    ServerOptions options;
    options.limits.headTimeout = 80ms;
    options.limits.bodyTimeout = 80ms;
    options.limits.idleTimeout = 150ms;
    options.limits.halfCloseGrace = 50ms;
    options.limits.body = 1000;
    return options;
}

} // namespace

class TestServerLimits : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void refusesAndCloses_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("code");
        const auto row = [](const char *name, const QByteArray &bytes, int status,
                            const QString &code) {
            QTest::newRow(name) << bytes << status << code;
        };
        row("garbage", "\x01\x02\x03\xff garbage\r\n\r\n", 400, u"bad_request"_s);
        row("TLS", "\x16\x03\x01\x02\x00\x01\x00", 400, u"bad_request"_s);
        row("smuggling",
            "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400, u"bad_request"_s);
        row("declared body",
            "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n", 413,
            u"payload_too_large"_s);
        row("declared body with 100-continue",
            "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
            "Content-Length: 1001\r\n\r\n",
            413, u"payload_too_large"_s);
        row("sent body", post("/echo", QByteArray(900000, 'x')), 413, u"payload_too_large"_s);
        row("chunked body",
            "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            "fff\r\n"
                + QByteArray(0xfff, 'x'),
            413, u"payload_too_large"_s);
        row("request line", get(QByteArray("/").repeated(10000)), 414, u"uri_too_long"_s);
        row("1 MB header", get("/hello", "X: " + QByteArray(1000000, 'x') + "\r\n"), 431,
            u"headers_too_large"_s);
        row("101 fields", get("/hello", QByteArray("A: b\r\n").repeated(100)), 431,
            u"headers_too_large"_s);
        row("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, u"bad_request"_s);
        row("expectation", get("/hello", "Expect: miracles\r\n"), 417, u"bad_request"_s);
        row("half a head", "GET /hello HTTP/1.1\r\nHos", 408, u"request_timeout"_s);
        row("half a body", "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nab",
            408, u"request_timeout"_s);
    }

    void refusesAndCloses()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(int, status);
        QFETCH(QString, code);
        Fixture fixture(hasty());
        Client client(fixture.port);
        const Answer answer = client.ask(bytes);
        QCOMPARE(answer.status, status);
        QCOMPARE(answer.header("Connection"), "close"_ba);
        QVERIFY(!answer.header("X-Request-Id").isEmpty());
        const QJsonObject body = QJsonDocument::fromJson(answer.body).object();
        QCOMPARE(body[u"error"_s].toString(), code);
        QCOMPARE(body[u"status_code"_s].toInt(), status);
        QCOMPARE(body[u"request_id"_s].toString(),
                 QString::fromLatin1(answer.header("X-Request-Id")));
        QVERIFY(client.waitClosed());
        QTRY_COMPARE(fixture.server->connectionCount(), 0);
        QCOMPARE(fixture.summaries.size(), 1);
        QCOMPARE(fixture.summaries.first().fields.handler, u"none"_s);
        Client other(fixture.port);
        QCOMPARE(other.ask(get("/hello")).status, 200);
    }

    void answersWhatCameBeforeTheGarbage()
    {
        Fixture fixture(hasty());
        Client client(fixture.port);
        client.send(get("/slow") + "\x01garbage");
        QCOMPARE(client.next().body, "slow"_ba);
        QCOMPARE(client.next().status, 400);
        QVERIFY(client.waitClosed());
    }

    void timesOutAClientThatDripsItsHead()
    {
        Fixture fixture(hasty());
        Client client(fixture.port);
        QTimer drip;
        drip.callOnTimeout(&client.socket(), [&client] { client.send("x"); });
        client.send("GET /");
        drip.start(20ms);
        QCOMPARE(client.next().status, 408);
    }

    void closesIdleConnectionsSilently()
    {
        Fixture fixture(hasty());
        Client fresh(fixture.port);
        Client used(fixture.port);
        QCOMPARE(used.ask(get("/hello")).status, 200);
        QVERIFY(fresh.waitClosed());
        QVERIFY(used.waitClosed());
        QCOMPARE(fresh.received(), QByteArray());
        QCOMPARE(used.received(), QByteArray());
        QCOMPARE(fixture.summaries.size(), 1);
    }

    void doesNotTimeOutARunningExchange()
    {
        ServerOptions options = hasty();
        options.limits.idleTimeout = 20ms;
        options.limits.headTimeout = 20ms;
        Fixture fixture(options);
        Client client(fixture.port);
        QCOMPARE(client.ask(get("/slow")).body, "slow"_ba);
    }

    void cancelsWhenTheClientLeaves()
    {
        Fixture fixture(hasty());
        auto client = std::make_unique<Client>(fixture.port);
        client->send(get("/never"));
        QTRY_COMPARE(fixture.server->runningExchanges(), 1);
        client->socket().disconnectFromHost();
        QTRY_COMPARE(fixture.cancelled, 1);
        QCOMPARE(fixture.server->runningExchanges(), 0);
        QCOMPARE(fixture.summaries.last().status, 499);
        QTRY_COMPARE(fixture.server->connectionCount(), 0);
    }

    void cancelsWhenTheClientResets()
    {
        ServerOptions options = hasty();
        options.limits.halfCloseGrace = 60s;
        Fixture fixture(options);
        auto client = std::make_unique<Client>(fixture.port);
        client->send(get("/never"));
        QTRY_COMPARE(fixture.server->runningExchanges(), 1);
        client->reset();
        QTRY_COMPARE(fixture.cancelled, 1);
    }

    void cancelsThoughPipelinedInputHidesTheEnd()
    {
        ServerOptions options = hasty();
        options.limits.pipelinedBytes = 1000;
        Fixture fixture(options);
        auto client = std::make_unique<Client>(fixture.port);
        client->send(get("/never") + QByteArray(get("/hello")).repeated(3000));
        QTRY_COMPARE(fixture.server->runningExchanges(), 1);
        client->reset();
        QTRY_COMPARE(fixture.cancelled, 1);
    }

    void streamsEventsInChunks()
    {
        Fixture fixture(hasty());
        Client client(fixture.port);
        client.send(get("/sse"));
        QVERIFY(client.waitFor("\r\n\r\n"));
        QVERIFY(client.received().contains("Content-Type: text/event-stream; charset=utf-8\r\n"));
        QVERIFY(client.received().contains("Transfer-Encoding: chunked\r\n"));
        client.received().clear();
        fixture.stream->sendData("{\"a\":1}");
        QVERIFY(client.waitFor("f\r\ndata: {\"a\":1}\n\n\r\n"));
        client.received().clear();
        fixture.stream->sendEvent("e\nvil", "one\ntwo\r\nthree\rfour", "7");
        QVERIFY(client.waitFor("event: evil\nid: 7\ndata: one\ndata: two\ndata: three\n"
                               "data: four\n\n"));
        client.received().clear();
        fixture.stream->end();
        QVERIFY(client.waitFor("0\r\n\r\n"));
        client.received().clear();
        QCOMPARE(fixture.cancelled, 0);
        QTRY_COMPARE(fixture.cancelled, 1);
        QCOMPARE(client.ask(get("/hello")).body, "hello"_ba);
    }

    void endsA10StreamByClosing()
    {
        Fixture fixture(hasty());
        Client client(fixture.port);
        client.send("GET /sse HTTP/1.0\r\nHost: localhost\r\n\r\n");
        QVERIFY(client.waitFor("\r\n\r\n"));
        QVERIFY(!client.received().contains("chunked"));
        QVERIFY(client.received().contains("Connection: close\r\n"));
        client.received().clear();
        fixture.stream->sendData("x");
        fixture.stream->end();
        QVERIFY(client.waitClosed());
        QCOMPARE(client.received(), "data: x\n\n"_ba);
    }

    void sendsHeartbeatsOnASilentStream()
    {
        ServerOptions options = hasty();
        options.heartbeat = 30ms;
        Fixture fixture(options);
        Client client(fixture.port);
        client.send(get("/sse"));
        QVERIFY(client.waitFor(": heartbeat\n\n"));
        client.received().clear();
        QVERIFY(client.waitFor(": heartbeat\n\n"));
    }

    void endsAStreamWhenTheClientLeaves()
    {
        ServerOptions options = hasty();
        options.limits.halfCloseGrace = 60s; // must not matter for a stream
        Fixture fixture(options);
        {
            Client client(fixture.port);
            client.send(get("/sse"));
            QVERIFY(client.waitFor("\r\n\r\n"));
        }
        QTRY_COMPARE(fixture.cancelled, 1);
        QTRY_COMPARE(fixture.server->connectionCount(), 0);
    }

    void answersHeadOfAStreamWithoutEvents()
    {
        Fixture fixture(hasty());
        Client client(fixture.port);
        client.send("HEAD /sse HTTP/1.1\r\nHost: localhost\r\n\r\n");
        QCOMPARE(client.next(true).status, 200);
        fixture.stream->sendData("x");
        fixture.stream->end();
        QCOMPARE(client.ask(get("/hello")).body, "hello"_ba);
    }

    void dropsAStreamReaderThatStalls()
    {
        ServerOptions options = hasty();
        options.limits.queuedBytes = 100000;
        Fixture fixture(options);
        Client client(fixture.port);
        client.socket().setReadBufferSize(1024);
        client.send(get("/sse"));
        QTRY_VERIFY(fixture.stream);
        qint64 sent = 0;
        while (!fixture.cancelled && sent < 200000000) {
            fixture.stream->sendData(QByteArray(50000, 'x'));
            sent += 50000;
            QCoreApplication::processEvents();
        }
        QCOMPARE(fixture.cancelled, 1);
        QCOMPARE(fixture.summaries.last().status, 499);
    }

    void dropsAReaderWhoTakesNothing()
    {
        ServerOptions options = hasty();
        options.limits.writeTimeout = 100ms;
        Fixture fixture(options);
        Client client(fixture.port);
        client.socket().setReadBufferSize(1024);
        client.send(get("/big/50000000"));
        QTRY_COMPARE(fixture.server->connectionCount(), 1);
        QTRY_COMPARE(fixture.server->connectionCount(), 0);
    }

    void capsConnections()
    {
        ServerOptions options;
        options.limits.connections = 2;
        Fixture fixture(options);
        Client first(fixture.port);
        auto second = std::make_unique<Client>(fixture.port);
        QTRY_COMPARE(fixture.server->connectionCount(), 2);
        Client third(fixture.port);
        const Answer answer = third.next();
        QCOMPARE(answer.status, 503);
        QVERIFY(answer.body.contains("\"overloaded\""));
        QVERIFY(third.waitClosed());
        QCOMPARE(first.ask(get("/hello")).status, 200);
        second.reset();
        QTRY_COMPARE(fixture.server->connectionCount(), 1);
        Client fourth(fixture.port);
        QCOMPARE(fourth.ask(get("/hello")).status, 200);
    }

    void capsConnectionsPerAddress()
    {
        ServerOptions options;
        options.limits.connectionsPerAddress = 1;
        Fixture fixture(options);
        Client first(fixture.port);
        QCOMPARE(first.ask(get("/hello")).status, 200);
        Client second(fixture.port);
        QCOMPARE(second.next().status, 503);
    }

    void refusesBodiesBeyondTheMemoryForThem()
    {
        ServerOptions options;
        options.limits.body = 1'000'000;
        options.limits.bufferedBodies = 2'000'000;
        options.limits.connectionsPerAddress = 10;
        Fixture fixture(options);
        const QByteArray whole = post("/echo", QByteArray(900'000, 'x'));
        Client first(fixture.port);
        first.send(whole.first(800'000));
        QTest::qWait(50); // nothing tells from outside how much has been read
        Client second(fixture.port);
        second.send(whole.first(800'000));
        const Answer refused = second.next();
        QCOMPARE(refused.status, 503);
        QVERIFY(refused.body.contains("\"overloaded\""));
        QCOMPARE(refused.header("Retry-After"), "5"_ba);
        QVERIFY(second.waitClosed());
        first.send(whole.sliced(800'000));
        QCOMPARE(first.next().status, 200);
        Client third(fixture.port);
        QCOMPARE(third.ask(whole).status, 200); // what the first two held is free again
    }
};

QTEST_GUILESS_MAIN(TestServerLimits)
#include "tst_serverlimits.moc"
