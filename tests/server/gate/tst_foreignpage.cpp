// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gate/foreignpage.h"

#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace bridge;
using namespace bridge::gate;

namespace {

http::Request request(const QByteArray &method, http::Headers headers)
{
    http::Request made;
    made.method = method;
    made.target = "/tools/add";
    made.headers = std::move(headers);
    if (!made.hasHeader("host"))
        made.headers.append({"Host"_ba, "bridge.example:8000"_ba});
    made.peer = QHostAddress::LocalHost;
    return made;
}

} // namespace

class TestForeignPage : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void looksAtTheOrigin_data()
    {
        QTest::addColumn<QByteArray>("origin");
        QTest::addColumn<bool>("allowed");
        QTest::newRow("own") << "http://bridge.example:8000"_ba << true;
        QTest::newRow("own by a proxy") << "https://bridge.example:8000"_ba << true;
        QTest::newRow("own in capitals") << "HTTP://Bridge.Example:8000"_ba << true;
        QTest::newRow("other port") << "http://bridge.example"_ba << false;
        QTest::newRow("listed") << "https://app.example"_ba << true;
        QTest::newRow("fits a glob") << "https://a.sites.example"_ba << true;
        QTest::newRow("begins alike") << "http://bridge.example:8000.evil.example"_ba << false;
        QTest::newRow("foreign") << "https://evil.example"_ba << false;
        QTest::newRow("none") << "null"_ba << false;
    }

    void looksAtTheOrigin()
    {
        QFETCH(QByteArray, origin);
        QFETCH(bool, allowed);
        PageRules rules;
        rules.origins =
            config::GlobList::fromList({u"https://app.example"_s, u"https://*.sites.example"_s});
        // What a page of the web cannot forge goes before what it can.
        const http::Headers headers{{"Origin"_ba, origin},
                                    {"Sec-Fetch-Site"_ba, "same-origin"_ba},
                                    {"X-Requested-With"_ba, "x"_ba}};
        QCOMPARE(!checkPage(request("POST", headers), rules), allowed);
    }

    void believesWhatBrowsersSayOfTheSite()
    {
        const auto allowed = [](const QByteArray &method, const QByteArray &site,
                                const QByteArray &mode) {
            return !checkPage(
                request(method, {{"Sec-Fetch-Site"_ba, site}, {"Sec-Fetch-Mode"_ba, mode}}), {});
        };
        QVERIFY(allowed("POST", "same-origin", "cors"));
        QVERIFY(allowed("GET", "none", "navigate"));
        QVERIFY(!allowed("POST", "same-site", "cors"));
        QVERIFY(!allowed("POST", "cross-site", "navigate")); // a form
        QVERIFY(!allowed("GET", "cross-site", "no-cors"));   // an image
        QVERIFY(allowed("GET", "cross-site", "navigate"));   // a link
    }

    void wantsWhatNoFormCanSendWithACookie()
    {
        PageRules rules;
        rules.byCookie = true;
        QVERIFY(checkPage(request("POST", {}), rules));
        QVERIFY(checkPage(request("POST", {{"Content-Type"_ba, "text/plain"_ba}}), rules));
        QVERIFY(
            !checkPage(request("POST", {{"Content-Type"_ba, "application/json; x"_ba}}), rules));
        QVERIFY(!checkPage(request("DELETE", {{"X-Requested-With"_ba, "x"_ba}}), rules));
        QVERIFY(!checkPage(request("GET", {}), rules));
        rules.byCookie = false;
        QVERIFY(!checkPage(request("POST", {}), rules));
    }

    void knowsItsNeighbours()
    {
        const std::pair<QByteArray, QByteArray> here{"Host"_ba, "localhost:8000"_ba};
        QVERIFY(isNeighbour(request("POST", {here})));
        QVERIFY(!isNeighbour(request("POST", {here, {"X-Forwarded-For"_ba, "1.2.3.4"_ba}})));
        QVERIFY(!isNeighbour(request("POST", {here, {"Via"_ba, "1.1 proxy"_ba}})));
        QVERIFY(!isNeighbour(request("POST", {here, {"Origin"_ba, "https://evil.example"_ba}})));
        http::Request far = request("POST", {here});
        far.peer = QHostAddress(u"10.0.0.1"_s);
        QVERIFY(!isNeighbour(far));
    }

    void aNameThatWasMadeToPointHereIsNoNeighbours()
    {
        const auto near = [](const QByteArray &host) {
            return isNeighbour(
                request("POST", {{"Host"_ba, host}, {"Origin"_ba, "http://" + host}}));
        };
        for (const char *host : {"localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.1.2.3",
                                 "[::1]:8000", "bridge.localhost:8000"})
            QVERIFY2(near(host), host);
        for (const char *host : {"evil.example:8000", "127.0.0.1.evil.example", "10.0.0.1:8000",
                                 "localhost.evil.example", "0.0.0.0:8000", "evil@localhost", ""})
            QVERIFY2(!near(host), host);
    }
};

QTEST_GUILESS_MAIN(TestForeignPage)
#include "tst_foreignpage.moc"
