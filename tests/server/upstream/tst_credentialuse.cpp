// SPDX-License-Identifier: GPL-3.0-or-later
// Where a caller's credential goes, whoever knows it: headers of remote servers, asked for with
// each request, and the environment of children.
#include "common/async/later.h"
#include "common/config/loader.h"
#include "common/httpclient/client.h"
#include "server/upstream/credentialstart.h"
#include "server/upstream/definition.h"
#include "server/upstream/remoteauthorizer.h"
#include "server/upstream/remoteheaders.h"
#include "tests/common/httpclient/rawserver.h"

#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::upstream;
using namespace Qt::StringLiterals;

namespace {

class FakeSource : public CredentialSource
{
public:
    QByteArray scope() const override { return "s"; }
    bool isCallersOwn() const override { return own; }
    bool isOptional() const override { return optional; }
    bool mayFallBack() const override { return fallsBack; }
    std::optional<HeldCredential> now() override
    {
        if (!known)
            return std::nullopt;
        return held(token);
    }
    Call get(Handler<HeldCredential> handler) override
    {
        ++asked;
        known = !error;
        return answer(std::move(handler));
    }
    Call renew(const QByteArray &old, const httpclient::Headers &refusal,
               Handler<HeldCredential> handler) override
    {
        ++renewed;
        rejected = old;
        challenge = httpclient::headerValue(refusal, "WWW-Authenticate");
        token = next;
        return answer(std::move(handler));
    }

    bool own = false, optional = false, fallsBack = false, known = true;
    QByteArray token = "first", next = "second", rejected, challenge;
    QDateTime end;
    std::optional<Error> error;
    int asked = 0, renewed = 0;

private:
    HeldCredential held(const QByteArray &text) const { return {text, u"bearer"_s, end}; }
    Call answer(Handler<HeldCredential> handler)
    {
        if (error)
            return failLater(std::move(handler), *error);
        return later([one = held(token), handler = std::move(handler)] { handler(one); });
    }
};

struct Sent {
    std::optional<Result<httpclient::Response>> got;
    QList<int> heads;
    int sent = 0;
    Call call;
};

} // namespace

class CredentialUseTest : public QObject
{
    Q_OBJECT

    std::shared_ptr<Sent> post(RawServer &server, const RemoteDefinition &remote,
                               httpclient::Headers headers = {})
    {
        auto sent = std::make_shared<Sent>();
        httpclient::Request request;
        request.method = "POST";
        request.url = server.url();
        request.body = "{\"a\":1}";
        request.headers = std::move(headers);
        request.authorizer = std::make_shared<RemoteAuthorizer>(remote, m_source);
        httpclient::Hooks hooks;
        hooks.sent = [raw = sent.get()] { ++raw->sent; };
        hooks.head = [raw = sent.get()](int status, const httpclient::Headers &) {
            raw->heads.append(status);
            return false;
        };
        sent->call =
            m_client.send(request, hooks, [raw = sent.get()](Result<httpclient::Response> outcome) {
                raw->got = outcome;
            });
        return sent;
    }
    Result<Identity> started(const ServerDefinition &definition)
    {
        Identity identity;
        identity.source = m_source;
        std::optional<Result<Identity>> got;
        const Call call = withCredential(definition, identity).start([&](Result<Identity> outcome) {
            got = outcome;
        });
        if (!QTest::qWaitFor([&] { return got.has_value(); }))
            return Error(ErrorCode::NotImplemented, u"no answer"_s);
        return *got;
    }

    httpclient::Client m_client;
    std::shared_ptr<FakeSource> m_source;

private Q_SLOTS:
    void init() { m_source = std::make_shared<FakeSource>(); }

    void eachRequestCarriesTheCredentialOfTheMoment()
    {
        RawServer server;
        server.handle = [](const RawServer::Seen &one) { one.answer("200 OK", "text/plain", ""); };
        auto sent = post(server, {});
        QTRY_VERIFY(sent->got);
        m_source->token = "later";
        sent = post(server, {});
        QTRY_VERIFY(sent->got);
        QCOMPARE(server.seen[0].header("Authorization"), "Bearer first"_ba);
        QCOMPARE(server.seen[1].header("Authorization"), "Bearer later"_ba);
        QCOMPARE(m_source->asked, 0);
    }

    void aHeaderOfItsOwnTakesTheTemplateAndNothingElse()
    {
        RawServer server;
        server.handle = [](const RawServer::Seen &one) {
            if (one.header("X-Key") == "k=first;")
                one.answer("401 Unauthorized", "text/plain", "");
            else
                one.answer("200 OK", "text/plain", "");
        };
        RemoteDefinition remote;
        remote.authHeader = "X-Key";
        remote.authTemplate = u"k={token};"_s;
        const auto sent =
            post(server, remote, {{"authorization", "Bearer forwarded"}, {"x-key", "forwarded"}});
        QTRY_VERIFY(sent->got);
        QCOMPARE((*sent->got)->status, 200);
        QCOMPARE(server.seen.size(), 2);
        QCOMPARE(m_source->rejected, "first"_ba);
        QCOMPARE(server.seen[1].header("X-Key"), "k=second;"_ba);
        QVERIFY(server.seen[1].header("Authorization").isEmpty());
        QCOMPARE(server.seen[1].head.toLower().count("x-key"), 1);
    }

    void arefusedCredentialIsRenewedAndTheRequestSentOnceMore()
    {
        RawServer server;
        server.handle = [](const RawServer::Seen &one) {
            if (one.header("Authorization") == "Bearer first")
                one.answer("401 Unauthorized", "text/plain", "no",
                           "WWW-Authenticate: Bearer x\r\n");
            else
                one.answer("200 OK", "text/plain", "yes");
        };
        const auto sent = post(server, {});
        QTRY_VERIFY(sent->got);
        QCOMPARE((*sent->got)->body, "yes"_ba);
        QCOMPARE(sent->heads, QList<int>{200});
        QCOMPARE(sent->sent, 1);
        QCOMPARE(server.seen[1].body, "{\"a\":1}"_ba);
        QCOMPARE(m_source->rejected, "first"_ba);
        QCOMPARE(m_source->challenge, "Bearer x"_ba);
    }

    void aServerThatAcceptsNothingIsAskedTwice()
    {
        RawServer server;
        server.handle = [](const RawServer::Seen &one) {
            one.answer("401 Unauthorized", "text/plain", "no");
        };
        auto sent = post(server, {});
        QTRY_VERIFY(sent->got);
        QCOMPARE((*sent->got)->status, 401);
        QCOMPARE(sent->heads, QList<int>{401});
        QCOMPARE(server.seen.size(), 2);
        m_source->next = "second"; // there is no other one
        m_source->token = "second";
        sent = post(server, {});
        QTRY_VERIFY(sent->got);
        QCOMPARE((*sent->got)->body, "no"_ba);
        QCOMPARE(server.seen.size(), 3);
    }

    void aCredentialThatWasTakenAwayIsNotSentFromMemory()
    {
        RemoteAuthorizer authorizer(RemoteDefinition(), m_source);
        m_source->next = m_source->token; // the server refuses it, and there is no other one
        std::optional<bool> isOther;
        const Call call =
            authorizer.renew({{"Authorization", "Bearer first"}}, {},
                             [&](const Result<bool> &outcome) { isOther = *outcome; });
        QTRY_VERIFY(isOther);
        QVERIFY(!*isOther);
        m_source->known = false; // e.g. the user has disconnected his account
        httpclient::Headers headers;
        QVERIFY(!authorizer.apply(headers)); // has to ask
        QVERIFY(headers.isEmpty());
    }

    void whatTheSourceSaysBecomesTheError()
    {
        RawServer server;
        server.handle = [](const RawServer::Seen &one) {
            one.answer("401 Unauthorized", "text/plain", "no");
        };
        m_source->error = Error(ErrorCode::NotConnected, u"Connect."_s);
        auto sent = post(server, {});
        QTRY_VERIFY(sent->got);
        QCOMPARE(sent->got->error().code, ErrorCode::NotConnected);
        m_source->known = false;
        sent = post(server, {});
        QTRY_VERIFY(sent->got);
        QCOMPARE(sent->got->error().code, ErrorCode::NotConnected);
        QCOMPARE(server.seen.size(), 1);
    }

    void aRequestThatIsWithdrawnWhileItWaitsIsNotSent()
    {
        RawServer server;
        m_source->known = false;
        auto sent = post(server, {});
        sent->call.cancel();
        QTest::qWait(20);
        QVERIFY(server.seen.isEmpty());
        QVERIFY(!sent->got);
    }

    void aChildFindsItsTokenInTheEnvironment()
    {
        ServerDefinition definition;
        definition.auth.environment = u"GITHUB_TOKEN"_s;
        m_source->known = false;
        m_source->end = QDateTime::currentDateTimeUtc().addSecs(60);
        const auto identity = started(definition);
        QVERIFY(identity);
        QCOMPARE(identity->environment.value(u"GITHUB_TOKEN"_s), u"first"_s);
        QCOMPARE(identity->environment.value(u"MCP_BEARER_TOKEN"_s), u"first"_s);
        QCOMPARE(identity->credentialEnd, m_source->end);
        m_source->known = false;
        m_source->fallsBack = true; // means nothing here
        m_source->error = Error(ErrorCode::IdpUnavailable, u"Down."_s);
        QCOMPARE(started(definition).error().code, ErrorCode::IdpUnavailable);
    }

    void onlyARemoteServerMayGetWhatIsSharedInstead()
    {
        ServerDefinition definition;
        definition.remote.emplace();
        m_source->known = false;
        m_source->error = Error(ErrorCode::IdpUnavailable, u"Down."_s);
        QVERIFY(!started(definition));
        m_source->fallsBack = true;
        const auto identity = started(definition);
        QVERIFY(identity);
        QVERIFY(!identity->source);
        m_source->error = Error(ErrorCode::NotConnected, u"No account."_s);
        QVERIFY(!started(definition));
        // It answered, and would not give one: that is no outage.
        m_source->error = Error(ErrorCode::IdpUnavailable, u"Not for this audience."_s);
        m_source->error->status = 502;
        QVERIFY(!started(definition));
        // Callers can bring about that it is asked too often.
        m_source->error = Error(ErrorCode::IdpUnavailable, u"Later."_s);
        m_source->error->logged["provider_status"_L1] = 429;
        QVERIFY(!started(definition));
    }

    void onlyServersThatUseASourceKeepIt()
    {
        Identity identity;
        identity.source = m_source;
        ServerDefinition definition;
        QVERIFY(effectiveFor(identity, definition).isNeutral());
        definition.auth.environment = u"T"_s;
        QVERIFY(!effectiveFor(identity, definition).isNeutral());
        definition.remote.emplace();
        QVERIFY(effectiveFor(identity, definition).source);
        m_source->own = true;
        QVERIFY(effectiveFor(identity, definition).source);
        definition.remote->bearerToken = "shared";
        QVERIFY(!effectiveFor(identity, definition).source);
        m_source->own = false;
        QVERIFY(effectiveFor(identity, definition).source);
    }

    void entriesSayWhichCredentialTheirServerGets()
    {
        config::Loaded loaded;
        loaded.settings.set(u"OAUTH_ENV"_s, u"COMMON"_s, config::Source::Environment);
        loaded.mcpServers =
            QJsonObject{{"a"_L1, QJsonObject{{"command"_L1, "x"_L1}}},
                        {"b"_L1, QJsonObject{{"command"_L1, "x"_L1},
                                             {"auth"_L1, QJsonObject{{"provider"_L1, "exchange"_L1},
                                                                     {"audience"_L1, "api"_L1},
                                                                     {"oauthEnv"_L1, ""_L1}}}}}};
        loaded.serverNames = {u"a"_s, u"b"_s};
        const auto definitions = definitionsFrom(loaded);
        QVERIFY(definitions);
        QCOMPARE(definitions->at(0).auth.environment, u"COMMON"_s);
        QVERIFY(definitions->at(1).auth.environment.isEmpty());
        QCOMPARE(definitions->at(1).auth.audience, u"api"_s);
    }

    void mistakesInEntriesAreTold()
    {
        QList<FieldProblem> problems;
        serverAuthEntry(u"p"_s,
                        QJsonObject{{"provider"_L1, "google"_L1},
                                    {"scop"_L1, "x"_L1},
                                    {"oauthEnv"_L1, "A B"_L1},
                                    {"audience"_L1, 5},
                                    {"redirectUri"_L1, "/x"_L1},
                                    {"_note"_L1, "fine"_L1}},
                        {}, problems);
        QStringList places;
        for (const FieldProblem &problem : problems)
            places.append(problem.path);
        places.sort();
        QCOMPARE(places,
                 (QStringList{u"p.auth.audience"_s, u"p.auth.oauthEnv"_s, u"p.auth.provider"_s,
                              u"p.auth.redirectUri"_s, u"p.auth.scop"_s}));
        problems.clear();
        serverAuthEntry(u"p"_s, u"x"_s, {}, problems);
        QCOMPARE(problems.size(), 1);
    }
};

QTEST_GUILESS_MAIN(CredentialUseTest)
#include "tst_credentialuse.moc"
