// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/optionrows.h"

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

QList<Option> egress()
{
    const QString group = u"Outgoing requests"_s;
    return {
        {.name = u"EGRESS_ALLOWED_NETWORKS"_s,
         .flag = u"--egress-allowed-networks"_s,
         .type = OptionType::List,
         .reload = Reload::Live,
         .group = group,
         .help = u"Private networks that addresses found in tokens, metadata and other documents "
                 "may lead to, e.g. 10.20.0.0/16. With loopback in it, plain http to this machine "
                 "is allowed as well. Addresses in the settings need not be listed."_s},
        {.name = u"EGRESS_ALLOWED_PORTS"_s,
         .flag = u"--egress-allowed-ports"_s,
         .type = OptionType::List,
         .defaultValue = u"443"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Ports that such addresses may name."_s},
        {.name = u"EGRESS_CA_BUNDLE"_s,
         .flag = u"--egress-ca-bundle"_s,
         .type = OptionType::Path,
         .reload = Reload::Live,
         .group = group,
         .help = u"PEM file of authorities trusted besides the system's when the bridge asks "
                 "identity providers and credential stores."_s},
        // No flags: these are the variables that every program knows.
        {.name = u"HTTPS_PROXY"_s,
         .flag = {},
         .type = OptionType::Text,
         .secret = true,
         .reload = Reload::Live,
         .aliases = {u"https_proxy"_s},
         .group = group,
         .help = u"Proxy for https requests of the bridge itself, to identity providers, "
                 "credential stores and remote MCP servers: http://[user:password@]host:port. This "
                 "machine is always reached directly. MCP servers that are child processes see it "
                 "only if MCP_CHILD_ENV_PASSTHROUGH names it."_s},
        {.name = u"HTTP_PROXY"_s,
         .flag = {},
         .type = OptionType::Text,
         .secret = true,
         .reload = Reload::Live,
         .aliases = {u"http_proxy"_s},
         .group = group,
         .help = u"The same for http requests."_s},
        {.name = u"NO_PROXY"_s,
         .flag = {},
         .type = OptionType::List,
         .reload = Reload::Live,
         .aliases = {u"no_proxy"_s},
         .group = group,
         .help = u"What is reached without a proxy: hosts with what is below them, .suffixes, "
                 "addresses and networks such as 10.0.0.0/8; * = everything."_s},
    };
}

QList<Option> vault()
{
    const QString group = u"Vault"_s;
    return {
        {.name = u"VAULT_KEY"_s,
         .flag = {},
         .type = OptionType::Text,
         .secret = true,
         .group = group,
         .help = u"Key that seals what the bridge keeps for users: 32 bytes in base64, as "
                 "`mcp-bridge vault new-key` prints them. Several keys, separated by commas: the "
                 "first seals, all open. Empty = no vault."_s},
        {.name = u"VAULT_FILE"_s,
         .flag = u"--vault-file"_s,
         .type = OptionType::Path,
         .defaultValue = u"mcp-bridge-vault.db"_s,
         .group = group,
         .help = u"The vault, an SQLite database for this user's eyes only."_s},
    };
}

QList<Option> audit()
{
    const QString group = u"Audit"_s;
    return {
        {.name = u"AUDIT_LOG"_s,
         .flag = u"--audit-log"_s,
         .type = OptionType::Text,
         .group = group,
         .help = u"File for who did what: logins, refusals, token exchanges, policy decisions, "
                 "administration. `log` (or true) writes to the log instead, without a chain of "
                 "hashes. Empty = nowhere."_s},
        {.name = u"AUDIT_TOOL_CALLS"_s,
         .flag = u"--audit-tool-calls"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .group = group,
         .help = u"Write each call of a tool to the audit log as well: who, server, tool, outcome "
                 "and duration; never arguments or results."_s},
        {.name = u"AUDIT_KEY"_s,
         .flag = {},
         .type = OptionType::Text,
         .secret = true,
         .group = group,
         .help = u"Makes the chain of hashes an HMAC, which nobody without this key can forge. At "
                 "least 16 characters."_s},
    };
}

QList<Option> apiKeys()
{
    const QString group = u"API keys"_s;
    return {
        {.name = u"API_KEY_STORE"_s,
         .flag = u"--api-key-store"_s,
         .type = OptionType::Path,
         .reload = Reload::Live,
         .group = group,
         .help = u"File that `mcp-bridge apikey` keeps keys for the header X-API-Key in, as salted "
                 "hashes. A change takes effect at once."_s},
        {.name = u"API_KEYS"_s,
         .flag = {},
         .type = OptionType::Text,
         .secret = true,
         .reload = Reload::Live,
         .group = group,
         .help = u"Further keys of at least 16 characters, separated by commas or line ends, "
                 "without groups, scopes or an end."_s},
    };
}

} // namespace

QList<Option> secretRows()
{
    return egress() + vault() + audit() + apiKeys();
}

} // namespace bridge::config
