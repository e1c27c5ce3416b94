// SPDX-License-Identifier: GPL-3.0-or-later
// Contract §7.4, K9.
#include "server/auth/claims.h"
#include "server/auth/entragroups.h"
#include "server/auth/membership.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtTest/QTest>

using namespace bridge;
using namespace bridge::auth;
using namespace Qt::StringLiterals;

namespace {

QJsonObject parsed(const QByteArray &json)
{
    return QJsonDocument::fromJson(json).object();
}

Principal read(const QByteArray &json, const QString &preset = u"contract"_s)
{
    const auto principal = principalFrom(parsed(json), u"https://idp"_s, claimRules(preset));
    return principal ? *principal : Principal{};
}

} // namespace

class tst_Claims : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theUserIsTheFirstClaimThatNamesOne_data()
    {
        QTest::addColumn<QByteArray>("claims");
        QTest::addColumn<QString>("user");
        QTest::addColumn<QString>("owner");
        const auto row = [](const char *name, const QByteArray &claims, const QString &user,
                            const QString &owner) {
            QTest::newRow(name) << claims << user << owner;
        };
        row("sub", "{\"sub\":\"s\",\"user_id\":\"u\",\"email\":\"e\"}", u"s"_s, u"https://idp#s"_s);
        row("user_id", "{\"sub\":\"\",\"user_id\":\"u\",\"uid\":\"x\"}", u"u"_s,
            u"https://idp#user_id#u"_s);
        row("uid", "{\"uid\":\"x\",\"email\":\"e\"}", u"x"_s, u"https://idp#uid#x"_s);
        row("number", "{\"uid\":7}", u"7"_s, u"https://idp#uid#7"_s);
        row("name", "{\"preferred_username\":\"p\",\"email\":\"e\"}", u"p"_s,
            u"https://idp#preferred_username#p"_s);
        row("mail", "{\"email\":\"e@x\"}", u"e@x"_s, u"https://idp#email#e@x"_s);
        row("blank", "{\"sub\":\"  \",\"email\":\"e\"}", u"e"_s, u"https://idp#email#e"_s);
        row("space", "{\"sub\":\"s \"}", u"s "_s, u"https://idp#s "_s);
        row("separator", "{\"sub\":\"a#b%23\"}", u"a#b%23"_s, u"https://idp#a%23b%2523"_s);
        row("nobody", "{\"groups\":[\"a\"]}", {}, u"anonymous"_s);
        row("object", "{\"sub\":{\"a\":1}}", {}, u"anonymous"_s);
    }

    void theUserIsTheFirstClaimThatNamesOne()
    {
        QFETCH(QByteArray, claims);
        QFETCH(QString, user);
        QFETCH(QString, owner);
        const Principal principal = read(claims);
        QCOMPARE(principal.userId, user);
        QCOMPARE(principal.owner, owner);
        QCOMPARE(principal.isAnonymous(), user.isEmpty());
    }

    void anotherClaimThanTheSubjectIsToldApart()
    {
        QCOMPARE(read("{\"sub\":\"alice\"}").namedBy, QString());
        QCOMPARE(read("{\"preferred_username\":\"alice\"}").namedBy, u"preferred_username"_s);
        QCOMPARE(read("{\"sub\":\" \",\"email\":\"alice\"}").namedBy, u"email"_s);
    }

    void theUserIdIsWhereItIsSaidToBe()
    {
        ClaimRules rules = claimRules(u"entra"_s);
        rules.user = u"oid"_s;
        const auto is = [&](const QByteArray &json) {
            const auto made = principalFrom(parsed(json), u"https://idp"_s, rules);
            return made ? QStringList{made->userId, made->namedBy, made->owner} : QStringList();
        };
        QCOMPARE(is("{\"sub\":\"s\",\"oid\":\"o\"}"),
                 QStringList({u"o"_s, QString(), u"https://idp#s"_s}));
        QCOMPARE(is("{\"oid\":\"o\"}"), QStringList({u"o"_s, QString(), u"https://idp#oid#o"_s}));
        for (const char *bad : {"{\"sub\":\"s\"}", "{\"sub\":\"s\",\"oid\":\"\"}",
                                "{\"sub\":\"s\",\"oid\":[\"a\",\"b\"]}"})
            QCOMPARE(is(bad), QStringList());
    }

    void noTwoPairsOfIssuerAndSubjectHaveOneOwner()
    {
        const QStringList parts{u"a"_s, u"a#b"_s, u"b"_s, u"a%23b"_s,
                                u"#"_s, u"%"_s,   u""_s,  u"b#c"_s};
        QSet<QString> owners;
        for (const QString &issuer : parts) {
            for (const QString &subject : parts)
                owners.insert(ownerOf(issuer, subject));
        }
        QCOMPARE(owners.size(), parts.size() * parts.size());
    }

    void groupsAndRolesComeFromTheirPlaces_data()
    {
        QTest::addColumn<QString>("preset");
        QTest::addColumn<QByteArray>("claims");
        QTest::addColumn<QStringList>("groups");
        QTest::addColumn<QStringList>("roles");
        const auto row = [](const char *name, const QString &preset, const QByteArray &claims,
                            const QStringList &groups, const QStringList &roles) {
            QTest::newRow(name) << preset << claims << groups << roles;
        };
        const QByteArray keycloak =
            "{\"sub\":\"s\",\"groups\":[\"/eng\",\"/eng/ui\"], "
            "\"realm_access\":{\"roles\":[\"admin\"]}, "
            "\"resource_access\":{\"c1\":{\"roles\":[\"r1\",\"r2\"]},\"c2\":{\"roles\":[\"r1\"]}}}";
        row("contract", u"contract"_s, keycloak,
            {u"eng"_s, u"eng/ui"_s, u"admin"_s, u"c1:r1"_s, u"c1:r2"_s, u"c2:r1"_s}, {u"admin"_s});
        row("keycloak", u"keycloak"_s, keycloak,
            {u"eng"_s, u"eng/ui"_s, u"admin"_s, u"c1:r1"_s, u"c1:r2"_s, u"c2:r1"_s}, {u"admin"_s});
        row("okta ignores Keycloak's", u"okta"_s, keycloak, {u"eng"_s, u"eng/ui"_s}, {});
        row("entra", u"entra"_s,
            "{\"oid\":\"o\",\"sub\":\"s\",\"groups\":[\"g1\"],\"wids\":[\"w1\"],\"roles\":[\"App."
            "Write\"]}",
            {u"g1"_s, u"w1"_s}, {u"App.Write"_s});
        row("wids by contract", u"contract"_s,
            "{\"sub\":\"s\",\"wids\":[\"w1\"],\"roles\":[\"r\"]}", {u"w1"_s}, {u"r"_s});
        row("auth0", u"auth0"_s,
            "{\"sub\":\"auth0|1\",\"https://x.example/groups\":[\"g\"],\"https://x.example/"
            "roles\":[\"r\"]}",
            {u"g"_s}, {u"r"_s});
        row("one text", u"contract"_s, "{\"sub\":\"s\",\"groups\":\"ops\"}", {u"ops"_s}, {});
        row("object", u"contract"_s,
            "{\"sub\":\"s\",\"groups\":{\"a\":\"b\",\"c\":[\"d\",null,\"e\"],\"f\":null}}",
            {u"a:b"_s, u"c:d"_s, u"c:e"_s}, {});
        row("odd entries", u"contract"_s,
            "{\"sub\":\"s\",\"groups\":[\"a\",null,\"\",\" \",7,true,\"a\"]}",
            {u"a"_s, u"7"_s, u"true"_s}, {});
        row("malformed", u"contract"_s,
            "{\"sub\":\"s\",\"groups\":null,\"realm_access\":\"x\",\"resource_access\":[1,{"
            "\"roles\":[\"y\"]}]}",
            {}, {});
        row("only slashes", u"contract"_s, "{\"sub\":\"s\",\"groups\":[\"/\",\"//\"]}", {}, {});
    }

    void groupsAndRolesComeFromTheirPlaces()
    {
        QFETCH(QString, preset);
        QFETCH(QByteArray, claims);
        QFETCH(QStringList, groups);
        QFETCH(QStringList, roles);
        const Principal principal = read(claims, preset);
        QCOMPARE(principal.groups, groups);
        QCOMPARE(principal.roles, roles);
    }

    void pathsMayBeConfigured()
    {
        const QJsonObject claims = parsed(
            "{\"a\":{\"b\":{\"c\":[\"x\"]}},\"a.b\":[\"dotted\"],\"https://n/g\":[\"url\"]}");
        QCOMPARE(valuesAt(claims, u"a.b.c"_s), QStringList{u"x"_s});
        QCOMPARE(valuesAt(claims, u"a.b"_s), QStringList{u"dotted"_s});
        QCOMPARE(valuesAt(claims, u"https://n/g"_s), QStringList{u"url"_s});
        QCOMPARE(valuesAt(claims, u"a.*.c"_s), QStringList{u"b:x"_s});
        for (const QString &path : {u""_s, u"."_s, u"a."_s, u"a.b.c.d"_s, u"z"_s, u"*/zz"_s})
            QVERIFY2(valuesAt(claims, path).isEmpty(), qPrintable(path));
    }

    void deepClaimsEndSomewhere()
    {
        QJsonValue value(u"deep"_s);
        for (int i = 0; i < 500; ++i)
            value = QJsonArray{value};
        QVERIFY(valuesAt({{u"groups"_s, value}}, u"groups"_s).isEmpty());
    }

    void scopesAreAListOrOneText()
    {
        QCOMPARE(read("{\"sub\":\"s\",\"scope\":\"a  b\",\"scp\":[\"b\",\"c d\"]}").scopes,
                 QStringList({u"a"_s, u"b"_s, u"c"_s, u"d"_s}));
        QCOMPARE(read("{\"sub\":\"s\",\"permissions\":[\"p\"]}", u"auth0"_s).scopes,
                 QStringList{u"p"_s});
    }

    void membershipFollowsTheTable_data()
    {
        QTest::addColumn<QString>("group");
        QTest::addColumn<bool>("exact");
        QTest::addColumn<bool>("loose");
        QTest::newRow("group") << u"eng"_s << true << true;
        QTest::newRow("slash asked") << u"/eng"_s << true << true;
        QTest::newRow("path") << u"eng/ui"_s << true << true;
        QTest::newRow("role") << u"admin"_s << true << true;
        QTest::newRow("client role") << u"c1:ops"_s << true << true;
        QTest::newRow("role of any client") << u"ops"_s << false << true;
        QTest::newRow("any role of a client") << u"c1"_s << false << true;
        QTest::newRow("part of a name") << u"en"_s << false << false;
        QTest::newRow("other case") << u"ENG"_s << false << false;
        QTest::newRow("nothing") << u""_s << false << false;
        QTest::newRow("slash") << u"/"_s << false << false;
        QTest::newRow("colon") << u":"_s << false << false;
    }

    void membershipFollowsTheTable()
    {
        QFETCH(QString, group);
        QFETCH(bool, exact);
        QFETCH(bool, loose);
        const Principal principal = read("{\"sub\":\"s\",\"groups\":[\"/eng\",\"/eng/ui\"], "
                                         "\"realm_access\":{\"roles\":[\"admin\"]},\"resource_"
                                         "access\":{\"c1\":{\"roles\":[\"ops\"]}}}");
        QCOMPARE(isMember(principal, group, false), exact);
        QCOMPARE(isMember(principal, group, true), loose);
        QCOMPARE(isInAnyGroup(principal, {u"nobody"_s, group}), exact);
    }

    void groupsMayBeLeftOutOfTheClaimsThatAreRead()
    {
        const auto isLeftOut = [](const char *path, const QJsonObject &claims) {
            ClaimRules rules;
            rules.groups = {QString::fromLatin1(path)};
            return leavesGroupsOut(claims, rules);
        };
        const auto names = [](const QString &name) {
            return QJsonObject{{"_claim_names"_L1, QJsonObject{{name, "src1"_L1}}}};
        };
        QVERIFY(isLeftOut("groups", names(u"groups"_s)));
        QVERIFY(isLeftOut("groups", {{"hasgroups"_L1, "True"_L1}}));
        QVERIFY(isLeftOut("groups", {{"_claim_sources"_L1, names(u"x"_s)["_claim_names"_L1]},
                                     {"hasgroups"_L1, true}}));
        QVERIFY(isLeftOut("realm_access.roles", names(u"realm_access"_s)));
        QVERIFY(isLeftOut("https://acme/groups", names(u"https://acme/groups"_s)));
        QVERIFY(!isLeftOut("roles", names(u"groups"_s)));
        QVERIFY(!isLeftOut("roles", {{"hasgroups"_L1, true}}));
        QVERIFY(!isLeftOut("groups", names(u"address"_s)));
        QJsonObject both = names(u"groups"_s);
        both.insert("groups"_L1, QJsonArray());
        QVERIFY(!isLeftOut("groups", both));
        ClaimRules roles;
        roles.roles = QStringList{u"groups"_s};
        QVERIFY(leavesGroupsOut(names(u"groups"_s), roles));
        QVERIFY(!leavesGroupsOut(names(u"groups"_s), {}));
    }
};

QTEST_GUILESS_MAIN(tst_Claims)
#include "tst_claims.moc"
