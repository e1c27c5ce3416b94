// SPDX-License-Identifier: GPL-3.0-or-later
// From what an issuer says about a caller to a Principal (contract §7.4). Pure functions; any
// thread.
#pragma once

#include "common/base/result.h"
#include "server/auth/principal.h"

namespace bridge::auth {

/// Where groups, roles and scopes stand. A path is the name of a member, or names with dots
/// between them; `*` stands for every member and puts its name and a colon before what is found:
/// `resource_access.*.roles` gives `client:role`.
struct ClaimRules {
    QStringList groups;
    QStringList roles;
    QStringList scopes;
    /// Where the user id stands instead of in `sub`; empty = there.
    QString user = {};
};

/// Names that claimRules() knows.
QStringList claimPresets();
/// How \a preset (contract, keycloak, entra, okta, auth0) writes its tokens. Unknown names give
/// what `contract` does: the union of Keycloak's and Entra's places.
ClaimRules claimRules(const QString &preset);

/// What stands at \a path in \a claims as texts: entries of lists that are not blank, members of
/// objects as `key:value`, a single value as it is. Malformed or absent things give nothing.
QStringList valuesAt(const QJsonObject &claims, const QString &path);

/// `issuer#subject` with `%` and `#` in both escaped, so that no two pairs give the same text.
QString ownerOf(const QString &issuer, const QString &subject);

/// Kind, owner, names, groups, roles and scopes from \a claims; the caller adds token, expiry and
/// who vouches. InvalidToken when they name nobody.
Result<Principal> principalFrom(const QJsonObject &claims, const QString &issuer,
                                const ClaimRules &rules);

} // namespace bridge::auth
