// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/base/version.h"
#include "common/httpclient/client.h"
#include "rawserver.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::httpclient;
using namespace Qt::StringLiterals;

/// Nothing here is ever resolved: only the proxy is told the names.
class tst_ThroughProxy : public QObject
{
    Q_OBJECT

    struct Outcome {
        std::optional<Result<Response>> got;
        Call call;

        QString message() const { return got && !got->ok() ? got->error().message : QString(); }
    };

    std::shared_ptr<Outcome> get(Client &client, const QString &url)
    {
        auto outcome = std::make_shared<Outcome>();
        Request request;
        request.url = QUrl(url);
        outcome->call = client.send(std::move(request), {}, [raw = outcome.get()](auto result) {
            raw->got = std::move(result);
        });
        return outcome;
    }

    static ClientOptions through(quint16 port, const QString &user = {})
    {
        const QString proxy = u"http://"_s + user + u"127.0.0.1:"_s + QString::number(port);
        ClientOptions options;
        options.proxies = *Proxies::parse(proxy, proxy, {u"direct.example"_s});
        return options;
    }

private Q_SLOTS:
    void plainRequestsAreHandedToTheProxyAsTheyAre()
    {
        RawServer proxy;
        proxy.handle = [](const RawServer::Seen &seen) {
            seen.answer("200 OK", "text/plain", "hello");
        };
        Client client(through(proxy.serverPort()));
        const auto outcome = get(client, u"http://api.example/x?y=1"_s);
        QTRY_VERIFY(outcome->got);
        QVERIFY2(outcome->got->ok(), qPrintable(outcome->message()));
        QCOMPARE((*outcome->got)->body, "hello"_ba);
        QCOMPARE(proxy.seen.first().line(), "GET http://api.example/x?y=1 HTTP/1.1"_ba);
        QCOMPARE(proxy.seen.first().header("Host"), "api.example"_ba);
        QVERIFY(proxy.seen.first().header("Proxy-Authorization").isEmpty());
    }

    void thisMachineIsReachedDirectly()
    {
        RawServer proxy;
        RawServer server;
        server.handle = [](const RawServer::Seen &seen) { seen.answer("200 OK", "a/b", "own"); };
        Client client(through(proxy.serverPort()));
        const auto outcome = get(client, server.url().toString());
        QTRY_VERIFY(outcome->got);
        QVERIFY(outcome->got->ok());
        QVERIFY(proxy.seen.isEmpty());
    }

    void theUserIsShownToAProxyThatAsks_data()
    {
        QTest::addColumn<QString>("url");
        QTest::addColumn<QByteArray>("method");
        QTest::newRow("plain") << u"http://api.example/x"_s << "GET"_ba;
        QTest::newRow("tunnel") << u"https://api.example/x"_s << "CONNECT"_ba;
    }
    void theUserIsShownToAProxyThatAsks()
    {
        QFETCH(QString, url);
        QFETCH(QByteArray, method);
        RawServer proxy;
        proxy.handle = [](const RawServer::Seen &seen) {
            const bool isKnown =
                seen.header("Proxy-Authorization") == "Basic " + "ann:p@ss"_ba.toBase64();
            seen.answer(isKnown ? "502 Enough" : "407 Who", "text/plain", "x",
                        "Proxy-Authenticate: Basic realm=\"p\"\r\n");
        };
        Client client(through(proxy.serverPort(), u"ann:p%40ss@"_s));
        const auto outcome = get(client, url);
        QTRY_VERIFY(outcome->got);
        QCOMPARE(proxy.seen.last().line().left(method.size()), method);
        QCOMPARE(proxy.seen.last().header("Proxy-Authorization"),
                 "Basic " + "ann:p@ss"_ba.toBase64());
    }

    void aRefusalOfTheProxySaysWhatToDo_data()
    {
        QTest::addColumn<QString>("url");
        QTest::addColumn<QString>("user");
        QTest::addColumn<QByteArray>("status");
        QTest::addColumn<QStringList>("words");
        for (const QString &scheme : {u"http"_s, u"https"_s}) {
            const QString url = scheme + u"://api.example/x"_s;
            const QString variable = scheme.toUpper() + u"_PROXY"_s;
            const auto name = [&](const char *what) {
                return QByteArray(scheme.toLatin1() + ' ' + what);
            };
            QTest::newRow(name("407").constData())
                << url << QString() << "407 Who"_ba
                << QStringList{u"407"_s, variable, u"user and password"_s};
            QTest::newRow(name("407 all the same").constData())
                << url << u"ann:hidden-1@"_s << "407 No"_ba
                << QStringList{u"407"_s, variable, u"does not accept"_s};
        }
        const QStringList refused{u"refuses"_s, u"NO_PROXY"_s};
        for (const QByteArray &status : {"403 No"_ba, "404 No"_ba, "405 No"_ba, "500 No"_ba,
                                         "502 No"_ba, "503 No"_ba, "504 No"_ba})
            QTest::newRow(status.constData())
                << u"https://api.example"_s << QString() << status << refused;
    }
    void aRefusalOfTheProxySaysWhatToDo()
    {
        QFETCH(QString, url);
        QFETCH(QString, user);
        QFETCH(QByteArray, status);
        QFETCH(QStringList, words);
        RawServer proxy;
        proxy.handle = [&](const RawServer::Seen &seen) {
            seen.answer(status, "text/plain", "secret page",
                        "Proxy-Authenticate: Basic realm=\"p\"\r\n");
        };
        Client client(through(proxy.serverPort(), user));
        const auto outcome = get(client, url);
        QTRY_VERIFY(outcome->got);
        QVERIFY(!outcome->got->ok());
        QCOMPARE(outcome->got->error().code, ErrorCode::UpstreamFailed);
        words << u"api.example"_s << u"127.0.0.1:%1"_s.arg(proxy.serverPort());
        for (const QString &word : std::as_const(words))
            QVERIFY2(outcome->message().contains(word), qPrintable(outcome->message()));
        QVERIFY(!outcome->message().contains(u"hidden"));
    }

    void aProxyThatIsNotThereIsNamed()
    {
        quint16 port = 0;
        {
            RawServer gone;
            port = gone.serverPort();
        }
        Client client(through(port));
        for (const QString &url : {u"http://api.example"_s, u"https://api.example"_s}) {
            const auto outcome = get(client, url);
            QTRY_VERIFY(outcome->got);
            QVERIFY(outcome->message().contains(u"the proxy 127.0.0.1:%1"_s.arg(port)));
            const QString variable = url.section(u':', 0, 0).toUpper() + u"_PROXY"_s;
            QVERIFY2(outcome->message().contains(u"Check "_s + variable),
                     qPrintable(outcome->message()));
            QVERIFY2(!outcome->message().contains(u"Allow it there"),
                     qPrintable(outcome->message()));
        }
    }

    void aProxyThatHangsUpOrSaysNothingIsNamed_data()
    {
        QTest::addColumn<QString>("url");
        QTest::addColumn<bool>("hangsUp");
        for (const QString &scheme : {u"http"_s, u"https"_s}) {
            for (const bool hangsUp : {true, false})
                QTest::addRow("%s %s", qPrintable(scheme), hangsUp ? "hangs up" : "says nothing")
                    << QString(scheme + u"://api.example"_s) << hangsUp;
        }
    }
    void aProxyThatHangsUpOrSaysNothingIsNamed()
    {
        QFETCH(QString, url);
        QFETCH(bool, hangsUp);
        RawServer proxy;
        proxy.handle = [hangsUp](const RawServer::Seen &seen) {
            if (hangsUp)
                seen.close();
        };
        ClientOptions options = through(proxy.serverPort());
        options.connectTimeout = std::chrono::milliseconds(300);
        Client client(options);
        auto outcome = std::make_shared<Outcome>();
        Request request;
        request.url = QUrl(url);
        request.headTimeout = std::chrono::milliseconds(300);
        outcome->call = client.send(std::move(request), {}, [raw = outcome.get()](auto result) {
            raw->got = std::move(result);
        });
        QTRY_VERIFY(outcome->got);
        QVERIFY2(outcome->message().contains(u"the proxy 127.0.0.1:%1"_s.arg(proxy.serverPort())),
                 qPrintable(outcome->message()));
        QVERIFY(!proxy.seen.isEmpty());
        QCOMPARE(proxy.seen.first().header("User-Agent"), "mcp-bridge/"_ba + kVersion);
    }

    void connectionsToTheProxyAreKept()
    {
        RawServer proxy;
        proxy.handle = [](const RawServer::Seen &seen) { seen.answer("200 OK", "a/b", "x"); };
        ClientOptions options = through(proxy.serverPort());
        options.maxKeepAlive = 1;
        Client client(options);
        for (int i = 0; i < 3; ++i) {
            const auto one = get(client, u"http://api.example/%1"_s.arg(i));
            QTRY_VERIFY(one->got);
            QVERIFY(one->got->ok());
        }
        QCOMPARE(proxy.seen.size(), 3);
        QCOMPARE(proxy.connections, 1);
    }
};

QTEST_GUILESS_MAIN(tst_ThroughProxy)
#include "tst_throughproxy.moc"
