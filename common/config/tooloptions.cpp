// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/checks.h"
#include "common/config/optionrows.h"

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

QList<Option> toolCalls()
{
    const QString group = u"Tool calls"_s;
    return {
        {.name = u"MCP_TOOL_TIMEOUT_SECONDS"_s,
         .flag = u"--tool-timeout"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"0"_s,
         .reload = Reload::Live,
         .minimum = 0,
         .group = group,
         .help = u"Time a tool call may take, then it is cancelled and answered with 504; 0 = no "
                 "limit."_s},
        {.name = u"MCP_REQUEST_TIMEOUT_SECONDS"_s,
         .flag = u"--mcp-request-timeout"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"60"_s,
         .reload = Reload::Live,
         .minimum = 0,
         .group = group,
         .help = u"Time an MCP server has to answer a list, prompt or resource request, then 504; "
                 "0 = no limit."_s},
        {.name = u"MCP_MAX_RESPONSE_BYTES"_s,
         .flag = u"--max-response"_s,
         .type = OptionType::Bytes,
         .defaultValue = u"0"_s,
         .reload = Reload::Live,
         .minimum = 0,
         .group = group,
         .help = u"Largest result of a tool, prompt or resource that is passed on, as JSON in "
                 "UTF-8; 0 = no limit."_s},
        {.name = u"INCLUDE_TOOLS"_s,
         .flag = u"--include-tools"_s,
         .type = OptionType::List,
         .reload = Reload::Live,
         .group = group,
         .help = u"Globs of the tools to offer, case-sensitive; empty = all."_s},
        {.name = u"EXCLUDE_TOOLS"_s,
         .flag = u"--exclude-tools"_s,
         .type = OptionType::List,
         .reload = Reload::Live,
         .group = group,
         .help = u"Globs of tools to hide; a hidden tool looks like one that does not exist. Goes "
                 "before INCLUDE_TOOLS."_s},
        {.name = u"EFFECT_TOOLS"_s,
         .flag = u"--effect-tools"_s,
         .type = OptionType::List,
         .reload = Reload::Live,
         .group = group,
         .help = u"Globs of tools with side effects, which the header X-Inxm-Dry-Run: true keeps "
                 "from running."_s},
        {.name = u"MCP_VALIDATE_INPUT"_s,
         .flag = u"--validate-input"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"true"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Check arguments against the tool's input schema before the MCP server sees "
                 "them."_s},
        {.name = u"MCP_MAP_HEADER_TO_INPUT"_s,
         .flag = u"--map-header"_s,
         .type = OptionType::List,
         .reload = Reload::Live,
         .check = checkHeaderMapping,
         .group = group,
         .help = u"Tool properties filled from request headers, e.g. user=X-User; they vanish "
                 "from the listed schemas."_s},
        {.name = u"MCP_MAP_HEADER_STRICT"_s,
         .flag = u"--map-header-strict"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"true"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Drop callers' own values for properties in MCP_MAP_HEADER_TO_INPUT; false "
                 "lets them win over the header, as in the reference bridge."_s},
        {.name = u"TOOL_OUTPUT_SCHEMAS"_s,
         .flag = u"--tool-output-schemas"_s,
         .type = OptionType::Json,
         .reload = Reload::Live,
         .values = {u"object"_s},
         .group = group,
         .help = u"Output schemas for tools that declare none: an object from tool name to a "
                 "schema or to the path of a JSON file."_s},
        {.name = u"TOOL_OUTPUT_SCHEMA"_s,
         .flag = {},
         .type = OptionType::Json,
         .reload = Reload::Live,
         .values = {u"object"_s},
         .group = group,
         .help = u"Old name of TOOL_OUTPUT_SCHEMAS; entries there go before entries here."_s},
        {.name = u"ENABLE_SCHEMA_CACHE"_s,
         .flag = u"--schema-cache"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"true"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Remember what an MCP server lists instead of asking before each call."_s},
        {.name = u"SCHEMA_CACHE_TTL"_s,
         .flag = u"--schema-cache-ttl"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"3600"_s,
         .reload = Reload::Live,
         .minimum = 0,
         .aliases = {u"SCHEMA_CACHE_TTL_SECONDS"_s},
         .group = group,
         .help = u"How long a remembered list is used; a change announced by the server drops it "
                 "at once."_s},
    };
}

QList<Option> promptsAndResources()
{
    const QString group = u"Prompts and resources"_s;
    return {
        {.name = u"SYSTEM_DEFINED_PROMPTS"_s,
         .flag = u"--system-prompts"_s,
         .type = OptionType::Json,
         .reload = Reload::Live,
         .values = {u"array"_s},
         .group = group,
         .help = u"Prompts offered besides those of the MCP server: an array of objects with "
                 "name, title, description, arguments and template."_s},
        {.name = u"SYSTEM_DEFINED_RESOURCES"_s,
         .flag = u"--system-resources"_s,
         .type = OptionType::Json,
         .reload = Reload::Live,
         .values = {u"array"_s},
         .group = group,
         .help = u"Resources offered besides those of the MCP server: an array of resource "
                 "objects with text, blob or file."_s},
        {.name = u"PROMPTS_DIR"_s,
         .flag = u"--prompts-dir"_s,
         .type = OptionType::Path,
         .reload = Reload::Live,
         .group = group,
         .help = u"Folder that files of SYSTEM_DEFINED_PROMPTS and SYSTEM_DEFINED_RESOURCES are "
                 "read from. Empty = the working directory."_s},
        {.name = u"PROMPTS_ALLOW_ABSOLUTE_PATHS"_s,
         .flag = u"--prompts-allow-absolute-paths"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Also read such files from outside PROMPTS_DIR."_s},
        {.name = u"SYSTEM_PROMPTS_EXPOSE_TEMPLATE"_s,
         .flag = u"--expose-prompt-templates"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Show the templates of configured prompts in lists."_s},
    };
}

} // namespace

QList<Option> toolRows()
{
    return toolCalls() + promptsAndResources();
}

} // namespace bridge::config
