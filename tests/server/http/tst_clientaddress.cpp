// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/clientaddress.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::http;
using namespace Qt::StringLiterals;

class tst_ClientAddress : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void proxiesTellWhoseAddressItIs_data()
    {
        QTest::addColumn<QString>("peer");
        QTest::addColumn<QList<QByteArray>>("fields");
        QTest::addColumn<QString>("address");
        const auto row = [](const char *name, const QString &peer, const QList<QByteArray> &fields,
                            const QString &address) {
            QTest::newRow(name) << peer << fields << address;
        };
        const QString proxy = u"10.0.0.1"_s;
        const QString client = u"198.51.100.1"_s;
        row("a stranger's word", u"192.0.2.1"_s, {"198.51.100.1"}, u"192.0.2.1"_s);
        row("a stranger in IPv6 clothes", u"::ffff:192.0.2.1"_s, {"1.2.3.4"}, u"192.0.2.1"_s);
        row("a proxy's", proxy, {"198.51.100.1"}, client);
        row("a proxy in IPv6 clothes", u"::ffff:10.0.0.1"_s, {"198.51.100.1"}, client);
        row("what a client adds", proxy, {"1.1.1.1, 198.51.100.1"}, client);
        row("two proxies", proxy, {"1.1.1.1, 198.51.100.1, 10.0.0.2"}, client);
        row("two fields", proxy, {"1.1.1.1", "198.51.100.1"}, client);
        row("ports", proxy, {"198.51.100.1:4711"}, client);
        row("IPv6", proxy, {"2001:db8::1"}, u"2001:db8::1"_s);
        row("IPv6 with a port", proxy, {"[2001:db8::1]:4711"}, u"2001:db8::1"_s);
        row("IPv4 in IPv6 clothes", proxy, {"::ffff:198.51.100.1"}, client);
        row("none", proxy, {}, proxy);
        row("proxies only", proxy, {"10.0.0.3"}, u"10.0.0.3"_s);
        row("empty elements", proxy, {"198.51.100.1, ,10.0.0.2,", ","}, client);
        // Whoever wrote these does not say where it came from.
        for (const char *text :
             {"unknown", "_hidden", "fe80::1%eth0 was verified", "1", "0x7f.1", "127.1", "[", "[]",
              "[::1", "[::1]x", "[::1]:", "198.51.100.1:x", "0198.51.100.1", "10.0.0.300", "1.2.3.4.5", "::::", "198.51.100.1 10.0.0.1",
              "2001:db8::0000000000000000000000000000000000000000000000000000000000001"})
            row(text, proxy, QList<QByteArray>{"198.51.100.9", text}, proxy);
    }
    void proxiesTellWhoseAddressItIs()
    {
        QFETCH(QString, peer);
        QFETCH(QList<QByteArray>, fields);
        QFETCH(QString, address);
        Request request;
        for (const QByteArray &field : std::as_const(fields))
            request.headers.append({"X-Forwarded-For"_ba, field});
        request.peer = QHostAddress(peer);
        const auto proxies = Networks::from({u"10.0.0.0/8"_s});
        const QHostAddress found = clientAddress(request, *proxies);
        QCOMPARE(found, QHostAddress(address));
        QCOMPARE(found.toString(), address);
    }

    void onlySoManyHopsAreLookedAt()
    {
        const auto chain = [](int proxies) -> QByteArray {
            return "198.51.100.1" + QByteArray(", 10.0.0.2").repeated(proxies);
        };
        const auto proxies = Networks::from({u"10.0.0.0/8"_s});
        Request request;
        request.peer = QHostAddress(u"10.0.0.1"_s);
        request.headers = {{"X-Forwarded-For"_ba, chain(kMostHops - 1)}};
        QCOMPARE(clientAddress(request, *proxies), QHostAddress(u"198.51.100.1"_s));
        request.headers = {{"X-Forwarded-For"_ba, chain(kMostHops)}};
        QCOMPARE(clientAddress(request, *proxies), QHostAddress(u"10.0.0.2"_s));
    }
};

QTEST_GUILESS_MAIN(tst_ClientAddress)
#include "tst_clientaddress.moc"
