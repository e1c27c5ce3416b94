// SPDX-License-Identifier: GPL-3.0-or-later
// GET /openapi.json, /docs, /redoc and the embedded files those pages need.
#include "resources/web/webassets.h"
#include "server/gate/visitor.h"
#include "server/routes/openapi.h"
#include "server/routes/permission.h"
#include "server/routes/scope.h"
#include "server/upstream/singleflight.h"

#include <QtCore/QCryptographicHash>

#include <list>

using namespace Qt::StringLiterals;

namespace bridge::routes {

/// The finished documents by their address, of which there are two: at the root and below the
/// base path; and by what their readers see. Inventing the examples of hundreds of tools
/// takes too long for every request.
struct DocumentCache {
    static constexpr size_t kMaxEntries = 32;

    struct Entry {
        QList<upstream::ToolSetPtr> tools; ///< what it was made of; sets never change
        QByteArray json;
        upstream::SingleFlight<QByteArray> work; ///< one is made at a time
    };
    std::map<QString, std::shared_ptr<Entry>> entries;
    std::list<QString> order; ///< used last in front
    int generation = 0;       ///< what was begun in an earlier one is not kept
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

/// Tells apart the documents of those who see different tools: because a server offers them
/// others, or because some are hidden from them.
QString sightOf(const QList<upstream::ToolSetPtr> &all, const QList<upstream::ToolSetPtr> &shown)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (qsizetype i = 0; i < all.size(); ++i) {
        hash.addData(QByteArray::number(quintptr(all[i].get())));
        if (all[i] == shown[i])
            continue;
        for (const auto &tool : all[i]->tools())
            hash.addData(shown[i]->find(tool->name) ? "1" : "0");
        hash.addData("\n");
    }
    return QString::fromLatin1(hash.result().toHex());
}

/// The entry of \a key; the one that was used longest ago makes room for a new one.
std::shared_ptr<DocumentCache::Entry> entryOf(DocumentCache &cache, const QString &key)
{
    cache.order.remove(key);
    cache.order.push_front(key);
    if (cache.order.size() > DocumentCache::kMaxEntries) {
        cache.entries.erase(cache.order.back());
        cache.order.pop_back();
    }
    std::shared_ptr<DocumentCache::Entry> &entry = cache.entries[key];
    if (!entry)
        entry = std::make_shared<DocumentCache::Entry>();
    return entry;
}

/// The document of \a gathered at \a address, made by whoever asks first. \a tools are all there
/// are, of which \a gathered holds those the reader may see.
Task<QByteArray> documentOf(const Services *services, QList<upstream::ToolSetPtr> tools,
                            QList<GatheredTools> gathered, QString address)
{
    const std::shared_ptr<DocumentCache> cache = services->documents;
    const auto entry =
        entryOf(*cache, QString(address + u'\n' + sightOf(tools, toolsIn(gathered))));
    const auto make = [&](Handler<QByteArray> done) {
        return openApiDocument(services, gathered, address)
            .start([cache = cache.get(), entry = entry.get(), tools, generation = cache->generation,
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
            return gatherTools(enabled, gate::identityOf(*exchange), kDiscoveryPatience,
                               std::move(done));
        });
    if (!gathered)
        co_return gathered.error();
    const QList<upstream::ToolSetPtr> all = toolsIn(*gathered);
    // Who has no business here learns how to call the bridge, and not what for.
    const bool isStranger = gate::principalOf(*exchange)->isAnonymous() && services->admitsStrangers
                            && !services->admitsStrangers();
    for (GatheredTools &entry : *gathered)
        entry.tools = isStranger
                          ? upstream::ToolSet::only(entry.tools, [](const auto &) { return false; })
                          : Permission(*services, *exchange, *entry.server).shown(entry.tools);
    Result<QByteArray> document =
        co_await documentOf(services, all, *gathered, addressFrom(*services, exchange->request()));
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
        entry->json.clear();
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
