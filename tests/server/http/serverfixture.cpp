// SPDX-License-Identifier: GPL-3.0-or-later
#include "serverfixture.h"

#include "common/async/later.h"

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace bridge::http::test {

namespace {

Task<Response> slowly(QByteArray text)
{
    co_await pause(50ms);
    co_return Response::text(200, text);
}

} // namespace

Fixture::Fixture(ServerOptions options)
{
    options.port = 0;
    server = std::make_unique<Server>(options);
    QObject::connect(server.get(), &Server::exchangeFinished, server.get(),
                     [this](const ExchangeSummary &summary) { summaries.append(summary); });
    add("GET", u"/hello"_s, [](Exchange &exchange, const PathParams &) {
        exchange.finish(Response::text(200, "hello"));
    });
    add("POST", u"/echo"_s, [](Exchange &exchange, const PathParams &) {
        exchange.finish(Response::text(200, exchange.request().body));
    });
    add("GET", u"/slow"_s,
        [](Exchange &exchange, const PathParams &) { exchange.start(slowly("slow")); });
    add("GET", u"/never"_s, [this](Exchange &exchange, const PathParams &) {
        exchange.keep(Call([this] { ++cancelled; }));
    });
    add("GET", u"/empty"_s,
        [](Exchange &exchange, const PathParams &) { exchange.finish(Response::noContent()); });
    add("GET", u"/big/{size}"_s, [](Exchange &exchange, const PathParams &params) {
        exchange.finish(Response::text(200, QByteArray(params[u"size"].toInt(), 'x')));
    });
    add("*", u"/sse"_s, [this](Exchange &exchange, const PathParams &) {
        exchange.keep(Call([this] { ++cancelled; }));
        stream = exchange.startSse();
    });
    const Result<quint16> bound = server->listen();
    port = bound ? *bound : 0;
}

void Fixture::add(const QByteArray &method, const QString &pattern, RouteHandler run)
{
    Route route;
    route.method = method;
    route.pattern = pattern;
    route.handler = pattern;
    route.run = std::move(run);
    server->router().add(std::move(route));
}

} // namespace bridge::http::test
