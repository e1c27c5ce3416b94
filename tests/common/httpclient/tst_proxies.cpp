// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/httpclient/proxies.h"
#include "common/logging/redaction.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::httpclient;
using namespace Qt::StringLiterals;

class tst_Proxies : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void eachSchemeHasItsProxy()
    {
        const auto both =
            Proxies::parse(u"http://ann:p%40ss@secure.example:3128/"_s, u"plain.example"_s, {});
        QVERIFY(both);
        const QNetworkProxy secure = both->proxyFor(QUrl(u"https://idp.example/x"_s));
        QCOMPARE(secure.type(), QNetworkProxy::HttpProxy);
        QCOMPARE(proxyLabel(secure), u"secure.example:3128"_s);
        QCOMPARE(secure.user(), u"ann"_s);
        QCOMPARE(secure.password(), u"p@ss"_s);
        const QNetworkProxy plain = both->proxyFor(QUrl(u"http://idp.example/x"_s));
        QCOMPARE(proxyLabel(plain), u"plain.example:80"_s);
        QCOMPARE(Proxies().proxyFor(QUrl(u"https://idp.example"_s)).type(), QNetworkProxy::NoProxy);
    }

    void namedHostsAreReachedDirectly_data()
    {
        QTest::addColumn<QString>("except");
        QTest::addColumn<QString>("url");
        QTest::addColumn<bool>("isDirect");
        const auto row = [](const char *except, const char *url, bool isDirect) {
            QTest::addRow("%s %s", except, url)
                << QString::fromLatin1(except) << QString::fromLatin1(url) << isDirect;
        };
        row("idp.example", "https://idp.example/x", true);
        row("idp.example", "https://IDP.example./x", true);
        row("idp.example", "https://eu.idp.example", true);
        row("idp.example", "https://myidp.example", false);
        row("idp.example", "https://idp.example.evil.test", false);
        row(".corp.example", "https://a.corp.example", true);
        row("*.corp.example", "https://a.corp.example", true);
        row(".corp.example", "https://acorp.example", false);
        row("idp.example:8443", "https://idp.example:8443", true);
        row("idp.example:8443", "https://idp.example", false);
        row("10.0.0.0/8", "https://10.20.30.40/x", true);
        row("10.0.0.0/8", "https://11.20.30.40/x", false);
        row("10.0.0.0/8", "https://ten.example", false);
        row("192.0.2.7", "https://192.0.2.7:9/x", true);
        row("192.0.2.7:80", "https://192.0.2.7/x", false);
        row("fd00::/8", "https://[fd12::1]/x", true);
        row("[fd12::1]:443", "https://[fd12::1]/x", true);
        row("fd00::/8", "https://[2001:db8::1]/x", false);
        row("*", "https://anything.example", true);
        row("one.example two.example", "https://two.example", true);
        row("10", "https://10.1.2.3", false);
        row("", "https://idp.example", false);
        // This machine is never reached through a proxy.
        row("", "https://localhost:1/x", true);
        row("", "https://a.localhost", true);
        row("", "https://127.8.8.8", true);
        row("", "https://[::1]:3/x", true);
    }
    void namedHostsAreReachedDirectly()
    {
        QFETCH(QString, except);
        QFETCH(QString, url);
        QFETCH(bool, isDirect);
        const auto proxies = Proxies::parse(u"http://proxy.example:1"_s, {}, {except});
        QVERIFY(proxies);
        QCOMPARE(proxies->proxyFor(QUrl(url)).type() == QNetworkProxy::NoProxy, isDirect);
    }

    void anAddressThatWasResolvedCountsLikeOneInTheUrl()
    {
        const auto proxies = Proxies::parse(u"http://proxy.example:1"_s, {}, {u"10.0.0.0/8"_s});
        const QUrl url(u"https://idp.example"_s);
        const auto isDirect = [&](const char *address) {
            return proxies->proxyFor(url, QHostAddress(QString::fromLatin1(address))).type()
                   == QNetworkProxy::NoProxy;
        };
        QVERIFY(isDirect("10.1.2.3"));
        QVERIFY(isDirect("127.0.0.1"));
        QVERIFY(!isDirect("192.0.2.1"));
    }

    void whatCannotBeAProxyIsRefusedWithoutShowingIt_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("socks") << u"socks5://u:hidden-1@proxy.example:1080"_s;
        QTest::newRow("https") << u"https://u:hidden-1@proxy.example"_s;
        QTest::newRow("path") << u"http://u:hidden-1@proxy.example/there"_s;
        QTest::newRow("port") << u"http://u:hidden-1@proxy.example:99999"_s;
        QTest::newRow("no host") << u"http://"_s;
    }
    void whatCannotBeAProxyIsRefusedWithoutShowingIt()
    {
        QFETCH(QString, text);
        const auto wrong = Proxies::parse(text, {}, {});
        QVERIFY(!wrong);
        QCOMPARE(wrong.error().problems.size(), 1);
        QCOMPARE(wrong.error().problems[0].path, u"HTTPS_PROXY"_s);
        QVERIFY(!wrong.error().problems[0].message.contains(u"hidden"));
        QVERIFY(!Proxies::parse({}, text, {}));
        QCOMPARE(Proxies::parse({}, text, {}).error().problems[0].path, u"HTTP_PROXY"_s);
    }

    void itsPasswordIsMaskedFromThenOn()
    {
        QVERIFY(Proxies::parse(u"http://u:proxy%40secret-314@proxy.example"_s, {}, {}));
        QVERIFY(!logging::redact(u"said proxy@secret-314 there"_s).contains(u"secret-314"));
        QVERIFY(!logging::redact(u"said proxy%40secret-314 there"_s).contains(u"secret-314"));
    }
};

QTEST_GUILESS_MAIN(tst_Proxies)
#include "tst_proxies.moc"
