// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/checks.h"
#include "common/config/optionrows.h"

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

QList<Option> strategies()
{
    const QString group = u"Authentication"_s;
    return {
        {.name = u"AUTH_STRATEGIES"_s,
         .flag = u"--auth-strategies"_s,
         .type = OptionType::List,
         .group = group,
         .help = u"Ways to find out who is calling, in the order they are tried: admin-token, "
                 "api-key, cookie, bearer, login, proxy, plugin:NAME, anonymous. Without anonymous "
                 "every caller has to show a credential; with it, others are let in on a loopback "
                 "address, elsewhere only with BRIDGE_ALLOW_ANONYMOUS. Empty = all that are "
                 "configured, and anonymous."_s},
        {.name = u"TOKEN_SOURCE"_s,
         .flag = u"--token-source"_s,
         .type = OptionType::Enum,
         .defaultValue = u"header"_s,
         .values = {u"header"_s, u"cookie"_s},
         .group = group,
         .help = u"Where access tokens are looked for. header = in TOKEN_NAME, then in "
                 "Authorization; cookie = first in the cookie TOKEN_COOKIE_NAME."_s},
        {.name = u"TOKEN_NAME"_s,
         .flag = u"--token-name"_s,
         .type = OptionType::Text,
         .defaultValue = u"X-Auth-Request-Access-Token"_s,
         .check = checkFieldName,
         .group = group,
         .help = u"Header that may hold the access token, with or without Bearer before it."_s},
        {.name = u"TOKEN_COOKIE_NAME"_s,
         .flag = u"--token-cookie-name"_s,
         .type = OptionType::Text,
         .defaultValue = u"_oauth2_proxy"_s,
         .check = checkFieldName,
         .group = group,
         .help = u"Cookie that may hold the access token."_s},
        {.name = u"AUTH_TRUST_PROXY_HEADERS"_s,
         .flag = u"--auth-trust-proxy-headers"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .group = group,
         .help = u"Believe the headers of AUTH_PROXY_HEADERS when they come from the proxies in "
                 "AUTH_TRUSTED_PROXIES."_s},
        {.name = u"AUTH_PROXY_HEADERS"_s,
         .flag = u"--auth-proxy-headers"_s,
         .type = OptionType::Enum,
         .defaultValue = u"forwarded"_s,
         .values = {u"forwarded"_s, u"auth-request"_s},
         .group = group,
         .help = u"Which headers say who is calling. forwarded = X-Forwarded-User, -Email and "
                 "-Groups, as oauth2-proxy sends them itself; auth-request = X-Auth-Request-User, "
                 "-Email and -Groups, as nginx passes them on with auth_request. The others are "
                 "ignored."_s},
        {.name = u"AUTH_TRUSTED_PROXIES"_s,
         .flag = u"--auth-trusted-proxies"_s,
         .type = OptionType::List,
         .group = group,
         .help = u"Addresses and networks, e.g. 10.0.0.5,10.1.0.0/16, of the proxies that may say "
                 "who is calling. They must drop such headers of their own clients. Their "
                 "X-Forwarded-For is believed as well, see TRUSTED_PROXIES."_s},
        {.name = u"ADMIN_TOKEN"_s,
         .flag = {},
         .type = OptionType::Text,
         .secret = true,
         .group = group,
         .help = u"Token of administrators, sent as a bearer token or in X-Admin-Token; at least "
                 "16 characters. Empty = the one in ADMIN_TOKEN_PATH."_s},
        {.name = u"ADMIN_TOKEN_PATH"_s,
         .flag = u"--admin-token-path"_s,
         .type = OptionType::Path,
         .group = group,
         .help =
             u"File with that token. It is made with a random one, for its owner only, when it "
             "is not there. Empty = admin-token in the "
             "bridge's data folder once callers are told apart and there is no other administrator."_s},
        {.name = u"BRIDGE_ADMIN_GROUPS"_s,
         .flag = u"--admin-groups"_s,
         .type = OptionType::List,
         .group = group,
         .help = u"Groups or roles whose members are administrators."_s},
        {.name = u"PLUGIN_DIR"_s,
         .flag = u"--plugin-dir"_s,
         .type = OptionType::Path,
         .group = group,
         .help = u"Folder that plugins are loaded from at start: token retrievers and session "
                 "stores. They run with all rights of the bridge, so nobody else may write "
                 "there."_s},
        {.name = u"PLUGIN_SETTINGS"_s,
         .flag = u"--plugin-settings"_s,
         .type = OptionType::Json,
         .values = {u"object"_s},
         .group = group,
         .help = u"Settings of plugins: an object from the plugin's name to its settings."_s},
    };
}

QList<Option> issuers()
{
    const QString group = u"Identity provider"_s;
    return {
        {.name = u"AUTH_BASE_URL"_s,
         .flag = u"--auth-base-url"_s,
         .type = OptionType::Url,
         .aliases = {u"KEYCLOAK_URL"_s},
         .group = group,
         .help = u"Address of a Keycloak server."_s},
        {.name = u"KEYCLOAK_REALM"_s,
         .flag = u"--keycloak-realm"_s,
         .type = OptionType::Text,
         .defaultValue = u"inxm"_s,
         .group = group,
         .help = u"Realm there."_s},
        {.name = u"OAUTH_ISSUER_URL"_s,
         .flag = u"--oauth-issuer"_s,
         .type = OptionType::Url,
         .aliases = {u"KEYCLOAK_ISSUER"_s},
         .group = group,
         .help = u"Issuer of access tokens, exactly as in their iss. Empty = the realm at "
                 "AUTH_BASE_URL. Without AUTH_BASE_URL its endpoints are looked up in its OpenID "
                 "Connect or RFC 8414 document."_s},
        {.name = u"AUTH_ISSUERS"_s,
         .flag = u"--auth-issuers"_s,
         .type = OptionType::Json,
         .values = {u"array"_s},
         .group = group,
         .help =
             u"Further issuers: an array of objects with issuer and, as needed, audience, "
             "jwks_uri, introspection_endpoint, introspection (off, opaque or always; unless it "
             "says so opaque where introspection_endpoint is given, else off), client_id, "
             "client_secret, claims_preset, user_claim, groups_claim, roles_claim, algorithms; "
             "admins and requiredGroups (true or false): whether its "
             "groups count for BRIDGE_ADMIN_GROUPS and BRIDGE_REQUIRED_GROUPS."_s},
        {.name = u"OAUTH_JWKS_URL"_s,
         .flag = u"--oauth-jwks-url"_s,
         .type = OptionType::Url,
         .group = group,
         .help = u"Where the issuer's keys are, when its document does not say so."_s},
        {.name = u"OAUTH_INTROSPECTION_URL"_s,
         .flag = u"--oauth-introspection-url"_s,
         .type = OptionType::Url,
         .group = group,
         .help = u"Where tokens are introspected, when the issuer's document does not say so."_s},
        {.name = u"OAUTH_CLIENT_ID"_s,
         .flag = u"--oauth-client-id"_s,
         .type = OptionType::Text,
         .group = group,
         .help = u"The bridge's own client id at the issuer: for introspection, login and token "
                 "exchange."_s},
        {.name = u"OAUTH_CLIENT_SECRET"_s,
         .flag = {},
         .type = OptionType::Text,
         .secret = true,
         .group = group,
         .help = u"The secret of that client."_s},
        {.name = u"AUTH_ALLOW_UNSAFE_CERT"_s,
         .flag = u"--auth-allow-unsafe-cert"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .group = group,
         .help = u"Talk to the identity provider whatever its certificate says. For tests only: "
                 "whoever sits in between can make tokens. See EGRESS_CA_BUNDLE."_s},
    };
}

QList<Option> verification()
{
    const QString group = u"Verification of tokens"_s;
    return {
        {.name = u"AUTH_VERIFY_TOKENS"_s,
         .flag = u"--auth-verify-tokens"_s,
         .type = OptionType::Enum,
         .defaultValue = u"auto"_s,
         .values = {u"auto"_s, u"true"_s, u"false"_s},
         .synonyms = {{u"1"_s, u"true"_s},
                      {u"yes"_s, u"true"_s},
                      {u"on"_s, u"true"_s},
                      {u"0"_s, u"false"_s},
                      {u"no"_s, u"false"_s},
                      {u"off"_s, u"false"_s}},
         .aliases = {u"OAUTH_VALIDATE_TOKENS"_s},
         .group = group,
         .help = u"Whether access tokens are verified; one that does not verify is answered with "
                 "401. auto = as soon as an issuer is configured. With false a token is believed "
                 "whatever it says, so anybody can be anyone."_s},
        {.name = u"OAUTH_AUDIENCE"_s,
         .flag = u"--oauth-audience"_s,
         .type = OptionType::List,
         .group = group,
         .help = u"Whom tokens must be meant for: one of these has to be in their aud. Empty = "
                 "anybody, which lets tokens for other services in as well."_s},
        {.name = u"AUTH_ACCEPT_ID_TOKENS"_s,
         .flag = u"--auth-accept-id-tokens"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .group = group,
         .help = u"Take ID tokens like access tokens. They tell a client who has logged in, and "
                 "pass through many hands; only where a provider issues nothing else (Dex), or a "
                 "client cannot get anything else."_s},
        {.name = u"AUTH_ALGORITHMS"_s,
         .flag = u"--auth-algorithms"_s,
         .type = OptionType::List,
         .defaultValue = u"RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA"_s,
         .group = group,
         .help = u"Signature algorithms that are accepted."_s},
        {.name = u"AUTH_INTROSPECTION"_s,
         .flag = u"--auth-introspection"_s,
         .type = OptionType::Enum,
         .defaultValue = u"opaque"_s,
         .values = {u"off"_s, u"opaque"_s, u"always"_s},
         .group = group,
         .help =
             u"Which tokens the issuer is asked about: those that are no JWT, or all, so that "
             "revoked ones are noticed. Needs OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET. off also "
             "where only an issuer of AUTH_ISSUERS has tokens that are no JWT."_s},
        {.name = u"AUTH_INTROSPECTION_CACHE_SECONDS"_s,
         .flag = u"--auth-introspection-cache"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"30"_s,
         .minimum = 0,
         .maximum = 3600,
         .group = group,
         .help = u"How long its answer is believed."_s},
        {.name = u"AUTH_JWKS_CACHE_SECONDS"_s,
         .flag = u"--auth-jwks-cache"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"300"_s,
         .minimum = 1,
         .maximum = 86400,
         .group = group,
         .help = u"How long an issuer's keys are used before they are fetched again; a withdrawn "
                 "key is trusted no longer than this."_s},
        {.name = u"AUTH_JWKS_STALE_SECONDS"_s,
         .flag = u"--auth-jwks-stale"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"3600"_s,
         .minimum = 0,
         .maximum = 604800,
         .group = group,
         .help = u"How much longer they are used while the issuer cannot be reached."_s},
        {.name = u"AUTH_BAD_TOKENS_PER_MINUTE"_s,
         .flag = u"--auth-bad-tokens"_s,
         .type = OptionType::Integer,
         .defaultValue = u"120"_s,
         .minimum = 0,
         .maximum = 1000,
         .group = group,
         .help = u"Different bad tokens of one address that are checked within a minute; further "
                 "new ones are answered with 429, while tokens that were good before, and JWTs "
                 "signed by a key that is known, go on working. Behind a proxy name it in "
                 "TRUSTED_PROXIES, so that the addresses of its "
                 "clients count. 0 = no limit."_s},
        {.name = u"OAUTH_VERIFY_ISSUER"_s,
         .flag = {},
         .type = OptionType::Text,
         .ignored = true,
         .group = group,
         .help = u"The issuer of a token is always verified."_s},
    };
}

QList<Option> claims()
{
    const QString group = u"Claims"_s;
    return {
        {.name = u"OAUTH_CLAIMS_PRESET"_s,
         .flag = u"--oauth-claims-preset"_s,
         .type = OptionType::Enum,
         .defaultValue = u"contract"_s,
         .values = {u"contract"_s, u"keycloak"_s, u"entra"_s, u"okta"_s, u"auth0"_s},
         .synonyms = {{u"default"_s, u"contract"_s}, {u"azure"_s, u"entra"_s}},
         .group = group,
         .help = u"How the issuer writes groups, roles and scopes. contract = the places of "
                 "Keycloak and of Entra together."_s},
        {.name = u"OAUTH_USER_CLAIM"_s,
         .flag = u"--oauth-user-claim"_s,
         .type = OptionType::Text,
         .group = group,
         .help = u"Claim that holds the user id of data places and of `users` in rules, instead of "
                 "sub: oid, preferred_username, with dots for what is inside. Tokens without it "
                 "are refused. Only claims that users cannot choose and that are never given to "
                 "somebody else."_s},
        {.name = u"OAUTH_GROUPS_CLAIM"_s,
         .flag = u"--oauth-groups-claim"_s,
         .type = OptionType::List,
         .group = group,
         .help = u"Claims that hold groups, with dots for what is inside: groups, "
                 "realm_access.roles, resource_access.*.roles (as client:role). Empty = as "
                 "OAUTH_CLAIMS_PRESET says."_s},
        {.name = u"OAUTH_ROLES_CLAIM"_s,
         .flag = u"--oauth-roles-claim"_s,
         .type = OptionType::List,
         .group = group,
         .help = u"The same for roles."_s},
        {.name = u"ENTRA_GRAPH_URL"_s,
         .flag = u"--entra-graph"_s,
         .type = OptionType::Url,
         .defaultValue = u"https://graph.microsoft.com"_s,
         .group = group,
         .help = u"Microsoft Graph, where the bridge asks for groups that Entra leaves out of "
                 "tokens because there are many (with OAUTH_CLAIMS_PRESET=entra); national clouds "
                 "have another one."_s},
        {.name = u"OAUTH_EXTRACT_GROUPS"_s,
         .flag = u"--oauth-extract-groups"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"true"_s,
         .group = group,
         .help = u"Whether groups and roles are taken from tokens at all."_s},
    };
}

} // namespace

QList<Option> authRows()
{
    return strategies() + issuers() + verification() + claims();
}

} // namespace bridge::config
