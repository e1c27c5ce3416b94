// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/settings.h"
#include "common/config/value.h"
#include "server/auth/ways.h"

#include <QtTest/QTest>

using namespace bridge;
using namespace bridge::auth;
using namespace Qt::StringLiterals;

namespace {

using Values = QList<std::pair<QString, QString>>;

config::Settings settingsOf(const Values &values)
{
    config::Settings settings;
    for (const auto &[name, text] : values) {
        const config::Option *option = config::optionTable().find(name);
        const auto value = config::parseValue(*option, text);
        if (value)
            settings.set(option->name, *value, config::Source::Environment);
    }
    return settings;
}

AuthOptions optionsOf(const Values &values)
{
    const auto options = authOptions(settingsOf(values));
    return options ? *options : AuthOptions{};
}

QStringList problemsOf(const Values &values)
{
    const auto options = authOptions(settingsOf(values));
    QStringList paths;
    if (!options) {
        for (const FieldProblem &problem : options.error().problems)
            paths.append(problem.path);
    }
    return paths;
}

} // namespace

class tst_AuthOptions : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void nothingIsVerifiedWithoutAnIssuer()
    {
        const AuthOptions options = optionsOf({});
        QVERIFY(!options.verifier.verify && options.verifier.issuers.empty());
        QVERIFY(options.allowAnonymous && !options.hasAdmins());
        QVERIFY(!waysOf(settingsOf({}), options).any());
        QVERIFY(options.warnings.isEmpty());
        QVERIFY(options.strategies.contains(u"bearer"_s));
        QVERIFY(!options.strategies.contains(u"cookie"_s));
        QVERIFY(!options.strategies.contains(u"proxy"_s));
    }

    void aKeycloakRealmIsAnIssuer()
    {
        const AuthOptions options = optionsOf({{u"KEYCLOAK_URL"_s, u"https://sso.example/auth/"_s},
                                               {u"KEYCLOAK_REALM"_s, u"my realm"_s},
                                               {u"OAUTH_AUDIENCE"_s, u"bridge, other"_s}});
        QVERIFY(options.verifier.verify && options.hasAdmins());
        const IssuerOptions &issuer = options.verifier.issuers.front();
        QCOMPARE(issuer.issuer, u"https://sso.example/auth/realms/my%20realm"_s);
        QCOMPARE(QString::fromLatin1(issuer.keycloakRealm.toEncoded()), issuer.issuer);
        QCOMPARE(issuer.audiences, QStringList({u"bridge"_s, u"other"_s}));
        QCOMPARE(issuer.algorithms.size(), 10);
        QCOMPARE(issuer.introspect, Introspect::Never);
    }

    void theIssuerMayDifferFromTheAddress()
    {
        const AuthOptions options = optionsOf({{u"AUTH_BASE_URL"_s, u"http://keycloak:8080"_s},
                                               {u"KEYCLOAK_ISSUER"_s, u"https://sso/realms/x"_s}});
        QCOMPARE(options.verifier.issuers.front().issuer, u"https://sso/realms/x"_s);
        QCOMPARE(options.verifier.issuers.front().keycloakRealm,
                 QUrl(u"http://keycloak:8080/realms/inxm"_s));
        const AuthOptions discovered =
            optionsOf({{u"OAUTH_ISSUER_URL"_s, u"https://login.example/v2.0"_s}});
        QVERIFY(discovered.verifier.issuers.front().keycloakRealm.isEmpty());
        QVERIFY(discovered.verifier.verify);
    }

    void verificationCanBeSwitchedOffWithAWarning()
    {
        const AuthOptions options = optionsOf({{u"AUTH_BASE_URL"_s, u"https://sso.example"_s},
                                               {u"OAUTH_VALIDATE_TOKENS"_s, u"no"_s}});
        QVERIFY(!options.verifier.verify);
        QCOMPARE(options.warnings.size(), 1);
        QCOMPARE(problemsOf({{u"AUTH_VERIFY_TOKENS"_s, u"true"_s}}),
                 QStringList{u"AUTH_VERIFY_TOKENS"_s});
    }

    void introspectionNeedsCredentials()
    {
        const Values base{{u"OAUTH_ISSUER_URL"_s, u"https://sso.example"_s},
                          {u"OAUTH_CLIENT_ID"_s, u"bridge"_s}};
        const Values secret{{u"OAUTH_CLIENT_SECRET"_s, u"very secret"_s}};
        const Values always{{u"AUTH_INTROSPECTION"_s, u"always"_s}};
        QCOMPARE(optionsOf(base).verifier.issuers.front().introspect, Introspect::Never);
        QCOMPARE(optionsOf(base + secret).verifier.issuers.front().introspect, Introspect::Opaque);
        QCOMPARE(optionsOf(base + secret + always).verifier.issuers.front().introspect,
                 Introspect::Always);
        QCOMPARE(problemsOf(base + always), QStringList{u"AUTH_INTROSPECTION"_s});
    }

    void severalIssuersTakeTheirOwnWords()
    {
        const AuthOptions options = optionsOf(
            {{u"OAUTH_ISSUER_URL"_s, u"https://one"_s},
             {u"OAUTH_AUDIENCE"_s, u"bridge"_s},
             {u"AUTH_ISSUERS"_s,
              u"[{\"issuer\":\"https://two\"}, {\"issuer\":\"https://three\",\"audience\":[\"a\",\"b\"],\"claims_preset\":\"entra\", \"groups_claim\":\"x, y\",\"algorithms\":[\"EdDSA\"], \"jwks_uri\":\"https://keys/three\",\"client_id\":\"i\",\"client_secret\":\"s\", \"introspection\":\"always\"}]"_s}});
        const auto &issuers = options.verifier.issuers;
        QCOMPARE(issuers.size(), size_t(3));
        QCOMPARE(issuers[1].audiences, QStringList{u"bridge"_s});
        QCOMPARE(issuers[1].algorithms.size(), 10);
        QCOMPARE(issuers[2].audiences, QStringList({u"a"_s, u"b"_s}));
        QCOMPARE(issuers[2].claims.groups, QStringList({u"x"_s, u"y"_s}));
        QCOMPARE(issuers[2].claims.roles, QStringList{u"roles"_s});
        QCOMPARE(issuers[2].algorithms, QList{crypto::Algorithm::EdDSA});
        QCOMPARE(issuers[2].introspect, Introspect::Always);
        QVERIFY(options.verifier.verify);
        const AuthOptions shy =
            optionsOf({{u"OAUTH_ISSUER_URL"_s, u"https://one"_s},
                       {u"OAUTH_CLIENT_ID"_s, u"a"_s},
                       {u"OAUTH_CLIENT_SECRET"_s, u"b"_s},
                       {u"AUTH_ISSUERS"_s, u"[{\"issuer\":\"https://two\",\"client_id\":\"i\","
                                           "\"client_secret\":\"s\"}]"_s}});
        QCOMPARE(shy.verifier.issuers[0].introspect, Introspect::Opaque);
        QCOMPARE(shy.verifier.issuers[1].introspect, Introspect::Never);
    }

    void whereToAskAboutTokensSaysThatThereAreOpaqueOnes()
    {
        const auto entry = [](const QString &more) {
            return Values{{u"AUTH_ISSUERS"_s, u"[{\"issuer\":\"https://two\"%1}]"_s.arg(more)}};
        };
        const auto modeOf = [&](const QString &more) {
            const AuthOptions options = optionsOf(entry(more));
            return options.verifier.issuers.empty() ? std::optional<Introspect>()
                                                    : options.verifier.issuers[0].introspect;
        };
        const QString client = u",\"client_id\":\"i\",\"client_secret\":\"s\""_s;
        const QString endpoint = u",\"introspection_endpoint\":\"https://two/ask\""_s;
        QCOMPARE(modeOf(client), Introspect::Never);
        QCOMPARE(modeOf(client + endpoint), Introspect::Opaque);
        QCOMPARE(modeOf(client + endpoint + u",\"introspection\":\"off\""_s), Introspect::Never);
        QCOMPARE(modeOf(client + endpoint + u",\"introspection\":\"always\""_s),
                 Introspect::Always);
        QCOMPARE(problemsOf(entry(endpoint)),
                 QStringList{u"AUTH_ISSUERS[0].introspection_endpoint"_s});
        QCOMPARE(problemsOf(entry(u",\"introspection\":\"opaque\""_s)),
                 QStringList{u"AUTH_ISSUERS[0].introspection"_s});
        QCOMPARE(problemsOf(entry(client + u",\"introspection\":\"yes\""_s)),
                 QStringList{u"AUTH_ISSUERS[0].introspection"_s});
        const AuthOptions first = optionsOf({{u"OAUTH_ISSUER_URL"_s, u"https://one"_s},
                                             {u"OAUTH_AUDIENCE"_s, u"bridge"_s},
                                             {u"OAUTH_INTROSPECTION_URL"_s, u"https://one/ask"_s}});
        QCOMPARE(first.warnings.size(), 1);
        QVERIFY(first.warnings[0].contains(u"OAUTH_CLIENT_SECRET"));
    }

    void groupsThatDoNotMatterAreReadFromNoIssuersTokens()
    {
        const auto claimsOf = [](const QString &extract) {
            return optionsOf({{u"OAUTH_EXTRACT_GROUPS"_s, extract},
                              {u"AUTH_ISSUERS"_s, u"[{\"issuer\":\"https://two\","
                                                  "\"claims_preset\":\"entra\"}]"_s}})
                .verifier.issuers[0]
                .claims;
        };
        QVERIFY(!claimsOf(u"true"_s).groups.isEmpty());
        QVERIFY(claimsOf(u"false"_s).groups.isEmpty() && claimsOf(u"false"_s).roles.isEmpty());
    }

    void whoCanHaveAnApiKeyIsToldFromOthers()
    {
        const auto isApart = [](const Values &values) {
            const config::Settings settings = settingsOf(values);
            const auto options = authOptions(settings);
            return tellsCallersApart(settings, *options) && options->hasAdmins();
        };
        QVERIFY(!isApart({}));
        QVERIFY(isApart({{u"API_KEYS"_s, u"abcdefghijklmnopqrstuvwxyz012345"_s}}));
        QVERIFY(isApart({{u"API_KEY_STORE"_s, u"/tmp/keys.json"_s}}));
    }

    void oneFamilyOfProxyHeadersIsRead()
    {
        QCOMPARE(optionsOf({}).proxyHeaders, ProxyHeaders::Forwarded);
        QCOMPARE(optionsOf({{u"AUTH_PROXY_HEADERS"_s, u"auth-request"_s}}).proxyHeaders,
                 ProxyHeaders::AuthRequest);
    }

    void groupsOfFurtherIssuersCountOnlyWhereThatIsSaid()
    {
        const AuthOptions options =
            optionsOf({{u"OAUTH_ISSUER_URL"_s, u"https://one"_s},
                       {u"AUTH_ISSUERS"_s,
                        u"[{\"issuer\":\"https://a\",\"audience\":\"x\"},"
                        "{\"issuer\":\"https://b\",\"admins\":true,\"requiredGroups\":true}]"_s}});
        const auto &issuers = options.verifier.issuers;
        QVERIFY(!issuers[1].admins && !issuers[1].requiredGroups);
        QVERIFY(issuers[2].admins && issuers[2].requiredGroups);
        QCOMPARE(problemsOf({{u"AUTH_ISSUERS"_s, u"[{\"issuer\":\"https://a\",\"admins\":1}]"_s}}),
                 QStringList{u"AUTH_ISSUERS[0].admins"_s});
        // Two of them say for nobody in particular whom their tokens are for.
        QCOMPARE(options.warnings.size(), 2);
        QVERIFY(options.warnings[0].contains("https://one"_L1));
        QVERIFY(options.warnings[1].contains("https://b"_L1));
    }

    void everyProblemIsNamed()
    {
        const QStringList problems = problemsOf(
            {{u"AUTH_ALGORITHMS"_s, u"RS256,HS256,none"_s},
             {u"AUTH_TRUST_PROXY_HEADERS"_s, u"true"_s},
             {u"AUTH_STRATEGIES"_s, u"bearer,magic"_s},
             {u"ADMIN_TOKEN"_s, u"short"_s},
             {u"OAUTH_JWKS_URL"_s, u"https://keys"_s},
             {u"AUTH_ISSUERS"_s,
              u"[7,{\"issuer\":\"ftp://x\",\"colour\":1}, {\"issuer\":\"https://a\",\"jwks_uri\":\"nope\",\"claims_preset\":\"ibm\"}, {\"issuer\":\"https://a\",\"audience\":7}]"_s}});
        for (const QString &path :
             {u"AUTH_ALGORITHMS"_s, u"AUTH_TRUSTED_PROXIES"_s, u"AUTH_STRATEGIES"_s,
              u"ADMIN_TOKEN"_s, u"OAUTH_ISSUER_URL"_s, u"AUTH_ISSUERS[0]"_s,
              u"AUTH_ISSUERS[1].issuer"_s, u"AUTH_ISSUERS[1].colour"_s,
              u"AUTH_ISSUERS[2].jwks_uri"_s, u"AUTH_ISSUERS[2].claims_preset"_s,
              u"AUTH_ISSUERS[3].issuer"_s, u"AUTH_ISSUERS[3].audience"_s})
            QVERIFY2(problems.contains(path), qPrintable(path + u" in "_s + problems.join(u' ')));
        QCOMPARE(problems.count(u"AUTH_ALGORITHMS"_s), 2);
    }

    void onlyWhatIsInForceTellsCallersApart_data()
    {
        QTest::addColumn<QString>("strategies");
        QTest::addColumn<bool>("withIssuer");
        QTest::addColumn<bool>("withKeys");
        QTest::addColumn<bool>("isApart");
        QTest::addColumn<QString>("warning");
        const QString none;
        QTest::newRow("issuer") << none << true << false << true << none;
        QTest::newRow("keys") << none << false << true << true << none;
        QTest::newRow("nothing") << none << false << false << false << none;
        QTest::newRow("bearer") << u"bearer"_s << true << false << true << none;
        QTest::newRow("bearer, open") << u"bearer,anonymous"_s << true << false << true << none;
        QTest::newRow("open") << u"anonymous"_s << true << true << false << u"leaves out bearer"_s;
        QTest::newRow("keys alone") << u"api-key"_s << true << true << true
                                    << u"leaves out bearer"_s;
        QTest::newRow("no keys") << u"api-key,anonymous"_s << false << false << false
                                 << u"names api-key"_s;
        QTest::newRow("no issuer") << u"bearer,api-key"_s << false << true << true
                                   << u"names bearer"_s;
        QTest::newRow("no client") << u"login,bearer"_s << true << false << true
                                   << u"names login"_s;
        QTest::newRow("login alone") << u"login"_s << true << false << false
                                     << u"leaves out bearer"_s;
        QTest::newRow("plugin") << u"plugin:x"_s << true << false << true << none;
        QTest::newRow("plugin, no issuer") << u"plugin:x"_s << false << false << false
                                           << u"names plugin:x"_s;
    }
    void onlyWhatIsInForceTellsCallersApart()
    {
        QFETCH(QString, strategies);
        QFETCH(bool, withIssuer);
        QFETCH(bool, withKeys);
        QFETCH(QString, warning);
        Values values{{u"AUTH_STRATEGIES"_s, strategies}, {u"OAUTH_AUDIENCE"_s, u"bridge"_s}};
        if (withIssuer)
            values.append({u"OAUTH_ISSUER_URL"_s, u"https://one"_s});
        if (withKeys)
            values.append({u"API_KEYS"_s, u"abcdefghijklmnopqrstuvwxyz012345"_s});
        const config::Settings settings = settingsOf(values);
        const auto options = authOptions(settings);
        QVERIFY(options);
        QTEST(tellsCallersApart(settings, *options), "isApart");
        QCOMPARE(options->warnings.isEmpty(), warning.isEmpty());
        QVERIFY2(options->warnings.join(u' ').contains(warning),
                 qPrintable(options->warnings.join(u' ')));
    }

    void strategiesKeepTheGivenOrder()
    {
        const AuthOptions given = optionsOf({{u"AUTH_STRATEGIES"_s, u"bearer, cookie,plugin:x"_s}});
        QCOMPARE(given.strategies, QStringList({u"bearer"_s, u"cookie"_s, u"plugin:x"_s}));
        QVERIFY(!given.allowAnonymous);
        const Values proxy{{u"AUTH_TRUST_PROXY_HEADERS"_s, u"true"_s},
                           {u"AUTH_TRUSTED_PROXIES"_s, u"127.0.0.1"_s},
                           {u"TOKEN_SOURCE"_s, u"cookie"_s}};
        const QStringList believing = optionsOf(proxy).strategies;
        QVERIFY(believing.indexOf(u"proxy"_s) < believing.indexOf(u"cookie"_s));
        QVERIFY(believing.indexOf(u"cookie"_s) < believing.indexOf(u"bearer"_s));
        const QStringList verifying =
            optionsOf(proxy + Values{{u"OAUTH_ISSUER_URL"_s, u"https://one"_s}}).strategies;
        QVERIFY(verifying.indexOf(u"proxy"_s) > verifying.indexOf(u"bearer"_s));
    }
};

QTEST_GUILESS_MAIN(tst_AuthOptions)
#include "tst_authoptions.moc"
