// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/checks.h"
#include "common/config/optionrows.h"

using namespace Qt::StringLiterals;

namespace bridge::config {

QList<Option> observationRows()
{
    const QString group = u"Logs and metrics"_s;
    return {
        {.name = u"LOG_LEVEL"_s,
         .flag = u"--log-level"_s,
         .type = OptionType::Enum,
         .defaultValue = u"info"_s,
         .reload = Reload::Live,
         .values = {u"debug"_s, u"info"_s, u"warning"_s, u"error"_s},
         .synonyms = {{u"warn"_s, u"warning"_s},
                      {u"critical"_s, u"error"_s},
                      {u"trace"_s, u"debug"_s}},
         .group = group,
         .help = u"What is logged: this level and above."_s},
        {.name = u"LOG_CATEGORIES"_s,
         .flag = u"--log-categories"_s,
         .type = OptionType::List,
         .reload = Reload::Live,
         .check = checkLogRules,
         .group = group,
         .help = u"Levels of single categories, e.g. bridge.upstream=debug. bridge.mcp.wire=debug "
                 "logs every MCP message, arguments and results included."_s},
        {.name = u"LOG_FORMAT"_s,
         .flag = u"--log-format"_s,
         .type = OptionType::Enum,
         .defaultValue = u"text"_s,
         .reload = Reload::Live,
         .values = {u"text"_s, u"json"_s},
         .group = group,
         .help = u"Lines for people or JSON objects, one per line."_s},
        {.name = u"LOG_OUTPUT"_s,
         .flag = u"--log-output"_s,
         .type = OptionType::Text,
         .defaultValue = u"stderr"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"stderr, stdout, or a file to append to."_s},
        {.name = u"PROMETHEUS_ENABLED"_s,
         .flag = u"--prometheus"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"true"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Serve metrics at /metrics."_s},
    };
}

} // namespace bridge::config
