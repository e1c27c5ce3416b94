// SPDX-License-Identifier: GPL-3.0-or-later
// Login for people with a browser (contract §1.3).
#pragma once

#include "server/gate/publicaddress.h"
#include "server/login/websessions.h"

namespace bridge::http {
class Exchange;
}

namespace bridge::routes {

/// Made by the application when OAUTH_CLIENT_ID is set; outlives the HTTP server.
struct LoginServices {
    login::LoginFlow *flow = nullptr;
    login::WebSessions *sessions = nullptr;
    gate::PublicAddress address;
    bool secure = false; ///< browsers reach the bridge over https
    /// For the audit log: `login`, `login_failed`, `logout`; \a who may be null, \a reason says why
    /// it failed.
    std::function<void(const QString &event, const auth::PrincipalPtr &who,
                       const http::Exchange &exchange, const QString &reason)>
        audit;
};

} // namespace bridge::routes
