// SPDX-License-Identifier: GPL-3.0-or-later
// The well-known documents (contract §7.8, §7.9), at the root, below the base path, and with the
// path of the resource behind theirs (RFC 9728 §3.1, RFC 8414 §3.1).
#include "server/credentials/upstreamlogin.h"
#include "server/gate/visitor.h"
#include "server/routes/agentcard.h"
#include "server/routes/descriptions.h"
#include "server/routes/oauthdocuments.h"
#include "server/routes/permission.h"
#include "server/routes/scope.h"

#include <QtCore/QRegularExpression>

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

using http::Response;

/// How long the card waits for MCP servers that have not listed their tools yet.
constexpr std::chrono::milliseconds kDiscoveryPatience{10'000};

Error noIssuer()
{
    return Error(ErrorCode::NotFound,
                 u"No authorization server is configured here. MCP_OAUTH_ISSUER or "
                 "OAUTH_ISSUER_URL names one."_s);
}

const QByteArray kLongLived = "public, max-age=3600"_ba;

/// For documents that are the same however the bridge was asked.
Response cached(const QJsonObject &document)
{
    Response response = Response::json(200, document);
    response.setHeader("Cache-Control", kLongLived);
    return response;
}

/// For those that name its address.
Response cachedHere(const Services &services, const QJsonObject &document,
                    const QByteArray &cacheControl = kLongLived)
{
    Response response = Response::json(200, document);
    response.headers += services.settings.address.cachingFor(cacheControl);
    return response;
}

QString addressOfBridge(const Services &services, const http::Exchange &exchange)
{
    return services.settings.address.baseFor(exchange.request());
}

Task<Response> showProtectedResource(Services *services, http::Exchange *exchange, http::PathParams)
{
    const OAuthFacts &facts = services->settings.oauth;
    if (!facts.hasIssuer())
        co_return noIssuer();
    co_return cachedHere(*services,
                         protectedResource(facts, addressOfBridge(*services, *exchange)));
}

Task<Response> showAuthorizationServer(Services *services, http::Exchange *, http::PathParams)
{
    const OAuthFacts &facts = services->settings.oauth;
    if (!facts.hasIssuer())
        co_return noIssuer();
    std::optional<auth::IssuerMetadata> known;
    if (services->issuerMetadata) {
        const QString issuer = facts.issuer;
        Result<auth::IssuerMetadata> asked =
            co_await answer<auth::IssuerMetadata>([&](Handler<auth::IssuerMetadata> done) {
                return services->issuerMetadata(issuer, std::move(done));
            });
        if (!asked && asked.error().code == ErrorCode::IdpUnavailable)
            co_return asked.error();
        if (asked)
            known = std::move(*asked);
    }
    co_return cached(authorizationServer(services->settings.oauth, known));
}

Task<Response> showClient(Services *services, http::Exchange *exchange, http::PathParams)
{
    if (services->upstreamLogin)
        co_return cached(services->upstreamLogin->clientDocument());
    const QString base = addressOfBridge(*services, *exchange);
    co_return cachedHere(*services, clientMetadata(services->settings.serviceName,
                                                   QString(base + "/oauth/client-metadata.json"_L1),
                                                   QString(base + "/oauth/upstream/callback"_L1)));
}

/// Who the bridge is to one authorization server, see UpstreamLogin::redirectUri().
Task<Response> showClientAt(Services *services, http::Exchange *, http::PathParams params)
{
    static const QRegularExpression pattern(u"^[0-9a-f]{32}$"_s);
    const QString place = params[u"place"];
    if (!services->upstreamLogin || !pattern.match(place).hasMatch())
        co_return Error(ErrorCode::NotFound, u"There is no such client here."_s);
    co_return cached(services->upstreamLogin->clientDocument(place));
}

/// What strangers may see: nothing where they are not let in.
Task<Response> showAgentCard(Services *services, http::Exchange *exchange, http::PathParams)
{
    QList<GatheredTools> gathered;
    if (!services->admitsStrangers || services->admitsStrangers()) {
        QList<upstream::Server *> enabled;
        for (upstream::Server *server : services->registry->servers()) {
            if (!server->definition().disabled)
                enabled.append(server);
        }
        const upstream::Identity stranger = gate::identityOf(*exchange);
        Result<QList<GatheredTools>> tools =
            co_await answer<QList<GatheredTools>>([&](Handler<QList<GatheredTools>> done) {
                return gatherTools(enabled, stranger, kDiscoveryPatience, std::move(done));
            });
        if (!tools)
            co_return tools.error();
        gathered = std::move(*tools);
        for (GatheredTools &entry : gathered) {
            if (entry.tools)
                entry.tools = Permission(*services, *exchange, *entry.server).shown(entry.tools);
        }
    }
    AgentFacts facts;
    facts.name = services->settings.serviceName;
    facts.address = addressOfBridge(*services, *exchange);
    facts.isGuarded = services->settings.isGuarded;
    facts.isMany = services->registry->isMany();
    co_return cachedHere(*services, agentCard(facts, gathered), "no-cache"_ba);
}

/// The document at its own place, and with the path of each resource of the bridge behind it.
void addInserted(http::Router &router, Services *services, const QString &place,
                 Operation operation, const QJsonObject &openApi)
{
    addPlain(router, services, "GET", place, operation, openApi, true);
    QStringList bases{router.basePath()};
    if (const QString path = services->settings.address.path(); !bases.contains(path))
        bases.append(path);
    for (const QString &base : std::as_const(bases)) {
        const QStringList resources{QString(), u"/mcp"_s, u"/sse"_s, u"/servers/{server}/mcp"_s,
                                    u"/views/{view}/mcp"_s};
        for (const QString &resource : resources) {
            const QString behind = base + resource;
            if (!behind.isEmpty())
                addPlain(router, services, "GET", QString(place + behind), operation, {}, true);
        }
    }
}

} // namespace

void addWellKnownRoutes(http::Router &router, Services *services)
{
    addInserted(router, services, u"/.well-known/oauth-protected-resource"_s, showProtectedResource,
                describe::protectedResource());
    addInserted(router, services, u"/.well-known/oauth-authorization-server"_s,
                showAuthorizationServer, describe::authorizationServer());
    addPlain(router, services, "GET", u"/oauth/client-metadata.json"_s, showClient,
             describe::clientMetadata());
    addPlain(router, services, "GET", u"/oauth/client-metadata/{place}"_s, showClientAt, {});
    addPlain(router, services, "GET", u"/.well-known/agent.json"_s, showAgentCard,
             describe::agentCard(), true);
    addPlain(router, services, "GET", u"/.well-known/agent-card.json"_s, showAgentCard, {}, true);
}

} // namespace bridge::routes
