// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/admintoken.h"
#include "server/auth/proxystrategy.h"
#include "server/auth/strategies.h"
#include "server/auth/tokenstrategy.h"
#include "tests/server/auth/fakeissuer.h"

#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

using namespace bridge;
using namespace bridge::auth;
using namespace bridge::test;

namespace {

using Headers = QList<std::pair<QByteArray, QByteArray>>;
using Finding = Strategy::Finding;

AuthRequest request(const Headers &headers, const char *peer = "192.0.2.1")
{
    AuthRequest made;
    made.headers = &headers;
    made.peer = QHostAddress(QString::fromLatin1(peer));
    made.client = made.peer;
    return made;
}

} // namespace

class tst_Strategies : public QObject
{
    Q_OBJECT

    FakeIssuer m_idp;
    SigningKey m_key = SigningKey::forAlgorithm(u"EdDSA"_s);
    AuthOptions m_options;

    QByteArray token(const QString &user) const
    {
        return m_key.token(u"EdDSA"_s, m_idp.claims({{"sub"_L1, user}}));
    }

    std::shared_ptr<TokenVerifier> verifier()
    {
        return std::make_shared<TokenVerifier>(m_options.verifier, m_idp.fetch(), m_idp.clock());
    }

    /// Who \a authenticator says it is in the end; the error's name when it refuses.
    static QString who(Authenticator &authenticator, const AuthRequest &asked)
    {
        const auto tell = [](const PrincipalPtr &principal) {
            return QString(principal->strategy + u':' + principal->userId);
        };
        const auto outcome = authenticator.findNow(asked);
        if (outcome.finding == Finding::Known)
            return outcome.error ? codeName(outcome.error->code) : tell(outcome.principal);
        QString found;
        const Call call = authenticator.find(asked, [&](const Result<PrincipalPtr> &result) {
            found = result ? tell(*result) : codeName(result.error().code);
        });
        [[maybe_unused]] const bool came = QTest::qWaitFor([&] { return !found.isEmpty(); });
        return found;
    }

    Authenticator authenticator(const QStringList &names)
    {
        m_options.strategies = names;
        auto strategies = makeStrategies(m_options, verifier());
        return Authenticator(std::move(*strategies), m_options.allowAnonymous);
    }

private Q_SLOTS:
    void aCookieThatWasCutIsPutTogether()
    {
        Authenticator byCookie = authenticator({u"cookie"_s});
        const QByteArray whole = token(u"carol"_s);
        const QByteArray first = whole.first(100);
        const QByteArray second = whole.sliced(100, 50);
        const QByteArray third = whole.sliced(150);
        const auto field = [](const QByteArray &text) {
            return std::pair<QByteArray, QByteArray>{"Cookie", text};
        };
        const Headers one{field("a=b; _oauth2_proxy_1=" + second + "; _oauth2_proxy_2=" + third
                                + "; _oauth2_proxy_0=" + first)};
        QCOMPARE(who(byCookie, request(one)), u"cookie:carol"_s);
        const Headers several{field("_oauth2_proxy_0=" + first), field("_oauth2_proxy_1=" + second),
                              field("_oauth2_proxy_2=" + third)};
        QCOMPARE(who(byCookie, request(several)), u"cookie:carol"_s);
        // The whole one goes before pieces that an older session left.
        const Headers both{field("_oauth2_proxy_0=x; _oauth2_proxy=" + whole)};
        QCOMPARE(who(byCookie, request(both)), u"cookie:carol"_s);
        const Headers gap{field("_oauth2_proxy_0=" + first + "; _oauth2_proxy_2=" + third)};
        QCOMPARE(who(byCookie, request(gap)), u"invalid_token"_s);
        const Headers noBegin{field("_oauth2_proxy_1=" + second)};
        QVERIFY(byCookie.findNow(request(noBegin)).principal->isAnonymous());
    }

    void aProxyThatIsNotNamedIsToldOfWhenItsClientsPayForOneAnother()
    {
        m_idp = FakeIssuer();
        m_idp.keys = {m_key};
        m_options = AuthOptions();
        m_options.verifier = m_idp.verifierOptions();
        m_options.verifier.maxBadTokens = 1;
        Authenticator bearer = authenticator({u"bearer"_s});
        const SigningKey wrong = SigningKey::forAlgorithm(u"EdDSA"_s);
        int number = 0;
        const auto bad = [&](const char *peer) {
            const QByteArray text = wrong.token(u"EdDSA"_s, m_idp.claims({{"sub"_L1, ++number}}));
            const Headers headers{{"Authorization", "Bearer " + text},
                                  {"X-Forwarded-For", "198.51.100.1"}};
            AuthRequest made = request(headers, peer);
            if (made.peer == QHostAddress(u"10.0.0.1"_s)) {
                made.isForwarded = true;
                made.client = QHostAddress(u"198.51.100.1"_s);
            }
            return who(bearer, made);
        };
        QTest::failOnWarning(QRegularExpression(u".*"_s)); // each is said once
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"192.0.2.1 showed 1 "_s));
        QCOMPARE(bad("192.0.2.1"), u"invalid_token"_s);
        QTest::ignoreMessage(
            QtWarningMsg,
            QRegularExpression(u"192.0.2.1 carry X-Forwarded-For.*neither TRUSTED_PROXIES nor "
                               "AUTH_TRUSTED_PROXIES names it"_s));
        QCOMPARE(bad("192.0.2.1"), u"too_many_requests"_s);
        QCOMPARE(bad("192.0.2.1"), u"too_many_requests"_s);
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"198.51.100.1 showed 1 "_s));
        QCOMPARE(bad("10.0.0.1"), u"invalid_token"_s);
        QCOMPARE(bad("10.0.0.1"), u"too_many_requests"_s);
    }

    void piecesOfACookieAreBounded()
    {
        Authenticator byCookie = authenticator({u"cookie"_s});
        for (const int size : {1, 20'000}) {
            QByteArray text;
            for (int i = 0; i < 40; ++i)
                text +=
                    "_oauth2_proxy_" + QByteArray::number(i) + '=' + QByteArray(size, 'x') + ';';
            const Headers many{{"Cookie", text}};
            const auto outcome = byCookie.findNow(request(many));
            QVERIFY(outcome.error && outcome.error->message.contains(u"too long"));
        }
    }

    void init()
    {
        m_idp = FakeIssuer();
        m_idp.keys = {m_key};
        m_options = AuthOptions();
        m_options.verifier = m_idp.verifierOptions();
    }

    // J1
    void tokensAreTakenInTheOrderOfTheContract()
    {
        const QByteArray named = "X-Auth-Request-Access-Token";
        const std::pair<QByteArray, QByteArray> header{named, token(u"h"_s)};
        const std::pair<QByteArray, QByteArray> bearer{"authorization", "bEaReR " + token(u"b"_s)};
        const std::pair<QByteArray, QByteArray> cookie{"Cookie", "_oauth2_proxy=" + token(u"c"_s)};
        Authenticator byHeader = authenticator({u"bearer"_s});
        Authenticator byCookie = authenticator({u"cookie"_s, u"bearer"_s});
        const Headers all{bearer, header, cookie};
        const Headers onlyBearer{bearer};
        const Headers onlyCookie{cookie};
        const Headers prefixed{{named, "Bearer " + token(u"p"_s)}};
        const Headers other{{"Authorization", "Basic YTpi"}};
        const Headers wrongCookie{{"Cookie", "_oauth2_proxy2=" + token(u"c"_s)}};
        const Headers none;
        QCOMPARE(who(byHeader, request(all)), u"bearer:h"_s);
        QCOMPARE(who(byHeader, request(onlyBearer)), u"bearer:b"_s);
        QCOMPARE(who(byHeader, request(onlyCookie)), u"anonymous:"_s);
        QCOMPARE(who(byHeader, request(prefixed)), u"bearer:p"_s);
        QCOMPARE(who(byHeader, request(other)), u"anonymous:"_s);
        QCOMPARE(who(byHeader, request(none)), u"anonymous:"_s);
        QCOMPARE(who(byCookie, request(all)), u"cookie:c"_s);
        QCOMPARE(who(byCookie, request(onlyBearer)), u"bearer:b"_s);
        QCOMPARE(who(byCookie, request(wrongCookie)), u"anonymous:"_s);
    }

    void aTokenThatDoesNotVerifyIsNoAnonymousCaller()
    {
        Authenticator known = authenticator({u"bearer"_s});
        for (const QByteArray &bad : {QByteArray("garbage"), QByteArray(token(u"a"_s) + "x")}) {
            const Headers headers{{"Authorization", "Bearer " + bad}};
            QCOMPARE(who(known, request(headers)), u"invalid_token"_s);
        }
        const Headers twice{{"Authorization", "Bearer " + token(u"a"_s)},
                            {"authorization", "Bearer " + token(u"b"_s)}};
        QCOMPARE(who(known, request(twice)), u"invalid_token"_s);
    }

    void aProxyIsBelievedOnlyAtItsAddress()
    {
        m_options.trustProxyHeaders = true;
        m_options.trustedProxies = *Networks::from({u"10.1.0.0/16"_s, u"::1"_s});
        m_options.adminGroups = {u"root"_s};
        Authenticator known = authenticator({u"proxy"_s});
        const Headers headers{{"X-Forwarded-User", "alice"},
                              {"X-Forwarded-Email", "alice@example.com"},
                              {"X-Forwarded-Groups", "/ops, dev,,ops"},
                              {"X-Forwarded-Access-Token", "upstream"}};
        QCOMPARE(who(known, request(headers, "192.0.2.1")), u"anonymous:"_s);
        QCOMPARE(who(known, request(headers, "10.2.0.1")), u"anonymous:"_s);
        for (const char *peer : {"10.1.2.3", "::1", "::ffff:10.1.2.3"}) {
            const auto outcome = known.findNow(request(headers, peer));
            QCOMPARE(outcome.principal->owner, u"proxy#alice"_s);
            QCOMPARE(outcome.principal->email, u"alice@example.com"_s);
            QCOMPARE(outcome.principal->groups, QStringList({u"ops"_s, u"dev"_s}));
            QCOMPARE(outcome.principal->token, "upstream");
            QVERIFY(outcome.principal->isVerified && !outcome.principal->isAdmin);
        }
        const Headers mailOnly{{"X-Forwarded-Email", "alice"}, {"X-Forwarded-Groups", "root"}};
        const auto outcome = known.findNow(request(mailOnly, "::1"));
        QCOMPARE(outcome.principal->owner, u"proxy#alice#email"_s);
        QVERIFY(outcome.principal->isAdmin);
        const Headers twice{{"X-Forwarded-User", "alice"}, {"x-forwarded-user", "admin"}};
        QCOMPARE(who(known, request(twice, "::1")), u"invalid_token"_s);
    }

    void headersTheProxyDoesNotSetAreTheClients()
    {
        m_options.trustProxyHeaders = true;
        m_options.trustedProxies = *Networks::from({u"10.1.0.1"_s});
        m_options.adminGroups = {u"ops"_s};
        const Headers mixed{{"X-Auth-Request-User", "alice"},
                            {"X-Auth-Request-Groups", "ops"},
                            {"X-Auth-Request-Access-Token", "of-alice"},
                            {"X-Forwarded-User", "mallory"},
                            {"X-Forwarded-Groups", "staff"},
                            {"X-Forwarded-Access-Token", "of-mallory"}};
        const Headers others{{"X-Auth-Request-User", "alice"}, {"X-Auth-Request-Groups", "ops"}};
        Authenticator forwarded = authenticator({u"proxy"_s});
        const auto mallory = forwarded.findNow(request(mixed, "10.1.0.1")).principal;
        QCOMPARE(mallory->userId, u"mallory"_s);
        QCOMPARE(mallory->groups, QStringList{u"staff"_s});
        QCOMPARE(mallory->token, "of-mallory"_ba);
        QVERIFY(!mallory->isAdmin);
        QCOMPARE(who(forwarded, request(others, "10.1.0.1")), u"anonymous:"_s);
        m_options.proxyHeaders = ProxyHeaders::AuthRequest;
        Authenticator asking = authenticator({u"proxy"_s});
        const auto alice = asking.findNow(request(mixed, "10.1.0.1")).principal;
        QCOMPARE(alice->userId, u"alice"_s);
        QCOMPARE(alice->token, "of-alice"_ba);
        QVERIFY(alice->isAdmin);
    }

    void twoTokensAreNoneWhereTheProxyVouchesForOne()
    {
        m_options.verifier.verify = false;
        m_options.verifier.believe = true;
        m_options.trustProxyHeaders = true;
        m_options.proxyHeaders = ProxyHeaders::AuthRequest;
        m_options.trustedProxies = *Networks::from({u"10.1.0.1"_s});
        Authenticator known = authenticator({u"bearer"_s});
        const QByteArray mallory = token(u"mallory"_s);
        const std::pair<QByteArray, QByteArray> named{"X-Auth-Request-Access-Token", mallory};
        const std::pair<QByteArray, QByteArray> user{"X-Auth-Request-User", "mallory"};
        const Headers two{{"Authorization", "Bearer " + token(u"alice"_s)}, named, user};
        const Headers same{{"Authorization", "Bearer " + mallory}, named, user};
        const Headers basic{{"Authorization", "Basic YTpi"}, named, user};
        QCOMPARE(who(known, request(two, "10.1.0.1")), u"invalid_token"_s);
        QCOMPARE(who(known, request(same, "10.1.0.1")), u"bearer:mallory"_s);
        QCOMPARE(who(known, request(basic, "10.1.0.1")), u"bearer:mallory"_s);
        QCOMPARE(who(known, request(two, "10.1.0.2")), u"bearer:mallory"_s);
    }

    void aTrustedProxyVouchesForTheTokensItSetsItself()
    {
        m_options.verifier.verify = false;
        m_options.trustProxyHeaders = true;
        m_options.trustedProxies = *Networks::from({u"10.1.0.1"_s});
        const QByteArray alice = token(u"alice"_s);
        const std::pair<QByteArray, QByteArray> named{"X-Auth-Request-Access-Token", alice};
        const std::pair<QByteArray, QByteArray> user{"X-Auth-Request-User", "alice"};
        const Headers both{named, user};
        const auto isKnown = [&](Authenticator &by, const Headers &headers, const char *peer) {
            const PrincipalPtr who = by.findNow(request(headers, peer)).principal;
            const bool is = who->isVerified;
            return is == !who->isAnonymous() && is == (who->userId == "alice"_L1) ? is : !is;
        };
        Authenticator forwarded = authenticator({u"bearer"_s});
        QVERIFY(!isKnown(forwarded, both, "10.1.0.1"));
        m_options.proxyHeaders = ProxyHeaders::AuthRequest;
        Authenticator asking = authenticator({u"bearer"_s});
        QVERIFY(isKnown(asking, both, "10.1.0.1"));
        QVERIFY(!isKnown(asking, both, "10.1.0.2"));
        const std::pair<QByteArray, QByteArray> bearer{"Authorization", "Bearer " + alice};
        for (const Headers &headers : {Headers{named}, Headers{bearer}, Headers{bearer, user},
                                       Headers{named, {"X-Forwarded-User", "alice"}}})
            QVERIFY(!isKnown(asking, headers, "10.1.0.1"));
        // Reading tokens makes nobody known where that was not asked for, but has them passed on.
        const auto stranger = asking.findNow(request(both, "10.1.0.2")).principal;
        QVERIFY(stranger->isAnonymous());
        QCOMPARE(stranger->owner, anonymous()->owner);
        QCOMPARE(stranger->token, alice);
    }

    void theAdminTokenIsTakenFromTwoHeaders()
    {
        m_options.adminToken = "0123456789abcdef";
        Authenticator known = authenticator({u"admin-token"_s, u"bearer"_s});
        const Headers own{{"X-Admin-Token", "0123456789abcdef"}};
        const Headers bearer{{"Authorization", "Bearer 0123456789abcdef"}};
        const Headers wrong{{"X-Admin-Token", "0123456789abcdeg"}};
        const Headers user{{"Authorization", "Bearer " + token(u"alice"_s)}};
        QCOMPARE(who(known, request(own)), u"admin-token:admin"_s);
        QVERIFY(known.findNow(request(bearer)).principal->isAdmin);
        QCOMPARE(known.findNow(request(bearer)).principal->kind, Principal::Kind::Admin);
        QCOMPARE(who(known, request(wrong)), u"invalid_token"_s);
        QCOMPARE(who(known, request(user)), u"bearer:alice"_s);
    }

    void theAdminFileIsMadeOnceForItsOwnerOnly()
    {
        const QTemporaryDir folder;
        const QString path = folder.filePath(u"deeper/admin-token"_s);
        const auto made = readOrMakeAdminToken(path);
        QVERIFY(made.ok() && made->size() >= 40);
        QCOMPARE(*readOrMakeAdminToken(path), *made);
        QFile file(path);
        QCOMPARE(
            file.permissions()
                & (QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther),
            QFile::Permissions());
        file.setPermissions(file.permissions() | QFile::ReadOther);
        QCOMPARE(readOrMakeAdminToken(path).error().code, ErrorCode::InvalidConfig);
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
        QVERIFY(file.open(QFile::WriteOnly) && file.write("short") == 5);
        file.close();
        QVERIFY(!readOrMakeAdminToken(path).ok());
    }

    void aFileNobodyAskedForMayBeMissing()
    {
        m_options.adminTokenPath = u"/proc/nowhere/admin-token"_s;
        QVERIFY(!adminTokenOf(m_options).ok());
        m_options.adminTokenIsOptional = true;
        QTest::ignoreMessage(QtWarningMsg,
                             QRegularExpression(u"There is no token for administrators"_s));
        QCOMPARE(*adminTokenOf(m_options), QByteArray());
    }

    void strategiesMadeElsewhereTakeTheirPlaces()
    {
        struct Named : public Strategy {
            explicit Named(QString name) : m_name(std::move(name)) {}
            QString name() const override { return m_name; }
            Outcome findNow(const AuthRequest &) override { return {}; }
            Call find(const AuthRequest &, Handler<PrincipalPtr>) override { return {}; }
            QString m_name;
        };
        const auto names = [this](const QStringList &wanted) {
            Authenticator::Strategies others;
            for (const QString &name : {u"plugin:b"_s, u"api-key"_s, u"plugin:a"_s})
                others.push_back(std::make_unique<Named>(name));
            m_options.strategies = wanted;
            auto made = makeStrategies(m_options, verifier(), std::move(others));
            return made ? Authenticator(std::move(*made)).names()
                        : QStringList{codeName(made.error().code)};
        };
        QCOMPARE(
            names({u"api-key"_s, u"login"_s, u"bearer"_s, u"plugin:*"_s}),
            QStringList({u"api-key"_s, u"bearer"_s, u"plugin:b"_s, u"plugin:a"_s, u"anonymous"_s}));
        QCOMPARE(names({u"plugin:a"_s, u"bearer"_s}),
                 QStringList({u"plugin:a"_s, u"bearer"_s, u"anonymous"_s}));
        QCOMPARE(names({u"plugin:c"_s}), QStringList{u"invalid_config"_s});
    }
};

QTEST_GUILESS_MAIN(tst_Strategies)
#include "tst_strategies.moc"
