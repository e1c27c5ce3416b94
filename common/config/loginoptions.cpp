// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/optionrows.h"

using namespace Qt::StringLiterals;

namespace bridge::config {

QList<Option> loginRows()
{
    const QString group = u"Login"_s;
    return {
        {.name = u"OAUTH_REDIRECT_URI"_s,
         .flag = u"--oauth-redirect-uri"_s,
         .type = OptionType::Url,
         .group = group,
         .help = u"Address of /oauth/callback as browsers reach it and as it is registered at the "
                 "identity provider. Empty = the host the browser asked for, or "
                 "BRIDGE_PUBLIC_URL."_s},
        {.name = u"OAUTH_SCOPE"_s,
         .flag = u"--oauth-scope"_s,
         .type = OptionType::Text,
         .defaultValue = u"openid profile email"_s,
         .group = group,
         .help = u"Scopes a login asks for, with blanks between them. \"offline_access\" makes "
                 "some providers give a refresh token, without which a login ends with its access "
                 "token."_s},
        {.name = u"OAUTH_RESOURCE"_s,
         .flag = u"--oauth-resource"_s,
         .type = OptionType::Text,
         .group = group,
         .help = u"Resource indicator a login asks a token for (RFC 8707); empty = none."_s},
        {.name = u"LOGIN_IDLE_SECONDS"_s,
         .flag = u"--login-idle"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"3600"_s,
         .minimum = 60,
         .group = group,
         .help = u"A login that nobody uses ends after this time."_s},
        {.name = u"LOGIN_LONGEST_SECONDS"_s,
         .flag = u"--login-longest"_s,
         .type = OptionType::Seconds,
         .defaultValue = u"43200"_s,
         .minimum = 60,
         .group = group,
         .help = u"A login ends after this time in any case."_s},
    };
}

} // namespace bridge::config
