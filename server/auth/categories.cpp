// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/categories.h"

namespace bridge::auth {

Q_LOGGING_CATEGORY(lcAuth, "bridge.auth", QtInfoMsg)

} // namespace bridge::auth
