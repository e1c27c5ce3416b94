// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/login/settings.h"

#include "common/config/settings.h"

using namespace Qt::StringLiterals;

namespace bridge::login {

namespace {

std::chrono::seconds whole(std::chrono::milliseconds time)
{
    return std::chrono::duration_cast<std::chrono::seconds>(time);
}

} // namespace

LoginOptions loginOptions(const config::Settings &settings)
{
    LoginOptions options;
    options.clientId = settings.text(u"OAUTH_CLIENT_ID"_s);
    options.clientSecret = settings.text(u"OAUTH_CLIENT_SECRET"_s).toUtf8();
    options.redirectUri = settings.text(u"OAUTH_REDIRECT_URI"_s);
    options.scope = settings.text(u"OAUTH_SCOPE"_s).simplified();
    options.resource = settings.text(u"OAUTH_RESOURCE"_s);
    options.refreshBuffer = whole(settings.seconds(u"OAUTH_REFRESH_BUFFER_SECONDS"_s));
    options.idleTime = whole(settings.seconds(u"LOGIN_IDLE_SECONDS"_s));
    options.longestTime = whole(settings.seconds(u"LOGIN_LONGEST_SECONDS"_s));
    return options;
}

} // namespace bridge::login
