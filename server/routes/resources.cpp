// SPDX-License-Identifier: GPL-3.0-or-later
// GET /resources[?uri=], GET /resources/templates, GET /resources/{resource} (contract §6).
#include "server/routes/address.h"
#include "server/routes/descriptions.h"
#include "server/routes/permission.h"
#include "server/routes/resourcebook.h"
#include "server/routes/scope.h"
#include "server/routes/toolview.h"
#include "server/upstream/pipeline.h"

#include <QtCore/QRegularExpression>

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

using http::Response;

const QStringList kResourceKeys{u"name"_s,        u"title"_s,       u"uri"_s,
                                u"description"_s, u"mimeType"_s,    u"size"_s,
                                u"icons"_s,       u"annotations"_s, u"_meta"_s};
const QStringList kTemplateKeys{u"name"_s,     u"title"_s, u"uriTemplate"_s, u"description"_s,
                                u"mimeType"_s, u"icons"_s, u"annotations"_s, u"_meta"_s};

/// The content as a plain HTTP body. Relayed markup must not run with this origin's rights.
Response contentResponse(const ResourceContent &content)
{
    if (content.bytes.isEmpty())
        return Response::noContent();
    QByteArray type = content.mimeType.toLatin1().simplified();
    static const QRegularExpression sane(u"^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+"
                                         "( ?; ?[A-Za-z0-9!#$&^_.+-]+=[^\\r\\n]*)*$"_s);
    if (type.isEmpty())
        type = "text/plain";
    else if (!sane.match(QString::fromLatin1(type)).hasMatch())
        type = "application/octet-stream";
    if (type.startsWith("text/") && !type.toLower().contains("charset"))
        type += "; charset=utf-8";
    Response response = Response::text(200, content.bytes, type);
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Content-Security-Policy", "sandbox; default-src 'none'");
    return response;
}

Task<QByteArray> readRaw(Target target, QString uri)
{
    mcp::CallOptions options;
    const upstream::ServerDefinition &definition = target.address.server->definition();
    options.timeout = definition.requestTimeout;
    Result<QByteArray> raw = co_await answer<QByteArray>([&](Handler<QByteArray> done) {
        return target.client().readResource(uri, options, std::move(done));
    });
    if (!raw)
        co_return raw.error();
    Result<Nothing> fits = upstream::checkSize(*raw, definition.maxResponseBytes);
    if (!fits)
        co_return fits.error();
    co_return raw;
}

Task<Response> readUri(Target target, QString uri)
{
    Result<QByteArray> raw = co_await readRaw(target, uri);
    if (!raw)
        co_return raw.error();
    const QJsonValue contents = QJsonDocument::fromJson(*raw).object().value("contents"_L1);
    if (!contents.isArray() || contents.toArray().isEmpty())
        co_return Error(ErrorCode::ResourceNotFound, u"The resource has no content."_s);
    Result<ResourceContent> content = contentOf(contents.toArray().first().toObject());
    if (!content)
        co_return content.error();
    co_return contentResponse(*content);
}

QString memberOf(const QByteArray &raw, QLatin1StringView key)
{
    return QJsonDocument::fromJson(raw).object().value(key).toString();
}

/// Those of \a items that may be seen, by their \a key.
QList<QByteArray> shown(const QList<QByteArray> &items, QLatin1StringView key,
                        const Permission &permission)
{
    if (permission.isOpen())
        return items;
    QList<QByteArray> some;
    for (const QByteArray &raw : items) {
        if (permission.shows(Permission::Kind::Resource, memberOf(raw, key)))
            some.append(raw);
    }
    return some;
}

/// Whether \a uri may be read now, which is counted.
Result<Nothing> admit(Permission &permission, const QString &uri)
{
    const auto allowed = permission.check(Permission::Kind::Resource, uri);
    return allowed ? permission.count(Permission::Kind::Resource, uri) : allowed;
}

/// readUri() for somebody from whom things may be hidden.
Task<Response> readShown(Target target, QString uri, Permission permission)
{
    Result<Response> response = co_await readUri(target, uri);
    if (!response)
        co_return withoutHints(response.error(), permission);
    co_return response;
}

Task<QList<QByteArray>> listAll(Target target, QString method, QString member)
{
    co_return co_await answer<QList<QByteArray>>([&](Handler<QList<QByteArray>> done) {
        return target.client().list(method, member, std::move(done));
    });
}

Task<Response> listResources(Services *services, http::Exchange *exchange, http::PathParams params)
{
    Result<Address> address = addressOf(*services, *exchange, params);
    if (!address)
        co_return address.error();
    Result<sessions::SessionPtr> session = findSession(*services, *exchange, *address);
    if (!session)
        co_return session.error();
    const QString uri = exchange->request().queryValue(u"uri"_s);
    Permission permission(*services, *exchange, *address->server);
    if (!uri.isEmpty()) {
        Result<Nothing> admitted = admit(permission, uri);
        if (!admitted)
            co_return admitted.error();
    }
    if (auto configured = services->resources->byUri(uri)) {
        if (*session)
            (*session)->touch();
        co_return contentResponse(*configured);
    }
    Result<Target> target = co_await acquire(services, exchange, *address);
    if (!target)
        co_return target.error();
    if (!uri.isEmpty())
        co_return co_await readShown(*target, uri, permission);

    Result<QList<QByteArray>> listed =
        co_await listAll(*target, u"resources/list"_s, u"resources"_s);
    const bool lacking = !listed && listed.error().code == ErrorCode::MethodNotFound;
    if (!listed && !(lacking && !services->resources->isEmpty()))
        co_return listed.error();
    QList<QByteArray> views;
    if (listed) {
        const QList<QByteArray> own = shown(*listed, "uri"_L1, permission);
        for (const QByteArray &raw : own)
            views.append(completed(raw, kResourceKeys));
    }
    views += shown(services->resources->listing(), "uri"_L1, permission);
    co_return Response::jsonBytes(
        200, "{\"_meta\":null,\"nextCursor\":null,\"resources\":" + rawArray(views) + '}');
}

Task<Response> listTemplates(Services *services, http::Exchange *exchange, http::PathParams params)
{
    Result<Address> address = addressOf(*services, *exchange, params);
    if (!address)
        co_return address.error();
    Result<Target> target = co_await acquire(services, exchange, *address);
    if (!target)
        co_return target.error();
    Result<QList<QByteArray>> listed =
        co_await listAll(*target, u"resources/templates/list"_s, u"resourceTemplates"_s);
    if (!listed)
        co_return listed.error();
    const Permission permission(*services, *exchange, *address->server);
    QList<QByteArray> views;
    const QList<QByteArray> own = shown(*listed, "uriTemplate"_L1, permission);
    for (const QByteArray &raw : own)
        views.append(completed(raw, kTemplateKeys));
    co_return Response::jsonBytes(
        200, "{\"_meta\":null,\"nextCursor\":null,\"resourceTemplates\":" + rawArray(views) + '}');
}

Task<Response> getResource(Services *services, http::Exchange *exchange, http::PathParams params)
{
    Result<Address> address = addressOf(*services, *exchange, params);
    if (!address)
        co_return address.error();
    const QString name = params[u"resource"];
    exchange->fields().more.insert(u"resource"_s, name);
    Result<Target> target = co_await acquire(services, exchange, *address);
    if (!target)
        co_return target.error();
    Result<QList<QByteArray>> listed =
        co_await listAll(*target, u"resources/list"_s, u"resources"_s);
    if (!listed && listed.error().code != ErrorCode::MethodNotFound)
        co_return listed.error();
    Permission permission(*services, *exchange, *address->server);
    if (listed) {
        for (const QByteArray &raw : std::as_const(*listed)) {
            if (memberOf(raw, "name"_L1) != name)
                continue;
            const QString uri = memberOf(raw, "uri"_L1);
            if (!permission.shows(Permission::Kind::Resource, uri))
                continue;
            Result<Nothing> admitted = admit(permission, uri);
            if (!admitted)
                co_return admitted.error();
            co_return co_await readShown(*target, uri, permission);
        }
    }
    const QList<QByteArray> configured = services->resources->listing();
    for (const QByteArray &raw : configured) {
        const auto content = services->resources->byName(name);
        if (memberOf(raw, "name"_L1) != name || !content)
            continue;
        Result<Nothing> admitted = admit(permission, memberOf(raw, "uri"_L1));
        if (!admitted)
            co_return admitted.error();
        co_return contentResponse(*content);
    }
    co_return resourceNotFound();
}

} // namespace

void addResourceRoutes(http::Router &router, Services *services)
{
    addOperation(router, services, "GET", u"/resources"_s, listResources,
                 describe::listResources());
    addOperation(router, services, "GET", u"/resources/templates"_s, listTemplates,
                 describe::listTemplates());
    addOperation(router, services, "GET", u"/resources/{resource}"_s, getResource,
                 describe::getResource());
}

} // namespace bridge::routes
