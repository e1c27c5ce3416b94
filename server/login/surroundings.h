// SPDX-License-Identifier: GPL-3.0-or-later
// What the login needs of the rest of the bridge, as functions, so that it can be tested without.
#pragma once

#include "common/async/call.h"
#include "server/auth/principal.h"
#include "server/egress/guardedclient.h"

#include <QtCore/QUrl>

namespace bridge::login {

/// Where an OpenID provider wants to be asked, from its discovery document.
struct Provider {
    QString issuer;
    QUrl authorization;
    QUrl token;
    QUrl userinfo;
    QUrl endSession;          ///< empty = it knows no logout
    QUrl revocation;          ///< empty = refresh tokens cannot be withdrawn (RFC 7009)
    bool namesItself = false; ///< promises `iss` in its answers (RFC 9207)
    bool takesBasic = true;   ///< client_secret_basic, else client_secret_post
};

struct Surroundings {
    std::function<Call(Handler<Provider>)> provider;
    /// Claims of a token of the issuer that was verified for \a audience: signature, `iss`,
    /// `aud`, times. InvalidToken, TokenExpired, IdpUnavailable.
    std::function<Call(const QByteArray &token, const QString &audience, Handler<QJsonObject>)>
        verify;
    /// Who that is.
    std::function<Result<auth::PrincipalPtr>(const QJsonObject &claims, const QByteArray &access,
                                             const QDateTime &expires)>
        principal;
    std::function<Call(egress::EgressRequest, Handler<httpclient::Response>)> send;
};

struct LoginOptions {
    QString clientId;
    QByteArray clientSecret; ///< empty = a public client
    QString redirectUri;     ///< empty = where the request came to
    QString scope = QStringLiteral("openid profile email");
    QString resource; ///< RFC 8707; empty = not sent
    std::chrono::seconds pendingTime{600};
    std::chrono::seconds refreshBuffer{60}; ///< how long before its expiry a token is renewed
    std::chrono::seconds idleTime{3600};    ///< a session nobody uses ends
    std::chrono::seconds longestTime{12 * 3600};
    int maxSessions = 10'000;
    int maxPerOwner = 20; ///< the longest unused of one person's sessions makes room
};

} // namespace bridge::login
