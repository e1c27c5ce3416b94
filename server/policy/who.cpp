// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/policy/who.h"

#include "server/auth/membership.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::policy {

namespace {

const QString kAnonymous = u"anonymous"_s;
const QString kAll = u"*"_s;

bool anyFits(const config::GlobList &globs, const QStringList &names)
{
    return std::any_of(names.cbegin(), names.cend(),
                       [&](const QString &name) { return globs.matches(name); });
}

/// An address counts only when its owner proved that it is his, or a proxy says so.
QStringList addressesOf(const auth::Principal &principal)
{
    const bool isProxys = principal.strategy == "proxy"_L1;
    if (!isProxys && !principal.claims.value("email_verified"_L1).toBool())
        return {};
    const QString address =
        isProxys ? principal.email : principal.claims.value("email"_L1).toString();
    return address.contains(u'@') ? QStringList(address) : QStringList();
}

/// What a caller whose names count is known by.
QStringList namesOf(const auth::Principal &principal)
{
    QStringList names;
    if (!principal.owner.isEmpty())
        names.append(principal.owner);
    if (!principal.userId.isEmpty())
        names.append(principal.userId);
    return names + addressesOf(principal);
}

QStringList plainGroups(const QStringList &groups)
{
    QStringList plain;
    for (const QString &group : groups)
        plain.append(auth::plainGroup(group));
    return plain;
}

/// Patterns for `issuer#subject`. Others were written for plain names, which a subject of another
/// issuer may end like.
QStringList ownersAmong(const QStringList &users)
{
    QStringList owners;
    std::copy_if(users.cbegin(), users.cend(), std::back_inserter(owners),
                 [](const QString &user) { return user == kAll || user.contains(u'#'); });
    return owners;
}

/// Patterns of these that mean callers named by another claim than `sub`, too: `issuer#claim#name`,
/// all of an issuer, everybody.
QStringList othersAmong(const QStringList &users)
{
    QStringList others;
    std::copy_if(users.cbegin(), users.cend(), std::back_inserter(others), [](const QString &user) {
        return user == kAll || user.endsWith("#*"_L1) || user.count(u'#') > 1;
    });
    return others;
}

} // namespace

Who Who::read(Reading &reading, const QString &place, const QJsonObject &object,
              const KnownNames &known, bool restricts)
{
    Who who;
    who.m_restricts = restricts;
    const auto globs = [&](const QString &key) {
        return reading.globs(place + u'.' + key, object[key]);
    };
    if (const auto users = reading.texts(place + u".users"_s, object["users"_L1])) {
        who.m_users = config::GlobList::fromList(*users);
        who.m_owners = config::GlobList::fromList(ownersAmong(*users));
        who.m_others = config::GlobList::fromList(othersAmong(*users));
        who.m_meansAnonymous = users->contains(kAnonymous);
    }
    if (const auto groups = reading.texts(place + u".groups"_s, object["groups"_L1]))
        who.m_groups = config::GlobList::fromList(plainGroups(*groups));
    who.m_roles = globs(u"roles"_s);
    who.m_scopes = globs(u"scopes"_s);
    who.m_clients = globs(u"clients"_s);
    const QString issuers = place + u".issuers"_s;
    who.m_issuers = reading.texts(issuers, object["issuers"_L1]);
    const QStringList named = who.m_issuers.value_or(QStringList());
    for (const QString &issuer : named) {
        if (issuer != kAll && !issuer.isEmpty() && !known.issuers.isEmpty()
            && !known.issuers.contains(issuer))
            reading.problem(issuers, u"names \"%1\", which is no issuer of this bridge. There are: "
                                     "%2."_s.arg(issuer.left(200), known.issuers.join(", "_L1)));
    }
    return who;
}

QStringList Who::keys()
{
    return {u"users"_s, u"groups"_s, u"roles"_s, u"scopes"_s, u"clients"_s, u"issuers"_s};
}

bool Who::isOneOfThem(const auth::Principal &principal, bool countsNames) const
{
    if (principal.isAnonymous())
        return m_meansAnonymous;
    if (!principal.namedBy.isEmpty())
        return m_others.matches(principal.owner)
               || (countsNames && anyFits(*m_users, addressesOf(principal)));
    return countsNames ? anyFits(*m_users, namesOf(principal)) : m_owners.matches(principal.owner);
}

QString Who::mismatch(const auth::Principal &principal, bool countsPeople, bool countsNames) const
{
    if (m_users && !isOneOfThem(principal, countsPeople))
        return u"users"_s;
    if (m_groups && !(countsNames && anyFits(*m_groups, plainGroups(principal.groups))))
        return u"groups"_s;
    if (m_roles && !(countsNames && anyFits(*m_roles, principal.roles)))
        return u"roles"_s;
    if (m_scopes && !(countsNames && anyFits(*m_scopes, principal.scopes)))
        return u"scopes"_s;
    if (m_clients
        && !(countsNames && !principal.clientId.isEmpty()
             && m_clients->matches(principal.clientId)))
        return u"clients"_s;
    return {};
}

QString Who::mismatch(const auth::Principal &principal) const
{
    if (m_issuers && !m_issuers->contains(kAll)
        && (principal.issuer.isEmpty() || !m_issuers->contains(principal.issuer)))
        return u"issuers"_s;
    const bool isBound = goesByNamesOf(principal);
    const QString found = mismatch(principal, isBound, isBound || m_restricts);
    if (isBound || found.isEmpty())
        return found;
    return mismatch(principal, true, true) == found ? found : u"issuers"_s;
}

} // namespace bridge::policy
