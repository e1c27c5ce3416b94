// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/names.h"
#include "server/gateway/uritemplate.h"

#include <QtCore/QRandomGenerator>
#include <QtCore/QRegularExpression>
#include <QtTest/QtTest>

using namespace bridge::gateway;
using namespace Qt::StringLiterals;

namespace {

QString randomName(QRandomGenerator &random)
{
    static const QString letters = u"ab_-./ é"_s;
    QString name;
    const int length = random.bounded(1, 90);
    for (int i = 0; i < length; ++i)
        name += letters[random.bounded(int(letters.size()))];
    return name;
}

} // namespace

class NamesTest : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void plainNamesAreJoined();
    void everyAliasFitsEveryClient();
    void differentThingsHaveDifferentAliases();
    void ambiguousServerNamesAreHashed();
    void urisArePrefixedAndSplit();
    void otherUrisAreNotSplit();
    void templatesMatch_data();
    void templatesMatch();
};

void NamesTest::plainNamesAreJoined()
{
    QCOMPARE(aliasOf(u"files"_s, u"read-file"_s), u"files__read-file"_s);
}

void NamesTest::everyAliasFitsEveryClient()
{
    QRandomGenerator random(7);
    static const QRegularExpression fit(u"^[A-Za-z0-9_-]{1,64}$"_s);
    for (int i = 0; i < 5'000; ++i) {
        const QString server = randomName(random);
        const QString tool = randomName(random);
        const QString alias = aliasOf(server, tool);
        QVERIFY2(fit.match(alias).hasMatch(), qPrintable(alias));
        QCOMPARE(aliasOf(server, tool), alias);
        QVERIFY(mayBeAliasOf(alias, server));
    }
}

void NamesTest::differentThingsHaveDifferentAliases()
{
    QRandomGenerator random(11);
    QHash<QString, std::pair<QString, QString>> seen;
    for (int i = 0; i < 20'000; ++i) {
        const QString server = randomName(random).left(4);
        const QString tool = randomName(random).left(60);
        const QString alias = aliasOf(server, tool);
        const std::pair<QString, QString> whole(server, tool);
        if (seen.contains(alias))
            QCOMPARE(seen[alias], whole);
        seen.insert(alias, whole);
    }
}

void NamesTest::ambiguousServerNamesAreHashed()
{
    QVERIFY(aliasOf(u"a"_s, u"b__c"_s) != aliasOf(u"a__b"_s, u"c"_s));
    QVERIFY(aliasOf(u"a"_s, u"_b"_s) != aliasOf(u"a_"_s, u"b"_s));
    QCOMPARE(aliasOf(u"a"_s, u"b__c"_s), u"a__b__c"_s);
}

void NamesTest::urisArePrefixedAndSplit()
{
    const QString uri = u"file:///a/{path}?q=1#x"_s;
    const QString prefixed = prefixedUri(u"my server/é"_s, uri);
    QVERIFY(prefixed.startsWith("bridge://"_L1));
    const auto parts = splitUri(prefixed);
    QVERIFY(parts);
    QCOMPARE(parts->server, u"my server/é"_s);
    QCOMPARE(parts->uri, uri);
}

void NamesTest::otherUrisAreNotSplit()
{
    QVERIFY(!splitUri(u"file:///a"_s));
    QVERIFY(!splitUri(u"bridge://only"_s));
}

void NamesTest::templatesMatch_data()
{
    QTest::addColumn<QString>("uriTemplate");
    QTest::addColumn<QString>("uri");
    QTest::addColumn<bool>("fits");
    QTest::newRow("same") << u"a://b"_s << u"a://b"_s << true;
    QTest::newRow("other") << u"a://b"_s << u"a://c"_s << false;
    QTest::newRow("variable") << u"a://{x}/b"_s << u"a://1/b"_s << true;
    QTest::newRow("empty") << u"a://{x}/b"_s << u"a:///b"_s << true;
    QTest::newRow("tail") << u"a://{x}/b"_s << u"a://1/c"_s << false;
    QTest::newRow("two") << u"a://{x}/b/{y}"_s << u"a://1/b/2"_s << true;
    QTest::newRow("order") << u"a://{x}/b/{y}/c"_s << u"a://1/c/2/b"_s << false;
    QTest::newRow("overlap") << u"ab{x}ba"_s << u"aba"_s << false;
    QTest::newRow("open brace") << u"a://{x"_s << u"a://{x"_s << true;
}

void NamesTest::templatesMatch()
{
    QFETCH(QString, uriTemplate);
    QFETCH(QString, uri);
    QFETCH(bool, fits);
    QCOMPARE(matchesTemplate(uriTemplate, uri), fits);
}

QTEST_GUILESS_MAIN(NamesTest)
#include "tst_names.moc"
