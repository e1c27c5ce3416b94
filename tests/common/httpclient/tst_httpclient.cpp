// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/base/version.h"
#include "common/httpclient/client.h"
#include "common/httpclient/tls.h"
#include "rawserver.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::httpclient;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class tst_HttpClient : public QObject
{
    Q_OBJECT

    struct Outcome {
        std::optional<Result<Response>> got;
        Call call;
        bool wasSent = false;
    };
    std::shared_ptr<Outcome> post(Client &client, const QUrl &url, Hooks hooks = {},
                                  Request request = {})
    {
        auto outcome = std::make_shared<Outcome>();
        request.method = "POST";
        request.url = url;
        request.body = "{}";
        Outcome *raw = outcome.get();
        hooks.sent = [raw] { raw->wasSent = true; };
        outcome->call = client.send(std::move(request), std::move(hooks),
                                    [raw](Result<Response> result) { raw->got = result; });
        return outcome;
    }

private Q_SLOTS:
    void sendsWhatItIsGivenAndCollectsTheAnswer()
    {
        RawServer server;
        server.handle = [](const RawServer::Seen &seen) {
            seen.answer("200 OK", "text/plain", "hello", "X-One: 1\r\n");
        };
        Client client;
        Request request;
        request.headers = {{"X-Key", "v"}, {"User-Agent", "me"}};
        const auto outcome = post(client, server.url(), {}, request);
        QVERIFY(!outcome->got);
        QTRY_VERIFY(outcome->got);
        QVERIFY(outcome->got->ok());
        QCOMPARE((*outcome->got)->status, 200);
        QCOMPARE((*outcome->got)->body, "hello"_ba);
        QCOMPARE(headerValue((*outcome->got)->headers, "x-one"), "1"_ba);
        QCOMPARE(server.seen.first().line(), "POST /mcp HTTP/1.1"_ba);
        QCOMPARE(server.seen.first().header("X-Key"), "v"_ba);
        QCOMPARE(server.seen.first().header("User-Agent"), "me"_ba);
        QCOMPARE(server.seen.first().body, "{}"_ba);
        QVERIFY(outcome->wasSent);
        QCOMPARE(client.activeCount(), 0);
    }

    void theBridgeSaysWhoItIsUnlessToldOtherwise()
    {
        RawServer server;
        server.handle = [](const RawServer::Seen &seen) { seen.answer("200 OK", "a/b", "x"); };
        Client client;
        const auto outcome = post(client, server.url());
        QTRY_VERIFY(outcome->got);
        QCOMPARE(server.seen.first().header("User-Agent"), "mcp-bridge/"_ba + kVersion);
    }

    void everyStatusIsAnAnswerWithItsBody_data()
    {
        QTest::addColumn<int>("status");
        for (int status : {202, 204, 400, 401, 403, 404, 405, 407, 409, 429, 500, 503})
            QTest::addRow("%d", status) << status;
    }
    void everyStatusIsAnAnswerWithItsBody()
    {
        QFETCH(int, status);
        const QByteArray body = status == 204 ? ""_ba : "why"_ba;
        RawServer server;
        server.handle = [&](const RawServer::Seen &seen) {
            seen.answer(QByteArray::number(status) + " X", "text/plain", body,
                        "WWW-Authenticate: Bearer realm=\"x\"\r\n");
        };
        Client client;
        const auto outcome = post(client, server.url());
        QTRY_VERIFY(outcome->got);
        QVERIFY2(outcome->got->ok(), "an error");
        QCOMPARE((*outcome->got)->status, status);
        QCOMPARE((*outcome->got)->body, body);
        QCOMPARE(server.seen.size(), 1);
    }

    void streamsPiecesAsTheyCome()
    {
        RawServer server;
        Client client;
        QByteArray pieces;
        Hooks hooks;
        hooks.head = [](int status, const Headers &) { return status == 200; };
        hooks.data = [&](const QByteArray &chunk) { pieces += chunk; };
        const auto outcome = post(client, server.url(), hooks);
        QTRY_COMPARE(server.seen.size(), 1);
        server.seen.first().openStream();
        server.seen.first().send("one ");
        QTRY_COMPARE(pieces, "one "_ba);
        QVERIFY(!outcome->got);
        server.seen.first().send("two");
        QTRY_COMPARE(pieces, "one two"_ba);
        server.seen.first().close();
        QTRY_VERIFY(outcome->got);
        QVERIFY(outcome->got->ok());
    }

    void droppingTheCallClosesTheConnection()
    {
        RawServer server;
        Client client;
        const auto outcome = post(client, server.url());
        QTRY_COMPARE(server.seen.size(), 1);
        outcome->call.cancel();
        QTRY_COMPARE(server.closed, 1);
        QVERIFY(!outcome->got);
        QCOMPARE(client.activeCount(), 0);
    }

    void aRequestIsNeverSentTwice()
    {
        RawServer server;
        server.handle = [](const RawServer::Seen &seen) { seen.close(); };
        Client client;
        const auto outcome = post(client, server.url());
        QTRY_VERIFY(outcome->got);
        QVERIFY(!outcome->got->ok());
        QCOMPARE(outcome->got->error().code, ErrorCode::UpstreamFailed);
        QVERIFY(outcome->wasSent);
        QTest::qWait(100);
        QCOMPARE(server.seen.size(), 1);
    }

    void anUnreachableServerIsNamedWithoutItsPath()
    {
        QUrl url;
        {
            RawServer server;
            url = server.url(u"/secret"_s);
        }
        Client client;
        const auto outcome = post(client, url);
        QTRY_VERIFY(outcome->got);
        QVERIFY(!outcome->got->ok());
        QVERIFY(!outcome->wasSent);
        QVERIFY(outcome->got->error().message.contains(u"127.0.0.1"_s));
        QVERIFY(!outcome->got->error().message.contains(u"secret"_s));
    }

    void silenceEndsWithATimeout()
    {
        RawServer server;
        Client client;
        Request request;
        request.headTimeout = 50ms;
        request.idleTimeout = 50ms;
        const auto head = post(client, server.url(), {}, request);
        QTRY_VERIFY(head->got);
        QCOMPARE(head->got->error().code, ErrorCode::UpstreamTimeout);
        server.handle = [](const RawServer::Seen &seen) {
            seen.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
        };
        const auto body = post(client, server.url(), {}, request);
        QTRY_VERIFY(body->got);
        QCOMPARE(body->got->error().code, ErrorCode::UpstreamTimeout);
    }

    void aBodyThatIsCutOffIsAnError()
    {
        RawServer server;
        server.handle = [](const RawServer::Seen &seen) {
            seen.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
            seen.close();
        };
        Client client;
        const auto outcome = post(client, server.url());
        QTRY_VERIFY(outcome->got);
        QVERIFY(!outcome->got->ok());
    }

    void aBodyBeyondTheLimitIsAnError()
    {
        RawServer server;
        server.handle = [](const RawServer::Seen &seen) {
            seen.answer("200 OK", "text/plain", QByteArray(100, 'x'));
        };
        ClientOptions options;
        options.maxBody = 99;
        Client client(options);
        const auto outcome = post(client, server.url());
        QTRY_VERIFY(outcome->got);
        QVERIFY(!outcome->got->ok());
        QVERIFY(outcome->got->error().message.contains(u"99"_s));
    }

    void redirectsWithinTheOriginKeepMethodAndBody()
    {
        RawServer server;
        server.handle = [](const RawServer::Seen &seen) {
            if (seen.line().contains("/mcp "))
                seen.answer("307 X", "text/plain", "", "Location: /mcp/\r\n");
            else
                seen.answer("200 OK", "text/plain", "there");
        };
        Client client;
        Request request;
        request.headers = {{"Authorization", "Bearer x"}};
        const auto outcome = post(client, server.url(), {}, request);
        QTRY_VERIFY(outcome->got);
        QCOMPARE((*outcome->got)->body, "there"_ba);
        QCOMPARE(server.seen.at(1).line(), "POST /mcp/ HTTP/1.1"_ba);
        QCOMPARE(server.seen.at(1).body, "{}"_ba);
        QCOMPARE(server.seen.at(1).header("Authorization"), "Bearer x"_ba);
    }

    void redirectsToAnotherOriginAreNotFollowed()
    {
        RawServer other;
        RawServer server;
        server.handle = [&](const RawServer::Seen &seen) {
            seen.answer("308 X", "text/plain", "", "Location: " + other.url().toEncoded() + "\r\n");
        };
        Client client;
        const auto outcome = post(client, server.url());
        QTRY_VERIFY(outcome->got);
        QVERIFY(!outcome->got->ok());
        QTest::qWait(50);
        QCOMPARE(other.connections, 0);
    }

    void redirectsThatLoseTheBodyOrNeverEndAreErrors()
    {
        for (const QByteArray &status : {"302 X"_ba, "307 X"_ba}) {
            RawServer server;
            server.handle = [&](const RawServer::Seen &seen) {
                seen.answer(status, "text/plain", "", "Location: /mcp\r\n");
            };
            Client client;
            const auto outcome = post(client, server.url());
            QTRY_VERIFY(outcome->got);
            QVERIFY(!outcome->got->ok());
            QCOMPARE(server.seen.size(), status == "302 X" ? 1 : 6);
        }
    }

    void cookiesAreNotKept()
    {
        RawServer server;
        server.handle = [](const RawServer::Seen &seen) {
            seen.answer("200 OK", "text/plain", "x", "Set-Cookie: a=b; Path=/\r\n");
        };
        Client client;
        for (int i = 0; i < 2; ++i) {
            const auto outcome = post(client, server.url());
            QTRY_VERIFY(outcome->got);
        }
        QCOMPARE(server.seen.at(1).header("Cookie"), ""_ba);
        QCOMPARE(server.connections, 1);
    }

    void manyRequestsRunAtOnceAndTheRestWaits()
    {
        RawServer server;
        ClientOptions options;
        options.maxConnections = 20;
        Client client(options);
        QList<std::shared_ptr<Outcome>> all;
        for (int i = 0; i < 22; ++i)
            all.append(post(client, server.url()));
        QTRY_COMPARE(server.seen.size(), 20);
        QCOMPARE(client.activeCount(), 20);
        Request urgent;
        urgent.priority = Priority::Urgent;
        all.append(post(client, server.url(), {}, urgent));
        QTRY_COMPARE(server.seen.size(), 21);
        Request optional;
        optional.priority = Priority::Optional;
        const auto refused = post(client, server.url(), {}, optional);
        QTRY_VERIFY(refused->got);
        QCOMPARE(refused->got->error().code, ErrorCode::Overloaded);
        const auto now = server.seen;
        for (const RawServer::Seen &seen : now)
            seen.answer("200 OK", "text/plain", "x");
        QTRY_COMPARE(server.seen.size(), 23);
    }

    void waitingForAConnectionEndsToo()
    {
        RawServer server;
        ClientOptions options;
        options.maxConnections = 1;
        options.connectTimeout = 50ms;
        Client client(options);
        const auto first = post(client, server.url());
        QTRY_COMPARE(server.seen.size(), 1);
        const auto second = post(client, server.url());
        QTRY_VERIFY(second->got);
        QCOMPARE(second->got->error().code, ErrorCode::Overloaded);
    }

    void partitionsNeverShareAConnection()
    {
        RawServer server;
        QHash<QByteArray, QSet<QTcpSocket *>> used;
        server.handle = [&used](const RawServer::Seen &seen) {
            used[seen.header("X-Who")].insert(seen.socket);
            seen.answer("200 OK", "text/plain", "x");
        };
        Client client;
        for (const char *who : {"a", "b", "a", "", "b"}) {
            Request request;
            request.partition = who;
            request.headers = {{"X-Who", who}};
            const auto outcome = post(client, server.url(), {}, request);
            QTRY_VERIFY(outcome->got);
            QVERIFY(outcome->got->ok());
        }
        QCOMPARE(server.connections, 3);
        QVERIFY(!used["a"].intersects(used["b"]));
        QVERIFY(!used[""].intersects(used["a"] + used["b"]));
    }

    void onlySoManyUnusedConnectionsStayOpen()
    {
        RawServer server;
        ClientOptions options;
        options.maxKeepAlive = 8;
        Client client(options);
        QList<std::shared_ptr<Outcome>> all;
        for (int i = 0; i < 20; ++i)
            all.append(post(client, server.url()));
        QTRY_COMPARE(server.seen.size(), 20);
        for (const RawServer::Seen &seen : std::as_const(server.seen))
            seen.answer("200 OK", "text/plain", "x");
        QTRY_COMPARE(client.activeCount(), 0);
        QTRY_VERIFY(server.connections - server.closed <= 8);
        QVERIFY(server.connections > server.closed);
        const int connections = server.connections;
        server.handle = [](const RawServer::Seen &seen) {
            seen.answer("200 OK", "text/plain", "x");
        };
        const auto again = post(client, server.url());
        QTRY_VERIFY(again->got);
        QCOMPARE(server.connections, connections);
    }

    void spareConnectionsBesideALongRequestEndWithTheirNextUse()
    {
        RawServer server;
        ClientOptions options;
        options.maxKeepAlive = 2;
        Client client(options);
        QList<std::shared_ptr<Outcome>> all;
        for (int i = 0; i < 6; ++i)
            all.append(post(client, server.url()));
        QTRY_COMPARE(server.seen.size(), 6);
        for (int i = 0; i < 5; ++i)
            server.seen.at(i).answer("200 OK", "text/plain", "x");
        QTRY_COMPARE(client.activeCount(), 1);
        server.handle = [](const RawServer::Seen &seen) {
            const bool isLast = seen.header("Connection") == "close";
            seen.answer("200 OK", "text/plain", "x", isLast ? "Connection: close\r\n" : "");
            if (isLast)
                seen.close();
        };
        QByteArrayList asked;
        for (int i = 0; i < 5; ++i) {
            const auto outcome = post(client, server.url());
            QTRY_VERIFY(outcome->got);
            asked.append(server.seen.last().header("Connection").toLower());
        }
        QCOMPARE(asked, (QByteArrayList{"close", "close", "close", "keep-alive", "keep-alive"}));
        QTRY_COMPARE(server.connections - server.closed, 3);
    }

    void withoutKeepAliveEveryConnectionEnds()
    {
        RawServer server;
        server.handle = [](const RawServer::Seen &seen) {
            seen.answer("200 OK", "text/plain", "x");
        };
        ClientOptions options;
        options.maxKeepAlive = 0;
        Client client(options);
        for (int i = 0; i < 2; ++i) {
            const auto outcome = post(client, server.url());
            QTRY_VERIFY(outcome->got);
            QCOMPARE(server.seen.last().header("Connection"), "close"_ba);
        }
        QTRY_COMPARE(server.closed, 2);
    }

    void theEndOfTheClientFailsWhatIsPending()
    {
        RawServer server;
        auto client = std::make_unique<Client>();
        const auto outcome = post(*client, server.url());
        QTRY_COMPARE(server.seen.size(), 1);
        client.reset();
        QVERIFY(!outcome->got);
        QTRY_VERIFY(outcome->got);
        QCOMPARE(outcome->got->error().code, ErrorCode::UpstreamFailed);
    }

    void aBundleWithoutCertificatesIsRefused()
    {
        QVERIFY(tlsConfiguration(true, {}).ok());
        QVERIFY(!tlsConfiguration(true, u"/nowhere/at/all.pem"_s).ok());
        QVERIFY(!tlsConfiguration(true, QStringLiteral(BRIDGE_SOURCE_DIR "/LICENSE")).ok());
    }
};

QTEST_GUILESS_MAIN(tst_HttpClient)
#include "tst_httpclient.moc"
