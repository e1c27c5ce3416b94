// SPDX-License-Identifier: GPL-3.0-or-later
// What every REST handler may use, wired by the application; everything here outlives the HTTP
// server.
#pragma once

#include "server/auth/principal.h"
#include "server/gate/publicaddress.h"
#include "server/http/router.h"
#include "server/routes/oauthdocuments.h"
#include "server/sessions/sessionmanager.h"
#include "server/upstream/registry.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QJsonArray>

namespace bridge::credentials {
class UpstreamLogin;
struct Ask;
} // namespace bridge::credentials

namespace bridge::telemetry {
class Metrics;
}

namespace bridge::policy {
class Warden;
}

namespace bridge::routes {

struct Deciders;
struct DocumentCache;
struct LoginServices;
class PromptBook;
class ResourceBook;

struct RouteSettings {
    QString serviceName;
    QByteArray sessionField = "x-inxm-mcp-session"; ///< SESSION_FIELD_NAME
    bool secureCookie = false;                      ///< HTTPS_ENABLED
    bool streamEarlyStatus = true;                  ///< STREAM_EARLY_STATUS
    /// Callers nobody told apart share the owner "anonymous". Where others can reach the bridge
    /// they must not learn each other's session ids, which are all that protects a session then.
    bool listAnonymousSessions = true;
    bool metrics = true; ///< PROMETHEUS_ENABLED
    gate::PublicAddress address;
    OAuthFacts oauth;
    bool isGuarded = false; ///< callers are told apart by tokens
};

struct Services {
    RouteSettings settings;
    upstream::Registry *registry = nullptr;
    sessions::SessionManager *sessions = nullptr;
    telemetry::Metrics *metrics = nullptr;
    policy::Warden *warden = nullptr; ///< null = everything is allowed
    const PromptBook *prompts = nullptr;
    const ResourceBook *resources = nullptr;
    const http::Router *router = nullptr;
    std::shared_ptr<DocumentCache> documents; ///< made and used by the document routes
    QElapsedTimer uptime;
    bool draining = false; ///< set when the process was asked to stop
    Call revival;          ///< a start that readiness asked for; outlives the probe
    bool reviving = false;
    /// Reads the configuration again; what came of it, or every problem found, when nothing has
    /// changed.
    std::function<Call(Handler<QJsonObject>)> reload;
    /// Whom a bearer token belongs to; null when the bridge reads none.
    std::function<Call(const QByteArray &token, Handler<auth::PrincipalPtr>)> identify;
    /// Callers without a credential get what they ask for; null = they do.
    std::function<bool()> admitsStrangers;
    /// What one of the issuers whose tokens are verified says of itself; NotFound for others.
    std::function<Call(const QString &issuer, Handler<auth::IssuerMetadata>)> issuerMetadata;
    /// How it went when the issuers were asked last, see auth::IssuerHealth::toJson(); null = there
    /// are none.
    std::function<QJsonArray()> issuerStates;
    /// The settings in force, secrets masked.
    std::function<QJsonObject()> config;
    const Deciders *deciders = nullptr;   ///< for explanations; null = the policy alone decides
    const LoginServices *login = nullptr; ///< null = nobody can log in here
    /// Accounts of users at remote servers; outlives the HTTP server. Null = there are none.
    credentials::UpstreamLogin *upstreamLogin = nullptr;
    /// What to ask it for at a server; nothing where callers have no accounts of their own.
    std::function<std::optional<credentials::Ask>(const auth::PrincipalPtr &,
                                                  const upstream::ServerDefinition &)>
        accountAsk;
};

/// The documents have to be made anew: other servers, another default server.
void forgetDocuments(Services &services);

/// Adds every REST route of contract §1.2–1.3 to \a router.
void addRoutes(http::Router &router, Services *services);

// One function per area, called by addRoutes().
void addToolRoutes(http::Router &router, Services *services);
void addToolStreamRoutes(http::Router &router, Services *services);
void addPromptRoutes(http::Router &router, Services *services);
void addResourceRoutes(http::Router &router, Services *services);
void addSessionRoutes(http::Router &router, Services *services);
void addHealthRoutes(http::Router &router, Services *services);
void addServerRoutes(http::Router &router, Services *services);
void addDocumentRoutes(http::Router &router, Services *services);
void addAdminRoutes(http::Router &router, Services *services);
void addWellKnownRoutes(http::Router &router, Services *services);
void addLoginRoutes(http::Router &router, Services *services);
void addConnectRoutes(http::Router &router, Services *services);
void addAccountRoutes(http::Router &router, Services *services);
void addPolicyRoutes(http::Router &router, Services *services);

} // namespace bridge::routes
