// SPDX-License-Identifier: GPL-3.0-or-later
// From the option table to the options of the rooms of identity.
#include "server/application.h"
#include "server/auth/claims.h"
#include "server/auth/ways.h"
#include "server/gateway/names.h"

using namespace Qt::StringLiterals;

namespace bridge {

bool allowsAnonymous(const config::Settings &settings, const auth::AuthOptions &options)
{
    if (!options.allowAnonymous)
        return false;
    return settings.boolean(u"BRIDGE_ALLOW_ANONYMOUS"_s)
           || serverOptions(settings).address.isLoopback();
}

policy::DataAccessOptions dataAccessOptions(const config::Settings &settings,
                                            const auth::AuthOptions &options)
{
    policy::DataAccessOptions access;
    access.groupTemplate = settings.text(u"MCP_GROUP_DATA_ACCESS_TEMPLATE"_s);
    access.userTemplate = settings.text(u"MCP_USER_DATA_ACCESS_TEMPLATE"_s);
    access.encoding = settings.text(u"MCP_IDENTIFIER_ENCODING"_s) == "legacy"_L1
                          ? policy::Encoding::Legacy
                          : policy::Encoding::Percent;
    access.defaultGroup = settings.text(u"OAUTH_DEFAULT_GROUP"_s);
    access.primaryGroup = settings.text(u"MCP_DEFAULT_GROUP_MODE"_s) == "primary"_L1;
    access.matchClientRoles = settings.boolean(u"GROUP_MATCH_CLIENT_ROLES"_s);
    access.logAccess = settings.boolean(u"LOG_GROUP_ACCESS"_s);
    access.marksProxies = options.verifier.verify && options.trustProxyHeaders;
    if (options.verifier.issuers.size() > 1)
        access.mainIssuer = options.verifier.issuers.front().issuer;
    return access;
}

gate::GateOptions IdentityRooms::gateOptions(const config::Settings &settings) const
{
    gate::GateOptions options;
    options.allowsAnonymous = allowsAnonymous(settings, m_authOptions);
    options.requiredGroups = settings.list(u"BRIDGE_REQUIRED_GROUPS"_s);
    options.hasAdmins = m_authOptions.hasAdmins();
    options.tokenHeader = m_authOptions.tokenHeader;
    options.scope = settings.text(u"MCP_OAUTH_SCOPES"_s);
    options.hasMetadata = oauthFacts(settings).hasIssuer();
    options.hint = auth::credentialHint(auth::waysOf(settings, m_authOptions));
    if (settings.boolean(u"CORS_ALLOW_CREDENTIALS"_s)) {
        QStringList origins = settings.list(u"CORS_ORIGINS"_s);
        origins.removeAll(u"*"_s); // whoever that is has no leave to act for others
        for (QString &origin : origins)
            origin = origin.toLower();
        options.pageOrigins = config::GlobList::fromList(origins);
    }
    options.address = publicAddress(settings);
    return options;
}

routes::OAuthFacts oauthFacts(const config::Settings &settings)
{
    routes::OAuthFacts facts;
    if (const auto options = auth::authOptions(settings); options && options->verifier.verify) {
        for (const auth::IssuerOptions &issuer : options->verifier.issuers)
            facts.issuers.append(issuer.issuer);
    }
    facts.issuer = settings.text(u"MCP_OAUTH_ISSUER"_s);
    if (facts.issuer.isEmpty() && !facts.issuers.isEmpty())
        facts.issuer = facts.issuers.first();
    facts.resource = settings.text(u"MCP_OAUTH_RESOURCE_URL"_s);
    facts.resourceName = settings.text(u"MCP_OAUTH_CLIENT_ID"_s);
    facts.scopes = settings.text(u"MCP_OAUTH_SCOPES"_s).split(u' ', Qt::SkipEmptyParts);
    facts.registration = settings.text(u"MCP_OAUTH_REGISTRATION_ENDPOINT"_s);
    return facts;
}

gate::PublicAddress publicAddress(const config::Settings &settings)
{
    const QStringList path = settings.text(u"MCP_BASE_PATH"_s).split(u'/', Qt::SkipEmptyParts);
    return gate::PublicAddress(settings.text(u"BRIDGE_PUBLIC_URL"_s),
                               settings.networks(u"TRUSTED_PROXIES"_s),
                               settings.boolean(u"HTTPS_ENABLED"_s),
                               path.isEmpty() ? QString() : QString(u'/' + path.join(u'/')));
}

void IdentityRooms::explain(routes::Services &services)
{
    m_deciders.gate = m_gate.get();
    m_deciders.places = [this](const auth::Principal &principal, const QString &group) {
        return m_dataAccess.lookUp(principal, group);
    };
    m_deciders.introduce = [this](auth::Principal &principal) { return introduce(principal); };
    m_deciders.sharedName = gateway::aliasOf;
    m_deciders.splitUri = [](const QString &uri) -> std::optional<routes::Deciders::Uri> {
        const auto parts = gateway::splitUri(uri);
        if (!parts)
            return std::nullopt;
        return routes::Deciders::Uri{parts->server, parts->uri};
    };
    services.deciders = &m_deciders;
}

Result<Nothing> IdentityRooms::introduce(auth::Principal &principal) const
{
    const auto &issuers = m_authOptions.verifier.issuers;
    QStringList names;
    for (const auth::IssuerOptions &issuer : issuers) {
        names.append(issuer.issuer);
        // An owner is issuer and subject.
        if (principal.owner.startsWith(auth::ownerOf(issuer.issuer, {})))
            principal.issuer = issuer.issuer;
    }
    if (!principal.issuer.isEmpty() && !names.contains(principal.issuer))
        return Error(ErrorCode::NotFound,
                     names.isEmpty()
                         ? u"is none, as no issuer is configured"_s
                         : u"is no issuer of this bridge; there are %1"_s.arg(names.join(", "_L1)));
    if (principal.issuer.isEmpty() && principal.owner.isEmpty() && !names.isEmpty())
        principal.issuer = names.first();
    if (principal.issuer.isEmpty())
        return Nothing{}; // a key, say
    if (principal.owner.isEmpty())
        principal.owner = auth::ownerOf(principal.issuer, principal.userId);
    m_verifier->rank(principal);
    return Nothing{};
}

} // namespace bridge
