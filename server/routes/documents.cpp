// SPDX-License-Identifier: GPL-3.0-or-later
// GET /openapi.json, /docs, /redoc and the embedded files those pages need.
#include "resources/web/webassets.h"
#include "server/routes/openapi.h"
#include "server/routes/scope.h"
#include "server/upstream/singleflight.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

/// The finished documents by their address, of which there are two: at the root and below the
/// base path. Inventing the examples of hundreds of tools takes too long for every request.
struct DocumentCache {
    struct Entry {
        QList<upstream::ToolSetPtr> tools; ///< what it was made of; sets never change
        QByteArray json;
        upstream::SingleFlight<QByteArray> work; ///< one is made at a time
    };
    std::map<QString, Entry> entries;
    int generation = 0; ///< what was begun in an earlier one is not kept
};

namespace {

using http::Response;

/// How long the document waits for MCP servers that have not listed their tools yet.
constexpr std::chrono::milliseconds kDiscoveryPatience{10'000};

/// What the document's paths are relative to. A relative address holds behind a proxy too that
/// serves the bridge under a prefix of its own.
QString addressFrom(const Services &services, const http::Request &request)
{
    const QString base = services.router->basePath();
    const bool isBelow = base.isEmpty() || request.path.startsWith(QString(base + '/'_L1));
    return isBelow ? u"./"_s : QString('.'_L1 + base);
}

QList<upstream::ToolSetPtr> toolsIn(const QList<GatheredTools> &gathered)
{
    QList<upstream::ToolSetPtr> tools;
    for (const GatheredTools &entry : gathered)
        tools.append(entry.tools);
    return tools;
}

/// The document of \a gathered at \a address, made by whoever asks first.
Task<QByteArray> documentOf(const Services *services, QList<GatheredTools> gathered,
                            QString address)
{
    const QList<upstream::ToolSetPtr> tools = toolsIn(gathered);
    DocumentCache *cache = services->documents.get();
    DocumentCache::Entry *entry = &cache->entries[address];
    const auto make = [&](Handler<QByteArray> done) {
        return openApiDocument(services, gathered, address)
            .start([cache, entry, tools, generation = cache->generation,
                    done = std::move(done)](Result<QByteArray> made) {
                if (made && generation == cache->generation) {
                    entry->tools = tools;
                    entry->json = *made;
                }
                done(std::move(made));
            });
    };
    // What was being made when the tools changed is of no use.
    while (entry->json.isEmpty() || entry->tools != tools) {
        Result<QByteArray> made = co_await answer<QByteArray>(
            [&](Handler<QByteArray> done) { return entry->work.join(std::move(done), make); });
        if (!made)
            co_return made.error();
    }
    co_return entry->json;
}

Task<Response> openApi(Services *services, http::Exchange *exchange, http::PathParams)
{
    QList<upstream::Server *> enabled;
    for (upstream::Server *server : services->registry->servers()) {
        if (!server->definition().disabled)
            enabled.append(server);
    }
    Result<QList<GatheredTools>> gathered =
        co_await answer<QList<GatheredTools>>([&](Handler<QList<GatheredTools>> done) {
            return gatherTools(enabled, upstream::Identity(), kDiscoveryPatience, std::move(done));
        });
    if (!gathered)
        co_return gathered.error();
    Result<QByteArray> document =
        co_await documentOf(services, *gathered, addressFrom(*services, exchange->request()));
    if (!document)
        co_return document.error();
    Response response = Response::jsonBytes(200, *document);
    response.setHeader("Cache-Control", "no-cache");
    co_return response;
}

bool acceptsGzip(const http::Request &request)
{
    return request.header("Accept-Encoding").toLower().contains("gzip");
}

Response assetResponse(const http::Request &request, const QString &name)
{
    const std::optional<web::Asset> asset = web::webAsset(name);
    if (!asset)
        return Response::fromError(Error(ErrorCode::NotFound, u"There is no such page."_s),
                                   QString());
    Response response;
    if (request.header("If-None-Match") == asset->etag) {
        response.status = 304;
    } else if (acceptsGzip(request) && !asset->gzip.isEmpty()) {
        response = Response::text(200, asset->gzip, asset->contentType);
        response.setHeader("Content-Encoding", "gzip");
    } else {
        response = Response::text(200, asset->bytes, asset->contentType);
    }
    response.setHeader("ETag", asset->etag);
    response.setHeader("Vary", "Accept-Encoding");
    response.setHeader("Cache-Control", "no-cache");
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("X-Frame-Options", "DENY");
    response.setHeader("Referrer-Policy", "no-referrer");
    // Everything comes from here; the bundles set styles on elements and make blob workers.
    response.setHeader("Content-Security-Policy",
                       "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
                       "img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:; "
                       "object-src 'none'; base-uri 'none'; frame-ancestors 'none'");
    return response;
}

/// The page \a name. What it loads is relative to it, so with a slash behind its address it would
/// look in the wrong place: such a request is sent to the right address.
Response pageResponse(const http::Request &request, const QString &name)
{
    if (!request.path.endsWith('/'_L1))
        return assetResponse(request, QString(name + ".html"_L1));
    Response response = Response::noContent();
    response.status = 308;
    response.setHeader("Location", "../" + name.toLatin1());
    return response;
}

Task<Response> docs(Services *, http::Exchange *exchange, http::PathParams)
{
    co_return pageResponse(exchange->request(), u"docs"_s);
}

Task<Response> redoc(Services *, http::Exchange *exchange, http::PathParams)
{
    co_return pageResponse(exchange->request(), u"redoc"_s);
}

Task<Response> file(Services *, http::Exchange *exchange, http::PathParams params)
{
    co_return assetResponse(exchange->request(), params[u"file"]);
}

} // namespace

void forgetDocuments(Services &services)
{
    ++services.documents->generation;
    for (auto &[address, entry] : services.documents->entries)
        entry.json.clear();
}

void addDocumentRoutes(http::Router &router, Services *services)
{
    services->documents = std::make_shared<DocumentCache>();
    addPlain(router, services, "GET", u"/openapi.json"_s, openApi, {}, true);
    addPlain(router, services, "GET", u"/docs"_s, docs, {}, true);
    addPlain(router, services, "GET", u"/redoc"_s, redoc, {}, true);
    addPlain(router, services, "GET", u"/web/{file}"_s, file, {}, true);
}

} // namespace bridge::routes
