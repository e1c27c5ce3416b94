// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/egress/addressrules.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::egress;
using namespace Qt::StringLiterals;

class tst_AddressRules : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void onlyThePublicInternetIsPublic_data()
    {
        QTest::addColumn<bool>("expected");
        for (const char *address :
             {"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1",
              "223.255.255.255", "2606:4700::1111", "2a00:1450:4001:81b::200e", "::ffff:8.8.8.8",
              "64:ff9b::808:808"})
            QTest::newRow(address) << true;
        for (const char *address : {"0.0.0.0",
                                    "0.1.2.3",
                                    "10.0.0.1",
                                    "10.255.255.255",
                                    "100.64.0.1",
                                    "100.127.255.255",
                                    "127.0.0.1",
                                    "127.255.255.254",
                                    "169.254.169.254",
                                    "172.16.0.1",
                                    "172.31.255.255",
                                    "192.0.0.1",
                                    "192.0.2.1",
                                    "192.88.99.1",
                                    "192.168.1.1",
                                    "198.18.0.1",
                                    "198.19.255.255",
                                    "198.51.100.7",
                                    "203.0.113.9",
                                    "224.0.0.1",
                                    "239.255.255.255",
                                    "240.0.0.1",
                                    "255.255.255.255",
                                    "::",
                                    "::1",
                                    "::7f00:1",
                                    "::ffff:127.0.0.1",
                                    "::ffff:10.0.0.1",
                                    "::ffff:169.254.169.254",
                                    "64:ff9b::a00:1",
                                    "64:ff9b::7f00:1",
                                    "64:ff9b:1::1",
                                    "100::1",
                                    "fc00::1",
                                    "fd12:3456::1",
                                    "fe80::1",
                                    "fec0::1",
                                    "ff02::1",
                                    "2001::1",
                                    "2001:db8::1",
                                    "2002:7f00:1::",
                                    "2002:a00:1::1",
                                    "3fff::1",
                                    "4000::1"})
            QTest::newRow(address) << false;
    }
    void onlyThePublicInternetIsPublic()
    {
        QFETCH(bool, expected);
        const QHostAddress address(QString::fromLatin1(QTest::currentDataTag()));
        QVERIFY(!address.isNull());
        QCOMPARE(isPublic(address), expected);
    }

    void nothingIsNotPublic() { QVERIFY(!isPublic(QHostAddress())); }

    void wrappedAddressesAreWhereTheWrappedOnesAre()
    {
        const auto networks = Networks::from({u"10.1.0.0/16"_s, u"fd00::/8"_s});
        QVERIFY(networks.ok());
        for (const auto &inside : {u"10.1.2.3"_s, u"::ffff:10.1.2.3"_s, u"64:ff9b::a01:203"_s})
            QVERIFY2(isWithin(QHostAddress(inside), *networks), qPrintable(inside));
        for (const auto &outside : {u"10.2.0.1"_s, u"64:ff9b::a02:1"_s, u"::1"_s})
            QVERIFY2(!isWithin(QHostAddress(outside), *networks), qPrintable(outside));
    }
};

QTEST_GUILESS_MAIN(tst_AddressRules)
#include "tst_addressrules.moc"
