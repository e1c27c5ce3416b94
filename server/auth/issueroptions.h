// SPDX-License-Identifier: GPL-3.0-or-later
// The issuers that settings name.
#pragma once

#include "server/auth/issuer.h"

#include <vector>

namespace bridge::config {
class Settings;
}

namespace bridge::auth {

/// The one of OAUTH_ISSUER_URL or AUTH_BASE_URL first, then those of AUTH_ISSUERS. What is wrong is
/// appended to \a problems.
std::vector<IssuerOptions> issuersFrom(const config::Settings &settings,
                                       QList<FieldProblem> &problems);

/// Places of groups and roles for tokens of no issuer in particular.
ClaimRules commonClaimRules(const config::Settings &settings);

} // namespace bridge::auth
