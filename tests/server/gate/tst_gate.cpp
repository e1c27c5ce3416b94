// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/async/later.h"
#include "server/gate/gate.h"
#include "server/http/wire.h"

#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace bridge;
using namespace bridge::gate;

namespace {

class MemoryWire : public http::Wire
{
public:
    bool mustClose() const override { return false; }
    void write(const QByteArray &more) override { bytes += more; }
    qint64 bytesToWrite() const override { return 0; }
    void answerDone(bool) override {}
    void dropClient() override {}
    QByteArray bytes;
};

auth::PrincipalPtr person(const QString &name, const QStringList &groups = {},
                          const QString &strategy = u"bearer"_s)
{
    auto made = std::make_shared<auth::Principal>();
    made->kind = auth::Principal::Kind::User;
    made->owner = name;
    made->userId = name;
    made->groups = groups;
    made->strategy = strategy;
    made->isVerified = true;
    return made;
}

http::Route route(const QString &pattern)
{
    http::Route made;
    made.method = pattern.startsWith("/admin"_L1) ? "POST" : "GET";
    made.pattern = pattern;
    made.handler = pattern;
    made.run = [](http::Exchange &exchange, const http::PathParams &) {
        exchange.finish(http::Response::text(200, principalOf(exchange)->owner.toUtf8()));
    };
    return made;
}

} // namespace

class TestGate : public QObject
{
    Q_OBJECT

    auth::Strategy::Outcome m_outcome;
    Result<auth::PrincipalPtr> m_answer = auth::PrincipalPtr();
    int m_asked = 0;
    int m_withdrawn = 0;
    bool m_neverAnswers = false;
    QList<Incident> m_incidents;
    std::shared_ptr<Sources> m_sources;
    std::unique_ptr<Gate> m_gate;
    std::unique_ptr<http::Router> m_router;

    struct Sent {
        std::unique_ptr<MemoryWire> wire = std::make_unique<MemoryWire>();
        std::unique_ptr<http::Exchange> exchange;
        int status() const { return exchange->status(); }
        QByteArray body() const { return wire->bytes.mid(wire->bytes.indexOf("\r\n\r\n") + 4); }
    };

    Sent send(const QByteArray &target, http::Headers headers = {},
              const QByteArray &method = "GET")
    {
        http::Request request;
        request.method = method;
        request.target = target;
        request.query = QUrlQuery(QString::fromUtf8(target.mid(target.indexOf('?') + 1)));
        if (!target.contains('?'))
            request.query = {};
        request.headers = std::move(headers);
        request.peer = request.client = QHostAddress::LocalHost;
        Sent sent;
        sent.exchange = std::make_unique<http::Exchange>(request, sent.wire.get());
        m_router->dispatch(*sent.exchange);
        return sent;
    }

    void setKnown(const auth::PrincipalPtr &who)
    {
        m_outcome = {auth::Strategy::Finding::Known, who, std::nullopt};
    }

private Q_SLOTS:
    void init()
    {
        m_outcome = {};
        m_asked = m_withdrawn = 0;
        m_neverAnswers = false;
        m_incidents.clear();
        m_sources = std::make_shared<Sources>();
        m_sources->identifies = true;
        Authentication authentication;
        authentication.findNow = [this](const auth::AuthRequest &) { return m_outcome; };
        authentication.find = [this](const auth::AuthRequest &, Handler<auth::PrincipalPtr> done) {
            ++m_asked;
            if (m_neverAnswers)
                return Call([this] { ++m_withdrawn; });
            return later([this, done = std::move(done)] { done(m_answer); });
        };
        m_gate = std::make_unique<Gate>(GateOptions(), std::move(authentication), m_sources);
        m_gate->setObserver([this](const Incident &incident) { m_incidents.append(incident); });
        m_router = std::make_unique<http::Router>();
        m_gate->guard(*m_router);
        for (const QString &pattern :
             {u"/health"_s, u"/tools"_s, u"/session/close"_s, u"/sse"_s, u"/admin/reload"_s,
              u"/openapi.json"_s, u"/sessions"_s, u"/forgotten"_s})
            m_router->add(route(pattern));
    }

    void asksNobodyWhoComesToAPublicRoute()
    {
        m_outcome = {auth::Strategy::Finding::Known, nullptr,
                     Error(ErrorCode::InvalidToken, u"no"_s)};
        QCOMPARE(send("/health").status(), 200);
        QCOMPARE(send("/tools").status(), 401);
    }

    void guardsARouteNobodyThoughtOf()
    {
        GateOptions options;
        options.requiredGroups = {u"staff"_s};
        m_gate->setOptions(options);
        QCOMPARE(send("/forgotten").status(), 401);
        QCOMPARE(m_incidents.size(), 1);
        QCOMPARE(m_incidents.first().route, u"/forgotten"_s);
    }

    void handsOnWhoIsKnownAtOnce()
    {
        setKnown(person(u"alice"_s));
        const Sent sent = send("/tools");
        QCOMPARE(sent.status(), 200);
        QCOMPARE(sent.body(), "alice"_ba);
        QCOMPARE(m_asked, 0);
    }

    void whatComesOfARequestKnowsWhichOneItWas()
    {
        for (const auth::PrincipalPtr &who : {person(u"alice"_s), auth::anonymous()}) {
            setKnown(who);
            const Sent sent = send("/tools");
            const auth::Origin origin = originOf(identityOf(*sent.exchange));
            QVERIFY(!origin.requestId.isEmpty());
            QCOMPARE(origin.requestId, sent.exchange->requestId());
            QCOMPARE(origin.address, QHostAddress(QHostAddress::LocalHost));
        }
        QVERIFY(originOf(upstream::Identity()).requestId.isEmpty());
    }

    void waitsForWhoHasToBeAskedFor()
    {
        m_outcome.finding = auth::Strategy::Finding::Ask;
        m_answer = person(u"bob"_s);
        const Sent sent = send("/tools");
        QCOMPARE(sent.status(), 0);
        QTRY_COMPARE(sent.status(), 200);
        QCOMPARE(sent.body(), "bob"_ba);
    }

    void takesTheQuestionBackWhenTheClientLeaves()
    {
        m_outcome.finding = auth::Strategy::Finding::Ask;
        m_neverAnswers = true;
        {
            const Sent sent = send("/tools");
            QCOMPARE(m_withdrawn, 0);
        }
        QCOMPARE(m_withdrawn, 1);
    }

    void tellsThatTheProviderIsDown()
    {
        m_outcome.finding = auth::Strategy::Finding::Ask;
        m_answer = Error(ErrorCode::IdpUnavailable, u"later"_s);
        const Sent sent = send("/tools");
        QTRY_COMPARE(sent.status(), 503);
        QVERIFY(!sent.wire->bytes.contains("WWW-Authenticate"));
    }

    void lessensAnOptionalCallerToAStranger()
    {
        m_outcome = {auth::Strategy::Finding::Known, nullptr,
                     Error(ErrorCode::InvalidToken, u"no"_s)};
        const Sent sent = send("/openapi.json");
        QCOMPARE(sent.status(), 200);
        QCOMPARE(sent.body(), "anonymous"_ba);
        setKnown(person(u"alice"_s));
        QCOMPARE(send("/openapi.json").body(), "alice"_ba);
    }

    void wantsAGroupOfMembersOnly()
    {
        GateOptions options;
        options.requiredGroups = {u"staff"_s};
        m_gate->setOptions(options);
        setKnown(person(u"eve"_s, {u"guests"_s}));
        QCOMPARE(send("/tools").status(), 403);
        QCOMPARE(send("/session/close").status(), 200);
        setKnown(person(u"alice"_s, {u"/staff"_s}));
        QCOMPARE(send("/tools").status(), 200);
    }

    void letsAdministratorsSeeSessionsWhateverTheirGroups()
    {
        GateOptions options;
        options.requiredGroups = {u"staff"_s};
        m_gate->setOptions(options);
        auto admin = std::make_shared<auth::Principal>(*person(u"root"_s));
        admin->isAdmin = true;
        setKnown(admin);
        QCOMPARE(send("/sessions").status(), 200);
        QCOMPARE(send("/tools").status(), 403); // to call tools is no administration
        setKnown(person(u"eve"_s));
        QCOMPARE(send("/sessions").status(), 403);
    }

    void tellsWhatKeepsSomebodyOut()
    {
        GateOptions options;
        QVERIFY(!m_gate->objectionTo(*auth::anonymous()));
        options.allowsAnonymous = false;
        m_gate->setOptions(options);
        QCOMPARE(m_gate->objectionTo(*auth::anonymous())->code, ErrorCode::Unauthorized);
        options.requiredGroups = {u"staff"_s};
        m_gate->setOptions(options);
        QCOMPARE(m_gate->objectionTo(*person(u"eve"_s))->code, ErrorCode::Forbidden);
        QVERIFY(!m_gate->objectionTo(*person(u"alice"_s, {u"staff"_s})));
    }

    void tellsToSendWhatIsConfigured()
    {
        GateOptions options;
        options.hint = u"Sing."_s;
        options.requiredGroups = {u"staff"_s};
        m_gate->setOptions(options);
        const QString outside = m_gate->objectionTo(*auth::anonymous())->message;
        QVERIFY2(outside.contains("groups"_L1) && outside.endsWith(" Sing."_L1),
                 qPrintable(outside));
        options.allowsAnonymous = false;
        m_gate->setOptions(options);
        QVERIFY(m_gate->objectionTo(*auth::anonymous())->message.endsWith(" Sing."_L1));
    }

    void tellsTheLogWhoIsNoAdministrator()
    {
        GateOptions options;
        options.hasAdmins = true;
        m_gate->setOptions(options);
        setKnown(person(u"alice"_s, {u"team"_s}));
        const Sent sent = send("/admin/reload", {}, "POST");
        QCOMPARE(sent.status(), 403);
        QCOMPARE(sent.exchange->fields().more[u"groups"_s].toInt(), 1);
        QVERIFY(!sent.body().contains("team"));
    }

    void checksTheGroupOfTheQuery()
    {
        m_sources->placeholders = [](const auth::Principal &who,
                                     const QString &group) -> Result<QMap<QString, QString>> {
            if (who.groups.contains(group))
                return QMap<QString, QString>();
            return Error(ErrorCode::Forbidden, u"no member"_s);
        };
        setKnown(person(u"alice"_s, {u"team"_s}));
        QCOMPARE(send("/tools?group=team").status(), 200);
        QCOMPARE(send("/tools?group=other").status(), 403);
        QCOMPARE(send("/tools?other=1").status(), 200);
        for (const char *twice : {"/tools?group=team&group=other", "/tools?group=team&group=team",
                                  "/tools?group=team&group", "/tools?group=&group=team"})
            QCOMPARE(send(twice).status(), 400);
    }

    void asksAdministratorsForTheirKey()
    {
        const auto status = [this](http::Headers headers = {}) {
            return send("/admin/reload", std::move(headers), "POST").status();
        };
        QCOMPARE(status(), 401);
        setKnown(person(u"alice"_s));
        QCOMPARE(status(), 403);
        QVERIFY(!m_incidents.last().isNoMember);
        auto admin = std::make_shared<auth::Principal>(*person(u"root"_s));
        admin->isAdmin = true;
        setKnown(admin);
        m_incidents.clear();
        const Sent sent = send("/admin/reload", {{"User-Agent", "curl"}}, "POST");
        QCOMPARE(sent.status(), 200);
        QVERIFY(m_incidents.isEmpty());
        const auto *visitor = dynamic_cast<const Visitor *>(sent.exchange->attachment().get());
        QVERIFY(visitor);
        QCOMPARE(visitor->adminAgent(), std::optional("curl"_ba));
    }

    void takesNeighboursForAdministratorsWhereThereAreNoKeys()
    {
        m_sources->identifies = false;
        const std::pair<QByteArray, QByteArray> here{"Host"_ba, "127.0.0.1:8000"_ba};
        const auto status = [&](http::Headers headers) {
            return send("/admin/reload", std::move(headers), "POST").status();
        };
        QCOMPARE(status({here}), 200);
        QCOMPARE(status({here, {"X-Real-IP"_ba, "1.2.3.4"_ba}}), 403);
        QCOMPARE(status({{"Host"_ba, "evil.example:8000"_ba}}), 403);
        setKnown(person(u"alice"_s)); // who says that he is somebody is judged as that one
        QCOMPARE(status({here}), 403);
        setKnown(auth::anonymous());
        GateOptions options;
        options.hasAdmins = true;
        m_gate->setOptions(options);
        QCOMPARE(status({here}), 401);
    }

    void refusesForeignPagesWhereTheBrowserSendsTheCredential()
    {
        const http::Headers foreign{{"Sec-Fetch-Site"_ba, "cross-site"_ba}};
        for (const QString &strategy : {u"cookie"_s, u"login"_s, u"proxy"_s}) {
            setKnown(person(u"alice"_s, {}, strategy));
            QCOMPARE(send("/tools", foreign).status(), 403);
        }
        setKnown(person(u"alice"_s));
        QCOMPARE(send("/tools", foreign).status(), 200);
        GateOptions options;
        options.tokenHeader = "X-Auth-Request-Access-Token";
        m_gate->setOptions(options);
        http::Headers byProxy = foreign;
        byProxy.append({"X-Auth-Request-Access-Token"_ba, "t"_ba});
        QCOMPARE(send("/tools", byProxy).status(), 403);
    }

    void answersOldToolsInPlainText()
    {
        m_outcome = {auth::Strategy::Finding::Known, nullptr,
                     Error(ErrorCode::Unauthorized, u"Log in."_s)};
        const Sent sent = send("/sse");
        QCOMPARE(sent.status(), 401);
        QCOMPARE(sent.body(), "Log in.\n"_ba);
        QVERIFY(sent.wire->bytes.contains("WWW-Authenticate: Bearer"));
    }
};

QTEST_GUILESS_MAIN(TestGate)
#include "tst_gate.moc"
