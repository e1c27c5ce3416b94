// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/checks.h"
#include "common/config/optionrows.h"

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

QList<Option> sessions()
{
    const QString group = u"Sessions"_s;
    return {
        {.name = u"SESSION_MANAGER_TYPE"_s,
         .flag = u"--session-manager"_s,
         .type = OptionType::Enum,
         .defaultValue = u"memory"_s,
         .values = {u"memory"_s, u"plugin"_s},
         .synonyms = {{u"InMemorySessionManager"_s, u"memory"_s}},
         .aliases = {u"MCP_SESSION_MANAGER"_s},
         .group = group,
         .help =
             u"Where sessions are kept: in memory, or in the plugin of PLUGIN_DIR that stores them."_s},
        {.name = u"SESSION_FIELD_NAME"_s,
         .flag = u"--session-field"_s,
         .type = OptionType::Text,
         .defaultValue = u"x-inxm-mcp-session"_s,
         .check = checkFieldName,
         .group = group,
         .help = u"Name of the header and the cookie that carry the session id."_s},
        {.name = u"MCP_SESSION_TOOLS"_s,
         .flag = u"--mcp-session-tools"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .group = group,
         .help = u"Offer clients of MCP revision 2026-07-28 the tools bridge__start_session and "
                 "bridge__end_session at /mcp, so that servers keep their state between calls."_s},
        {.name = u"SESSION_TIMEOUT_SECONDS"_s,
         .flag = u"--session-timeout"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"1800"_s,
         .reload = Reload::Live,
         .minimum = 1,
         .group = group,
         .help = u"A session nobody used for this long is closed."_s},
        {.name = u"SESSION_CLEANUP_INTERVAL_SECONDS"_s,
         .flag = u"--session-cleanup-interval"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"300"_s,
         .reload = Reload::Live,
         .minimum = 1,
         .maximum = 86400,
         .group = group,
         .help = u"How often unused sessions are looked for."_s},
        {.name = u"MAX_SESSIONS_PER_USER"_s,
         .flag = u"--max-sessions-per-user"_s,
         .type = OptionType::Integer,
         .defaultValue = u"10"_s,
         .reload = Reload::Live,
         .minimum = 1,
         .maximum = 1000000,
         .group = group,
         .help = u"Open sessions of one user; more are answered with 429. It bounds "
                 "callers nobody identified, all as one user, only when it is set; else "
                 "MAX_TOTAL_SESSIONS does."_s},
        {.name = u"MAX_TOTAL_SESSIONS"_s,
         .flag = u"--max-sessions"_s,
         .type = OptionType::Integer,
         .defaultValue = u"1000"_s,
         .reload = Reload::Live,
         .minimum = 1,
         .maximum = 1000000,
         .group = group,
         .help = u"Open sessions in all; more are answered with 429."_s},
        {.name = u"SESSION_RESTART_POLICY"_s,
         .flag = u"--session-restart-policy"_s,
         .type = OptionType::Enum,
         .defaultValue = u"restart"_s,
         .reload = Reload::Live,
         .values = {u"restart"_s, u"fail"_s},
         .group = group,
         .help = u"What the next call on a session does after its MCP server died: restart it "
                 "once, its state lost, or fail."_s},
    };
}

QList<Option> questionsToTheUser()
{
    const QString group = u"Questions to the user"_s;
    return {
        {.name = u"ELICITATION_MODE"_s,
         .flag = u"--elicitation-mode"_s,
         .type = OptionType::Enum,
         .defaultValue = u"suspend"_s,
         .reload = Reload::Live,
         .values = {u"suspend"_s, u"rerun"_s},
         .group = group,
         .help = u"How a tool that asks the user goes on: suspend keeps the call open until the "
                 "answer comes, rerun starts it anew, as the reference bridge does."_s},
        {.name = u"ELICITATION_TIMEOUT_SECONDS"_s,
         .flag = u"--elicitation-timeout"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"300"_s,
         .reload = Reload::Live,
         .minimum = 1,
         .group = group,
         .help = u"How long a suspended call waits for the answer before it is cancelled."_s},
    };
}

QList<Option> streams()
{
    const QString group = u"Streams"_s;
    return {
        {.name = u"STREAM_EARLY_STATUS"_s,
         .flag = u"--stream-early-status"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"true"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Answer a stream request that fails before its first event with the real HTTP "
                 "status; false answers 200 and an error event, as the reference bridge does."_s},
        {.name = u"MCP_MAX_SUBSCRIPTIONS_PER_USER"_s,
         .flag = u"--mcp-max-subscriptions-per-user"_s,
         .type = OptionType::Integer,
         .defaultValue = u"100"_s,
         .reload = Reload::Live,
         .minimum = 1,
         .maximum = 1000000,
         .group = group,
         .help = u"Open subscriptions/listen streams of one user, and as many listening streams "
                 "(GET) of his MCP sessions; more are answered with 429. It bounds callers nobody "
                 "identified, all as one user, only when it is set; else 10,000 subscriptions in "
                 "all do."_s},
        {.name = u"STREAM_HEARTBEAT_SECONDS"_s,
         .flag = u"--stream-heartbeat"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"15"_s,
         .reload = Reload::Live,
         .minimum = 0,
         .maximum = 3600,
         .group = group,
         .help = u"Pause after which an idle stream sends a comment, so that proxies keep it "
                 "open; 0 = never."_s},
    };
}

} // namespace

QList<Option> sessionRows()
{
    return sessions() + questionsToTheUser() + streams();
}

} // namespace bridge::config
