// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/policy/dataaccess.h"
#include "server/policy/groupgate.h"

#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace bridge;
using namespace bridge::policy;

namespace {

auth::Principal user(const QString &id, const QStringList &groups = {},
                     const QStringList &roles = {})
{
    auth::Principal principal;
    principal.kind = auth::Principal::Kind::User;
    principal.issuer = u"https://idp.example"_s;
    principal.subject = id;
    principal.userId = id;
    principal.owner = u"https://idp.example#"_s + id;
    principal.groups = groups;
    principal.roles = roles;
    principal.isVerified = true;
    return principal;
}

QMap<QString, QString> valuesOf(const auth::Principal &principal, const QString &group = {},
                                const DataAccessOptions &options = {})
{
    const auto values = DataAccess(options).placeholdersFor(principal, group);
    return values ? *values : QMap<QString, QString>{{u"error"_s, codeName(values.error().code)}};
}

} // namespace

class TestDataAccess : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void givesUsersAndGroupsPlacesOfTheirOwn()
    {
        const auto alice = user(u"alice"_s, {u"ops"_s});
        QCOMPARE(valuesOf(alice)[u"data_path"_s], u"u/alice"_s);
        QCOMPARE(valuesOf(alice)[u"user_id"_s], u"alice"_s);
        QCOMPARE(valuesOf(alice)[u"group_id"_s], u"default"_s);
        QCOMPARE(valuesOf(alice, u"ops"_s)[u"data_path"_s], u"g/ops"_s);
        QCOMPARE(valuesOf(alice, u"ops"_s)[u"group_id"_s], u"ops"_s);
    }

    void givesNobodyThePlaceOfASubjectOfHisName()
    {
        auth::Principal other = user(u"alice"_s, {u"ops"_s});
        other.namedBy = u"email"_s;
        QCOMPARE(valuesOf(other)[u"data_path"_s], u"u/alice~email"_s);
        QCOMPARE(valuesOf(other)[u"user_id"_s], u"alice~email"_s);
        QCOMPARE(valuesOf(other, u"ops"_s)[u"data_path"_s], u"g/ops"_s);
        other.namedBy = u"uid"_s;
        QCOMPARE(valuesOf(other)[u"data_path"_s], u"u/alice~uid"_s);
        other.issuer = u"https://partner"_s;
        DataAccessOptions two;
        two.mainIssuer = u"https://idp.example"_s;
        QVERIFY(valuesOf(other, {}, two)[u"data_path"_s].startsWith("u/alice~uid~"_L1));
        auth::Principal proxied = user(u"alice"_s, {u"ops"_s});
        proxied.issuer.clear();
        proxied.strategy = u"proxy"_s;
        QCOMPARE(valuesOf(proxied)[u"data_path"_s], u"u/alice"_s);
        two.marksProxies = true;
        QCOMPARE(valuesOf(proxied, {}, two)[u"data_path"_s], u"u/alice~proxy"_s);
        QCOMPARE(valuesOf(proxied, u"ops"_s, two)[u"data_path"_s], u"g/ops"_s);
        proxied.namedBy = u"email"_s;
        QCOMPARE(valuesOf(proxied, {}, two)[u"data_path"_s], u"u/alice~email~proxy"_s);
    }

    void givesEachApiKeyAPlaceByItsId()
    {
        auth::Principal key;
        key.kind = auth::Principal::Kind::Service;
        key.owner = u"key:0123456789ab"_s;
        key.name = u"alice"_s; // as others may be called, too
        key.groups = {u"ci"_s};
        key.isVerified = true;
        QCOMPARE(valuesOf(key)[u"data_path"_s], u"u/0123456789ab~key"_s);
        QCOMPARE(valuesOf(key)[u"user_id"_s], u"0123456789ab~key"_s);
        QCOMPARE(valuesOf(key, u"ci"_s)[u"data_path"_s], u"g/ci~key"_s);
        const auto refused = DataAccess().placeholdersFor(key, u"hr"_s);
        QCOMPARE(refused.error().message,
                 u"The API key \"0123456789ab\" is no member of group \"hr\"."_s);
    }

    void tellsTheLogAloneHowManyGroupsCame()
    {
        const auto wrong = checkRequiredGroups(user(u"a"_s, {u"dev"_s}, {u"app:x"_s}), {u"ops"_s});
        QCOMPARE(wrong->logged["groups"_L1].toInt(), 2);
        QVERIFY(!wrong->message.contains("dev"_L1));
        QCOMPARE(checkRequiredGroups(user(u"a"_s), {u"ops"_s})->logged["groups"_L1].toInt(-1), 0);
        const auto refused = DataAccess().placeholdersFor(user(u"eve"_s, {u"dev"_s}), u"hr"_s);
        QCOMPARE(refused.error().logged["groups"_L1].toInt(), 1);
    }

    void asksForATokenBeforeAGroup()
    {
        QCOMPARE(valuesOf(auth::Principal(), u"ops"_s)[u"error"_s], u"bad_request"_s);
        QVERIFY(valuesOf(auth::Principal()).isEmpty());
    }

    void refusesGroupsTheCallerIsNotIn()
    {
        const auto refused = DataAccess().placeholdersFor(user(u"eve"_s, {u"ops"_s}), u"hr"_s);
        QVERIFY(!refused);
        QCOMPARE(httpStatus(refused.error()), 403);
        QVERIFY(refused.error().message.contains("eve"_L1));
        QVERIFY(refused.error().message.contains("hr"_L1));
        QCOMPARE(valuesOf(user(u"eve"_s, {u"ops"_s}), u"/"_s)[u"error"_s], u"bad_request"_s);
    }

    void trustsNoClaimNobodyHasChecked()
    {
        auth::Principal read = user(u"alice"_s, {u"ops"_s});
        read.isVerified = false;
        QVERIFY(valuesOf(read).isEmpty());
        QCOMPARE(valuesOf(read, u"ops"_s)[u"error"_s], u"forbidden"_s);
        auth::Principal stranger; // with a token that is not verified
        stranger.token = "x";
        QVERIFY(valuesOf(stranger).isEmpty());
        QCOMPARE(valuesOf(stranger, u"ops"_s)[u"error"_s], u"forbidden"_s);
        QCOMPARE(checkRequiredGroups(stranger, {u"ops"_s})->code, ErrorCode::InvalidToken);
    }

    void knowsMembers_data()
    {
        QTest::addColumn<QString>("entry");
        QTest::addColumn<QString>("group");
        QTest::addColumn<bool>("isData");
        QTest::addColumn<bool>("isGate");
        const auto row = [](const QString &entry, const QString &group, bool data, bool gate) {
            QTest::newRow(qPrintable(entry + u" for "_s + group)) << entry << group << data << gate;
        };
        row(u"ops"_s, u"ops"_s, true, true);
        row(u"/ops"_s, u"ops"_s, true, true);
        row(u"ops"_s, u"/ops"_s, true, true);
        row(u"/parent/ops"_s, u"ops"_s, false, false);
        row(u"/parent/ops"_s, u"parent/ops"_s, true, true);
        row(u"client:ops"_s, u"ops"_s, true, false);
        row(u"ops:reader"_s, u"ops"_s, true, false);
        row(u"client:ops"_s, u"client:ops"_s, true, true);
        row(u"devops"_s, u"ops"_s, false, false);
        row(u"opsx"_s, u"ops"_s, false, false);
        row(u"client:devops"_s, u"ops"_s, false, false);
        row(u"OPS"_s, u"ops"_s, false, false);
        row(u""_s, u"ops"_s, false, false);
    }
    void knowsMembers()
    {
        QFETCH(QString, entry);
        QFETCH(QString, group);
        QFETCH(bool, isData);
        QFETCH(bool, isGate);
        for (const auto &principal : {user(u"a"_s, {entry}), user(u"a"_s, {}, {entry})}) {
            QCOMPARE(!valuesOf(principal, group).contains(u"error"_s), isData);
            QCOMPARE(!checkRequiredGroups(principal, {u"other"_s, group}).has_value(), isGate);
        }
        DataAccessOptions strict;
        strict.matchClientRoles = false;
        QCOMPARE(!valuesOf(user(u"a"_s, {entry}), group, strict).contains(u"error"_s), isGate);
    }

    void guardsTheGate()
    {
        QVERIFY(!checkRequiredGroups(auth::Principal(), {}));
        QCOMPARE(httpStatus(*checkRequiredGroups(auth::Principal(), {u"ops"_s})), 401);
        QCOMPARE(httpStatus(*checkRequiredGroups(user(u"a"_s), {u"ops"_s})), 403);
        auth::Principal partner = user(u"a"_s);
        partner.groups = {u"ops"_s};
        QVERIFY(!checkRequiredGroups(partner, {u"ops"_s}));
        partner.opensRequiredGroups = false; // of another issuer's group
        QCOMPARE(httpStatus(*checkRequiredGroups(partner, {u"ops"_s})), 403);
        auth::Principal read = user(u"a"_s, {u"ops"_s});
        read.isVerified = false;
        QCOMPARE(httpStatus(*checkRequiredGroups(read, {u"ops"_s})), 401);
    }

    void encodesNames_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("percent");
        QTest::addColumn<QString>("legacy");
        const auto row = [](const QString &name, const QString &percent, const QString &legacy) {
            QTest::newRow(qPrintable(name)) << name << percent << legacy;
        };
        row(u"alice"_s, u"alice"_s, u"alice"_s);
        row(u"a.b_c:d-e"_s, u"a.b_c:d-e"_s, u"a.b_c:d-e"_s);
        row(u"group/with/slashes"_s, u"group%2Fwith%2Fslashes"_s, u"groupwithslashes"_s);
        row(u"..group"_s, u"%2E%2Egroup"_s, u"_group"_s);
        row(u"group name"_s, u"group%20name"_s, u"groupname"_s);
        row(u"..."_s, u"%2E%2E%2E"_s, u"_"_s);
        row(u"."_s, u"%2E"_s, u"_"_s);
        row(u"../../etc"_s, u"%2E%2E%2F%2E%2E%2Fetc"_s, u"_etc"_s);
        row(u"a\"b';c"_s, u"a%22b%27%3Bc"_s, u"abc"_s);
        row(u"a%2Fb"_s, u"a%252Fb"_s, u"a2Fb"_s);
        row(u"~root"_s, u"%7Eroot"_s, u"root"_s);
        row(u"-rf"_s, u"%2Drf"_s, u"-rf"_s);
        row(u"Müller"_s, u"Müller"_s, u"Müller"_s);
        row(u"Mu\u0308ller"_s, u"Mu%CC%88ller"_s, u"Muller"_s);
        row(u"\u212Aelvin"_s, u"%E2%84%AAelvin"_s, u"\u212Aelvin"_s);
        row(u"名前"_s, u"名前"_s, u"名前"_s);
        row(u"a\U0001F600b"_s, u"a%F0%9F%98%80b"_s, u"ab"_s);
        row(u"a\nb\0c"_s, u"a%0Ab%00c"_s, u"abc"_s);
        row(u""_s, u""_s, u""_s);
        row(u"///"_s, u"%2F%2F%2F"_s, u""_s);
    }
    void encodesNames()
    {
        QFETCH(QString, name);
        QTEST(encodedIdentifier(name, false), "percent");
        QTEST(legacyIdentifier(name), "legacy");
    }

    void keepsNamesApartThatFileSystemsFold()
    {
        QCOMPARE(encodedIdentifier(u"Bob"_s, true), u"%42ob"_s);
        QCOMPARE(encodedIdentifier(u"bob"_s, true), u"bob"_s);
        QCOMPARE(encodedIdentifier(u"a:b"_s, true), u"a%3Ab"_s);
        QCOMPARE(encodedIdentifier(u"con"_s, true), u"%63on"_s);
        QCOMPARE(encodedIdentifier(u"com1.x"_s, true), u"%63om1.x"_s);
        QCOMPARE(encodedIdentifier(u"a."_s, true), u"a%2E"_s);
        QVERIFY(encodedIdentifier(u"straße"_s, true) != encodedIdentifier(u"strasse"_s, true));
    }

    void cutsLongNamesWithoutMixingThemUp()
    {
        QSet<QString> seen;
        for (const QString &tail : {u"a"_s, u"b"_s, u"/"_s, u"\U0001F600"_s}) {
            for (const QString &body : {QString(200, u'x'), QString(90, u'\u540D'),
                                        QString(60, u'/'), QString(39, u'/')}) {
                const QString name = encodedIdentifier(body + tail, false);
                QVERIFY(name.toUtf8().size() <= kMaxIdentifierBytes);
                QVERIFY(!seen.contains(name));
                seen.insert(name);
            }
        }
        QCOMPARE(legacyIdentifier(QString(200, u'x')).size(), 100);
    }

    void refusesNamesThatAreNoText()
    {
        QCOMPARE(encodedIdentifier(QString(QChar(0xD800)), false), QString());
        const auto broken = user(u"alice"_s, {QString(QChar(0xD800))});
        QCOMPARE(valuesOf(broken, QString(QChar(0xD800)))[u"error"_s], u"forbidden"_s);
    }

    void neverGivesTwoNamesOnePlace()
    {
        // Whatever two characters: what comes out tells them apart.
        const QString pieces = u"a/. %~-_:A\u00e4\u0308\u212A"_s;
        QHash<QString, QString> seen;
        for (const QChar a : pieces) {
            for (const QChar b : pieces) {
                for (const QChar c : pieces) {
                    const QString name = QString(a) + b + c;
                    const QString key =
                        encodedIdentifier(name, false).normalized(QString::NormalizationForm_C);
                    QVERIFY2(!seen.contains(key), qPrintable(name + u" and "_s + seen.value(key)));
                    seen.insert(key, name);
                    QVERIFY(!key.contains(u'/') && !key.contains(".."_L1) && !key.contains(u'~'));
                }
            }
        }
    }

    void keepsEqualNamesOfDifferentIssuersApart()
    {
        DataAccessOptions options;
        options.mainIssuer = u"https://idp.example"_s;
        auth::Principal other = user(u"alice"_s, {u"ops"_s});
        other.issuer = u"https://other.example"_s;
        QCOMPARE(valuesOf(user(u"alice"_s), {}, options)[u"data_path"_s], u"u/alice"_s);
        const QString path = valuesOf(other, {}, options)[u"data_path"_s];
        QVERIFY(path.startsWith("u/alice~"_L1));
        QVERIFY(valuesOf(other, u"ops"_s, options)[u"data_path"_s].startsWith("g/ops~"_L1));
        for (const Encoding encoding : {Encoding::Percent, Encoding::Legacy}) {
            options.encoding = encoding;
            options.primaryGroup = true;
            const auto own = valuesOf(user(u"alice"_s, {u"ops"_s}), u"ops"_s, options);
            const auto theirs = valuesOf(other, u"ops"_s, options);
            for (const QString &name : {u"user_id"_s, u"group_id"_s, u"data_path"_s})
                QVERIFY(own[name] != theirs[name]);
            QVERIFY(valuesOf(user(u"alice"_s, {u"ops"_s}), {}, options)[u"group_id"_s]
                    != valuesOf(other, {}, options)[u"group_id"_s]);
        }
        other.kind = auth::Principal::Kind::Service;
        other.owner = u"key:alice"_s;
        QCOMPARE(valuesOf(other)[u"data_path"_s], u"u/alice~key"_s);
    }

    void choosesTheGroupNobodyNamed()
    {
        const auto alice = user(u"alice"_s, {u"/hr"_s, u"ops"_s});
        DataAccessOptions options;
        options.primaryGroup = true;
        QCOMPARE(valuesOf(alice, {}, options)[u"group_id"_s], u"hr"_s);
        QCOMPARE(valuesOf(user(u"bob"_s), {}, options)[u"group_id"_s], u"default"_s);
        options.defaultGroup = u"everybody"_s;
        QCOMPARE(valuesOf(alice, {}, options)[u"group_id"_s], u"everybody"_s);
        QCOMPARE(valuesOf(alice, {}, options)[u"data_path"_s], u"u/alice"_s);
    }

    void leavesOutWhatTheTokenDoesNotTell()
    {
        const auto values = valuesOf(user({}, {u"ops"_s}));
        QVERIFY(!values.contains(u"user_id"_s));
        QVERIFY(!values.contains(u"data_path"_s));
        QCOMPARE(valuesOf(user({}, {u"ops"_s}), u"ops"_s)[u"data_path"_s], u"g/ops"_s);
    }

    void looksIntoNoValueAgain()
    {
        const auto odd = user(u"{group_id}"_s, {u"ops"_s});
        DataAccessOptions options;
        options.encoding = Encoding::Legacy;
        options.groupTemplate = u"{group_id}/{user_id}"_s;
        QCOMPARE(valuesOf(odd, u"ops"_s, options)[u"data_path"_s], u"ops/group_id"_s);
        options.encoding = Encoding::Percent;
        QCOMPARE(valuesOf(odd, u"ops"_s, options)[u"data_path"_s], u"ops/%7Bgroup_id%7D"_s);
    }

    void refusesTemplatesThatTellNobodyApart()
    {
        QVERIFY(DataAccess::check({}).isEmpty());
        DataAccessOptions options;
        options.userTemplate = u"shared"_s;
        QCOMPARE(DataAccess::check(options).first().path, u"MCP_USER_DATA_ACCESS_TEMPLATE"_s);
        options = {};
        options.groupTemplate = u"d/{group_id}"_s;
        options.userTemplate = u"d/{user_id}"_s;
        QCOMPARE(DataAccess::check(options).size(), 1);
        options.userTemplate = u"../{user_id}"_s;
        QCOMPARE(DataAccess::check(options).size(), 1);
        options.userTemplate = u"/data/{user_id}"_s;
        QCOMPARE(DataAccess::check(options).size(), 1);
    }
};

QTEST_GUILESS_MAIN(TestDataAccess)
#include "tst_dataaccess.moc"
