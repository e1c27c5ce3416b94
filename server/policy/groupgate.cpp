// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/policy/groupgate.h"

using namespace Qt::StringLiterals;

namespace bridge::policy {

namespace {

/// For the log: no group at all means another mistake than the wrong ones.
QString groupsOf(const auth::Principal &principal)
{
    constexpr qsizetype kMost = 10;
    constexpr qsizetype kMostText = 200;
    const QStringList groups = principal.groups + principal.roles;
    if (groups.isEmpty())
        return u"none came with the credential"_s;
    const QString text = groups.mid(0, kMost).join(", "_L1);
    return groups.size() <= kMost && text.size() <= kMostText
               ? text
               : QString(text.left(kMostText) + u'…');
}

} // namespace

Error notAMember(const auth::Principal &principal, const QString &text)
{
    Error error(ErrorCode::Forbidden, text);
    error.logged["groups"_L1] = groupsOf(principal);
    return error;
}

std::optional<Error> checkRequiredGroups(const auth::Principal &principal,
                                         const QStringList &required)
{
    if (required.isEmpty())
        return std::nullopt;
    if (principal.isAnonymous() && principal.token.isEmpty())
        return Error(ErrorCode::Unauthorized, u"This bridge is for members of certain groups."_s);
    if (!principal.isVerified)
        return Error(ErrorCode::InvalidToken,
                     u"This bridge is for members of certain groups, and your token was not "
                     "verified."_s);
    if (!principal.opensRequiredGroups)
        return Error(ErrorCode::Forbidden,
                     u"This bridge is for members of certain groups, and those of your identity "
                     "provider do not count."_s);
    if (!auth::isInAnyGroup(principal, required))
        return notAMember(principal, u"You are in none of the groups this bridge is for."_s);
    return std::nullopt;
}

} // namespace bridge::policy
