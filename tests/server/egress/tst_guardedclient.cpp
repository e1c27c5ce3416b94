// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/async/later.h"
#include "common/config/settings.h"
#include "server/egress/guardedclient.h"
#include "webserver.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::egress;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Addresses = QHash<QString, QStringList>;

/// Answers from a table and counts the questions.
struct FakeNames {
    Addresses table;
    int asked = 0;

    Resolver resolver()
    {
        return [this](const QString &host, Handler<QList<QHostAddress>> handler) {
            ++asked;
            QList<QHostAddress> addresses;
            for (const QString &text : table.value(host))
                addresses.append(QHostAddress(text));
            return later([handler, addresses] {
                if (addresses.isEmpty())
                    handler(Error(ErrorCode::UpstreamFailed, u"There is no such host."_s));
                else
                    handler(addresses);
            });
        };
    }
};

struct Outcome {
    std::optional<Result<httpclient::Response>> got;
    Call call;

    QString message() const { return got && !got->ok() ? got->error().message : QString(); }
};

std::shared_ptr<Outcome> fetch(GuardedClient &client, EgressRequest request)
{
    auto outcome = std::make_shared<Outcome>();
    outcome->call =
        client.send(std::move(request), [raw = outcome.get()](Result<httpclient::Response> result) {
            raw->got = std::move(result);
        });
    return outcome;
}

EgressRequest foreign(const QString &url)
{
    EgressRequest request;
    request.url = QUrl(url);
    request.timeout = 5s;
    return request;
}

EgressRequest configured(const QUrl &url)
{
    EgressRequest request;
    request.url = url;
    request.trust = Trust::Configured;
    request.timeout = 5s;
    return request;
}

QUrl at(const WebServer &server, const QString &path = u"/doc"_s)
{
    return QUrl(u"http://127.0.0.1:%1%2"_s.arg(server.port()).arg(path));
}

Networks loopback()
{
    return *Networks::from({u"127.0.0.0/8"_s});
}

} // namespace

class tst_GuardedClient : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aForeignUrlIsConnectedToAtTheAddressThatWasChecked()
    {
        const auto identity = TestCertificate::forName("idp.example");
        WebServer server(identity);
        server.handle = [](const WebServer::Seen &seen) { seen.answer("200 OK", "keys"); };
        FakeNames names{{{u"idp.example"_s, {u"127.0.0.1"_s}}}};
        EgressOptions options;
        options.allowedNetworks = loopback();
        options.allowedPorts = {server.port()};
        options.resolver = names.resolver();
        options.tls.addCaCertificate(identity.certificate);
        GuardedClient client(options);
        // The name exists in this test's table only: nobody else can have resolved it.
        const auto outcome =
            fetch(client, foreign(u"https://idp.example:%1/jwks?x=1#y"_s.arg(server.port())));
        QVERIFY(!outcome->got);
        QTRY_VERIFY(outcome->got);
        QVERIFY2(outcome->got->ok(), qPrintable(outcome->message()));
        QCOMPARE((*outcome->got)->body, "keys"_ba);
        QCOMPARE(server.seen.first().line(), "GET /jwks?x=1 HTTP/1.1"_ba);
        QCOMPARE(server.seen.first().header("Host"),
                 "idp.example:"_ba + QByteArray::number(server.port()));
        QCOMPARE(names.asked, 1);
    }

    void aProxyIsAskedForTheAddressThatWasChecked()
    {
        WebServer proxy;
        proxy.handle = [](const WebServer::Seen &seen) { seen.answer("403 No", "x"); };
        FakeNames names{
            {{u"idp.example"_s, {u"93.184.216.34"_s}}, {u"inside.example"_s, {u"10.1.2.3"_s}}}};
        EgressOptions options;
        options.resolver = names.resolver();
        options.proxies = *httpclient::Proxies::parse(
            u"http://127.0.0.1:"_s + QString::number(proxy.port()), {}, {});
        GuardedClient client(options);
        const auto outside = fetch(client, foreign(u"https://idp.example/jwks"_s));
        QTRY_VERIFY(outside->got);
        QVERIFY2(outside->message().contains(u"the proxy"), qPrintable(outside->message()));
        QVERIFY(!proxy.seen.isEmpty());
        QCOMPARE(proxy.seen.first().line(), "CONNECT 93.184.216.34:443 HTTP/1.1"_ba);
        // What the proxy could reach is refused all the same.
        const int before = proxy.connections();
        const auto inside = fetch(client, foreign(u"https://inside.example/jwks"_s));
        QTRY_VERIFY(inside->got);
        QCOMPARE(inside->got->error().code, ErrorCode::Forbidden);
        QCOMPARE(proxy.connections(), before);
        // An address that the operator wrote is the proxy's to resolve.
        const auto own = fetch(client, configured(QUrl(u"https://inside.example/jwks"_s)));
        QTRY_VERIFY(own->got);
        QCOMPARE(proxy.seen.last().line(), "CONNECT inside.example:443 HTTP/1.1"_ba);
    }

    void theCertificateMustBeForTheNameAndNotForTheAddress()
    {
        const auto identity = TestCertificate::forName("other.example");
        WebServer server(identity);
        FakeNames names{{{u"idp.example"_s, {u"127.0.0.1"_s}}}};
        EgressOptions options;
        options.allowedNetworks = loopback();
        options.allowedPorts = {server.port()};
        options.resolver = names.resolver();
        options.tls.addCaCertificate(identity.certificate);
        GuardedClient client(options);
        const auto outcome =
            fetch(client, foreign(u"https://idp.example:%1/"_s.arg(server.port())));
        QTRY_VERIFY(outcome->got);
        QVERIFY(!outcome->got->ok());
        QVERIFY2(outcome->message().contains(u"idp.example"), qPrintable(outcome->message()));
        QVERIFY(server.seen.isEmpty());
    }

    void onlyConfiguredAddressesMayGoUnverified()
    {
        WebServer server(TestCertificate::forName("idp.example"));
        server.handle = [](const WebServer::Seen &seen) { seen.answer("200 OK", "x"); };
        FakeNames names{{{u"idp.example"_s, {u"127.0.0.1"_s}}}};
        EgressOptions options;
        options.allowedNetworks = loopback();
        options.allowedPorts = {server.port()};
        options.resolver = names.resolver();
        options.verifiesConfigured = false;
        GuardedClient client(options);
        const auto own =
            fetch(client, configured(QUrl(u"https://127.0.0.1:%1/"_s.arg(server.port()))));
        QTRY_VERIFY(own->got);
        QVERIFY2(own->got->ok(), qPrintable(own->message()));
        const auto other = fetch(client, foreign(u"https://idp.example:%1/"_s.arg(server.port())));
        QTRY_VERIFY(other->got);
        QVERIFY(!other->got->ok());
        QCOMPARE(server.seen.size(), 1);
    }

    void aNameWithOnePrivateAddressIsRefused_data()
    {
        QTest::addColumn<QStringList>("addresses");
        QTest::newRow("mixed") << QStringList{u"8.8.8.8"_s, u"127.0.0.1"_s};
        QTest::newRow("private first") << QStringList{u"10.0.0.1"_s, u"8.8.8.8"_s};
        QTest::newRow("metadata service") << QStringList{u"169.254.169.254"_s};
        QTest::newRow("v4-mapped") << QStringList{u"::ffff:127.0.0.1"_s};
        QTest::newRow("unique local") << QStringList{u"2606:4700::1"_s, u"fd00::1"_s};
        QTest::newRow("none at all") << QStringList{};
    }
    void aNameWithOnePrivateAddressIsRefused()
    {
        QFETCH(QStringList, addresses);
        FakeNames names{{{u"evil.example"_s, addresses}}};
        EgressOptions options;
        options.resolver = names.resolver();
        GuardedClient client(options);
        const auto outcome = fetch(client, foreign(u"https://evil.example/secret?token=abc"_s));
        QTRY_VERIFY(outcome->got);
        QVERIFY(!outcome->got->ok());
        QCOMPARE(outcome->got->error().code, ErrorCode::Forbidden);
        // The same text for all of them, and nothing of the path.
        QCOMPARE(outcome->message(),
                 u"The address at evil.example is not fetched: there is no such host on the public "
                 "internet. Whoever runs the bridge can list private networks in "
                 "EGRESS_ALLOWED_NETWORKS."_s);
    }

    void aNameThatChangesItsAddressIsCheckedEachTime()
    {
        const auto identity = TestCertificate::forName("idp.example");
        WebServer server(identity);
        server.handle = [](const WebServer::Seen &seen) { seen.answer("200 OK", "x"); };
        FakeNames names{{{u"idp.example"_s, {u"127.0.0.1"_s}}}};
        EgressOptions options;
        options.allowedNetworks = *Networks::from({u"127.0.0.1"_s});
        options.allowedPorts = {server.port()};
        options.resolver = names.resolver();
        options.tls.addCaCertificate(identity.certificate);
        GuardedClient client(options);
        const QString url = u"https://idp.example:%1/"_s.arg(server.port());
        const auto first = fetch(client, foreign(url));
        QTRY_VERIFY(first->got);
        QVERIFY2(first->got->ok(), qPrintable(first->message()));
        names.table[u"idp.example"_s] = QStringList{u"127.0.0.2"_s};
        const auto second = fetch(client, foreign(url));
        QTRY_VERIFY(second->got);
        QVERIFY(!second->got->ok());
        QCOMPARE(server.seen.size(), 1);
    }

    void anAddressThatRefusesIsFollowedByTheNext()
    {
        const auto identity = TestCertificate::forName("idp.example");
        WebServer server(identity);
        server.handle = [](const WebServer::Seen &seen) { seen.answer("200 OK", "x"); };
        FakeNames names{{{u"idp.example"_s, {u"127.0.0.3"_s, u"127.0.0.1"_s}}}};
        EgressOptions options;
        options.allowedNetworks = loopback();
        options.allowedPorts = {server.port()};
        options.resolver = names.resolver();
        options.tls.addCaCertificate(identity.certificate);
        GuardedClient client(options);
        const auto outcome =
            fetch(client, foreign(u"https://idp.example:%1/"_s.arg(server.port())));
        QTRY_VERIFY(outcome->got);
        QVERIFY2(outcome->got->ok(), qPrintable(outcome->message()));
    }

    void whatAForeignUrlMayNotSay_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("http://idp.example/") << u"not https"_s;
        QTest::newRow("http://127.0.0.1/") << u"EGRESS_ALLOWED_NETWORKS"_s;
        QTest::newRow("http://localhost/") << u"EGRESS_ALLOWED_NETWORKS"_s;
        QTest::newRow("ftp://idp.example/") << u"no http or https"_s;
        QTest::newRow("file:///etc/passwd") << u"no http or https"_s;
        QTest::newRow("/relative") << u"no http or https"_s;
        QTest::newRow("https://") << u"no http or https"_s;
        QTest::newRow("https://user:pass@idp.example/") << u"user or password"_s;
        QTest::newRow("https://user@idp.example/") << u"user or password"_s;
        QTest::newRow("https://idp.example:8443/") << u"EGRESS_ALLOWED_PORTS"_s;
        QTest::newRow("https://idp.example:22/") << u"EGRESS_ALLOWED_PORTS"_s;
        QTest::newRow("https://127.0.0.1/") << u"no such host"_s;
        QTest::newRow("https://2130706433/") << u"no such host"_s;
        QTest::newRow("https://0x7f000001/") << u"no such host"_s;
        QTest::newRow("https://0177.0.0.1/") << u"no such host"_s;
        QTest::newRow("https://127.1/") << u"no such host"_s;
        QTest::newRow("https://[::1]/") << u"no such host"_s;
        QTest::newRow("https://[::ffff:127.0.0.1]/") << u"no such host"_s;
        QTest::newRow("https://[::ffff:7f00:1]/") << u"no such host"_s;
        QTest::newRow("https://[fe80::1]/") << u"no such host"_s;
        QTest::newRow("https://0.0.0.0/") << u"no such host"_s;
        QTest::newRow("https://169.254.169.254/latest/meta-data") << u"no such host"_s;
        QTest::newRow("https://localhost/") << u"no such host"_s;
        QTest::newRow("https://\u2461\u2462\u2463.0.0.1/") << u"not fetched"_s;
    }
    void whatAForeignUrlMayNotSay()
    {
        QFETCH(QString, text);
        GuardedClient client;
        const auto outcome = fetch(client, foreign(QString::fromUtf8(QTest::currentDataTag())));
        QTRY_VERIFY(outcome->got);
        QVERIFY(!outcome->got->ok());
        QCOMPARE(outcome->got->error().code, ErrorCode::Forbidden);
        QVERIFY2(outcome->message().contains(text), qPrintable(outcome->message()));
        QVERIFY(!outcome->message().contains(u"pass@"));
    }

    void plainHttpIsForListedLoopbackOnly()
    {
        WebServer server;
        server.handle = [](const WebServer::Seen &seen) { seen.answer("200 OK", "x"); };
        FakeNames names{{{u"near.example"_s, {u"10.0.0.1"_s}}}};
        EgressOptions options;
        options.allowedNetworks = *Networks::from({u"127.0.0.0/8"_s, u"10.0.0.0/8"_s});
        options.allowedPorts = {server.port()};
        options.resolver = names.resolver();
        GuardedClient client(options);
        const auto here = fetch(client, foreign(at(server).toString()));
        QTRY_VERIFY(here->got);
        QVERIFY2(here->got->ok(), qPrintable(here->message()));
        const auto there = fetch(client, foreign(u"http://near.example:%1/"_s.arg(server.port())));
        QTRY_VERIFY(there->got);
        QCOMPARE(there->got->error().code, ErrorCode::Forbidden);
    }

    void theOperatorsOwnUrlMayBePlainAndPrivate()
    {
        WebServer server;
        server.handle = [](const WebServer::Seen &seen) { seen.answer("404 Not Found", "no"); };
        GuardedClient client;
        const auto outcome = fetch(client, configured(at(server)));
        QTRY_VERIFY(outcome->got);
        QVERIFY2(outcome->got->ok(), qPrintable(outcome->message()));
        QCOMPARE((*outcome->got)->status, 404);
        QCOMPARE((*outcome->got)->body, "no"_ba);
    }

    void aRedirectStaysWithinTheOriginAndEnds()
    {
        WebServer other;
        WebServer server;
        server.handle = [&](const WebServer::Seen &seen) {
            if (seen.line().contains("/loop"))
                seen.answer("302 Found", "", "Location: /loop\r\n");
            else if (seen.line().contains("/away"))
                seen.answer("302 Found", "", "Location: " + at(other).toEncoded() + "\r\n");
            else if (seen.line().contains("/moved"))
                seen.answer("302 Found", "", "Location: /doc\r\n");
            else
                seen.answer("200 OK", "doc");
        };
        GuardedClient client;
        const auto moved = fetch(client, configured(at(server, u"/moved"_s)));
        QTRY_VERIFY(moved->got);
        QCOMPARE((*moved->got)->body, "doc"_ba);
        const auto loop = fetch(client, configured(at(server, u"/loop"_s)));
        QTRY_VERIFY(loop->got);
        QVERIFY(!loop->got->ok());
        QVERIFY(server.seen.size() < 12);
        const auto away = fetch(client, configured(at(server, u"/away"_s)));
        QTRY_VERIFY(away->got);
        QVERIFY(!away->got->ok());
        QCOMPARE(other.connections(), 0);
    }

    void hundredMegabytesAreCutOffEarly()
    {
        WebServer server;
        server.handle = [](const WebServer::Seen &seen) {
            seen.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
            QObject::connect(seen.socket, &QTcpSocket::bytesWritten, seen.socket,
                             [socket = seen.socket] {
                                 if (socket && socket->bytesToWrite() == 0)
                                     socket->write(QByteArray(1 << 18, 'x'));
                             });
        };
        GuardedClient client;
        EgressRequest request = configured(at(server));
        request.maxBody = 512 * 1024;
        const auto outcome = fetch(client, request);
        QTRY_VERIFY(outcome->got);
        QVERIFY(!outcome->got->ok());
        QVERIFY(outcome->message().contains(u"more than 524288 bytes"));
        QTRY_VERIFY(!server.seen.first().socket
                    || server.seen.first().socket->state() == QAbstractSocket::UnconnectedState);
    }

    void whatIsPackedStaysPacked()
    {
        WebServer server;
        server.handle = [](const WebServer::Seen &seen) {
            seen.answer("200 OK", "\x1f\x8b", "Content-Encoding: gzip\r\n");
        };
        GuardedClient client;
        const auto outcome = fetch(client, configured(at(server)));
        QTRY_VERIFY(outcome->got);
        QCOMPARE(server.seen.first().header("Accept-Encoding"), "identity"_ba);
        QCOMPARE((*outcome->got)->body, "\x1f\x8b"_ba);
    }

    void aSlowAnswerEndsAtTheTimeLimitHoweverItDrips()
    {
        WebServer server;
        server.handle = [](const WebServer::Seen &seen) {
            seen.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
            auto *timer = new QTimer(seen.socket);
            QObject::connect(timer, &QTimer::timeout, timer, [seen] { seen.send("x"); });
            timer->start(20);
        };
        GuardedClient client;
        EgressRequest request = configured(at(server));
        request.timeout = 300ms;
        QElapsedTimer clock;
        clock.start();
        const auto outcome = fetch(client, request);
        QTRY_VERIFY(outcome->got);
        QCOMPARE(outcome->got->error().code, ErrorCode::UpstreamTimeout);
        QVERIFY(clock.elapsed() < 2'000);
    }

    void aNameThatNobodyResolvesEndsAtTheTimeLimit()
    {
        EgressOptions options;
        bool dropped = false;
        options.resolver = [&](const QString &, const Handler<QList<QHostAddress>> &) {
            return Call([&] { dropped = true; });
        };
        GuardedClient client(options);
        EgressRequest request = foreign(u"https://slow.example/"_s);
        request.timeout = 50ms;
        const auto outcome = fetch(client, request);
        QTRY_VERIFY(outcome->got);
        QCOMPARE(outcome->got->error().code, ErrorCode::UpstreamTimeout);
        QVERIFY(dropped);
    }

    void aDroppedCallIsNeverAnswered()
    {
        WebServer server;
        GuardedClient client;
        const auto outcome = fetch(client, configured(at(server)));
        QTRY_COMPARE(server.seen.size(), 1);
        outcome->call.cancel();
        server.seen.first().answer("200 OK", "late");
        QTRY_VERIFY(!server.seen.first().socket
                    || server.seen.first().socket->state() == QAbstractSocket::UnconnectedState);
        QVERIFY(!outcome->got);
    }

    void aHandlerMayDropItsOwnCall()
    {
        WebServer server;
        server.handle = [](const WebServer::Seen &seen) { seen.answer("200 OK", "x"); };
        GuardedClient client;
        Call call;
        int count = 0;
        call = client.send(configured(at(server)), [&](const Result<httpclient::Response> &) {
            ++count;
            call.cancel();
        });
        QTRY_COMPARE(count, 1);
    }

    void requestsUnderWayOutliveNewOptionsAndTheClient()
    {
        WebServer server;
        auto client = std::make_unique<GuardedClient>();
        const auto outcome = fetch(*client, configured(at(server)));
        QTRY_COMPARE(server.seen.size(), 1);
        client->setOptions({});
        client.reset();
        server.seen.first().answer("200 OK", "x");
        QTRY_VERIFY(outcome->got);
        QVERIFY2(outcome->got->ok(), qPrintable(outcome->message()));
    }

    void theSystemResolvesAndCanBeStopped()
    {
        std::optional<Result<QList<QHostAddress>>> got;
        Call call = resolve(u"localhost"_s,
                            [&](Result<QList<QHostAddress>> result) { got = std::move(result); });
        QTRY_VERIFY(got);
        QVERIFY(got->ok());
        QVERIFY(got->value().first().isLoopback());
        bool answered = false;
        resolve(u"localhost"_s, [&](const Result<QList<QHostAddress>> &) {
            answered = true;
        }).cancel();
        QTest::qWait(50);
        QVERIFY(!answered);
    }

    void trustIsForOneOrigin()
    {
        const QUrl origin(u"https://idp.example/realms/x"_s);
        QCOMPARE(trustIn(QUrl(u"https://idp.example:443/keys"_s), origin, Trust::Configured),
                 Trust::Configured);
        QCOMPARE(trustIn(QUrl(u"https://idp.example:444/keys"_s), origin, Trust::Configured),
                 Trust::Foreign);
        QCOMPARE(trustIn(QUrl(u"http://idp.example/keys"_s), origin, Trust::Configured),
                 Trust::Foreign);
        QCOMPARE(trustIn(QUrl(u"https://idp.example/keys"_s), origin, Trust::Foreign),
                 Trust::Foreign);
    }

    void settingsAreReadAndCheckedOneByOne()
    {
        config::Settings settings;
        const auto plain = egressOptions(settings);
        QVERIFY(plain.ok());
        QCOMPARE(plain->allowedPorts, QList<quint16>{443});
        QVERIFY(plain->allowedNetworks.isEmpty());
        const auto problemOf = [&](const QString &name, const QJsonValue &value) {
            config::Settings wrong;
            wrong.set(name, value, config::Source::Environment);
            const auto options = egressOptions(wrong);
            return options.ok() ? QString() : options.error().problems.value(0).path;
        };
        QCOMPARE(problemOf(u"EGRESS_ALLOWED_PORTS"_s, QJsonArray{u"0"_s}),
                 u"EGRESS_ALLOWED_PORTS"_s);
        QCOMPARE(problemOf(u"EGRESS_ALLOWED_PORTS"_s, QJsonArray{u"https"_s}),
                 u"EGRESS_ALLOWED_PORTS"_s);
        QCOMPARE(problemOf(u"EGRESS_ALLOWED_NETWORKS"_s, QJsonArray{u"intranet"_s}),
                 u"EGRESS_ALLOWED_NETWORKS"_s);
        QCOMPARE(problemOf(u"EGRESS_CA_BUNDLE"_s, u"/does/not/exist"_s), u"EGRESS_CA_BUNDLE"_s);
    }
};

QTEST_GUILESS_MAIN(tst_GuardedClient)
#include "tst_guardedclient.moc"
