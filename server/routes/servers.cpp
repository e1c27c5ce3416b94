// SPDX-License-Identifier: GPL-3.0-or-later
// GET /servers and GET /servers/{server}: which MCP servers there are and how they do.
#include "server/gate/visitor.h"
#include "server/policy/warden.h"
#include "server/routes/descriptions.h"
#include "server/routes/scope.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

using http::Response;

QJsonObject serverView(const Services &services, const upstream::Server &server)
{
    const upstream::ServerStatus status = server.status();
    const QString &name = server.definition().name;
    QJsonObject view{{"name"_L1, name},
                     {"state"_L1, status.state},
                     {"default"_L1, &server == services.registry->defaultServer()},
                     {"instances"_L1, status.instances},
                     {"warm"_L1, status.warm},
                     {"starts"_L1, status.starts},
                     {"start_failures"_L1, status.startFailures},
                     {"deaths"_L1, status.deaths},
                     {"url"_L1, QString(services.router->basePath() + "/servers/"_L1
                                        + QString::fromLatin1(QUrl::toPercentEncoding(name)))}};
    view["protocol_version"_L1] =
        status.revision.isEmpty() ? QJsonValue() : QJsonValue(status.revision);
    view["last_error"_L1] =
        status.lastError.isEmpty() ? QJsonValue() : QJsonValue(status.lastError);
    return view;
}

bool isShown(const Services &services, const http::Exchange &exchange,
             const upstream::Server &server)
{
    return !services.warden
           || services.warden->showsServer(*gate::principalOf(exchange), server.definition().name);
}

Task<Response> listServers(Services *services, http::Exchange *exchange, http::PathParams)
{
    QJsonArray list;
    for (const upstream::Server *server : services->registry->servers()) {
        if (isShown(*services, *exchange, *server))
            list.append(serverView(*services, *server));
    }
    co_return Response::json(200, QJsonObject{{"servers"_L1, list}});
}

Task<Response> getServer(Services *services, http::Exchange *exchange, http::PathParams params)
{
    if (const auto *server = services->registry->find(params[u"server"]);
        server && isShown(*services, *exchange, *server))
        co_return Response::json(200, serverView(*services, *server));
    co_return Error(ErrorCode::ServerNotFound,
                    u"There is no such MCP server. GET /servers lists those there are."_s);
}

} // namespace

void addServerRoutes(http::Router &router, Services *services)
{
    addPlain(router, services, "GET", u"/servers"_s, listServers, describe::listServers());
    addPlain(router, services, "GET", u"/servers/{server}"_s, getServer, describe::getServer());
}

} // namespace bridge::routes
