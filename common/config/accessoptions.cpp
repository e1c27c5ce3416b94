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

} // namespace

QList<Option> accessRows()
{
    return groups();
}

} // namespace bridge::config
