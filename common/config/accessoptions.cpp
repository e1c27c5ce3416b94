// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/optionrows.h"

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

QList<Option> groups()
{
    const QString group = u"Groups and data"_s;
    return {
        {.name = u"BRIDGE_REQUIRED_GROUPS"_s,
         .flag = u"--required-groups"_s,
         .type = OptionType::List,
         .reload = Reload::Live,
         .group = group,
         .help = u"Groups or roles of which callers need one to use the bridge at all; empty = "
                 "everybody may."_s},
        {.name = u"GROUP_MATCH_CLIENT_ROLES"_s,
         .flag = u"--group-match-client-roles"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"true"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Let the role `client:ops` or `ops:reader` count as membership of the group "
                 "`ops` where data is concerned. BRIDGE_REQUIRED_GROUPS is never met that way."_s},
        {.name = u"MCP_GROUP_DATA_ACCESS_TEMPLATE"_s,
         .flag = u"--group-data-template"_s,
         .defaultValue = u"g/{group_id}"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Value of {data_path} for calls with `group`, after the caller's membership was "
                 "checked."_s},
        {.name = u"MCP_USER_DATA_ACCESS_TEMPLATE"_s,
         .flag = u"--user-data-template"_s,
         .defaultValue = u"u/{user_id}"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Value of {data_path} for calls without `group`."_s},
        {.name = u"MCP_IDENTIFIER_ENCODING"_s,
         .flag = u"--identifier-encoding"_s,
         .type = OptionType::Enum,
         .defaultValue = u"percent"_s,
         .reload = Reload::Live,
         .values = {u"percent"_s, u"legacy"_s},
         .group = group,
         .help = u"How names of users and groups become parts of paths: `percent` keeps different "
                 "names different, `legacy` drops unsafe characters as the reference bridge does, "
                 "so that two names may share one place."_s},
        {.name = u"OAUTH_DEFAULT_GROUP"_s,
         .flag = u"--default-group"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Value of {group_id} for calls without `group`."_s},
        {.name = u"MCP_DEFAULT_GROUP_MODE"_s,
         .flag = u"--default-group-mode"_s,
         .type = OptionType::Enum,
         .defaultValue = u"default"_s,
         .reload = Reload::Live,
         .values = {u"default"_s, u"primary"_s},
         .group = group,
         .help = u"Value of {group_id} for calls without `group` and without OAUTH_DEFAULT_GROUP: "
                 "the word `default`, or the first group of the caller's token."_s},
        {.name = u"LOG_GROUP_ACCESS"_s,
         .flag = u"--log-group-access"_s,
         .type = OptionType::Boolean,
         .defaultValue = u"false"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Log who asks for which group, and whether it was granted."_s},
    };
}

QList<Option> rates()
{
    const QString group = u"Rate limits"_s;
    const QString form = u" A number of calls and a time, e.g. 100/min; empty = no limit. More can "
                         "be said under `bridge.limits` in the file."_s;
    return {
        {.name = u"RATE_LIMIT_PER_USER"_s,
         .flag = u"--rate-limit-per-user"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Calls of tools, prompts and resources each caller may make; strangers are told "
                 "apart by address."_s
                 + form},
        {.name = u"RATE_LIMIT_PER_TOOL"_s,
         .flag = u"--rate-limit-per-tool"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Calls of each tool by all callers together."_s + form},
        {.name = u"RATE_LIMIT_PER_SERVER"_s,
         .flag = u"--rate-limit-per-server"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Calls of each MCP server by all callers together."_s + form},
    };
}

} // namespace

QList<Option> accessRows()
{
    return groups() + rates();
}

} // namespace bridge::config
