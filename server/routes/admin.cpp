// SPDX-License-Identifier: GPL-3.0-or-later
// What administrators see and do: POST /admin/reload, GET /admin/config. The gate has found out
// that the caller is one.
#include "server/routes/descriptions.h"
#include "server/routes/scope.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

using http::Response;

Task<Response> reload(Services *services, http::Exchange *, http::PathParams)
{
    Result<QJsonObject> report = co_await answer<QJsonObject>(services->reload);
    if (!report) {
        Error error = report.error();
        error.status = 422;
        co_return error;
    }
    co_return Response::json(200, *report);
}

Task<Response> showConfig(Services *services, http::Exchange *, http::PathParams)
{
    Response response = Response::json(200, services->config());
    response.setHeader("Cache-Control", "no-store");
    co_return response;
}

} // namespace

void addAdminRoutes(http::Router &router, Services *services)
{
    addPlain(router, services, "POST", u"/admin/reload"_s, reload, describe::reload());
    addPlain(router, services, "GET", u"/admin/config"_s, showConfig, describe::showConfig());
}

} // namespace bridge::routes
