// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/checks.h"
#include "common/config/optionrows.h"

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

const QString kGroup = u"Remote MCP server"_s;

QString checkOptionalFieldName(const QJsonValue &value)
{
    return value.toString().isEmpty() ? QString() : checkFieldName(value);
}

QList<Option> whichServer()
{
    return {
        {.name = u"MCP_REMOTE_SERVER"_s,
         .flag = u"--remote-server"_s,
         .type = OptionType::Url,
         .reload = Reload::Live,
         .group = kGroup,
         .help = u"Address of a remote MCP server, instead of MCP_SERVER_COMMAND. More than one go "
                 "into mcpServers with url."_s},
        {.name = u"MCP_REMOTE_TRANSPORT"_s,
         .flag = u"--remote-transport"_s,
         .type = OptionType::Enum,
         .defaultValue = u"auto"_s,
         .reload = Reload::Live,
         .values = {u"auto"_s, u"http"_s, u"sse"_s},
         .synonyms = {{u"streamable-http"_s, u"http"_s}, {u"streamablehttp"_s, u"http"_s}},
         .group = kGroup,
         .help = u"http = Streamable HTTP, sse = the HTTP+SSE transport of 2024-11-05; auto = sse "
                 "when the address ends in /sse or the server answers POST with 400, 404 or "
                 "405."_s},
    };
}

QList<Option> credentials()
{
    return {
        {.name = u"MCP_REMOTE_BEARER_TOKEN"_s,
         .flag = {},
         .type = OptionType::Text,
         .secret = true,
         .reload = Reload::Live,
         .group = kGroup,
         .help = u"Token the bridge shows to the remote server for everybody. Without it the "
                 "caller's own access token is passed on."_s},
        {.name = u"MCP_REMOTE_ANON_BEARER_TOKEN"_s,
         .flag = {},
         .type = OptionType::Text,
         .secret = true,
         .reload = Reload::Live,
         .group = kGroup,
         .help = u"Token for calls without an access token; goes before "
                 "MCP_REMOTE_BEARER_TOKEN."_s},
        {.name = u"MCP_REMOTE_AUTH_HEADER_NAME"_s,
         .flag = u"--remote-auth-header"_s,
         .type = OptionType::Text,
         .defaultValue = u"Authorization"_s,
         .reload = Reload::Live,
         .check = checkFieldName,
         .group = kGroup,
         .help = u"Header that carries the token."_s},
        {.name = u"MCP_REMOTE_AUTH_HEADER_VALUE_TEMPLATE"_s,
         .flag = u"--remote-auth-template"_s,
         .type = OptionType::Text,
         .reload = Reload::Live,
         .check = checkTokenTemplate,
         .group = kGroup,
         .help = u"Value of that header, with {token} and {token_type}. Empty = {token_type} "
                 "{token}."_s},
        {.name = u"MCP_REMOTE_SERVER_FORWARD_HEADERS"_s,
         .flag = u"--remote-forward-headers"_s,
         .type = OptionType::List,
         .reload = Reload::Live,
         .group = kGroup,
         .help = u"Headers of a request that go on to the remote server. * = all except those of "
                 "the connection and those with cookies, credentials or addresses, which must be "
                 "named. Calls with such headers get a connection of their own."_s},
        {.name = u"MCP_REMOTE_GROUP_HEADER"_s,
         .flag = u"--remote-group-header"_s,
         .type = OptionType::Text,
         .reload = Reload::Live,
         .check = checkOptionalFieldName,
         .group = kGroup,
         .help = u"Header that tells the remote server the caller's group. Empty = it is not told. "
                 "A caller's own header of this name never goes on."_s},
    };
}

QList<Option> network()
{
    const auto seconds = [](const QString &name, const QString &flag, const QString &value,
                            const QString &help) {
        return Option{.name = name,
                      .flag = flag,
                      .type = OptionType::Seconds,
                      .defaultValue = value,
                      .reload = Reload::Live,
                      .minimum = 0.1,
                      .group = kGroup,
                      .help = help};
    };
    return {
        seconds(u"MCP_REMOTE_CONNECT_TIMEOUT"_s, u"--remote-connect-timeout"_s, u"10"_s,
                u"Time to reach a remote server, or for a connection to become free."_s),
        seconds(u"MCP_REMOTE_TIMEOUT"_s, u"--remote-timeout"_s, u"30"_s,
                u"Time a remote server has to begin an answer. Tools, prompts and resources may "
                "take as long as MCP_REMOTE_IDLE_TIMEOUT and MCP_TOOL_TIMEOUT_SECONDS allow."_s),
        seconds(u"MCP_REMOTE_IDLE_TIMEOUT"_s, u"--remote-idle-timeout"_s, u"300"_s,
                u"Silence on a stream of a remote server after which it is given up."_s),
        seconds(u"MCP_REMOTE_TEARDOWN_TIMEOUT_SECONDS"_s, u"--remote-teardown-timeout"_s, u"10"_s,
                u"Time a remote server has to end a session; nobody but the end of the bridge "
                "waits for it."_s),
        {.name = u"MCP_REMOTE_MAX_CONNECTIONS"_s,
         .flag = u"--remote-max-connections"_s,
         .type = OptionType::Integer,
         .defaultValue = u"100"_s,
         .unit = u"connections"_s,
         .reload = Reload::Live,
         .minimum = 4,
         .maximum = 10000,
         .group = kGroup,
         .help = u"Requests under way to one remote server; more wait for "
                 "MCP_REMOTE_CONNECT_TIMEOUT. At most half of them are streams for "
                 "notifications."_s},
        {.name = u"MCP_REMOTE_MAX_KEEPALIVE_CONNECTIONS"_s,
         .flag = u"--remote-max-keepalive-connections"_s,
         .type = OptionType::Integer,
         .defaultValue = u"20"_s,
         .unit = u"connections"_s,
         .reload = Reload::Live,
         .minimum = 0,
         .maximum = 10000,
         .group = kGroup,
         .help = u"Connections to one remote server that stay open while nobody uses them. Callers "
                 "with credentials or forwarded headers of their own never share one."_s},
        {.name = u"MCP_REMOTE_VERIFY_TLS"_s,
         .flag = u"--remote-verify-tls"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"true"_s,
         .reload = Reload::Live,
         .group = kGroup,
         .help = u"Whether certificates of remote servers are checked. Switch it off for tests "
                 "only."_s},
        {.name = u"MCP_REMOTE_CA_BUNDLE"_s,
         .flag = u"--remote-ca-bundle"_s,
         .type = OptionType::Path,
         .reload = Reload::Live,
         .group = kGroup,
         .help = u"PEM file with the certificate authorities to trust instead of the "
                 "system's."_s},
    };
}

QList<Option> observation()
{
    return {
        {.name = u"MCP_REMOTE_LOG_REQUESTS"_s,
         .flag = u"--remote-log-requests"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .reload = Reload::Live,
         .group = kGroup,
         .help = u"Whether requests to remote servers are logged: method, type and size of the "
                 "parameters, never their content."_s},
        {.name = u"MCP_REMOTE_LOG_RESPONSES"_s,
         .flag = u"--remote-log-responses"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .reload = Reload::Live,
         .group = kGroup,
         .help = u"The same for their answers, with the time they took."_s},
    };
}

} // namespace

QList<Option> remoteRows()
{
    return whichServer() + credentials() + network() + observation();
}

} // namespace bridge::config
