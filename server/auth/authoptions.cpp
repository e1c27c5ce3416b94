// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/authoptions.h"

#include "common/config/settings.h"
#include "server/auth/issueroptions.h"
#include "server/auth/ways.h"

#include <QtCore/QStandardPaths>

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

constexpr qsizetype kLeastAdminToken = 16;

void readTokens(const config::Settings &settings, AuthOptions &options,
                QList<FieldProblem> &problems)
{
    VerifierOptions &verifier = options.verifier;
    verifier.issuers = issuersFrom(settings, problems);
    verifier.unverifiedClaims = commonClaimRules(settings);
    verifier.jwks.lifetime = settings.seconds(u"AUTH_JWKS_CACHE_SECONDS"_s);
    verifier.jwks.staleIfError = settings.seconds(u"AUTH_JWKS_STALE_SECONDS"_s);
    verifier.introspectionLifetime = settings.seconds(u"AUTH_INTROSPECTION_CACHE_SECONDS"_s);
    verifier.maxBadTokens = int(settings.integer(u"AUTH_BAD_TOKENS_PER_MINUTE"_s));
    verifier.adminGroups = settings.list(u"BRIDGE_ADMIN_GROUPS"_s);
    const QString wanted = settings.text(u"AUTH_VERIFY_TOKENS"_s);
    verifier.verify = wanted == "auto"_L1 ? !verifier.issuers.empty() : wanted == "true"_L1;
    if (verifier.verify && verifier.issuers.empty())
        problems.append({u"AUTH_VERIFY_TOKENS"_s, u"needs an issuer: set AUTH_BASE_URL, "
                                                  "OAUTH_ISSUER_URL or AUTH_ISSUERS."_s});
    for (const IssuerOptions &issuer : verifier.issuers) {
        if (verifier.verify && issuer.audiences.isEmpty())
            options.warnings.append(
                u"Tokens that %1 made for any other service are accepted too. Set OAUTH_AUDIENCE, "
                "or audience in AUTH_ISSUERS."_s.arg(issuer.issuer));
    }
    verifier.believe = wanted == "false"_L1;
    if (verifier.believe)
        options.warnings.append(
            u"AUTH_VERIFY_TOKENS is false: access tokens are believed without being verified, so "
            "anybody can pass for anyone, and whatever token somebody makes up opens this bridge, "
            "also where API keys or a proxy guard it."_s);
    const QString mode = settings.text(u"AUTH_INTROSPECTION"_s);
    if (mode == "opaque"_L1 && !verifier.issuers.empty()
        && !settings.text(u"OAUTH_INTROSPECTION_URL"_s).isEmpty()
        && verifier.issuers.front().introspect == Introspect::Never)
        options.warnings.append(
            u"OAUTH_INTROSPECTION_URL is not used, so tokens that are no JWT are refused: set "
            "OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET as well."_s);
    if (mode == "always"_L1 && !verifier.issuers.empty()
        && verifier.issuers.front().introspect != Introspect::Always)
        problems.append(
            {u"AUTH_INTROSPECTION"_s, u"needs OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET."_s});
}

void readProxies(const config::Settings &settings, AuthOptions &options,
                 QList<FieldProblem> &problems)
{
    options.trustProxyHeaders = settings.boolean(u"AUTH_TRUST_PROXY_HEADERS"_s);
    if (settings.text(u"AUTH_PROXY_HEADERS"_s) == "auth-request"_L1)
        options.proxyHeaders = ProxyHeaders::AuthRequest;
    const auto networks = Networks::from(settings.list(u"AUTH_TRUSTED_PROXIES"_s));
    if (!networks)
        problems.append({u"AUTH_TRUSTED_PROXIES"_s, networks.error().message});
    else
        options.trustedProxies = *networks;
    if (options.trustProxyHeaders && networks && networks->isEmpty())
        problems.append(
            {u"AUTH_TRUSTED_PROXIES"_s,
             u"must name the proxies whose headers AUTH_TRUST_PROXY_HEADERS trusts."_s});
}

void readAdmins(const config::Settings &settings, AuthOptions &options,
                QList<FieldProblem> &problems)
{
    options.adminToken = settings.text(u"ADMIN_TOKEN"_s).trimmed().toUtf8();
    options.adminTokenPath = settings.text(u"ADMIN_TOKEN_PATH"_s);
    options.adminGroups = options.verifier.adminGroups;
    if (!options.adminToken.isEmpty() && options.adminToken.size() < kLeastAdminToken)
        problems.append({u"ADMIN_TOKEN"_s, u"must have at least 16 characters."_s});
}

/// Made at the first start, so that somebody can administrate a bridge that tells callers apart.
void addAdminFile(const config::Settings &settings, AuthOptions &options)
{
    const QString folder = QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation);
    if (options.hasAdmins() || !tellsCallersApart(settings, options) || folder.isEmpty())
        return;
    options.adminTokenPath = folder + "/mcp-bridge/admin-token"_L1;
    options.adminTokenIsOptional = true;
}

/// All there are, those that vouch for somebody before those that only say so.
QStringList usualOrder(const AuthOptions &options)
{
    const QStringList ends{u"proxy"_s};
    const QStringList tokens{u"login"_s, u"cookie"_s, u"bearer"_s};
    const QStringList first{u"admin-token"_s, u"api-key"_s, u"plugin:*"_s};
    return first + (options.verifier.verify ? tokens + ends : ends + tokens)
           + QStringList{u"anonymous"_s};
}

bool isKnownStrategy(const QString &name)
{
    static const QStringList known{u"admin-token"_s, u"api-key"_s, u"cookie"_s,   u"bearer"_s,
                                   u"login"_s,       u"proxy"_s,   u"anonymous"_s};
    return known.contains(name) || (name.startsWith("plugin:"_L1) && name.size() > 7);
}

void readStrategies(const config::Settings &settings, AuthOptions &options,
                    QList<FieldProblem> &problems)
{
    const QStringList given = settings.list(u"AUTH_STRATEGIES"_s);
    QStringList names = given.isEmpty() ? usualOrder(options) : given;
    for (const QString &name : given) {
        if (!isKnownStrategy(name))
            problems.append(
                {u"AUTH_STRATEGIES"_s, u"knows admin-token, api-key, cookie, bearer, login, proxy, "
                                       "plugin:NAME and anonymous, not %1."_s.arg(name)});
    }
    names.removeDuplicates();
    if (given.contains(u"proxy"_s) && !options.trustProxyHeaders)
        problems.append({u"AUTH_STRATEGIES"_s, u"names proxy, so AUTH_TRUST_PROXY_HEADERS must be "
                                               "true and AUTH_TRUSTED_PROXIES name it."_s});
    options.allowAnonymous = names.removeAll(u"anonymous"_s) > 0;
    if (settings.text(u"TOKEN_SOURCE"_s) != "cookie"_L1 && !given.contains(u"cookie"_s))
        names.removeAll(u"cookie"_s);
    if (!options.trustProxyHeaders)
        names.removeAll(u"proxy"_s);
    options.strategies = names;
}

} // namespace

Result<AuthOptions> authOptions(const config::Settings &settings)
{
    AuthOptions options;
    QList<FieldProblem> problems;
    readTokens(settings, options, problems);
    readProxies(settings, options, problems);
    readAdmins(settings, options, problems);
    readStrategies(settings, options, problems);
    addAdminFile(settings, options);
    options.tokenHeader = settings.text(u"TOKEN_NAME"_s).toLatin1();
    options.tokenCookie = settings.text(u"TOKEN_COOKIE_NAME"_s).toLatin1();
    options.allowUnsafeCert = settings.boolean(u"AUTH_ALLOW_UNSAFE_CERT"_s);
    if (options.allowUnsafeCert)
        options.warnings.append(u"AUTH_ALLOW_UNSAFE_CERT is true: the certificate of the identity "
                                "provider is not checked."_s);
    options.warnings += strategyWarnings(settings, options);
    if (problems.isEmpty())
        return options;
    Error error(ErrorCode::InvalidConfig, u"The settings for authentication are wrong."_s);
    error.problems = problems;
    return error;
}

} // namespace bridge::auth
