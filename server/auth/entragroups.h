// SPDX-License-Identifier: GPL-3.0-or-later
// Microsoft Entra ID leaves groups out of the tokens of users who are in many ("overage": claims
// `_claim_names` or `hasgroups` in their place). They are asked for at Microsoft Graph then, on
// behalf of the user. Main thread.
#pragma once

#include "server/auth/issuer.h"

namespace bridge::auth {

/// The user has more groups or roles than \a claims tell in the places that \a rules name: those
/// are among the claims to be had elsewhere (OpenID Connect Core §5.6.2).
bool leavesGroupsOut(const QJsonObject &claims, const ClaimRules &rules);

/// All groups and directory roles of the user of \a token, which was verified and is one of
/// \a issuer, whose `graph` is set. What the token says about where they are is not followed.
/// Errors, each a sentence: IdpUnavailable, or Forbidden when the bridge may not ask. The log says
/// more. \a issuer outlives the Call.
Call entraGroups(Issuer &issuer, const Fetch &fetch, const QByteArray &token,
                 Handler<QStringList> handler);

/// Why a user of \a issuer whose groups are not known is not let in when the bridge has no client,
/// or nobody, to ask. The log says once what to set.
Error unknownGroups(Issuer &issuer);

} // namespace bridge::auth
