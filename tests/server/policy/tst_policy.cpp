// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/policy/warden.h"

#include <QtCore/QJsonDocument>
#include <QtTest/QSignalSpy>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace bridge;
using namespace bridge::policy;

namespace {

const QString kPartner = u"https://partner"_s;
const KnownNames kServers{{u"files"_s, u"memory"_s, u"git-main"_s}, {u"https://idp"_s, kPartner}};

/// Quotes are single ones in here, as moc stumbles over raw strings.
QJsonObject parsed(QByteArray json)
{
    return QJsonDocument::fromJson(json.replace('\'', '"')).object();
}

Policy policyOf(const QByteArray &json)
{
    auto policy = Policy::load(parsed(json), kServers);
    if (!policy) {
        for (const FieldProblem &problem : policy.error().problems)
            qWarning().noquote() << problem.path << problem.message;
        return {};
    }
    return *policy;
}

/// Of one rule, with default deny where it allows and the other way round.
Policy single(const QByteArray &rule)
{
    const bool allows = rule.contains("'allow'") || rule.contains("\"allow\"");
    return policyOf("{\"default\":\"" + QByteArray(allows ? "deny" : "allow") + "\",\"rules\":["
                    + rule + "]}");
}

auth::Principal user(const QString &id)
{
    auth::Principal principal;
    principal.kind = auth::Principal::Kind::User;
    principal.userId = id;
    principal.owner = u"https://idp#"_s + id;
    principal.isVerified = true;
    return principal;
}

/// Called the same as somebody of the issuer people log in at, and in a group of that name.
auth::Principal partner(const QString &id)
{
    auth::Principal principal = user(id);
    principal.owner = kPartner + u'#' + id;
    principal.issuer = kPartner;
    principal.isOfMainIssuer = false;
    return principal;
}

Action tool(const QString &name, const QString &server = u"files"_s)
{
    Action action;
    action.server = server;
    action.name = name;
    return action;
}

Action resource(const QString &uri)
{
    Action action = tool(uri);
    action.kind = Action::Kind::Resource;
    return action;
}

bool allows(const Policy &policy, const auth::Principal &principal, const Action &action)
{
    return policy.decide(principal, action).isAllowed();
}

bool allowsCall(const Policy &policy, const QString &name, const QByteArray &arguments)
{
    const QJsonObject object = parsed(arguments);
    Action action = tool(name);
    action.isCall = true;
    action.arguments = &object;
    return allows(policy, user(u"alice"_s), action);
}

} // namespace

class TestPolicy : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void allowsEverythingWithoutRules()
    {
        const auto none = Policy::load(QJsonValue(QJsonValue::Undefined), kServers);
        QVERIFY(none && none->isEmpty());
        QVERIFY(allows(*none, auth::Principal(), tool(u"x"_s)));
        QVERIFY(!policyOf("{'default':'deny'}").isEmpty());
        QVERIFY(!allows(policyOf("{'default':'deny'}"), user(u"a"_s), tool(u"x"_s)));
    }

    void takesTheFirstRuleThatFits()
    {
        const Policy policy = policyOf(
            "{'default':'deny','rules':[{'effect':'deny','tools':'delete_*'},{'effect':'allow','"
            "tools':['*_file','list'],'servers':'files'},{'effect':'deny','tools':'write_file'}]}");
        QCOMPARE(policy.decide(user(u"a"_s), tool(u"delete_file"_s)).rule, 0);
        QVERIFY(!allows(policy, user(u"a"_s), tool(u"delete_file"_s)));
        QCOMPARE(policy.decide(user(u"a"_s), tool(u"write_file"_s)).rule, 1);
        QVERIFY(allows(policy, user(u"a"_s), tool(u"write_file"_s)));
        QVERIFY(!allows(policy, user(u"a"_s), tool(u"write_file"_s, u"memory"_s)));
        QCOMPARE(policy.decide(user(u"a"_s), tool(u"other"_s)).rule, -1);
    }

    void tellsCallersApart_data()
    {
        QTest::addColumn<QByteArray>("who");
        QTest::addColumn<bool>("alice");
        QTest::addColumn<bool>("bob");
        QTest::addColumn<bool>("nobody");
        const auto row = [](const char *who, bool alice, bool bob, bool nobody) {
            QTest::newRow(who) << QByteArray(who) << alice << bob << nobody;
        };
        row("'users':'alice'", true, false, false);
        row("'users':['alice','bob']", true, true, false);
        row("'users':'*'", true, true, false);
        row("'users':'anonymous'", false, false, true);
        row("'users':['*','anonymous']", true, true, true);
        row("'users':'https://idp#alice'", true, false, false);
        row("'users':'alice@example.com'", true, false, false);
        row("'users':'bob@example.com'", false, false, false);
        row("'groups':'ops'", true, false, false);
        row("'groups':'/ops'", true, false, false);
        row("'groups':'o*'", true, false, false);
        row("'groups':'admin'", false, false, false);
        row("'roles':'admin'", true, false, false);
        row("'scopes':'tools:read'", false, true, false);
        row("'clients':'cli'", false, true, false);
        row("'clients':'*'", false, true, false);
        row("'groups':'ops','users':'bob'", false, false, false);
        row("'groups':'ops','users':'alice','roles':['x','admin']", true, false, false);
    }
    void tellsCallersApart()
    {
        QFETCH(QByteArray, who);
        auth::Principal alice = user(u"alice"_s);
        alice.groups = {u"/ops"_s};
        alice.roles = {u"admin"_s};
        alice.claims = {{u"email"_s, u"alice@example.com"_s}, {u"email_verified"_s, true}};
        auth::Principal bob = user(u"bob"_s);
        bob.claims = {{u"email"_s, u"bob@example.com"_s}};
        bob.scopes = {u"tools:read"_s};
        bob.clientId = u"cli"_s;
        const Policy allow = single("{\"effect\":\"allow\"," + who + '}');
        const Policy deny = single("{\"effect\":\"deny\"," + who + '}');
        QTEST(allows(allow, alice, tool(u"x"_s)), "alice");
        QTEST(allows(allow, bob, tool(u"x"_s)), "bob");
        QTEST(allows(allow, auth::Principal(), tool(u"x"_s)), "nobody");
        QTEST(!allows(deny, alice, tool(u"x"_s)), "alice");
        QTEST(!allows(deny, bob, tool(u"x"_s)), "bob");
        QTEST(!allows(deny, auth::Principal(), tool(u"x"_s)), "nobody");
    }

    void scopesOfFurtherIssuersCountWhereTheRuleNamesIssuers()
    {
        auth::Principal own = user(u"alice"_s);
        auth::Principal other = partner(u"eve"_s);
        own.scopes = other.scopes = {u"files:write"_s};
        Action call = tool(u"x"_s);
        call.isCall = true;
        for (const QByteArray key : {"\"scopes\"", "\"requireScope\""}) {
            const QByteArray rule = "\"effect\":\"allow\"," + key + ":\"files:write\"";
            QVERIFY(allows(single('{' + rule + '}'), own, call));
            QCOMPARE(single('{' + rule + '}').decide(other, call).outcome,
                     Decision::Outcome::Hidden);
            QVERIFY(allows(single('{' + rule + ",\"issuers\":\"*\"}"), other, call));
        }
        QVERIFY(!allows(single("{\"effect\":\"deny\",\"scopes\":\"files:write\"}"), other, call));
    }

    void rulesThatAskForScopesHoldWhicheverIssuerTheCallerComesFrom_data()
    {
        QTest::addColumn<QByteArray>("members");
        QTest::addColumn<bool>("applies");
        QTest::newRow("all") << ""_ba << true;
        QTest::newRow("groups") << ",'groups':'ops'"_ba << true;
        QTest::newRow("everybody") << ",'users':'*'"_ba << true;
        QTest::newRow("arguments") << ",'arguments':{'/p':{'glob':'/data/*'}}"_ba << true;
        // Neither is he the one meant, nor does the rule mean his issuer.
        QTest::newRow("people") << ",'users':'alice'"_ba << false;
        QTest::newRow("issuers") << ",'issuers':'https://idp'"_ba << false;
    }
    void rulesThatAskForScopesHoldWhicheverIssuerTheCallerComesFrom()
    {
        QFETCH(QByteArray, members);
        QFETCH(bool, applies);
        const Policy policy = policyOf("{'default':'allow','rules':[{'effect':'allow',"
                                       "'tools':'write','requireScope':'files:write'"
                                       + members + "}]}");
        auth::Principal other = partner(u"alice"_s);
        other.groups = {u"ops"_s};
        other.scopes = {u"files:write"_s}; // of an issuer the rule does not name
        const QJsonObject climbing = parsed("{'p':'/data/../etc'}");
        Action call = tool(u"write"_s);
        call.isCall = true;
        call.arguments = &climbing;
        QCOMPARE(policy.decide(other, call).isHidden(), applies);
        QVERIFY(allows(policy, other, tool(u"read"_s)));
        const Action listed = tool(u"write"_s);
        QCOMPARE(policy.decide(other, listed).isHidden(), applies && !members.contains("'/p'"));
        if (applies) {
            const QJsonObject told = policy.explain(other, call);
            QCOMPARE(told["decision"_L1].toString(), u"deny"_s);
            QVERIFY(told["reason"_L1].toString().contains(u"issuer"_s));
        }
    }

    void hidesServersOfWhichOnlyScopesOfOthersOpenSomething()
    {
        const Policy policy = policyOf("{'default':'allow','rules':[{'effect':'allow','servers':"
                                       "'files','requireScope':'files:read'}]}");
        QVERIFY(policy.showsServer(user(u"alice"_s), u"files"_s));
        QVERIFY(!policy.showsServer(partner(u"alice"_s), u"files"_s));
        QVERIFY(policy.showsServer(partner(u"alice"_s), u"memory"_s));
    }

    void resourcesThatNeedScopesAreFoundWhereTheirUrisLead()
    {
        const Policy policy = policyOf("{'default':'allow','rules':[{'effect':'allow','resources':"
                                       "'file:///etc/*','requireScope':'files:read'}]}");
        QVERIFY(!allows(policy, partner(u"eve"_s), resource(u"file:///data/../etc/x"_s)));
    }

    void callersOfFurtherIssuersGoByTheirWholeNames()
    {
        auth::Principal other = partner(u"alice"_s);
        other.claims = {{u"email"_s, u"alice@example.com"_s}, {u"email_verified"_s, true}};
        const auto lets = [&](const QByteArray &users) {
            return allows(single("{\"effect\":\"allow\",\"users\":\"" + users + "\"}"), other,
                          tool(u"x"_s));
        };
        QVERIFY(!lets("alice"));
        QVERIFY(!lets("alice@example.com"));
        QVERIFY(lets("https://partner#alice"));
        QVERIFY(lets("https://partner#*"));
        QVERIFY(lets("*"));
        // A subject may look like anything, a verified address as well.
        other.owner = u"https://partner#alice@example.com"_s;
        QVERIFY(!lets("*@example.com"));
        QVERIFY(lets("*#*@example.com"));
    }

    void rulesThatAllowMeanTheNamesOfTheOwnIssuer_data()
    {
        QTest::addColumn<QByteArray>("who");
        QTest::newRow("groups") << "'groups':'ops'"_ba;
        QTest::newRow("roles") << "'roles':'admin'"_ba;
        QTest::newRow("clients") << "'clients':'ci'"_ba;
        QTest::newRow("users") << "'users':'alice'"_ba;
    }
    void rulesThatAllowMeanTheNamesOfTheOwnIssuer()
    {
        QFETCH(QByteArray, who);
        const auto named = [](auth::Principal principal) {
            principal.groups = {u"ops"_s};
            principal.roles = {u"admin"_s};
            principal.clientId = u"ci"_s;
            return principal;
        };
        const auth::Principal own = named(user(u"alice"_s));
        const auth::Principal other = named(partner(u"alice"_s));
        const auto lets = [&](const auth::Principal &principal, const QByteArray &issuers) {
            return allows(single("{'effect':'allow'," + who + issuers + "}"), principal,
                          tool(u"x"_s));
        };
        QVERIFY(lets(own, ""));
        QVERIFY(!lets(other, ""));
        // Unless the rule says whose they are.
        QVERIFY(lets(other, ",'issuers':'https://partner'"));
        QVERIFY(!lets(own, ",'issuers':'https://partner'"));
        QVERIFY(lets(other, ",'issuers':'*'"));
        QVERIFY(lets(own, ",'issuers':'*'"));
    }

    void rulesThatDenyFitGroupsWhoeverNamesThem()
    {
        auth::Principal other = partner(u"alice"_s);
        other.groups = {u"interns"_s};
        other.roles = {u"guest"_s};
        other.clientId = u"old"_s;
        for (const char *who : {"'groups':'interns'", "'roles':'guest'", "'clients':'old'"})
            QVERIFY(!allows(single("{'effect':'deny',"_ba + who + '}'), other, tool(u"x"_s)));
        QVERIFY(allows(single("{'effect':'deny','groups':'interns','issuers':'https://idp'}"),
                       other, tool(u"x"_s)));
        QVERIFY(allows(single("{'effect':'deny','users':'alice'}"), other, tool(u"x"_s)));
    }

    void issuersOfRulesLeaveOutWhoHasNone()
    {
        const Policy own = single("{'effect':'allow','issuers':'https://idp'}");
        QVERIFY(!allows(own, auth::Principal(), tool(u"x"_s)));
        auth::Principal key = user(u"nightly"_s);
        key.kind = auth::Principal::Kind::Service;
        QVERIFY(!allows(own, key, tool(u"x"_s)));
        QVERIFY(allows(single("{'effect':'allow','issuers':'*'}"), key, tool(u"x"_s)));
    }

    void explanationsTellThatTheIssuerIsWhatDoesNotFit()
    {
        auth::Principal other = partner(u"alice"_s);
        other.groups = {u"ops"_s};
        const Policy policy = single("{'effect':'allow','groups':'ops'}");
        const auto why = [&](const auth::Principal &principal) {
            const QJsonArray passed =
                policy.explain(principal, tool(u"x"_s)).value("passed_over"_L1).toArray();
            return passed.at(0).toObject().value("does_not_fit"_L1).toString();
        };
        QCOMPARE(why(other), u"issuers"_s);
        QCOMPARE(why(user(u"bob"_s)), u"groups"_s);
    }

    void believesNothingNobodyHasChecked()
    {
        auth::Principal read = user(u"alice"_s);
        read.isVerified = false;
        const QByteArray rule = "{'default':'deny','rules':[{'effect':'allow','users':'alice'}]}";
        QVERIFY(!allows(policyOf(rule), read, tool(u"x"_s)));
    }

    void takesNobodyForASubjectOfHisName()
    {
        auth::Principal other = user(u"alice"_s);
        other.namedBy = u"email"_s;
        other.owner = u"https://idp#email#alice"_s;
        const auto fits = [&](const QByteArray &users) {
            const QByteArray rule = "{'effect':'allow','users':'" + users + "'}";
            return allows(single(rule), other, tool(u"x"_s));
        };
        for (const char *users : {"alice", "al*", "*alice", "*#alice", "https://idp#al*", "*a*"})
            QVERIFY2(!fits(users), users);
        for (const char *users : {"*", "https://idp#*", "https://idp#email#alice", "*#email#al*"})
            QVERIFY2(fits(users), users);
        other.claims = {{"email"_L1, u"alice"_s}, {"email_verified"_L1, true}};
        QVERIFY(!fits("alice")); // no address
        other.claims["email"_L1] = u"alice@example.com"_s;
        QVERIFY(fits("alice@example.com"));
        auth::Principal proxied = other;
        proxied.claims = {};
        proxied.strategy = u"proxy"_s;
        proxied.email = u"alice"_s;
        QVERIFY(!allows(single("{'effect':'allow','users':'alice'}"), proxied, tool(u"x"_s)));
        proxied.email = u"alice@example.com"_s;
        QVERIFY(allows(single("{'effect':'allow','users':'alice@example.com'}"), proxied,
                       tool(u"x"_s)));
    }

    void keepsKindsApart()
    {
        const Policy policy = single("{'effect':'allow','tools':'a*','prompts':'p*'}");
        Action prompt = tool(u"plan"_s);
        prompt.kind = Action::Kind::Prompt;
        QVERIFY(allows(policy, user(u"a"_s), tool(u"add"_s)));
        QVERIFY(!allows(policy, user(u"a"_s), tool(u"plan"_s)));
        QVERIFY(allows(policy, user(u"a"_s), prompt));
        QVERIFY(!allows(policy, user(u"a"_s), resource(u"a://x"_s)));
        const Policy all = single("{'effect':'allow','servers':'files'}");
        QVERIFY(allows(all, user(u"a"_s), prompt));
        QVERIFY(allows(all, user(u"a"_s), resource(u"a://x"_s)));
    }

    void followsUrisWhereTheyLead()
    {
        const Policy allow = single("{'effect':'allow','resources':'file:///data/*'}");
        QVERIFY(allows(allow, user(u"a"_s), resource(u"file:///data/x"_s)));
        for (const QString &uri : {u"file:///data/../etc/passwd"_s, u"file:///data/%2e%2e/etc"_s,
                                   u"file:///data/..%5cetc"_s, u"file:///etc/x"_s})
            QVERIFY2(!allows(allow, user(u"a"_s), resource(uri)), qPrintable(uri));
        const Policy deny = single("{'effect':'deny','resources':'file:///etc/*'}");
        QVERIFY(allows(deny, user(u"a"_s), resource(u"file:///data/x"_s)));
        for (const QString &uri : {u"file:///data/../etc/passwd"_s, u"file:///%65tc/passwd"_s,
                                   u"FILE:///etc/x"_s, u"file:///x/./../etc//y"_s})
            QVERIFY2(!allows(deny, user(u"a"_s), resource(uri)), qPrintable(uri));
    }

    void readsHintsAsMcpMeansThem_data()
    {
        QTest::addColumn<QByteArray>("hint");
        QTest::addColumn<QByteArray>("annotations");
        QTest::addColumn<bool>("fits");
        const auto row = [](const char *hint, const char *annotations, bool fits) {
            QTest::addRow("%s of %s", hint, annotations)
                << QByteArray(hint) << QByteArray(annotations) << fits;
        };
        row("{'readOnlyHint':true}", "{'readOnlyHint':true}", true);
        row("{'readOnlyHint':true}", "{}", false);
        row("{'readOnlyHint':false}", "{}", true);
        row("{'readOnlyHint':true}", "{'readOnlyHint':'true'}", false);
        row("{'destructiveHint':true}", "{}", true);
        row("{'destructiveHint':true}", "{'readOnlyHint':true}", false);
        row("{'destructiveHint':false}", "{'destructiveHint':false}", true);
        row("{'openWorldHint':true}", "{}", true);
        row("{'idempotentHint':true}", "{}", false);
        row("{'readOnlyHint':true,'openWorldHint':false}", "{'readOnlyHint':true}", false);
    }
    void readsHintsAsMcpMeansThem()
    {
        QFETCH(QByteArray, hint);
        QFETCH(QByteArray, annotations);
        const QJsonObject object = parsed(annotations);
        Action action = tool(u"x"_s);
        action.annotations = &object;
        QTEST(allows(single("{\"effect\":\"allow\",\"annotations\":" + hint + '}'), user(u"a"_s),
                     action),
              "fits");
    }

    void decidesByArguments_data()
    {
        QTest::addColumn<QByteArray>("test");
        QTest::addColumn<QByteArray>("arguments");
        QTest::addColumn<bool>("allowed"); ///< by a rule that allows
        QTest::addColumn<bool>("denied");  ///< by a rule that denies
        const auto row = [](const char *test, const char *arguments, bool allowed, bool denied) {
            QTest::addRow("%s of %s", test, arguments)
                << QByteArray(test) << QByteArray(arguments) << allowed << denied;
        };
        row("{'/a':1}", "{'a':1.0}", true, true);
        row("{'/a':1}", "{'a':'1'}", false, false);
        row("{'/a':1}", "{}", false, false);
        row("{'/a':null}", "{'a':null}", true, true);
        row("{'/a':{'equals':{'b':[1]}}}", "{'a':{'b':[1]}}", true, true);
        row("{'/a/b/0':'x'}", "{'a':{'b':['x']}}", true, true);
        row("{'/a':{'in':['x',2]}}", "{'a':2}", true, true);
        row("{'/a':{'in':['x',2]}}", "{'a':3}", false, false);
        row("{'/a':{'range':{'min':1,'max':5}}}", "{'a':5}", true, true);
        row("{'/a':{'range':{'max':5}}}", "{'a':5.01}", false, false);
        row("{'/a':{'range':{'max':5}}}", "{'a':'3'}", false, false);
        row("{'/a':{'exists':true}}", "{'a':null}", true, true);
        row("{'/a':{'exists':true}}", "{'b':1}", false, false);
        row("{'/a':{'exists':false}}", "{'b':1}", true, true);
        row("{'/a':{'exists':false}}", "{'a':1}", false, false);
        row("{'/a':{'matches':'[a-z]+'}}", "{'a':'abc'}", true, true);
        row("{'/a':{'matches':'[a-z]+'}}", "{'a':'abc1'}", false, false);
        row("{'/a':{'matches':'x|y'}}", "{'a':'xz'}", false, false);
        row("{'/p':{'glob':'/data/*'}}", "{'p':'/data/x'}", true, true);
        row("{'/p':{'glob':'/data/*'}}", "{'p':'/data/../etc'}", false, true);
        row("{'/p':{'glob':'/data/*'}}", "{'p':'/etc/../data/x'}", false, true);
        row("{'/p':{'glob':'/data/*'}}", "{'p':['/data/x']}", false, false);
        row("{'/p':{'glob':['/a/*','/b/*']}}", "{'p':'/b/x'}", true, true);
        row("{'/p/*':{'glob':'/data/*'}}", "{'p':['/data/x','/data/y']}", true, true);
        row("{'/p/*':{'glob':'/data/*'}}", "{'p':['/data/x','/etc/y']}", false, true);
        row("{'/p/*':{'glob':'/data/*'}}", "{'p':[]}", false, false);
        row("{'/p/*/f':'x'}", "{'p':[{'f':'x'},{}]}", false, true);
        row("{'/a':1,'/b':2}", "{'a':1,'b':3}", false, false);
        row("{'/a~1b':1}", "{'a/b':1}", true, true);
    }
    void decidesByArguments()
    {
        QFETCH(QByteArray, test);
        QFETCH(QByteArray, arguments);
        QTEST(
            allowsCall(single("{\"effect\":\"allow\",\"tools\":\"t\",\"arguments\":" + test + '}'),
                       u"t"_s, arguments),
            "allowed");
        QTEST(
            !allowsCall(single("{\"effect\":\"deny\",\"tools\":\"t\",\"arguments\":" + test + '}'),
                        u"t"_s, arguments),
            "denied");
    }

    void showsWhatSomeArgumentsWouldBeAllowedFor()
    {
        const Policy allow =
            single("{'effect':'allow','tools':'read','arguments':{'/path':{'glob':'/a/*'}}}");
        QVERIFY(allows(allow, user(u"a"_s), tool(u"read"_s)));
        QVERIFY(!allowsCall(allow, u"read"_s, "{'path':'/b/x'}"));
        const Policy deny =
            single("{'effect':'deny','tools':'read','arguments':{'/path':{'glob':'/a/*'}}}");
        QVERIFY(allows(deny, user(u"a"_s), tool(u"read"_s)));
        QVERIFY(allowsCall(deny, u"read"_s, "{'path':'/b/x'}"));
        QVERIFY(!allowsCall(deny, u"read"_s, "{'path':'/a/x'}"));
    }

    void deniesWhatTakesTooLongToTell()
    {
        const QByteArray slow = "{\"a\":\"" + QByteArray(5'000, 'a') + "!b!\"}";
        const QByteArray test = "'tools':'t','arguments':{'/a':{'matches':'(a+)+(a+)+b.*'}}}";
        QVERIFY(!allowsCall(single("{'effect':'allow'," + test), u"t"_s, slow));
        QVERIFY(!allowsCall(single("{'effect':'deny'," + test), u"t"_s, slow));
    }

    void asksForScopesOnCallsOnly()
    {
        const Policy policy =
            single("{'effect':'allow','tools':'write','requireScope':'files:write files:all'}");
        auth::Principal alice = user(u"alice"_s);
        alice.scopes = {u"files:write"_s};
        Action call = tool(u"write"_s);
        QVERIFY(allows(policy, alice, call));
        call.isCall = true;
        const Decision decision = policy.decide(alice, call);
        QCOMPARE(decision.outcome, Decision::Outcome::ScopeNeeded);
        const Error missing(ErrorCode::ToolNotFound, u"gone"_s);
        const auto refusal = refusalOf(decision, alice, missing);
        QCOMPARE(refusal->code, ErrorCode::InsufficientScope);
        QCOMPARE(refusal->extra["scope"_L1].toString(), u"files:write files:all"_s);
        QCOMPARE(refusalOf(decision, auth::Principal(), missing)->code, ErrorCode::Unauthorized);
        alice.scopes.append(u"files:all"_s);
        QVERIFY(!refusalOf(policy.decide(alice, call), alice, missing));
        const Decision hidden = policy.decide(alice, tool(u"other"_s));
        QCOMPARE(refusalOf(hidden, alice, missing)->message, missing.message);
    }

    void tellsEveryProblemWithItsPlace_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("place");
        QTest::addColumn<QString>("words");
        const auto row = [](const char *json, const QString &place, const QString &words) {
            QTest::newRow(json) << QByteArray(json) << u"file: bridge.policy"_s + place << words;
        };
        row("{'rules':[]}", u".default"_s, u"allow"_s);
        row("{'default':'yes'}", u".default"_s, u"deny"_s);
        row("{'default':'deny','rule':[]}", u".rule"_s, u"Did you mean rules?"_s);
        row("{'default':'deny','rules':{}}", u".rules"_s, u"array"_s);
        row("{'default':'deny','rules':[1]}", u".rules[0]"_s, u"object"_s);
        const auto rule = [&](const char *members, const QString &place, const QString &words) {
            const QByteArray json = "{\"default\":\"deny\",\"rules\":[{\"effect\":\"allow\","
                                    + QByteArray(members) + "}]}";
            row(json.constData(), u".rules[0]"_s + place, words);
        };
        row("{'default':'deny','rules':[{'effect':'deny','issuers':'https://nobody'}]}",
            u".rules[0].issuers"_s, u"https://partner"_s);
        row("{'default':'deny','rules':[{'effect':'permit'}]}", u".rules[0].effect"_s, u"allow"_s);
        rule("'tool':'x'", u".tool"_s, u"Did you mean tools?"_s);
        rule("'user':'x'", u".user"_s, u"Did you mean users?"_s);
        rule("'tools':[]", u".tools"_s, u"leave it out"_s);
        rule("'tools':['a',1]", u".tools"_s, u"array of texts"_s);
        rule("'servers':'file'", u".servers"_s, u"Did you mean files?"_s);
        rule("'annotations':{'readOnly':true}", u".annotations.readOnly"_s, u"readOnlyHint"_s);
        rule("'annotations':{'readOnlyHint':1}", u".annotations.readOnlyHint"_s, u"true"_s);
        rule("'annotations':{'readOnlyHint':true},'prompts':'x'", u""_s, u"two rules"_s);
        rule("'arguments':{'path':1}", u".arguments.path"_s, u"JSON pointer"_s);
        rule("'arguments':{'/a':[1]}", u".arguments./a"_s, u"in"_s);
        rule("'arguments':{'/a':{}}", u".arguments./a"_s, u"nothing"_s);
        rule("'arguments':{'/a':{'matches':'('}}", u".arguments./a.matches"_s, u"expression"_s);
        rule("'arguments':{'/a':{'matches':'a)|(b'}}", u".arguments./a.matches"_s, u"expression"_s);
        rule("'arguments':{'/a':{'range':{}}}", u".arguments./a.range"_s, u"min"_s);
        rule("'arguments':{'/a':{'exists':false,'glob':'x'}}", u".arguments./a"_s, u"there"_s);
        rule("'requireScope':'a\\'b'", u".requireScope"_s, u"scope"_s);
    }
    void tellsEveryProblemWithItsPlace()
    {
        QFETCH(QByteArray, json);
        QFETCH(QString, place);
        QFETCH(QString, words);
        const auto policy = Policy::load(parsed(json), kServers);
        QVERIFY(!policy);
        QCOMPARE(policy.error().problems.size(), 1);
        QCOMPARE(policy.error().problems.first().path, place);
        QVERIFY2(policy.error().problems.first().message.contains(words),
                 qPrintable(policy.error().problems.first().message));
    }

    void explainsItsDecisions()
    {
        const Policy policy =
            policyOf("{'default':'deny','rules':[{'name':'no "
                     "deleting','effect':'deny','tools':'delete'},{'effect':'allow','users':'bob'},"
                     "{'name':'staff','effect':'allow','groups':'staff','requireScope':'s'}]}");
        auth::Principal alice = user(u"alice"_s);
        QJsonObject told = policy.explain(alice, tool(u"x"_s));
        QCOMPARE(told["decision"_L1].toString(), u"deny"_s);
        QVERIFY(told["rule"_L1].isNull());
        const QJsonArray skipped = told["passed_over"_L1].toArray();
        QCOMPARE(skipped.size(), 3);
        QCOMPARE(skipped[0].toObject()["does_not_fit"_L1].toString(), u"tools"_s);
        QCOMPARE(skipped[1].toObject()["does_not_fit"_L1].toString(), u"users"_s);
        QCOMPARE(skipped[2].toObject()["does_not_fit"_L1].toString(), u"groups"_s);
        QCOMPARE(skipped[2].toObject()["name"_L1].toString(), u"staff"_s);
        alice.groups = {u"staff"_s};
        Action call = tool(u"x"_s);
        call.isCall = true;
        told = policy.explain(alice, call);
        QCOMPARE(told["decision"_L1].toString(), u"insufficient_scope"_s);
        QCOMPARE(told["rule"_L1].toInt(), 2);
        QCOMPARE(told["scope"_L1].toString(), u"s"_s);
        QCOMPARE(Policy().explain(alice, call)["decision"_L1].toString(), u"allow"_s);
    }

    void tellsWhenItIsReplaced()
    {
        Warden warden;
        QSignalSpy changed(&warden, &Warden::policyChanged);
        QVERIFY(warden.isOpen());
        QVERIFY(!warden.replace({}, {}).policy);
        QVERIFY(warden.replace(policyOf("{'default':'deny'}"), {}).policy);
        QVERIFY(!warden.replace(policyOf("{'default':'deny'}"), {}).policy);
        QCOMPARE(changed.size(), 1);
        const Error missing(ErrorCode::ToolNotFound, u"gone"_s);
        QVERIFY(!warden.shows(user(u"a"_s), tool(u"x"_s)));
        QCOMPARE(warden.check(user(u"a"_s), tool(u"x"_s), missing)->message, missing.message);
        QVERIFY(!warden.count(user(u"a"_s), {}, tool(u"x"_s)).refusal);
    }
};

QTEST_GUILESS_MAIN(TestPolicy)
#include "tst_policy.moc"
