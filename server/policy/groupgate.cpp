// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/policy/groupgate.h"

using namespace Qt::StringLiterals;

namespace bridge::policy {

Error notAMember(const auth::Principal &principal, const QString &text)
{
    Error error(ErrorCode::Forbidden, text);
    // How many tells wrong groups from none at all; which ones is nothing for a log.
    error.logged["groups"_L1] = principal.groups.size() + principal.roles.size();
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
