// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/router.h"
#include "server/http/wire.h"

#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace bridge::http;

namespace {

/// Collects what an exchange writes.
class MemoryWire : public Wire
{
public:
    bool mustClose() const override { return false; }
    void write(const QByteArray &more) override { bytes += more; }
    qint64 bytesToWrite() const override { return 0; }
    void answerDone(bool) override { done = true; }
    void dropClient() override {}

    QByteArray bytes;
    bool done = false;
};

Route route(const QByteArray &method, const QString &pattern, bool alsoAtRoot = false)
{
    Route made;
    made.method = method;
    made.pattern = pattern;
    made.handler = QString::fromUtf8(method) + pattern;
    made.alsoAtRoot = alsoAtRoot;
    made.run = [](Exchange &exchange, const PathParams &params) {
        exchange.finish(Response::text(200, params[u"tool"].toUtf8()));
    };
    return made;
}

QByteArray answer(const Router &router, const QByteArray &method, const QByteArray &target)
{
    MemoryWire wire;
    Request request;
    request.method = method;
    request.target = target;
    Exchange exchange(request, &wire);
    router.dispatch(exchange);
    return wire.bytes;
}

} // namespace

class TestRouter : public QObject
{
    Q_OBJECT

    void fill(Router &router)
    {
        router.add(route("GET", u"/"_s));
        router.add(route("GET", u"/tools"_s));
        router.add(route("GET", u"/tools/{tool}"_s));
        router.add(route("POST", u"/tools/{tool}"_s));
        router.add(route("GET", u"/tools/special"_s));
        router.add(route("POST", u"/tools/{tool}/stream"_s));
        router.add(route("POST", u"/session/start"_s));
        router.add(route("POST", u"/session/{id}/tools/{tool}"_s));
        router.add(route("*", u"/sse"_s));
        router.add(route("GET", u"/health"_s, true));
    }

private Q_SLOTS:
    void findsRoutes_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QString>("handler");
        QTest::addColumn<QString>("tool");
        const auto row = [](const char *method, const char *path, const char *handler,
                            const QString &tool) {
            QTest::addRow("%s %s", method, path)
                << QByteArray(method) << QByteArray(path) << QString::fromLatin1(handler) << tool;
        };
        row("GET", "/", "GET/", {});
        row("GET", "/tools", "GET/tools", {});
        row("GET", "/tools/", "GET/tools", {});
        row("HEAD", "/tools", "GET/tools", {});
        row("GET", "/t%6Fols", "GET/tools", {});
        row("GET", "/tools/add", "GET/tools/{tool}", u"add"_s);
        row("POST", "/tools/add", "POST/tools/{tool}", u"add"_s);
        row("GET", "/tools/special", "GET/tools/special", {});
        row("POST", "/tools/special/stream", "POST/tools/{tool}/stream", u"special"_s);
        row("POST", "/session/start/tools/x", "POST/session/{id}/tools/{tool}", u"x"_s);
        row("POST", "/tools/a%2Fb", "POST/tools/{tool}", u"a/b"_s);
        row("POST", "/tools/a%252Fb", "POST/tools/{tool}", u"a%2Fb"_s);
        row("POST", "/tools/%C3%BC", "POST/tools/{tool}", u"ü"_s);
        row("POST", "/tools/..", "POST/tools/{tool}", u".."_s);
        row("POST", "/tools/%2e%2E", "POST/tools/{tool}", u".."_s);
        row("POST", "/tools/a+b", "POST/tools/{tool}", u"a+b"_s);
        row("DELETE", "/sse", "*/sse", {});
    }

    void findsRoutes()
    {
        QFETCH(QByteArray, method);
        QFETCH(QByteArray, path);
        QFETCH(QString, handler);
        QFETCH(QString, tool);
        Router router;
        fill(router);
        const Router::Match match = router.match(method, path);
        QCOMPARE(match.kind, Router::Match::Found);
        QCOMPARE(match.route->handler, handler);
        QCOMPARE(match.params[u"tool"], tool);
    }

    void findsNoRoute_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<int>("kind");
        const auto row = [](const char *method, const QByteArray &path, Router::Match::Kind kind) {
            QTest::addRow("%s %s", method, path.constData())
                << QByteArray(method) << path << int(kind);
        };
        row("GET", "/nothing", Router::Match::NotFound);
        row("GET", "//tools", Router::Match::NotFound);
        row("GET", "/tools//", Router::Match::NotFound);
        row("POST", "/tools//stream", Router::Match::NotFound);
        row("GET", "/tools/a/b", Router::Match::NotFound);
        row("GET", "/TOOLS", Router::Match::NotFound);
        row("GET", "/session/../tools", Router::Match::NotFound);
        row("DELETE", "/tools/add", Router::Match::MethodNotAllowed);
        row("get", "/tools", Router::Match::MethodNotAllowed);
        row("HEAD", "/session/start", Router::Match::MethodNotAllowed);
        row("GET", "/tools/%", Router::Match::BadPath);
        row("GET", "/tools/%4", Router::Match::BadPath);
        row("GET", "/tools/%zz", Router::Match::BadPath);
        row("GET", "/tools/%00", Router::Match::BadPath);
        row("GET", "/tools/%FF", Router::Match::BadPath);
        row("GET", "/tools/%C0%AF", Router::Match::BadPath);
        row("GET", "/tools/\xff", Router::Match::BadPath);
        row("GET", "tools", Router::Match::BadPath);
        row("GET", "*", Router::Match::BadPath);
    }

    void findsNoRoute()
    {
        QFETCH(QByteArray, method);
        QFETCH(QByteArray, path);
        QFETCH(int, kind);
        Router router;
        fill(router);
        QCOMPARE(int(router.match(method, path).kind), kind);
    }

    void listsTheMethodsOfAPath()
    {
        Router router;
        fill(router);
        QCOMPARE(router.match("PUT", "/tools/x").allow, "GET, POST, HEAD, OPTIONS"_ba);
    }

    void servesUnderTheBasePath()
    {
        Router router;
        fill(router);
        router.setBasePath(u"api/v1/"_s);
        QCOMPARE(router.basePath(), u"/api/v1"_s);
        QCOMPARE(router.match("GET", "/api/v1").kind, Router::Match::Found);
        QCOMPARE(router.match("POST", "/api/v1/tools/add").params[u"tool"], u"add"_s);
        QCOMPARE(router.match("GET", "/tools").kind, Router::Match::NotFound);
        QCOMPARE(router.match("GET", "/health").kind, Router::Match::Found);
        QCOMPARE(router.match("GET", "/api/v1/health").kind, Router::Match::Found);
        router.setBasePath(u"/"_s);
        QCOMPARE(router.basePath(), QString());
        QCOMPARE(router.match("GET", "/tools").kind, Router::Match::Found);
    }

    void answersFailuresInTheOneShape()
    {
        Router router;
        fill(router);
        const QByteArray missing = answer(router, "GET", "/nothing");
        QVERIFY(missing.startsWith("HTTP/1.1 404 Not Found\r\n"));
        QVERIFY(missing.contains("\"error\":\"not_found\""));
        QVERIFY(missing.contains("\"detail\":\"Not Found\""));
        QVERIFY(missing.contains("X-Request-Id: "));
        const QByteArray method = answer(router, "PUT", "/tools");
        QVERIFY(method.startsWith("HTTP/1.1 405 "));
        QVERIFY(method.contains("Allow: GET, HEAD, OPTIONS\r\n"));
        QVERIFY(answer(router, "GET", "/tools/%").startsWith("HTTP/1.1 400 "));
        const QByteArray options = answer(router, "OPTIONS", "/tools");
        QVERIFY(options.startsWith("HTTP/1.1 204 "));
        QVERIFY(options.contains("Allow: GET, HEAD, OPTIONS\r\n"));
        QVERIFY(answer(router, "OPTIONS", "*").startsWith("HTTP/1.1 204 "));
    }

    void replacesARouteAddedTwice()
    {
        Router router;
        router.add(route("GET", u"/x"_s));
        Route second = route("GET", u"/x"_s);
        second.handler = u"second"_s;
        router.add(second);
        QCOMPARE(router.routes().size(), 1);
        QCOMPARE(router.match("GET", "/x").route->handler, u"second"_s);
    }

    void runsStagesInOrderAndStopsAtAnAnswer()
    {
        Router router;
        QStringList ran;
        bool open = true;
        router.setStage(u"auth"_s, [&](Exchange &exchange, std::function<void()> pass) {
            ran.append(u"auth"_s);
            if (open)
                pass();
            else
                exchange.finish(bridge::Error(bridge::ErrorCode::Unauthorized, u"no"_s));
        });
        router.setStage(u"limits"_s, [&](Exchange &, std::function<void()> pass) {
            ran.append(u"limits"_s);
            pass();
        });
        Route guarded = route("GET", u"/x"_s);
        guarded.stages = {u"auth"_s, u"limits"_s};
        router.add(guarded);
        QVERIFY(answer(router, "GET", "/x").startsWith("HTTP/1.1 200 "));
        QCOMPARE(ran, QStringList({u"auth"_s, u"limits"_s}));
        open = false;
        QVERIFY(answer(router, "GET", "/x").startsWith("HTTP/1.1 401 "));
        QCOMPARE(ran.size(), 3);
    }

    void guardsEveryRouteAddedOnceThereIsAGuard()
    {
        Router router;
        router.setGuard([](const Route &added) {
            return added.pattern == "/open"_L1 ? QStringList() : QStringList{u"guard"_s};
        });
        QStringList ran;
        const auto note = [&ran](const QString &name) {
            return [&ran, name](Exchange &, const std::function<void()> &pass) {
                ran.append(name);
                pass();
            };
        };
        router.setStage(u"guard"_s, note(u"guard"_s));
        router.setStage(u"own"_s, note(u"own"_s));
        Route guarded = route("GET", u"/x"_s);
        guarded.stages = {u"own"_s};
        router.add(guarded);
        router.add(route("GET", u"/open"_s));
        QVERIFY(answer(router, "GET", "/x").startsWith("HTTP/1.1 200 "));
        QCOMPARE(ran, QStringList({u"guard"_s, u"own"_s}));
        QVERIFY(answer(router, "GET", "/open").startsWith("HTTP/1.1 200 "));
        QCOMPARE(ran.size(), 2);
    }

    void keepsWhatAStageFoundOutForTheHandler()
    {
        struct Finding : Attachment {
            explicit Finding(int number) : value(number) {}
            int value;
        };
        Router router;
        router.setStage(u"find"_s, [](Exchange &exchange, const std::function<void()> &pass) {
            exchange.attach(std::make_shared<Finding>(7));
            pass();
        });
        Route found = route("GET", u"/x"_s);
        found.stages = {u"find"_s};
        int seen = 0;
        found.run = [&seen](Exchange &exchange, const PathParams &) {
            seen = static_cast<const Finding *>(exchange.attachment().get())->value;
            exchange.finish(Response::noContent());
        };
        router.add(found);
        QVERIFY(answer(router, "GET", "/x").startsWith("HTTP/1.1 204 "));
        QCOMPARE(seen, 7);
    }

    void refusesARouteWhoseStageIsMissing()
    {
        Router router;
        Route guarded = route("GET", u"/x"_s);
        guarded.stages = {u"auth"_s};
        router.add(guarded);
        QVERIFY(answer(router, "GET", "/x").startsWith("HTTP/1.1 500 "));
    }
};

QTEST_GUILESS_MAIN(TestRouter)
#include "tst_router.moc"
