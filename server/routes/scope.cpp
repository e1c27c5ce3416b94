// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/scope.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

http::Route route(Services *services, const QByteArray &method, const QString &pattern,
                  Operation operation, const QJsonObject &openApi)
{
    http::Route route;
    route.method = method;
    route.pattern = pattern;
    route.handler = pattern;
    route.openApi = openApi;
    route.run = [services, operation](http::Exchange &exchange, const http::PathParams &params) {
        exchange.start(operation(services, &exchange, params));
    };
    return route;
}

} // namespace

void addOperation(http::Router &router, Services *services, const QByteArray &method,
                  const QString &pattern, Operation operation, const QJsonObject &openApi,
                  SessionForm form)
{
    QStringList prefixes{QString(), u"/servers/{server}"_s};
    if (form == SessionForm::Nested)
        prefixes += {u"/session/{session}"_s, u"/servers/{server}/session/{session}"_s};
    for (const QString &prefix : std::as_const(prefixes)) {
        http::Route variant = route(services, method, prefix + pattern, operation, openApi);
        // One description per operation keeps the document readable; the others are listed in
        // the documentation as prefixes.
        variant.undocumented = !prefix.isEmpty();
        router.add(std::move(variant));
    }
}

void addPlain(http::Router &router, Services *services, const QByteArray &method,
              const QString &pattern, Operation operation, const QJsonObject &openApi,
              bool alsoAtRoot, bool anyHost)
{
    http::Route plain = route(services, method, pattern, operation, openApi);
    plain.alsoAtRoot = alsoAtRoot;
    plain.anyHost = anyHost;
    plain.undocumented = openApi.isEmpty();
    router.add(std::move(plain));
}

} // namespace bridge::routes
