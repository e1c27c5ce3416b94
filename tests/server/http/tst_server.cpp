// SPDX-License-Identifier: GPL-3.0-or-later
// The way of ordinary requests through real sockets.
#include "server/http/socketcalls.h"
#include "serverfixture.h"

#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace bridge::http;
using namespace bridge::http::test;

class TestServer : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void answersARequest()
    {
        Fixture fixture;
        Client client(fixture.port);
        const Answer answer = client.ask(get("/hello"));
        QCOMPARE(answer.status, 200);
        QCOMPARE(answer.body, "hello"_ba);
        QCOMPARE(answer.header("Content-Length"), "5"_ba);
        QVERIFY(answer.header("Date").endsWith(" GMT"));
        QCOMPARE(answer.header("X-Request-Id").size(), 32);
        QCOMPARE(answer.header("Connection"), QByteArray());
        QCOMPARE(fixture.summaries.size(), 1);
        const ExchangeSummary &summary = fixture.summaries.first();
        QCOMPARE(summary.fields.handler, u"/hello"_s);
        QCOMPARE(summary.status, 200);
        QVERIFY(summary.responseBytes > 5);
    }

    void keepsSaneRequestAndTraceIds()
    {
        Fixture fixture;
        Client client(fixture.port);
        const Answer kept = client.ask(get(
            "/hello", "X-Request-Id: abc-1.2_3\r\n"
                      "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"));
        QCOMPARE(kept.header("X-Request-Id"), "abc-1.2_3"_ba);
        QCOMPARE(fixture.summaries.last().traceId, u"0af7651916cd43dd8448eb211c80319c"_s);
        const Answer replaced = client.ask(get(
            "/hello", "X-Request-Id: a b\r\n"
                      "traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01\r\n"));
        QCOMPARE(replaced.header("X-Request-Id").size(), 32);
        QCOMPARE(fixture.summaries.last().traceId.size(), 32);
        QVERIFY(!fixture.summaries.last().traceId.startsWith(u"000000"));
    }

    void keepsTheOrderOfPipelinedRequests()
    {
        Fixture fixture;
        Client client(fixture.port);
        client.send(get("/slow") + get("/hello") + post("/echo", "three") + get("/nothing"));
        QCOMPARE(client.next().body, "slow"_ba);
        QCOMPARE(client.next().body, "hello"_ba);
        QCOMPARE(client.next().body, "three"_ba);
        QCOMPARE(client.next().status, 404);
        QCOMPARE(fixture.server->connectionCount(), 1);
    }

    void answersManyPipelinedRequestsAtOnce()
    {
        Fixture fixture;
        Client client(fixture.port);
        client.send(QByteArray(post("/echo", "x") + get("/hello")).repeated(2000));
        for (int i = 0; i < 2000; ++i) {
            QCOMPARE(client.next().body, "x"_ba);
            QCOMPARE(client.next().body, "hello"_ba);
        }
    }

    void servesAThousandRequestsOnOneConnection()
    {
        Fixture fixture;
        Client client(fixture.port);
        for (int i = 0; i < 1000; ++i)
            QCOMPARE(client.ask(get("/hello")).body, "hello"_ba);
        QCOMPARE(fixture.summaries.size(), 1000);
        QCOMPARE(fixture.server->runningExchanges(), 0);
    }

    void speaksHttp10()
    {
        Fixture fixture;
        Client client(fixture.port);
        const Answer answer = client.ask("GET /hello HTTP/1.0\r\n\r\n");
        QCOMPARE(answer.body, "hello"_ba); // HTTP/1.0 may leave Host out
        QVERIFY(client.waitClosed());

        Client second(fixture.port);
        const Answer closing = second.ask("GET /hello HTTP/1.0\r\nHost: localhost\r\n\r\n");
        QCOMPARE(closing.body, "hello"_ba);
        QCOMPARE(closing.header("Connection"), "close"_ba);
        QVERIFY(second.waitClosed());

        Client third(fixture.port);
        const QByteArray keep =
            "GET /hello HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n";
        QCOMPARE(third.ask(keep).header("Connection"), "keep-alive"_ba);
        QCOMPARE(third.ask(keep).body, "hello"_ba);
    }

    void closesWhenAsked()
    {
        Fixture fixture;
        Client client(fixture.port);
        const Answer answer = client.ask(get("/hello", "Connection: close\r\n"));
        QCOMPARE(answer.header("Connection"), "close"_ba);
        QVERIFY(client.waitClosed());
        QTRY_COMPARE(fixture.server->connectionCount(), 0);
    }

    void answersHeadWithoutBody()
    {
        Fixture fixture;
        Client client(fixture.port);
        client.send("HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/hello"));
        const Answer head = client.next(true);
        QCOMPARE(head.status, 200);
        QCOMPARE(head.header("Content-Length"), "5"_ba);
        QCOMPARE(client.next().body, "hello"_ba);
        client.send("HEAD /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/hello"));
        QCOMPARE(client.next(true).status, 404);
        QCOMPARE(client.next().body, "hello"_ba);
    }

    void sendsNoLengthWithNoContent()
    {
        Fixture fixture;
        Client client(fixture.port);
        const Answer empty = client.ask(get("/empty"));
        QCOMPARE(empty.status, 204);
        QCOMPARE(empty.header("Content-Length"), QByteArray());
        QCOMPARE(client.ask(get("/hello")).body, "hello"_ba);
    }

    void takesAChunkedUploadSplitAnywhere()
    {
        Fixture fixture;
        Client client(fixture.port);
        const QByteArray upload = "POST /echo HTTP/1.1\r\nHost: localhost\r\n"
                                  "Transfer-Encoding: chunked\r\n\r\n"
                                  "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX: y\r\n\r\n";
        for (qsizetype i = 1; i < upload.size(); ++i) {
            client.send(upload.first(i));
            const qint64 sent = i;
            QVERIFY(waitUntil([&client] { return client.socket().bytesToWrite() == 0; }));
            QCoreApplication::processEvents();
            client.send(upload.sliced(sent));
            QCOMPARE(client.next().body, "hello world"_ba);
        }
    }

    void takesAndGivesLargeBodies()
    {
        Fixture fixture;
        Client client(fixture.port);
        const QByteArray body(5 * 1024 * 1024, 'b');
        QCOMPARE(client.ask(post("/echo", body)).body, body);
        QCOMPARE(client.ask(get("/big/7000000")).body.size(), 7000000);
        QCOMPARE(client.ask(get("/hello")).body, "hello"_ba);
    }

    void promisesToContinueBeforeTheBody()
    {
        Fixture fixture;
        Client client(fixture.port);
        client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                    "Content-Length: 2\r\n\r\n");
        QVERIFY(client.waitFor("HTTP/1.1 100 Continue\r\n\r\n"));
        client.received().clear();
        QCOMPARE(client.ask("ok").body, "ok"_ba);
    }

    void answersAfterTheClientEndedItsOutput()
    {
        Fixture fixture;
        for (const char *path : {"/hello", "/slow"}) {
            Client client(fixture.port);
            client.send(get(path));
            endSending(client.socket().socketDescriptor());
            QCOMPARE(client.next().body, QByteArray(path).sliced(1));
            QVERIFY(client.waitClosed());
        }
        Client client(fixture.port);
        client.send(get("/slow") + get("/slow") + get("/hello"));
        endSending(client.socket().socketDescriptor());
        QCOMPARE(client.next().body, "slow"_ba);
        QCOMPARE(client.next().body, "slow"_ba);
        QCOMPARE(client.next().body, "hello"_ba);
        QVERIFY(client.waitClosed());
        QTRY_COMPARE(fixture.server->connectionCount(), 0);
    }

    void finishesARequestThatArrivesWhileDraining()
    {
        Fixture fixture;
        Client client(fixture.port);
        client.send("GET /hello HTTP/1.1\r\nHost: local");
        QTRY_COMPARE(fixture.server->connectionCount(), 1);
        QCoreApplication::processEvents();
        bool done = false;
        fixture.server->drain(5s, [&done] { done = true; });
        QCoreApplication::processEvents();
        client.send("host\r\n\r\n");
        QCOMPARE(client.next().body, "hello"_ba);
        QTRY_VERIFY(done);
    }

    void appliesHostAndOriginRules()
    {
        ServerOptions options;
        options.corsOrigins = {u"https://app.example"_s};
        Fixture fixture(options);
        Client client(fixture.port);
        const Answer host = client.ask("GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n");
        QCOMPARE(host.status, 403);
        QVERIFY(host.body.contains("ALLOWED_HOSTS"));
        QCOMPARE(client.ask(get("/hello", "Origin: https://evil.example\r\n")).status, 403);
        const Answer good = client.ask(get("/hello", "Origin: https://app.example\r\n"));
        QCOMPARE(good.status, 200);
        QCOMPARE(good.header("Access-Control-Allow-Origin"), "https://app.example"_ba);
        const Answer preflight =
            client.ask("OPTIONS /echo HTTP/1.1\r\nHost: localhost\r\n"
                       "Origin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n"
                       "Access-Control-Request-Headers: x-a\r\n\r\n");
        QCOMPARE(preflight.status, 204);
        QCOMPARE(preflight.header("Access-Control-Allow-Methods"), "POST, OPTIONS"_ba);
        QVERIFY(preflight.header("Access-Control-Allow-Headers").endsWith(", x-a"));
    }

    void neverLetsAValueEndALine()
    {
        Fixture fixture;
        fixture.add("GET", u"/split"_s, [](Exchange &exchange, const PathParams &) {
            Response response = Response::text(200, "x");
            response.setHeader("X-A", "1\r\nSet-Cookie: evil=1");
            exchange.finish(response);
        });
        Client client(fixture.port);
        const Answer answer = client.ask(get("/split"));
        QCOMPARE(answer.header("X-A"), "1Set-Cookie: evil=1"_ba);
        QCOMPARE(answer.header("Set-Cookie"), QByteArray());
    }

    void ignoresASecondAnswer()
    {
        Fixture fixture;
        fixture.add("GET", u"/twice"_s, [](Exchange &exchange, const PathParams &) {
            exchange.finish(Response::text(200, "one"));
            exchange.finish(Response::text(200, "two"));
        });
        Client client(fixture.port);
        QCOMPARE(client.ask(get("/twice")).body, "one"_ba);
        QCOMPARE(client.ask(get("/hello")).body, "hello"_ba);
    }

    void saysThatThePortIsTaken()
    {
        Fixture fixture;
        ServerOptions options;
        options.port = fixture.port;
        Server second(options);
        const auto outcome = second.listen();
        QVERIFY(!outcome);
        QVERIFY(outcome.error().message.contains("--port"_L1));
    }

    void drainsGracefully()
    {
        Fixture fixture;
        Client idle(fixture.port);
        Client busy(fixture.port);
        QCOMPARE(idle.ask(get("/hello")).status, 200);
        busy.send(get("/slow"));
        QTRY_COMPARE(fixture.server->runningExchanges(), 1);
        bool done = false;
        fixture.server->drain(5s, [&done] { done = true; });
        QVERIFY(!done);
        const Answer last = busy.next();
        QCOMPARE(last.body, "slow"_ba);
        QCOMPARE(last.header("Connection"), "close"_ba);
        QVERIFY(idle.waitClosed());
        QTRY_VERIFY(done);
        QCOMPARE(fixture.server->connectionCount(), 0);
    }

    void cutsOffWhatDoesNotFinishWhileDraining()
    {
        Fixture fixture;
        Client client(fixture.port);
        client.send(get("/never"));
        QTRY_COMPARE(fixture.server->runningExchanges(), 1);
        bool done = false;
        fixture.server->drain(50ms, [&done] { done = true; });
        QTRY_VERIFY(done);
        QCOMPARE(fixture.cancelled, 1);
        QVERIFY(client.waitClosed());
    }

    void diesInTheMiddleOfEverything()
    {
        auto fixture = std::make_unique<Fixture>();
        Client waiting(fixture->port);
        Client streaming(fixture->port);
        Client half(fixture->port);
        waiting.send(get("/never"));
        streaming.send(get("/sse"));
        half.send("GET /he");
        QTRY_COMPARE(fixture->server->runningExchanges(), 2);
        fixture->server.reset();
        QCOMPARE(fixture->cancelled, 2);
    }
};

QTEST_GUILESS_MAIN(TestServer)
#include "tst_server.moc"
