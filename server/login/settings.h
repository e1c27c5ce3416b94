// SPDX-License-Identifier: GPL-3.0-or-later
// What the settings say about the login.
#pragma once

#include "server/login/surroundings.h"

namespace bridge::config {
class Settings;
}

namespace bridge::login {

/// OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, OAUTH_REDIRECT_URI, OAUTH_SCOPE, OAUTH_RESOURCE,
/// OAUTH_REFRESH_BUFFER_SECONDS, LOGIN_*.
LoginOptions loginOptions(const config::Settings &settings);

} // namespace bridge::login
