// SPDX-License-Identifier: GPL-3.0-or-later
// Which callers a rule is about. Names of people, groups, roles, scopes and clients are those of
// the issuer people log in at, and of what is the operator's own: keys, proxies, plugins. What a
// further issuer (AUTH_ISSUERS) calls so may be something else, so it counts only where the rule
// names issuers, and for what restricts: in doubt that holds, except for people, who are not the
// one meant. Immutable; any thread.
#pragma once

#include "server/auth/principal.h"
#include "server/policy/argumenttest.h"

namespace bridge::policy {

class Who
{
public:
    /// Reads users, groups, roles, scopes, clients and issuers of \a object, the rule at \a place,
    /// which \a restricts whom it is about, or some of them.
    static Who read(Reading &reading, const QString &place, const QJsonObject &object,
                    const KnownNames &known, bool restricts);
    /// The keys read() knows.
    static QStringList keys();

    /// The first condition, by key, that \a principal does not meet; empty when it is about him.
    /// `issuers` also when a name would fit but for the issuer that gave it.
    QString mismatch(const auth::Principal &principal) const;
    /// What the issuer of \a principal calls groups, scopes and so on is what the rule means.
    bool goesByNamesOf(const auth::Principal &principal) const
    {
        return m_issuers || principal.isOfMainIssuer;
    }

private:
    using Globs = std::optional<config::GlobList>;

    bool isOneOfThem(const auth::Principal &principal, bool countsNames) const;
    QString mismatch(const auth::Principal &principal, bool countsPeople, bool countsNames) const;

    bool m_restricts = false;
    Globs m_users;
    config::GlobList m_owners; ///< of m_users those that say whose user is meant
    config::GlobList m_others; ///< of those the ones that mean callers without `sub`, too
    bool m_meansAnonymous = false;
    Globs m_groups;
    Globs m_roles;
    Globs m_scopes;
    Globs m_clients;
    std::optional<QStringList> m_issuers;
};

} // namespace bridge::policy
