// SPDX-License-Identifier: GPL-3.0-or-later
// From the option table to the option structs of the rooms, which know no settings.
#include "common/base/version.h"
#include "common/logging/logger.h"
#include "common/logging/redaction.h"
#include "server/application.h"

using namespace Qt::StringLiterals;

namespace bridge {

namespace {

logging::LogOptions logOptions(const config::Settings &settings)
{
    logging::LogOptions options;
    options.level = settings.text(u"LOG_LEVEL"_s);
    options.categories = settings.list(u"LOG_CATEGORIES"_s);
    options.format =
        settings.text(u"LOG_FORMAT"_s) == "json"_L1 ? logging::Format::Json : logging::Format::Text;
    options.output = settings.text(u"LOG_OUTPUT"_s);
    return options;
}

} // namespace

void registerSecrets(const config::Settings &settings)
{
    for (const QString &secret : settings.secretValues())
        logging::registerSecret(secret);
}

Result<Nothing> installLogging(const config::Settings &settings)
{
    registerSecrets(settings);
    return logging::install(logOptions(settings));
}

bool haveSameLog(const config::Settings &one, const config::Settings &other)
{
    const logging::LogOptions mine = logOptions(one);
    const logging::LogOptions others = logOptions(other);
    return mine.level == others.level && mine.categories == others.categories
           && mine.format == others.format && mine.output == others.output;
}

http::ServerOptions serverOptions(const config::Settings &settings)
{
    http::ServerOptions options;
    const QString host = settings.text(u"HOST"_s);
    options.address = host == "localhost"_L1 ? QHostAddress(QHostAddress::LocalHost)
                      : host == "*"_L1       ? QHostAddress(QHostAddress::Any)
                                             : QHostAddress(host);
    options.port = quint16(settings.integer(u"PORT"_s));
    options.basePath = settings.text(u"MCP_BASE_PATH"_s);
    options.allowedHosts = settings.list(u"ALLOWED_HOSTS"_s);
    options.corsOrigins = settings.list(u"CORS_ORIGINS"_s);
    options.corsCredentials = settings.boolean(u"CORS_ALLOW_CREDENTIALS"_s);
    options.heartbeat = settings.seconds(u"STREAM_HEARTBEAT_SECONDS"_s);
    options.limits.body = settings.bytes(u"MAX_REQUEST_BODY_BYTES"_s);
    options.limits.bufferedBodies = settings.bytes(u"MAX_BUFFERED_BODY_BYTES"_s);
    options.limits.headTimeout = settings.seconds(u"HEADER_TIMEOUT_SECONDS"_s);
    options.limits.bodyTimeout = settings.seconds(u"REQUEST_TIMEOUT_SECONDS"_s);
    options.limits.idleTimeout = settings.seconds(u"IDLE_TIMEOUT_SECONDS"_s);
    options.limits.connections = int(settings.integer(u"MAX_CONNECTIONS"_s));
    options.limits.connectionsPerAddress = int(settings.integer(u"MAX_CONNECTIONS_PER_ADDRESS"_s));
    options.proxies = settings.networks(u"TRUSTED_PROXIES"_s);
    options.proxies += settings.networks(u"AUTH_TRUSTED_PROXIES"_s);
    return options;
}

sessions::SessionLimits sessionLimits(const config::Settings &settings)
{
    sessions::SessionLimits limits;
    limits.idleTimeout = settings.seconds(u"SESSION_TIMEOUT_SECONDS"_s);
    limits.cleanupInterval = settings.seconds(u"SESSION_CLEANUP_INTERVAL_SECONDS"_s);
    limits.maxPerOwner = int(settings.integer(u"MAX_SESSIONS_PER_USER"_s));
    limits.maxTotal = int(settings.integer(u"MAX_TOTAL_SESSIONS"_s));
    // The default is meant for one person; callers nobody told apart may be many.
    limits.maxAnonymous =
        settings.isSet(u"MAX_SESSIONS_PER_USER"_s) ? limits.maxPerOwner : limits.maxTotal;
    // Strangers who are let in beside known callers must leave those a place.
    if (IdentityRooms::tellsCallersApart(settings))
        limits.maxAnonymous = std::min(limits.maxAnonymous, std::max(limits.maxTotal / 2, 1));
    limits.elicitationTimeout = settings.seconds(u"ELICITATION_TIMEOUT_SECONDS"_s);
    limits.restartDead = settings.text(u"SESSION_RESTART_POLICY"_s) == "restart"_L1;
    const QString expiry = settings.text(u"SESSION_CREDENTIAL_EXPIRY"_s);
    limits.credentialExpiry = expiry == "close"_L1  ? sessions::CredentialExpiry::Close
                              : expiry == "keep"_L1 ? sessions::CredentialExpiry::Keep
                                                    : sessions::CredentialExpiry::Reopen;
    limits.rerunElicitation = settings.text(u"ELICITATION_MODE"_s) == "rerun"_L1;
    return limits;
}

gateway::DispatcherOptions dispatcherOptions(const config::Settings &settings)
{
    gateway::DispatcherOptions options;
    options.name = settings.text(u"SERVICE_NAME"_s);
    options.version = QString::fromLatin1(kVersion);
    options.suspendTime = settings.seconds(u"ELICITATION_TIMEOUT_SECONDS"_s);
    options.taskIdle = settings.seconds(u"SESSION_TIMEOUT_SECONDS"_s);
    options.sessionTools = settings.boolean(u"MCP_SESSION_TOOLS"_s);
    const QString perUser = u"MCP_MAX_SUBSCRIPTIONS_PER_USER"_s;
    options.subscriptions.perOwner = int(settings.integer(perUser));
    if (settings.isSet(perUser)) // as of the sessions above
        options.subscriptions.anonymous = options.subscriptions.perOwner;
    return options;
}

gateway::GatewaySettings gatewaySettings(const config::Settings &settings)
{
    gateway::GatewaySettings gateway;
    gateway.table.idleTimeout = settings.seconds(u"SESSION_TIMEOUT_SECONDS"_s);
    const sessions::SessionLimits limits = sessionLimits(settings);
    gateway.table.sessions = {limits.maxPerOwner, limits.maxAnonymous, limits.maxTotal};
    // Connections are all that limits those of everybody.
    const gateway::OwnerLimits subscriptions = dispatcherOptions(settings).subscriptions;
    gateway.streams.perOwner = subscriptions.perOwner;
    gateway.streams.anonymous = subscriptions.anonymous;
    gateway.legacy.askTimeout = settings.seconds(u"ELICITATION_TIMEOUT_SECONDS"_s);
    gateway.sessionField = settings.text(u"SESSION_FIELD_NAME"_s).toLatin1();
    gateway.sessionTools = settings.boolean(u"MCP_SESSION_TOOLS"_s);
    return gateway;
}

routes::RouteSettings routeSettings(const config::Settings &settings)
{
    routes::RouteSettings route;
    route.serviceName = settings.text(u"SERVICE_NAME"_s);
    route.sessionField = settings.text(u"SESSION_FIELD_NAME"_s).toLatin1();
    route.secureCookie = settings.boolean(u"HTTPS_ENABLED"_s);
    route.streamEarlyStatus = settings.boolean(u"STREAM_EARLY_STATUS"_s);
    route.listAnonymousSessions = serverOptions(settings).address.isLoopback();
    route.metrics = settings.boolean(u"PROMETHEUS_ENABLED"_s);
    route.address = publicAddress(settings);
    route.oauth = oauthFacts(settings);
    route.isGuarded = IdentityRooms::tellsCallersApart(settings);
    return route;
}

} // namespace bridge
