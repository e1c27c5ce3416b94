// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the strategies of AUTH_STRATEGIES together.
#pragma once

#include "server/auth/authenticator.h"
#include "server/auth/authoptions.h"

namespace bridge::auth {

/// \a others are strategies made elsewhere (api-key, login, plugins); they take their places by
/// name, and those that AUTH_STRATEGIES does not name are dropped. For the start only: may read and
/// make the file with the admin token. InvalidConfig for a name that nobody has.
Result<Authenticator::Strategies> makeStrategies(const AuthOptions &options,
                                                 const std::shared_ptr<TokenVerifier> &verifier,
                                                 Authenticator::Strategies others = {});

} // namespace bridge::auth
