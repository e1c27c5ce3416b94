// SPDX-License-Identifier: GPL-3.0-or-later
// Who may use which route. The one place that says so: a route that is not listed here is for
// members, so a forgotten one is closed, not open.
#pragma once

#include "server/http/router.h"

namespace bridge::gate {

enum class Access {
    Public,   ///< nobody is asked who he is; a credential that comes along is not looked at
    Optional, ///< a member is recognised; everybody else is a stranger, and nobody turned away
    Known,    ///< it is found out who calls, so that he reaches what is his; groups do not matter
    Member,   ///< and he is in one of BRIDGE_REQUIRED_GROUPS
    Overseen, ///< for members, and for administrators whatever their groups
    Admin     ///< for administrators
};

Access accessOf(const QString &pattern);
/// `public`, `optional`, `known`, `member`, `overseen` or `admin`.
QString nameOf(Access access);

} // namespace bridge::gate
