// SPDX-License-Identifier: GPL-3.0-or-later
// One authorization server must not get what another one answers (mix-up, RFC 9700 §4.4), and
// whoever is to sign in must see for whom.
#include "tests/server/credentials/farlogin.h"

using namespace fake;

class MixUpTest : public FarTest
{
    Q_OBJECT
private Q_SLOTS:
    void init() { m_far = std::make_unique<Far>(); }

    void usersAreNotSentOnToSomebodyElse()
    {
        m_far->metadata["authorization_endpoint"_L1] = u"https://honest.example/authorize"_s;
        const auto outcome = ask(m_far->server());
        QVERIFY(outcome && !outcome->ok());
        QVERIFY(outcome->error().extra["authorization_url"_L1].toString().isEmpty());
        QVERIFY(outcome->error().message.contains("MCP_REMOTE_SERVER_OAUTH_ISSUER"_L1));
        QVERIFY(m_far->posts("/register").isEmpty());
    }

    void theOperatorMayMeanIt()
    {
        m_far->metadata["authorization_endpoint"_L1] = u"https://login.example/authorize"_s;
        auto server = m_far->server();
        server.auth.issuer = m_far->origin;
        QVERIFY(!ticket(server).isEmpty());
        m_far = std::make_unique<Far>();
        // Its answers say whose they are, and one that does not is not believed.
        m_far->metadata["authorization_endpoint"_L1] = u"https://login.example/authorize"_s;
        m_far->metadata["authorization_response_iss_parameter_supported"_L1] = true;
        const auto departure = m_far->flow->begin(ticket(m_far->server()));
        QVERIFY(departure);
        QCOMPARE(finish(arrivalOf(*departure))->error().code, ErrorCode::BadRequest);
        QVERIFY(m_far->posts("/token").isEmpty());
    }

    void whoDoesNotSayWhoHeIsHasAPlaceOfHisOwn()
    {
        const QString place = UpstreamLogin::placeOf(m_far->origin);
        QCOMPARE(place.size(), 32);
        QVERIFY(place != UpstreamLogin::placeOf(u"https://honest.example"_s));
        const auto departure = m_far->flow->begin(ticket(m_far->server()));
        const QString redirect = m_far->flow->redirectUri(place).toString();
        QVERIFY(redirect.endsWith(u"/oauth/upstream/callback/"_s + place));
        QCOMPARE(items(departure->address).value(u"redirect_uri"_s), redirect);
        const QJsonObject client =
            QJsonDocument::fromJson(m_far->posts("/register")[0].body).object();
        QCOMPARE(client["redirect_uris"_L1].toArray(), QJsonArray{redirect});
    }

    void answersInAnothersPlaceAreNotRedeemed_data()
    {
        QTest::addColumn<QString>("place");
        QTest::newRow("another one's") << UpstreamLogin::placeOf(u"https://honest.example"_s);
        QTest::newRow("the common one") << QString();
    }
    void answersInAnothersPlaceAreNotRedeemed()
    {
        QFETCH(QString, place);
        const auto departure = m_far->flow->begin(ticket(m_far->server()));
        UpstreamLogin::Arrival arrival = arrivalOf(*departure);
        arrival.place = place;
        QCOMPARE(finish(arrival)->error().code, ErrorCode::BadRequest);
        QVERIFY(m_far->posts("/token").isEmpty());
        QVERIFY(connectAccount());
    }

    void whoSaysWhoHeIsUsesTheCommonPlace()
    {
        m_far->metadata["authorization_response_iss_parameter_supported"_L1] = true;
        const auto departure = m_far->flow->begin(ticket(m_far->server()));
        QCOMPARE(items(departure->address).value(u"redirect_uri"_s),
                 m_far->flow->redirectUri().toString());
        UpstreamLogin::Arrival arrival = arrivalOf(*departure);
        arrival.issuer = m_far->origin;
        QVERIFY(finish(arrival)->ok());
    }

    void theMetadataDocumentOfAPlaceNamesNoOther()
    {
        m_far->metadata["client_id_metadata_document_supported"_L1] = true;
        m_far->login.publicUrl = QUrl(u"https://bridge.example/b/"_s);
        m_far->open();
        const QString place = UpstreamLogin::placeOf(m_far->origin);
        const auto departure = m_far->flow->begin(ticket(m_far->server()));
        const QJsonObject document = m_far->flow->clientDocument(place);
        QCOMPARE(items(departure->address).value(u"client_id"_s),
                 u"https://bridge.example/b/oauth/client-metadata/"_s + place);
        QCOMPARE(document["client_id"_L1].toString(),
                 items(departure->address).value(u"client_id"_s));
        QCOMPARE(document["redirect_uris"_L1].toArray(),
                 QJsonArray{items(departure->address).value(u"redirect_uri"_s)});
    }

    void aRegisteredClientKeepsItsAddress()
    {
        auto server = m_far->server();
        server.auth.issuer = m_far->origin;
        server.auth.clientId = u"known"_s;
        const auto departure = m_far->flow->begin(ticket(server));
        QCOMPARE(items(departure->address).value(u"redirect_uri"_s),
                 m_far->flow->redirectUri().toString());
        QVERIFY(finish(arrivalOf(*departure))->ok());
    }

    void nobodyChoosesWhatThePageCallsHim_data()
    {
        QTest::addColumn<QJsonObject>("claims");
        QTest::addColumn<QString>("shown");
        const QString id = u"attacker of https://idp"_s;
        const QString address = u"eve@example.org"_s;
        QTest::newRow("an address nobody proved")
            << QJsonObject{{"email"_L1, address}, {"name"_L1, "Bob Victim"_L1}} << id;
        QTest::newRow("an address that is denied")
            << QJsonObject{{"email"_L1, address}, {"email_verified"_L1, false}} << id;
        QTest::newRow("a proved address")
            << QJsonObject{{"email"_L1, address}, {"email_verified"_L1, true}}
            << u"eve@example.org of https://idp"_s;
    }
    void nobodyChoosesWhatThePageCallsHim()
    {
        QFETCH(QJsonObject, claims);
        auth::Principal eve = *alice();
        eve.name = u"Bob Victim"_s;
        eve.subject = u"attacker"_s;
        eve.issuer = u"https://idp"_s;
        eve.email = u"eve@example.org"_s;
        eve.claims = claims;
        const auto outcome = ask(m_far->server(), share(eve));
        const QUrl url(outcome->error().extra["authorization_url"_L1].toString());
        const auto *login = m_far->flow->pending(items(url).value(u"ticket"_s).toLatin1());
        QVERIFY(login);
        QTEST(login->ownerName, "shown");
    }

    void aNameCannotLeaveItsQuotes()
    {
        auth::Principal eve = *alice();
        eve.issuer.clear();
        eve.claims = {};
        eve.subject = u"bob\" of \u202eknab"_s;
        const auto outcome = ask(m_far->server(), share(eve));
        const QUrl url(outcome->error().extra["authorization_url"_L1].toString());
        const auto *login = m_far->flow->pending(items(url).value(u"ticket"_s).toLatin1());
        QVERIFY(login);
        QCOMPARE(login->ownerName, u"bob? of ?knab"_s);
    }
};

QTEST_GUILESS_MAIN(MixUpTest)
#include "tst_mixup.moc"
