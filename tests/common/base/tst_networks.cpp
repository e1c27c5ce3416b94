// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/base/networks.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace Qt::StringLiterals;

class tst_Networks : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void holdTheirAddressesHoweverThoseAreWritten()
    {
        const auto networks = Networks::from({u"10.1.0.0/16"_s, u"fd00::/8"_s, u" 192.168.7.7"_s,
                                              u"::ffff:10.9.0.0/112"_s, u"2001:db8:0:1::53"_s});
        QVERIFY(networks.ok());
        for (const auto &inside : {u"10.1.2.3"_s, u"::ffff:10.1.2.3"_s, u"fd12::1"_s,
                                   u"192.168.7.7"_s, u"10.9.1.1"_s, u"2001:db8:0:1::53"_s})
            QVERIFY2(networks->contains(QHostAddress(inside)), qPrintable(inside));
        for (const auto &outside :
             {u"10.2.0.1"_s, u"::ffff:10.2.0.1"_s, u"fe80::1"_s, u"192.168.7.8"_s, u"::1"_s,
              u"64:ff9b::a01:203"_s, u"2001:db8:0:1::54"_s, QString()})
            QVERIFY2(!networks->contains(QHostAddress(outside)), qPrintable(outside));
        QVERIFY(!Networks().contains(QHostAddress(u"10.1.2.3"_s)));
    }

    void networksAroundTheUnspecifiedAddressAreOfIPv6()
    {
        const auto none = Networks::from({u"::/96"_s, u"::/127"_s});
        QVERIFY(none.ok());
        for (const auto &outside : {u"127.0.0.1"_s, u"10.0.0.1"_s, u"::ffff:10.0.0.1"_s})
            QVERIFY2(!none->contains(QHostAddress(outside)), qPrintable(outside));
        QVERIFY(none->contains(QHostAddress(u"::1"_s)));
        QVERIFY(Networks::from({u"::1/112"_s})->contains(QHostAddress(u"::1"_s)));
        QVERIFY(!Networks::from({u"0.0.0.0/8"_s})->contains(QHostAddress(u"::"_s)));
        QCOMPARE(plainAddress(QHostAddress(u"::"_s)).protocol(), QHostAddress::IPv6Protocol);
        QCOMPARE(plainAddress(QHostAddress(QHostAddress::Any)), QHostAddress(QHostAddress::Any));
    }

    void listsAreJoined()
    {
        Networks both = *Networks::from({u"10.0.0.1"_s});
        both += *Networks::from({u"10.0.0.2"_s});
        QVERIFY(both.contains(QHostAddress(u"10.0.0.1"_s)));
        QVERIFY(both.contains(QHostAddress(u"10.0.0.2"_s)));
        QVERIFY(!both.contains(QHostAddress(u"10.0.0.3"_s)));
    }

    void thoseThatHoldStrangersAreWide()
    {
        const auto wide = [](const QString &text) { return Networks::from({text})->areWide(); };
        QVERIFY(wide(u"0.0.0.0/0"_s));
        QVERIFY(wide(u"::/0"_s));
        QVERIFY(wide(u"::ffff:0:0/96"_s));
        QVERIFY(!wide(u"10.0.0.0/8"_s));
        QVERIFY(!wide(u"fd00::/16"_s));
        QVERIFY(!Networks().areWide());
    }

    void whatIsNoNetworkIsNamed_data()
    {
        QTest::addColumn<QString>("text");
        for (const char *text : {"10", "127/8", "10.0/8", "example.com", "10.0.0.0/33", "fd00::/200",
                                 "10.0.0.0/x", "/8", "", "10.0.0.300/8"})
            QTest::newRow(text) << QString::fromLatin1(text);
    }
    void whatIsNoNetworkIsNamed()
    {
        QFETCH(QString, text);
        const auto networks = Networks::from({u"10.0.0.0/8"_s, text});
        QVERIFY(!networks.ok());
        QCOMPARE(networks.error().code, ErrorCode::InvalidConfig);
        QVERIFY(networks.error().message.contains(u'"' + text + u'"'));
    }
};

QTEST_GUILESS_MAIN(tst_Networks)
#include "tst_networks.moc"
