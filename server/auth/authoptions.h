// SPDX-License-Identifier: GPL-3.0-or-later
// What the settings say about who is calling. A plain value.
#pragma once

#include "server/auth/tokenverifier.h"

namespace bridge::config {
class Settings;
}

namespace bridge::auth {

/// The family of headers a proxy says in who is calling.
enum class ProxyHeaders {
    Forwarded,  ///< `X-Forwarded-User` and so on: oauth2-proxy as the reverse proxy
    AuthRequest ///< `X-Auth-Request-User` and so on: nginx that asks oauth2-proxy
};

struct AuthOptions {
    VerifierOptions verifier;
    /// Names in order, without those that nothing is configured for and without `anonymous`.
    QStringList strategies;
    bool allowAnonymous = true;
    QByteArray tokenHeader = QByteArrayLiteral("X-Auth-Request-Access-Token");
    QByteArray tokenCookie = QByteArrayLiteral("_oauth2_proxy");
    bool trustProxyHeaders = false;
    Networks trustedProxies;
    ProxyHeaders proxyHeaders = ProxyHeaders::Forwarded;
    QByteArray adminToken;  ///< empty = none, or in the file
    QString adminTokenPath; ///< empty = no file
    /// Nobody asked for the file: go on without when it cannot be made.
    bool adminTokenIsOptional = false;
    QStringList adminGroups;
    bool allowUnsafeCert = false;
    /// For the log at start: what is allowed but better were not.
    QStringList warnings;

    /// An administrator can be told from others.
    bool hasAdmins() const
    {
        return !adminToken.isEmpty() || !adminTokenPath.isEmpty() || !adminGroups.isEmpty();
    }
};

/// Every problem is in Error::problems (InvalidConfig), `path` naming the setting.
Result<AuthOptions> authOptions(const config::Settings &settings);

} // namespace bridge::auth
