// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/lookup.h"

#include "server/gateway/names.h"
#include "server/gateway/permit.h"
#include "server/gateway/uritemplate.h"
#include "server/upstream/catalogue.h"
#include "server/upstream/remoteheaders.h"
#include "server/upstream/toollisting.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

struct KindText {
    QString method;
    QString member;
    QLatin1String key;
};

KindText textOf(OfferKind kind)
{
    switch (kind) {
    case OfferKind::Prompts:
        return {u"prompts/list"_s, u"prompts"_s, "name"_L1};
    case OfferKind::Resources:
        return {u"resources/list"_s, u"resources"_s, "uri"_L1};
    case OfferKind::Templates:
        return {u"resources/templates/list"_s, u"resourceTemplates"_s, "uriTemplate"_L1};
    case OfferKind::Tools:
        break;
    }
    return {u"tools/list"_s, u"tools"_s, "name"_L1};
}

OfferListPtr listOf(const mcp::Listing &listing, OfferKind kind)
{
    auto list = std::make_shared<OfferList>();
    list->ttlMs = listing.ttlMs;
    list->shareable = listing.shareable;
    QSet<QString> seen;
    for (const QByteArray &raw : listing.items) {
        const QString key =
            QJsonDocument::fromJson(raw).object().value(textOf(kind).key).toString();
        if (key.isEmpty() || seen.contains(key))
            continue;
        seen.insert(key);
        list->items.append({key, raw, nullptr});
    }
    return list;
}

/// Lists through \a target, which is the answer's to keep.
Task<OfferListPtr> fetch(Core *core, Target target, upstream::Server *server, OfferKind kind)
{
    if (kind == OfferKind::Tools) {
        const auto definition =
            std::make_shared<const upstream::ServerDefinition>(server->definition());
        Result<upstream::ToolSetPtr> tools =
            co_await answer<upstream::ToolSetPtr>([&](Handler<upstream::ToolSetPtr> done) {
                return upstream::listTools(&target.client(), definition, std::move(done));
            });
        if (!tools && tools.error().code == ErrorCode::MethodNotFound)
            co_return std::make_shared<const OfferList>();
        if (!tools)
            co_return tools.error();
        co_return core->offers.ofTools(*tools);
    }
    const KindText text = textOf(kind);
    Result<mcp::Listing> listing = co_await answer<mcp::Listing>([&](Handler<mcp::Listing> done) {
        return target.client().listing(text.method, text.member, std::move(done));
    });
    // Many servers with resources have no templates and do not know the method.
    if (!listing && listing.error().code == ErrorCode::MethodNotFound)
        co_return std::make_shared<const OfferList>();
    if (!listing)
        co_return listing.error();
    co_return listOf(*listing, kind);
}

// The book lists on when everybody who asked has gone, so these two keep their server themselves.
Task<OfferListPtr> acquireAndFetch(Core *core, upstream::Server *server, upstream::ServerPin,
                                   Viewer viewer, OfferKind kind)
{
    Result<Target> target = co_await acquire(core, server, viewer.state, viewer.identity);
    if (!target)
        co_return target.error();
    co_return co_await fetch(core, std::move(*target), server, kind);
}

/// The tools everybody shares are also those of the REST routes.
Task<OfferListPtr> sharedTools(Core *core, upstream::Server *server, upstream::ServerPin,
                               upstream::Identity identity)
{
    Result<upstream::ToolSetPtr> tools =
        co_await answer<upstream::ToolSetPtr>([&](Handler<upstream::ToolSetPtr> done) {
            return server->tools(identity, nullptr, std::move(done));
        });
    if (!tools && tools.error().code == ErrorCode::MethodNotFound)
        co_return std::make_shared<const OfferList>();
    if (!tools)
        co_return tools.error();
    co_return core->offers.ofTools(*tools);
}

// GCC 12 destroys the members of an aggregate made in a co_return twice.
Place placeAt(upstream::Server *server, const QString &key,
              std::shared_ptr<const upstream::Tool> tool = nullptr)
{
    return Place{server, key, std::move(tool), server->pin()};
}

} // namespace

QLatin1String capabilityOf(OfferKind kind)
{
    switch (kind) {
    case OfferKind::Prompts:
        return "prompts"_L1;
    case OfferKind::Resources:
    case OfferKind::Templates:
        return "resources"_L1;
    case OfferKind::Tools:
        break;
    }
    return "tools"_L1;
}

Viewer viewerOf(const Request &request)
{
    return {identityFor(request.identity, request.profile, nullptr), request.state, request.server};
}

Task<OfferListPtr> offersOf(Core *core, upstream::Server *server, Viewer viewer, OfferKind kind)
{
    // What is known to be missing need not be asked for.
    if (const auto info = core->infoOf(server); info && !info->has(capabilityOf(kind)))
        co_return std::make_shared<const OfferList>();
    const QString name = server->definition().name;
    // Behind a shared endpoint a listing does not start a session with every server.
    if (viewer.state && core->isShared(viewer.server) && !viewer.state->sessions.contains(name))
        viewer.state.reset();
    const upstream::Identity known = upstream::effectiveFor(viewer.identity, server->definition());
    QString scope = u"server\n%1\n%2"_s.arg(name, upstream::Catalogue::scopeOf(known));
    std::chrono::milliseconds ttl = server->definition().cacheTtl;
    const bool isSharedTools = kind == OfferKind::Tools && !viewer.state && !core->options.lease;
    if (const auto tools = isSharedTools ? server->cachedTools(viewer.identity) : nullptr)
        co_return core->offers.ofTools(tools);
    if (isSharedTools || (!viewer.state && !core->isCurrent(server)))
        ttl = {}; // remembered by the server; or by nobody, as it is another one by now
    if (viewer.state) {
        Result<sessions::SessionPtr> session =
            co_await answer<sessions::SessionPtr>([&](Handler<sessions::SessionPtr> done) {
                return core->sessionFor(viewer.state, server, std::move(done));
            });
        if (!session)
            co_return session.error();
        scope = scopeOf(**session);
    }
    const OfferBook::Start start = [&](Handler<OfferListPtr> done) {
        if (isSharedTools)
            return sharedTools(core, server, server->pin(), viewer.identity).start(std::move(done));
        return acquireAndFetch(core, server, server->pin(), viewer, kind).start(std::move(done));
    };
    co_return co_await answer<OfferListPtr>([&](Handler<OfferListPtr> done) {
        return core->offers.get(scope, kind, ttl, start, std::move(done));
    });
}

namespace {

/// What clients see as \a name, among what the servers in sight offer.
Task<Place> findShown(Core *core, Viewer viewer, QString name, OfferKind kind, Error missing)
{
    const bool isShared = core->isShared(viewer.server);
    const auto servers = core->serversOf(viewer.server, viewer.state.get());
    std::optional<Error> failure;
    for (upstream::Server *server : servers) {
        const QString &serverName = server->definition().name;
        if (isShared && !mayBeAliasOf(name, serverName))
            continue;
        Result<OfferListPtr> list = co_await offersOf(core, server, viewer, kind);
        if (!list) {
            failure = list.error();
            continue;
        }
        const Offer *offer = isShared ? (*list)->findAlias(serverName, name) : (*list)->find(name);
        if (offer
            && core->shows(viewer.server, viewer.identity, server, kind, offer->key,
                           offer->tool.get()))
            co_return placeAt(server, offer->key, offer->tool);
        if (offer)
            noteHidden(*core, viewer.identity, kind, placeAt(server, offer->key, offer->tool));
    }
    // A server that cannot tell may well have it.
    if (failure)
        co_return *failure;
    co_return missing;
}

} // namespace

Task<Place> findTool(Core *core, Viewer viewer, QString name)
{
    const Error missing = notFound(OfferKind::Tools);
    co_return co_await findShown(core, std::move(viewer), std::move(name), OfferKind::Tools,
                                 missing);
}

Task<Place> findPrompt(Core *core, Viewer viewer, QString name)
{
    const Error missing = notFound(OfferKind::Prompts);
    const auto servers = core->serversOf(viewer.server, viewer.state.get());
    if (servers.isEmpty())
        co_return missing;
    if (!core->isShared(viewer.server)) { // the server itself says whether it has it
        if (!core->shows(viewer.server, viewer.identity, servers.first(), OfferKind::Prompts,
                         name)) {
            noteHidden(*core, viewer.identity, OfferKind::Prompts, placeAt(servers.first(), name));
            co_return missing;
        }
        co_return placeAt(servers.first(), name);
    }
    co_return co_await findShown(core, std::move(viewer), std::move(name), OfferKind::Prompts,
                                 missing);
}

Task<Place> findTemplate(Core *core, Viewer viewer, QString uriTemplate)
{
    const Error missing = notFound(OfferKind::Templates);
    const auto servers = core->serversOf(viewer.server, viewer.state.get());
    const auto isShown = [core, viewer](const auto *server, const QString &key) {
        return core->shows(viewer.server, viewer.identity, server, OfferKind::Templates, key);
    };
    if (servers.isEmpty())
        co_return missing;
    if (!core->isShared(viewer.server)) {
        if (!isShown(servers.first(), uriTemplate))
            co_return missing;
        co_return placeAt(servers.first(), uriTemplate);
    }
    const auto parts = splitUri(uriTemplate);
    for (upstream::Server *server : servers) {
        if (parts && server->definition().name == parts->server) {
            if (!isShown(server, parts->uri))
                co_return missing;
            co_return placeAt(server, parts->uri);
        }
        Result<OfferListPtr> list = co_await offersOf(core, server, viewer, OfferKind::Templates);
        if (list && (*list)->find(uriTemplate) && isShown(server, uriTemplate))
            co_return placeAt(server, uriTemplate);
    }
    // Completing the arguments of a URI that is no template is allowed as well.
    co_return co_await findResource(core, viewer, uriTemplate);
}

Task<Place> findResource(Core *core, Viewer viewer, QString uri)
{
    const Error missing = notFound(OfferKind::Resources);
    const auto servers = core->serversOf(viewer.server, viewer.state.get());
    const auto isShown = [core, viewer](const auto *server, const QString &key) {
        return core->shows(viewer.server, viewer.identity, server, OfferKind::Resources, key);
    };
    if (servers.isEmpty())
        co_return missing;
    if (!core->isShared(viewer.server)) {
        if (!isShown(servers.first(), uri)) {
            noteHidden(*core, viewer.identity, OfferKind::Resources, placeAt(servers.first(), uri));
            co_return missing;
        }
        co_return placeAt(servers.first(), uri);
    }
    if (const auto parts = splitUri(uri)) {
        for (upstream::Server *server : servers) {
            if (server->definition().name == parts->server && isShown(server, parts->uri))
                co_return placeAt(server, parts->uri);
        }
    }
    for (const OfferKind kind : {OfferKind::Resources, OfferKind::Templates}) {
        for (upstream::Server *server : servers) {
            Result<OfferListPtr> list = co_await offersOf(core, server, viewer, kind);
            if (!list)
                continue; // its resources can be reached by their prefixed URI
            for (const Offer &offer : (*list)->items) {
                const bool fits = kind == OfferKind::Resources ? offer.key == uri
                                                               : matchesTemplate(offer.key, uri);
                if (fits && isShown(server, uri))
                    co_return placeAt(server, uri);
            }
        }
    }
    co_return missing;
}

} // namespace bridge::gateway
