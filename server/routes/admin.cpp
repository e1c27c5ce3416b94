// SPDX-License-Identifier: GPL-3.0-or-later
// POST /admin/reload. Nobody is identified yet, so it is for callers on this machine only.
#include "server/routes/descriptions.h"
#include "server/routes/scope.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

using http::Response;

/// A proxy on this machine speaks for callers who are elsewhere.
bool cameByProxy(const http::Request &request)
{
    for (const auto &[name, value] : request.headers) {
        const QByteArray lower = name.toLower();
        if (lower.startsWith("x-forwarded-") || lower == "forwarded" || lower == "via"
            || lower == "x-real-ip" || lower == "x-client-ip" || lower == "cf-connecting-ip"
            || lower == "true-client-ip")
            return true;
    }
    return false;
}

/// A page open in a browser on this machine may belong to anybody; ours says so.
bool cameByForeignPage(const http::Request &request)
{
    const QByteArray origin = request.header("origin");
    const QByteArray host = request.header("host");
    return !origin.isEmpty() && origin != "http://" + host && origin != "https://" + host;
}

Task<Response> reload(Services *services, http::Exchange *exchange, http::PathParams)
{
    const http::Request &request = exchange->request();
    if (!request.peer.isLoopback() || cameByProxy(request) || cameByForeignPage(request))
        co_return Error(ErrorCode::Forbidden,
                        u"The configuration is reloaded for callers on the bridge's own machine "
                        "only, not through a proxy or a web page."_s);
    Result<QJsonObject> report = services->reload();
    if (!report) {
        Error error = report.error();
        error.status = 422;
        co_return error;
    }
    co_return Response::json(200, *report);
}

} // namespace

void addAdminRoutes(http::Router &router, Services *services)
{
    addPlain(router, services, "POST", u"/admin/reload"_s, reload, describe::reload());
}

} // namespace bridge::routes
