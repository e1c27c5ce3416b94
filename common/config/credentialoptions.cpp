// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/optionrows.h"

#include <QtCore/QRegularExpression>

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

QString checkVariable(const QJsonValue &value)
{
    static const QRegularExpression pattern(u"^[A-Za-z_][A-Za-z0-9_]*$"_s);
    const QString text = value.toString().trimmed();
    return text.isEmpty() || pattern.match(text).hasMatch()
               ? QString()
               : u"must be the name of a variable: letters, digits and _."_s;
}

QString checkTenant(const QJsonValue &value)
{
    static const QRegularExpression pattern(u"^[A-Za-z0-9._-]*$"_s);
    return pattern.match(value.toString().trimmed()).hasMatch()
               ? QString()
               : u"must be the id or the domain of a tenant."_s;
}

QList<Option> providers()
{
    const QString group = u"Credentials for MCP servers"_s;
    return {
        {.name = u"AUTH_PROVIDER"_s,
         .flag = u"--auth-provider"_s,
         .type = OptionType::Enum,
         .defaultValue = u"keycloak"_s,
         .values = {u"keycloak"_s, u"oidc"_s, u"entra"_s, u"user-api-key"_s, u"plugin"_s,
                    u"none"_s},
         .group = group,
         .help = u"Where the credential that an MCP server gets for a caller comes from. keycloak "
                 "and oidc pass the caller's access token on unless a broker alias or token "
                 "exchange is configured; entra exchanges it on behalf of the caller; user-api-key "
                 "reads the caller's key from a store; plugin asks the one in PLUGIN_DIR that "
                 "retrieves tokens; none passes nothing on."_s},
        {.name = u"OAUTH_ENV"_s,
         .flag = u"--oauth-env"_s,
         .type = OptionType::Text,
         .check = checkVariable,
         .group = group,
         .help = u"Environment variable in which MCP servers that are child processes get the "
                 "credential; MCP_BEARER_TOKEN holds it as well. Calls without an access token are "
                 "answered with 400 then."_s},
        {.name = u"OAUTH_REFRESH_BUFFER_SECONDS"_s,
         .flag = u"--oauth-refresh-buffer"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"60"_s,
         .minimum = 0,
         .group = group,
         .help = u"How long before its end a retrieved credential is replaced; at most half of its "
                 "life."_s},
        {.name = u"SESSION_CREDENTIAL_EXPIRY"_s,
         .flag = u"--session-credential-expiry"_s,
         .type = OptionType::Enum,
         .defaultValue = u"reopen"_s,
         .values = {u"reopen"_s, u"close"_s, u"keep"_s},
         .group = group,
         .help = u"What becomes of a session whose MCP server got a credential in its environment "
                 "that has ended: reopen starts the server anew with the next call, close ends the "
                 "session, keep does nothing. Remote servers and oauth_token arguments get a fresh "
                 "one in any case."_s},
        {.name = u"KEYCLOAK_PROVIDER_ALIAS"_s,
         .flag = u"--keycloak-provider-alias"_s,
         .type = OptionType::Text,
         .aliases = {u"OAUTH_TOKEN_EXCHANGE_PROVIDER"_s},
         .group = group,
         .help = u"Alias of the identity provider behind Keycloak whose token MCP servers get. "
                 "Empty = they get the caller's own."_s},
        {.name = u"KEYCLOAK_PROVIDER_REFRESH_MODE"_s,
         .flag = u"--keycloak-provider-refresh-mode"_s,
         .type = OptionType::Enum,
         .defaultValue = u"oidc"_s,
         .values = {u"oidc"_s, u"broker"_s},
         .group = group,
         .help =
             u"How a brokered token that has ended is renewed: oidc = with its refresh token at "
             "the realm's token endpoint, broker = by asking the broker again."_s},
        {.name = u"ENTRA_TENANT_ID"_s,
         .flag = u"--entra-tenant"_s,
         .type = OptionType::Text,
         .check = checkTenant,
         .group = group,
         .help = u"Tenant of Microsoft Entra ID for AUTH_PROVIDER=entra."_s},
        {.name = u"ENTRA_AUTHORITY"_s,
         .flag = u"--entra-authority"_s,
         .type = OptionType::Url,
         .defaultValue = u"https://login.microsoftonline.com"_s,
         .group = group,
         .help = u"Address of Microsoft Entra ID; other ones are those of national clouds."_s},
    };
}

QList<Option> exchange()
{
    const QString group = u"Token exchange"_s;
    return {
        {.name = u"OAUTH_ENABLE_TOKEN_EXCHANGE"_s,
         .flag = u"--oauth-token-exchange"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .group = group,
         .help = u"Exchange the caller's token for one meant for the MCP server (RFC 8693), with "
                 "OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET as the client."_s},
        {.name = u"OAUTH_TOKEN_EXCHANGE_AUDIENCE"_s,
         .flag = u"--oauth-exchange-audience"_s,
         .type = OptionType::Text,
         .group = group,
         .help = u"Audience of the exchanged token."_s},
        {.name = u"OAUTH_TOKEN_EXCHANGE_SCOPE"_s,
         .flag = u"--oauth-exchange-scope"_s,
         .type = OptionType::Text,
         .group = group,
         .help = u"Scopes of the exchanged token, separated by blanks; AUTH_PROVIDER=entra needs "
                 "them."_s},
        {.name = u"OAUTH_TOKEN_EXCHANGE_RESOURCE"_s,
         .flag = u"--oauth-exchange-resource"_s,
         .type = OptionType::Text,
         .group = group,
         .help = u"Address of the resource the exchanged token is for (RFC 8707)."_s},
        {.name = u"OAUTH_TOKEN_ENDPOINT"_s,
         .flag = u"--oauth-token-endpoint"_s,
         .type = OptionType::Url,
         .group = group,
         .help = u"Token endpoint to exchange at. Empty = that of the Keycloak realm, or the one "
                 "the issuer's discovery document names."_s},
        {.name = u"OAUTH_TOKEN_AUTH_METHOD"_s,
         .flag = u"--oauth-token-auth"_s,
         .type = OptionType::Enum,
         .defaultValue = u"client_secret_basic"_s,
         .values = {u"client_secret_basic"_s, u"client_secret_post"_s},
         .group = group,
         .help = u"How the bridge authenticates itself at that endpoint (RFC 6749 §2.3.1)."_s},
    };
}

QList<Option> keys()
{
    const QString group = u"API keys of users"_s;
    return {
        {.name = u"AUTH_TOKENS_INTERNAL_URL"_s,
         .flag = u"--auth-tokens-url"_s,
         .type = OptionType::Url,
         .group = group,
         .help =
             u"Address of the store that holds users' API keys for AUTH_PROVIDER=user-api-key."_s},
        {.name = u"MCP_CONNECTION_ID"_s,
         .flag = u"--connection-id"_s,
         .type = OptionType::Text,
         .group = group,
         .help = u"Id of the connection whose key is asked for."_s},
        {.name = u"INTERNAL_API_SECRET"_s,
         .flag = {},
         .type = OptionType::Text,
         .secret = true,
         .group = group,
         .help = u"What the bridge shows to that store."_s},
        {.name = u"USER_API_KEY_ALLOWED_CLIENTS"_s,
         .flag = u"--user-api-key-clients"_s,
         .type = OptionType::List,
         .group = group,
         .help = u"Clients whose callers may use stored keys: `azp` or one `aud` of their token. "
                 "Empty = none."_s},
        {.name = u"USER_API_KEY_ALLOW_USERNAME"_s,
         .flag = u"--user-api-key-username"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .group = group,
         .help = u"Look keys up by `preferred_username` or `upn` when a token has no `email`. Only "
                 "where users cannot choose these themselves."_s},
        {.name = u"USER_API_KEY_ALLOW_UNVERIFIED_EMAIL"_s,
         .flag = u"--user-api-key-unverified-email"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .group = group,
         .help =
             u"Look keys up by `email` also when a token does not say `email_verified`; one that "
             "says false never counts. Only where the identity provider gives no address that "
             "is not its owner's."_s},
    };
}

QList<Option> remoteLogin()
{
    const QString group = u"Accounts at remote MCP servers"_s;
    return {
        {.name = u"MCP_REMOTE_OAUTH"_s,
         .flag = u"--remote-oauth"_s,
         .type = OptionType::Enum,
         .defaultValue = u"auto"_s,
         .values = {u"auto"_s, u"always"_s, u"never"_s},
         .group = group,
         .help = u"Whether users connect their own account at a remote server (MCP authorization). "
                 "auto = when the server answers 401 and says who authorizes, and no other "
                 "credential is configured; always = for MCP_REMOTE_SERVER before anything is "
                 "sent."_s},
        {.name = u"MCP_REMOTE_OAUTH_REQUIRE_LOGIN"_s,
         .flag = u"--remote-oauth-require-login"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .group = group,
         .help = u"Connect accounts only in browsers that show whose they are, by a login at the "
                 "bridge or what a proxy adds. It is always so where people can log in at the "
                 "bridge."_s},
        {.name = u"MCP_REMOTE_OAUTH_ANONYMOUS"_s,
         .flag = u"--remote-oauth-anonymous"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .group = group,
         .help = u"Let callers nobody told apart connect an account, which all of them use then. "
                 "For a bridge with one user."_s},
        {.name = u"MCP_REMOTE_CLIENT_ID"_s,
         .flag = u"--remote-client-id"_s,
         .type = OptionType::Text,
         .group = group,
         .help =
             u"Client of the bridge at the authorization server of MCP_REMOTE_SERVER. Empty = "
             "the bridge's client metadata document, or a registration. It is shown to that server "
             "only, so it needs MCP_REMOTE_SERVER_OAUTH_ISSUER."_s},
        {.name = u"MCP_REMOTE_CLIENT_SECRET"_s,
         .flag = {},
         .type = OptionType::Text,
         .secret = true,
         .group = group,
         .help = u"Secret of that client; public clients have none."_s},
        {.name = u"MCP_REMOTE_SCOPE"_s,
         .flag = u"--remote-scope"_s,
         .type = OptionType::Text,
         .group = group,
         .help = u"Scopes to ask for, separated by blanks. Empty = those the server names."_s},
        {.name = u"MCP_REMOTE_REDIRECT_URI"_s,
         .flag = u"--remote-redirect-uri"_s,
         .type = OptionType::Url,
         .group = group,
         .help = u"Address registered for that client. Empty = BRIDGE_PUBLIC_URL with "
                 "/oauth/upstream/callback."_s},
        {.name = u"MCP_REMOTE_SERVER_OAUTH_ISSUER"_s,
         .flag = u"--remote-oauth-issuer"_s,
         .type = OptionType::Url,
         .group = group,
         .help = u"The authorization server of MCP_REMOTE_SERVER; any other one "
                 "the server names is refused."_s},
        {.name = u"MCP_REMOTE_ALLOW_TOKEN_FALLBACK"_s,
         .flag = u"--remote-token-fallback"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .group = group,
         .help = u"When the identity provider cannot be asked, send MCP_REMOTE_BEARER_TOKEN or the "
                 "caller's token to a remote server instead of failing. Never for user-api-key."_s},
        {.name = u"BRIDGE_PUBLIC_URL"_s,
         .flag = u"--public-url"_s,
         .type = OptionType::Url,
         .group = group,
         .help = u"Address under which browsers reach the bridge, with the base path; addresses of "
                 "login pages are made of it. Empty = http://127.0.0.1 with the port."_s},
    };
}

} // namespace

QList<Option> credentialRows()
{
    return providers() + exchange() + keys() + remoteLogin();
}

} // namespace bridge::config
