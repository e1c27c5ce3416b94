// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a caller belongs to a group (contract §7.4). Pure functions; any thread.
#pragma once

#include "server/auth/principal.h"

#include <algorithm>

namespace bridge::auth {

/// \a name without leading slashes: Keycloak's paths and plain names are the same group.
inline QString plainGroup(QStringView name)
{
    while (name.startsWith(u'/'))
        name = name.sliced(1);
    return name.toString();
}

/// \a group is one of the groups or roles of \a principal. With \a matchClientRoles a role of a
/// client counts too: `ops` is satisfied by `client:ops` and by `ops:reader`.
inline bool isMember(const Principal &principal, QStringView group, bool matchClientRoles)
{
    const QString wanted = plainGroup(group);
    if (wanted.isEmpty())
        return false;
    const auto fits = [&](const QString &entry) {
        const QString name = plainGroup(entry);
        if (name == wanted)
            return true;
        return matchClientRoles
               && (name.endsWith(QString(u':' + wanted))
                   || name.startsWith(QString(wanted + u':')));
    };
    return std::any_of(principal.groups.cbegin(), principal.groups.cend(), fits)
           || std::any_of(principal.roles.cbegin(), principal.roles.cend(), fits);
}

/// One of \a groups is exactly one of the caller's groups or roles: roles of other clients never
/// open a gate.
inline bool isInAnyGroup(const Principal &principal, const QStringList &groups)
{
    return std::any_of(groups.cbegin(), groups.cend(),
                       [&](const QString &group) { return isMember(principal, group, false); });
}

} // namespace bridge::auth
