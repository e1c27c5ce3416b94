// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/base/networks.h"
#include "common/config/optionrows.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

QString checkNetworks(const QJsonValue &value)
{
    QStringList texts;
    for (const QJsonValue entry : value.toArray())
        texts.append(entry.toString());
    const auto networks = Networks::from(texts);
    return networks ? QString() : networks.error().message;
}

QList<Option> address()
{
    const QString group = u"Address for clients"_s;
    return {
        {.name = u"TRUSTED_PROXIES"_s,
         .flag = u"--trusted-proxies"_s,
         .type = OptionType::List,
         .reload = Reload::Live,
         .check = checkNetworks,
         .group = group,
         .help = u"Addresses or networks of proxies, e.g. 10.0.0.5, whose X-Forwarded-Proto and "
                 "X-Forwarded-Host are believed; X-Forwarded-For too, for limits and logs. Clients "
                 "must not be among them."_s},
    };
}

QList<Option> metadata()
{
    const QString group = u"OAuth documents for clients"_s;
    return {
        {.name = u"MCP_OAUTH_ISSUER"_s,
         .flag = u"--mcp-oauth-issuer"_s,
         .type = OptionType::Url,
         .reload = Reload::Live,
         .group = group,
         .help = u"Authorization server the well-known documents name; empty = the issuer whose "
                 "tokens are verified."_s},
        {.name = u"MCP_OAUTH_RESOURCE_URL"_s,
         .flag = u"--mcp-oauth-resource-url"_s,
         .type = OptionType::Url,
         .reload = Reload::Live,
         .group = group,
         .help = u"Resource the tokens are for (RFC 9728); empty = the address of the bridge."_s},
        {.name = u"MCP_OAUTH_CLIENT_ID"_s,
         .flag = u"--mcp-oauth-client-id"_s,
         .type = OptionType::Text,
         .reload = Reload::Live,
         .group = group,
         .help = u"Name of the resource in its document."_s},
        {.name = u"MCP_OAUTH_SCOPES"_s,
         .flag = u"--mcp-oauth-scopes"_s,
         .type = OptionType::Text,
         .defaultValue = u"openid profile email"_s,
         .reload = Reload::Live,
         .group = group,
         .help =
             u"Scopes a client should ask for, separated by blanks; they stand in the documents "
             "and in the challenge of each 401."_s},
        {.name = u"MCP_OAUTH_REGISTRATION_ENDPOINT"_s,
         .flag = u"--mcp-oauth-registration-endpoint"_s,
         .type = OptionType::Url,
         .reload = Reload::Live,
         .group = group,
         .help =
             u"Where clients register themselves; empty = Keycloak's place below the issuer."_s},
    };
}

} // namespace

QList<Option> gateRows()
{
    return address() + metadata();
}

} // namespace bridge::config
