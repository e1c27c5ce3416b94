// SPDX-License-Identifier: GPL-3.0-or-later
// A person logged in with a browser.
#pragma once

#include "server/auth/principal.h"

#include <QtCore/QDateTime>
#include <QtCore/QJsonObject>

namespace bridge::login {

/// What a login, or its refresh, has brought. Never logged.
struct Arrival {
    auth::PrincipalPtr principal;
    QByteArray refreshToken; ///< empty = the login ends with its access token
    QByteArray idToken;      ///< for the provider's logout
    QDateTime expires;       ///< of the access token, UTC; always valid
    /// Of the newest ID token, as they stood there. Each refresh begins with them rather than with
    /// what was put together last time, which would keep what has been taken away since.
    QJsonObject idClaims;
    /// Names of what the access token or userinfo have told; an ID token older than those is not
    /// believed about it.
    QStringList told;
    /// Its userinfo endpoint takes this access token. Tokens for a resource (RFC 8707) are refused
    /// there from the start; refused later, the person is no longer welcome.
    bool hasUserinfo = false;
};

} // namespace bridge::login
