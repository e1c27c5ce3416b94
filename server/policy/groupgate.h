// SPDX-License-Identifier: GPL-3.0-or-later
// BRIDGE_REQUIRED_GROUPS (contract §7.4): who may use the bridge at all. Pure; any thread.
#pragma once

#include "server/auth/membership.h"

#include "common/base/error.h"

#include <optional>

namespace bridge::policy {

/// Nothing when \a principal may pass: \a required is empty, or he is verified and in one of
/// them by an issuer whose groups count. Unauthorized without a verified credential, else
/// Forbidden.
std::optional<Error> checkRequiredGroups(const auth::Principal &principal,
                                         const QStringList &required);

/// Forbidden with \a text; the log tells how many groups and roles \a principal
/// came with.
Error notAMember(const auth::Principal &principal, const QString &text);

} // namespace bridge::policy
