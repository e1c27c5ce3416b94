// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/checks.h"
#include "common/config/optionrows.h"

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

QList<Option> mcpServer()
{
    const QString group = u"MCP server"_s;
    return {
        {.name = u"MCP_SERVER_COMMAND"_s,
         .flag = u"--server-command"_s,
         .type = OptionType::Text,
         .reload = Reload::Live,
         .check = checkShellWords,
         .group = group,
         .help = u"Command of the MCP server, split like a shell command line but not run by a "
                 "shell. Arguments after -- take its place; without either the built-in demo "
                 "server runs."_s},
        {.name = u"MCP_DEFAULT_SERVER"_s,
         .flag = u"--default-server"_s,
         .type = OptionType::Text,
         .reload = Reload::Live,
         .group = group,
         .help = u"Which server of mcpServers is also served at the root. Empty = the first one "
                 "in the file."_s},
        {.name = u"MCP_RUN_ON_START"_s,
         .flag = u"--run-on-start"_s,
         .type = OptionType::Text,
         .group = group,
         .help = u"Shell command run once before serving, with HOME and PATH as its only "
                 "environment. Excludes MCP_RUN_ON_START_INHERIT_ENVIRONMENT."_s},
        {.name = u"MCP_RUN_ON_START_INHERIT_ENVIRONMENT"_s,
         .flag = u"--run-on-start-inherit"_s,
         .type = OptionType::Text,
         .group = group,
         .help = u"Shell command run once before serving, with the environment of the bridge."_s},
        {.name = u"MCP_CHILD_ENV_PASSTHROUGH"_s,
         .flag = u"--child-env-passthrough"_s,
         .type = OptionType::List,
         .reload = Reload::Live,
         .group = group,
         .help = u"Globs of environment names that MCP servers inherit from the bridge besides "
                 "HOME, LOGNAME, PATH, SHELL, TERM, USER, LANG, TZ and TMPDIR; * = all, as in "
                 "the reference bridge, secrets included."_s},
        {.name = u"MCP_START_TIMEOUT_SECONDS"_s,
         .flag = u"--start-timeout"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"30"_s,
         .reload = Reload::Live,
         .minimum = 0.1,
         .maximum = 3600,
         .group = group,
         .help = u"Time an MCP server has to start and to finish its handshake, then 504."_s},
        {.name = u"MCP_WARM_POOL_SIZE"_s,
         .flag = u"--warm-pool"_s,
         .type = OptionType::Integer,
         .defaultValue = u"2"_s,
         .unit = u"processes"_s,
         .reload = Reload::Live,
         .minimum = 0,
         .maximum = 256,
         .group = group,
         .help = u"Started MCP servers kept ready for calls without a session; 0 = start one per "
                 "call. Only servers whose command holds no user, group or token are kept."_s},
        {.name = u"MAX_CONCURRENT_CHILDREN"_s,
         .flag = u"--max-children"_s,
         .type = OptionType::Integer,
         .defaultValue = u"1024"_s,
         .unit = u"processes"_s,
         .reload = Reload::Live,
         .minimum = 1,
         .maximum = 100000,
         .group = group,
         .help = u"MCP server processes running at once; more are answered with 503."_s},
    };
}

QList<Option> limitsOnEachMcpServerProcess()
{
    const QString group = u"Limits on each MCP server process"_s;
    return {
        {.name = u"MCP_CHILD_MAX_MEMORY_MB"_s,
         .flag = u"--child-max-memory"_s,
         .type = OptionType::Integer,
         .defaultValue = u"0"_s,
         .unit = u"MiB"_s,
         .reload = Reload::Live,
         .minimum = 0,
         .maximum = 16777216,
         .group = group,
         .help = u"Memory one process may take; 0 = no limit. Programs that reserve much more "
                 "than they use, such as Node.js, need several thousand."_s},
        {.name = u"MCP_CHILD_CPU_SECONDS"_s,
         .flag = u"--child-cpu"_s,
         .type = OptionType::Integer,
         .defaultValue = u"0"_s,
         .unit = u"s"_s,
         .reload = Reload::Live,
         .minimum = 0,
         .maximum = 2147483647,
         .group = group,
         .help = u"Processor time one process may use in all; 0 = no limit."_s},
        {.name = u"MCP_CHILD_MAX_OPEN_FILES"_s,
         .flag = u"--child-max-files"_s,
         .type = OptionType::Integer,
         .defaultValue = u"0"_s,
         .unit = u"files"_s,
         .reload = Reload::Live,
         .minimum = 0,
         .maximum = 1048576,
         .group = group,
         .help = u"Files one process may have open; 0 = as the bridge itself."_s},
        {.name = u"MCP_CHILD_MAX_LIFETIME_SECONDS"_s,
         .flag = u"--child-max-lifetime"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"0"_s,
         .reload = Reload::Live,
         .minimum = 0,
         .group = group,
         .help = u"Age at which a process is stopped; 0 = no limit."_s},
        {.name = u"MCP_MAX_MESSAGE_BYTES"_s,
         .flag = u"--max-message"_s,
         .type = OptionType::Bytes,
         .defaultValue = u"32MiB"_s,
         .reload = Reload::Live,
         .minimum = 1024,
         .maximum = 1073741824,
         .group = group,
         .help = u"Longest line accepted from an MCP server; a longer one fails the call it "
                 "answers."_s},
    };
}

} // namespace

QList<Option> childRows()
{
    return mcpServer() + limitsOnEachMcpServerProcess();
}

QList<Family> families()
{
    return {{.prefix = u"MCP_ENV_"_s,
             .help =
                 u"MCP_ENV_NAME=value gives the variable NAME to MCP servers. Values under names "
                 "with PASSWORD, SECRET, TOKEN or KEY are masked in logs and pages."_s},
            {.prefix = u"MCP_REMOTE_HEADER_"_s,
             .help = u"MCP_REMOTE_HEADER_X_NAME=value sends the header X-NAME with every request "
                     "to the remote server; underscores become hyphens."_s}};
}

} // namespace bridge::config
