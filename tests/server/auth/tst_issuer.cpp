// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/issuerwatch.h"
#include "tests/server/auth/fakeissuer.h"

#include <QtTest/QTest>

using namespace bridge;
using namespace bridge::auth;
using namespace bridge::test;

namespace {

/// Collects what is logged while it lives.
class LogLines
{
public:
    explicit LogLines(QStringList *lines)
    {
        s_lines = lines;
        m_previous = qInstallMessageHandler([](QtMsgType, const QMessageLogContext &,
                                               const QString &text) { s_lines->append(text); });
    }
    ~LogLines() { qInstallMessageHandler(m_previous); }
    LogLines(const LogLines &) = delete;
    LogLines &operator=(const LogLines &) = delete;

private:
    static inline QStringList *s_lines = nullptr;
    QtMessageHandler m_previous;
};

} // namespace

class tst_Issuer : public QObject
{
    Q_OBJECT

    FakeIssuer m_idp;
    SigningKey m_key = SigningKey::forAlgorithm(u"EdDSA"_s);

    IssuerOptions discovered() const
    {
        IssuerOptions options = m_idp.options();
        options.keycloakRealm = QUrl();
        return options;
    }

    QJsonObject document(QJsonObject changes = {}) const
    {
        QJsonObject made{{"issuer"_L1, m_idp.name},
                         {"jwks_uri"_L1, QString(m_idp.name + u"/certs"_s)},
                         {"token_endpoint"_L1, "https://idp.example/token"_L1}};
        for (auto it = changes.begin(); it != changes.end(); ++it)
            made[it.key()] = it.value();
        return made;
    }

    Result<IssuerMetadata> metadataOf(Issuer &issuer)
    {
        std::optional<Result<IssuerMetadata>> outcome;
        const Call call =
            issuer.metadata([&](Result<IssuerMetadata> found) { outcome = std::move(found); });
        [[maybe_unused]] const bool came = QTest::qWaitFor([&] { return outcome.has_value(); });
        return *outcome;
    }

private Q_SLOTS:
    void init()
    {
        m_idp = FakeIssuer();
        m_idp.keys = {m_key};
    }

    void aKeycloakRealmNeedsNoDocument()
    {
        Issuer issuer(m_idp.options(), m_idp.fetch(), {}, m_idp.clock());
        const auto metadata = metadataOf(issuer);
        QCOMPARE(metadata->jwksUri,
                 QUrl(u"https://idp.example/realms/test/protocol/openid-connect/certs"_s));
        QCOMPARE(metadata->tokenEndpoint,
                 QUrl(u"https://idp.example/realms/test/protocol/openid-connect/token"_s));
        QVERIFY(m_idp.seen.isEmpty());
    }

    void anOutageIsToldOnceAndItsEndAsWell()
    {
        QStringList lines;
        const LogLines log(&lines);
        Issuer issuer(discovered(), m_idp.fetch(), {}, m_idp.clock());
        QCOMPARE(issuer.health().toJson()["state"_L1].toString(), u"unknown"_s);
        m_idp.error = Error(ErrorCode::UpstreamFailed, u"idp.example refuses connections."_s);
        for (int i = 0; i < 3; ++i) {
            std::optional<Result<Nothing>> outcome;
            const Call call = issuer.probe([&](Result<Nothing> found) { outcome = found; });
            QTRY_VERIFY(outcome);
            QCOMPARE(outcome->error().code, ErrorCode::IdpUnavailable);
            QCOMPARE(outcome->error().extra["retry_after"_L1].toInt(), kIdpPauseSeconds);
            m_idp.now += 10s;
        }
        QCOMPARE(lines.size(), 1);
        QVERIFY2(lines[0].contains(u"idp.example refuses connections."), qPrintable(lines[0]));
        QCOMPARE(issuer.health().toJson()["state"_L1].toString(), u"unreachable"_s);
        m_idp.error.reset();
        m_idp.metadata = document();
        std::optional<Result<Nothing>> outcome;
        const Call call = issuer.probe([&](Result<Nothing> found) { outcome = found; });
        QTRY_VERIFY(outcome);
        QVERIFY(outcome->ok());
        QCOMPARE(lines.size(), 2);
        QVERIFY(lines[1].contains(u"can be asked again"));
        QCOMPARE(issuer.health().toJson()["state"_L1].toString(), u"reachable"_s);
        QVERIFY(!issuer.health().toJson().contains("detail"_L1));
    }

    void theLogTellsWhereItWasAskedAndWhichSettingSaysSo_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("place");
        QTest::addColumn<QString>("setting");
        const QString base = u"https://idp.example/realms/test"_s;
        QTest::newRow("realm") << u"realm"_s << QString(base + "/protocol/openid-connect/certs"_L1)
                               << u"AUTH_BASE_URL and KEYCLOAK_REALM"_s;
        QTest::newRow("keys") << u"keys"_s << u"https://idp.example/nokeys"_s
                              << u"OAUTH_JWKS_URL"_s;
        QTest::newRow("document") << u"document"_s
                                  << QString(base + "/.well-known/openid-configuration"_L1)
                                  << u"OAUTH_ISSUER_URL"_s;
        QTest::newRow("garbage") << u"garbage"_s << QString(base + "/certs"_L1)
                                 << u"jwks_uri of the issuer's document"_s;
    }
    void theLogTellsWhereItWasAskedAndWhichSettingSaysSo()
    {
        QFETCH(QString, what);
        QFETCH(QString, place);
        QFETCH(QString, setting);
        QStringList lines;
        const LogLines log(&lines);
        IssuerOptions options = what == "realm"_L1 ? m_idp.options() : discovered();
        if (what == "keys"_L1)
            options.jwksUri = QUrl(u"https://me:secret@idp.example/nokeys?api=key"_s);
        if (what == "garbage"_L1) {
            m_idp.metadata = document();
            m_idp.jwks = "{\"keys\":";
        } else {
            m_idp.error = Error(ErrorCode::IdpUnavailable, u"idp.example is not well."_s);
        }
        Issuer issuer(options, m_idp.fetch(), {}, m_idp.clock());
        std::optional<Result<Nothing>> outcome;
        const Call call = issuer.probe([&](Result<Nothing> found) { outcome = found; });
        QTRY_VERIFY(outcome);
        QVERIFY(!outcome->error().message.contains("idp.example"_L1)); // callers hear nothing of it
        QCOMPARE(lines.size(), 1);
        QVERIFY2(lines[0].contains(place + u' ') || lines[0].contains(place + u'.')
                     || lines[0].contains(place + u':'),
                 qPrintable(lines[0]));
        QVERIFY2(lines[0].contains(setting), qPrintable(lines[0]));
        QVERIFY2(!lines[0].contains("secret"_L1) && !lines[0].contains("api="_L1),
                 qPrintable(lines[0]));
    }

    void issuersInTroubleAreAskedAgain()
    {
        QStringList lines;
        const LogLines log(&lines);
        Issuer issuer(m_idp.options(), m_idp.fetch(), {}, m_idp.clock());
        m_idp.error = Error(ErrorCode::UpstreamFailed, u"Gone."_s);
        IssuerWatch watch({&issuer}, 10ms);
        watch.begin();
        QTRY_VERIFY(m_idp.seen.size() > 2);
        QCOMPARE(lines.size(), 1);
        m_idp.error.reset();
        QTRY_COMPARE(watch.toJson()[0]["state"_L1].toString(), u"reachable"_s);
        const qsizetype asked = m_idp.seen.size();
        QTest::qWait(50); // nothing is to come
        QCOMPARE(m_idp.seen.size(), asked);
    }

    void theDocumentIsLookedForInThreePlaces()
    {
        const QStringList expected{
            u"https://idp.example/realms/test/.well-known/openid-configuration"_s,
            u"https://idp.example/.well-known/oauth-authorization-server/realms/test"_s,
            u"https://idp.example/.well-known/openid-configuration/realms/test"_s};
        Issuer issuer(discovered(), m_idp.fetch(), {}, m_idp.clock());
        const auto metadata = metadataOf(issuer);
        QCOMPARE(metadata.error().code, ErrorCode::IdpUnavailable);
        QStringList asked;
        for (const auto &request : std::as_const(m_idp.seen))
            asked.append(request.url.toString());
        QCOMPARE(asked, expected);
        QCOMPARE(metadataUrls(u"https://idp.example/"_s).first(),
                 QUrl(u"https://idp.example/.well-known/openid-configuration"_s));
        QCOMPARE(metadataUrls(u"https://idp.example"_s).size(), 2);
        // For some seconds nobody is asked again.
        QVERIFY(!metadataOf(issuer).ok());
        QCOMPARE(m_idp.seen.size(), 3);
    }

    void aDocumentIsKeptForAnHourAndLongerWhenItCannotBeHad()
    {
        m_idp.metadata = document();
        Issuer issuer(discovered(), m_idp.fetch(), {}, m_idp.clock());
        QVERIFY(metadataOf(issuer).ok());
        m_idp.now += 59min;
        QCOMPARE(metadataOf(issuer)->tokenEndpoint, QUrl(u"https://idp.example/token"_s));
        QCOMPARE(m_idp.seen.size(), 1);
        m_idp.now += 2min;
        m_idp.error = Error(ErrorCode::UpstreamFailed, u"Gone."_s);
        QVERIFY(metadataOf(issuer).ok());
        QCOMPARE(m_idp.seen.size(), 2);
    }

    void aDocumentAboutAnotherIssuerIsNotBelieved_data()
    {
        QTest::addColumn<QJsonValue>("issuer");
        QTest::newRow("another") << QJsonValue(u"https://evil.example"_s);
        QTest::newRow("a slash more") << QJsonValue(QString(m_idp.name + u'/'));
        QTest::newRow("capitals") << QJsonValue(m_idp.name.toUpper());
        QTest::newRow("none") << QJsonValue();
        QTest::newRow("number") << QJsonValue(7);
    }

    void aDocumentAboutAnotherIssuerIsNotBelieved()
    {
        QFETCH(QJsonValue, issuer);
        m_idp.metadata = document({{"issuer"_L1, issuer}});
        Issuer asked(discovered(), m_idp.fetch(), {}, m_idp.clock());
        QCOMPARE(metadataOf(asked).error().code, ErrorCode::IdpUnavailable);
    }

    void strangeUrlsInADocumentAreLeftOut()
    {
        const auto parsed = parseIssuerMetadata(
            QJsonDocument(document({{"jwks_uri"_L1, "file:///etc/passwd"_L1},
                                    {"token_endpoint"_L1, "javascript:alert(1)"_L1},
                                    {"userinfo_endpoint"_L1, "https://"_L1},
                                    {"revocation_endpoint"_L1, 7}}))
                .toJson(),
            m_idp.name);
        QVERIFY(parsed->jwksUri.isEmpty() && parsed->tokenEndpoint.isEmpty());
        QVERIFY(parsed->userinfoEndpoint.isEmpty() && parsed->revocationEndpoint.isEmpty());
        QVERIFY(!parseIssuerMetadata("{\"issuer\":\"a\",\"issuer\":\"b\"}", u"b"_s).ok());
        QVERIFY(!parseIssuerMetadata("[]", u"b"_s).ok());
    }

    void keysElsewhereAreFetchedAsAForeignUrl()
    {
        for (const auto &[uri, trust] :
             {std::pair(u"https://idp.example/realms/test/certs"_s, egress::Trust::Configured),
              std::pair(u"https://169.254.169.254/latest/certs"_s, egress::Trust::Foreign)}) {
            init();
            m_idp.metadata = document({{"jwks_uri"_L1, uri}});
            auto options = m_idp.verifierOptions();
            options.issuers = {discovered()};
            TokenVerifier checker(options, m_idp.fetch(), m_idp.clock());
            const auto found = verdict(checker, m_key.token(u"EdDSA"_s, m_idp.claims()));
            QVERIFY(found.ok());
            QCOMPARE(m_idp.seen.last().url.toString(), uri);
            QCOMPARE(m_idp.seen.last().trust, trust);
            QVERIFY(m_idp.seen.last().maxBody <= 1024 * 1024);
        }
    }

    void unusableKeysAmongOthersDoNoHarm()
    {
        const QByteArray good = QJsonDocument(m_key.jwk()).toJson(QJsonDocument::Compact);
        const auto set =
            parseJwks("{\"keys\":[7,null,{},{\"kty\":\"oct\",\"k\":\"c2VjcmV0\","
                      "\"kid\":\"k1\"},{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"},"
                      + good + "]}");
        QVERIFY(set.ok());
        QCOMPARE(set->keys.size(), 1);
        QCOMPARE(set->candidates(u"k1"_s, crypto::Algorithm::EdDSA).size(), 1);
        QCOMPARE(set->candidates({}, crypto::Algorithm::EdDSA).size(), 1);
        QCOMPARE(set->candidates(u"k2"_s, crypto::Algorithm::EdDSA).size(), 0);
        QCOMPARE(set->candidates(u"k1"_s, crypto::Algorithm::RS256).size(), 0);
    }
};

QTEST_GUILESS_MAIN(tst_Issuer)
#include "tst_issuer.moc"
