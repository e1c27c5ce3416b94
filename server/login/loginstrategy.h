// SPDX-License-Identifier: GPL-3.0-or-later
// Strategy `login`: the cookie of a web session.
#pragma once

#include "server/auth/strategy.h"
#include "server/login/websessions.h"

namespace bridge::login {

/// Names of the cookies. Over https they carry the `__Host-` prefix (RFC 6265bis §4.1.3.2), so that
/// no other host of the domain can set them; browsers refuse that prefix over http.
QByteArray sessionCookieName(bool secure);
QByteArray pendingCookieName(bool secure);

class LoginStrategy : public auth::Strategy
{
public:
    /// \a sessions outlives this. \a secure: browsers reach the bridge over https.
    LoginStrategy(WebSessions *sessions, bool secure);

    QString name() const override { return QStringLiteral("login"); }
    Outcome findNow(const auth::AuthRequest &request) override;
    Call find(const auth::AuthRequest &request, Handler<auth::PrincipalPtr> handler) override;

private:
    WebSessions *m_sessions;
    QByteArray m_cookie;
};

} // namespace bridge::login
