// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtCore/QLoggingCategory>

namespace bridge::auth {

Q_DECLARE_LOGGING_CATEGORY(lcAuth) ///< bridge.auth: issuers, keys, refused credentials

} // namespace bridge::auth
