// SPDX-License-Identifier: GPL-3.0-or-later
// The login against the issuer whose tokens the bridge takes.
#pragma once

#include "server/auth/tokenverifier.h"
#include "server/login/surroundings.h"

namespace bridge::login {

/// Surroundings that ask the primary issuer of \a verifier, which outlives them and has one.
/// Access tokens are read as those of API callers; ID tokens have to be for \a options.clientId,
/// whatever OAUTH_AUDIENCE says of access tokens (OpenID Connect Core §3.1.3.7). \a complete adds
/// what other rooms know of a principal, e.g. whether he is an administrator.
Surroundings surroundingsFor(const LoginOptions &options, auth::TokenVerifier *verifier,
                             auth::Fetch fetch, std::function<void(auth::Principal &)> complete);

} // namespace bridge::login
