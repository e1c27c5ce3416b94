// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/optionrows.h"

using namespace Qt::StringLiterals;

namespace bridge::config {

QList<Option> compatibilityRows()
{
    const QString group = u"Accepted without effect"_s;
    return {
        {.name = u"WORKERS"_s,
         .flag = u"--workers"_s,
         .type = OptionType::Text,
         .ignored = true,
         .group = group,
         .help = u"The bridge is one process that uses an event loop; it needs no workers."_s},
        {.name = u"WORKER_CLASS"_s,
         .flag = u"--worker-class"_s,
         .type = OptionType::Text,
         .ignored = true,
         .group = group,
         .help = u"There are no workers to choose a class for."_s},
        {.name = u"TIMEOUT"_s,
         .flag = u"--timeout"_s,
         .type = OptionType::Text,
         .ignored = true,
         .group = group,
         .help = u"There are no workers to restart; see MCP_TOOL_TIMEOUT_SECONDS and "
                 "REQUEST_TIMEOUT_SECONDS."_s},
        {.name = u"MAX_REQUESTS"_s,
         .flag = u"--max-requests"_s,
         .type = OptionType::Text,
         .ignored = true,
         .group = group,
         .help = u"There are no workers to restart after so many requests."_s},
        {.name = u"MAX_REQUESTS_JITTER"_s,
         .flag = u"--max-requests-jitter"_s,
         .type = OptionType::Text,
         .ignored = true,
         .group = group,
         .help = u"There are no workers to restart after so many requests."_s},
        {.name = u"MCP_TOOLS_CACHE_ENABLED"_s,
         .flag = {},
         .type = OptionType::Text,
         .ignored = true,
         .group = group,
         .help = u"See ENABLE_SCHEMA_CACHE."_s},
        {.name = u"MCP_TOOLS_CACHE_FILE"_s,
         .flag = {},
         .type = OptionType::Text,
         .ignored = true,
         .group = group,
         .help = u"Lists are remembered in memory only."_s},
        {.name = u"MCP_TOOLS_CACHE_LOCK_FILE"_s,
         .flag = {},
         .type = OptionType::Text,
         .ignored = true,
         .group = group,
         .help = u"Lists are remembered in memory only."_s},
        {.name = u"LOG_TOKEN_VALUES"_s,
         .flag = {},
         .type = OptionType::Text,
         .ignored = true,
         .group = group,
         .help = u"Tokens are never logged."_s},
    };
}

} // namespace bridge::config
