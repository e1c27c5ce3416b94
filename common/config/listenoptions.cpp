// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/checks.h"
#include "common/config/optionrows.h"

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

QList<Option> listening()
{
    const QString group = u"Listening"_s;
    return {
        {.name = u"HOST"_s,
         .flag = u"--host"_s,
         .type = OptionType::Text,
         .defaultValue = u"127.0.0.1"_s,
         .group = group,
         .help = u"Address to listen on. Anything but a loopback address needs authentication or "
                 "BRIDGE_ALLOW_ANONYMOUS."_s},
        {.name = u"PORT"_s,
         .flag = u"--port"_s,
         .type = OptionType::Integer,
         .defaultValue = u"8000"_s,
         .minimum = 0,
         .maximum = 65535,
         .group = group,
         .help = u"Port to listen on; 0 takes any free one and logs it."_s},
        {.name = u"BRIDGE_ALLOW_ANONYMOUS"_s,
         .flag = u"--allow-anonymous"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .group = group,
         .help = u"Serve callers without a token on an address that others can reach. Only behind "
                 "something that authenticates."_s},
        {.name = u"SERVICE_NAME"_s,
         .flag = u"--service-name"_s,
         .type = OptionType::Text,
         .defaultValue = u"mcp-bridge"_s,
         .group = group,
         .help = u"Name the bridge gives itself in telemetry, to MCP servers and on its start "
                 "page. The reference bridge used enterprise-mcp-bridge."_s},
        {.name = u"MCP_BASE_PATH"_s,
         .flag = u"--base-path"_s,
         .type = OptionType::Text,
         .check = checkBasePath,
         .group = group,
         .help = u"Path in front of every route, e.g. /api; slashes at either end do not matter. "
                 "Docs, metrics and health also stay at the root."_s},
        {.name = u"BRIDGE_CONFIG_WATCH"_s,
         .flag = u"--config-watch"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"true"_s,
         .reload = Reload::Live,
         .group = group,
         .help =
             u"Read the configuration file again when it changes. SIGHUP and POST /admin/reload "
             "do it in any case."_s},
        {.name = u"HTTPS_ENABLED"_s,
         .flag = u"--https-enabled"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Clients reach the bridge by https through a proxy, so cookies are marked "
                 "Secure."_s},
    };
}

QList<Option> limitsOnConnectionsAndRequests()
{
    const QString group = u"Limits on connections and requests"_s;
    return {
        {.name = u"MAX_REQUEST_BODY_BYTES"_s,
         .flag = u"--max-request-body"_s,
         .type = OptionType::Bytes,
         .defaultValue = u"10MiB"_s,
         .minimum = 1024,
         .group = group,
         .help = u"Largest request body; a larger one is answered with 413."_s},
        {.name = u"MAX_BUFFERED_BODY_BYTES"_s,
         .flag = u"--max-buffered-bodies"_s,
         .type = OptionType::Bytes,
         .defaultValue = u"256MiB"_s,
         .minimum = 1024,
         .group = group,
         .help = u"Memory for request bodies larger than 64 KiB while they arrive; beyond it 503. "
                 "One address, or IPv6 network of 64 bits, gets a quarter, unless it is in "
                 "TRUSTED_PROXIES or AUTH_TRUSTED_PROXIES."_s},
        {.name = u"MAX_CONNECTIONS"_s,
         .flag = u"--max-connections"_s,
         .type = OptionType::Integer,
         .defaultValue = u"12000"_s,
         .minimum = 1,
         .maximum = 1000000,
         .group = group,
         .help = u"Connections open at once; more are answered with 503."_s},
        {.name = u"MAX_CONNECTIONS_PER_ADDRESS"_s,
         .flag = u"--max-connections-per-address"_s,
         .type = OptionType::Integer,
         .defaultValue = u"1024"_s,
         .minimum = 0,
         .maximum = 1000000,
         .group = group,
         .help = u"Connections open at once from one address, or IPv6 network of 64 bits; 0 = no "
                 "limit, which suits a bridge behind a proxy."_s},
        {.name = u"HEADER_TIMEOUT_SECONDS"_s,
         .flag = u"--header-timeout"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"10"_s,
         .minimum = 0.1,
         .maximum = 3600,
         .group = group,
         .help = u"Time a client has to send the head of a request, then 408."_s},
        {.name = u"REQUEST_TIMEOUT_SECONDS"_s,
         .flag = u"--request-timeout"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"60"_s,
         .minimum = 0.1,
         .maximum = 86400,
         .aliases = {u"REQUEST_TIMEOUT"_s},
         .group = group,
         .help = u"Time a client has to send the body of a request, then 408."_s},
        {.name = u"IDLE_TIMEOUT_SECONDS"_s,
         .flag = u"--idle-timeout"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"75"_s,
         .minimum = 0.1,
         .maximum = 86400,
         .group = group,
         .help = u"How long a connection without a request stays open."_s},
    };
}

QList<Option> browsers()
{
    const QString group = u"Browsers"_s;
    return {
        {.name = u"CORS_ORIGINS"_s,
         .flag = u"--cors-origins"_s,
         .type = OptionType::List,
         .check = checkOrigins,
         .group = group,
         .help = u"Origins whose pages may call the bridge, e.g. https://app.example.com; * = "
                 "all. Empty allows the bridge's own pages only, while the documentation of the "
                 "reference bridge names * as its default."_s},
        {.name = u"CORS_ALLOW_CREDENTIALS"_s,
         .flag = u"--cors-allow-credentials"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"true"_s,
         .group = group,
         .help = u"Let pages of CORS_ORIGINS send cookies and tokens. Without effect when "
                 "CORS_ORIGINS is *."_s},
        {.name = u"ALLOWED_HOSTS"_s,
         .flag = u"--allowed-hosts"_s,
         .type = OptionType::List,
         .group = group,
         .help = u"Names the Host header may hold, * = any. Empty allows the address listened on "
                 "and localhost, which keeps DNS rebinding out; name the public host here when a "
                 "proxy passes it on."_s},
    };
}

} // namespace

QList<Option> listenRows()
{
    return listening() + limitsOnConnectionsAndRequests() + browsers();
}

} // namespace bridge::config
