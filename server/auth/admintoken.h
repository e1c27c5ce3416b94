// SPDX-License-Identifier: GPL-3.0-or-later
// Strategy `admin-token`: the bridge's own secret for those who run it, as a bearer token or in the
// header X-Admin-Token. Main thread.
#pragma once

#include "server/auth/authoptions.h"
#include "server/auth/strategy.h"

namespace bridge::auth {

/// The token in the file at \a path; a missing file is made, with a random token, readable by its
/// owner only. For the start only. InvalidConfig when the file cannot be read or made, when others
/// may read it, or when the token in it is too short.
Result<QByteArray> readOrMakeAdminToken(const QString &path);

/// The one of \a options: ADMIN_TOKEN, or what is in its file; empty when there is none. Registered
/// with the log as a secret.
Result<QByteArray> adminTokenOf(const AuthOptions &options);

class AdminTokenStrategy : public Strategy
{
public:
    explicit AdminTokenStrategy(QByteArray token);

    QString name() const override { return QStringLiteral("admin-token"); }
    /// Passes when a bearer token is another one: it may be anybody's. A wrong X-Admin-Token is
    /// InvalidToken.
    Outcome findNow(const AuthRequest &request) override;
    /// Never needed: findNow() always knows.
    Call find(const AuthRequest &request, Handler<PrincipalPtr> handler) override;

private:
    bool isRight(QByteArrayView shown) const;

    QByteArray m_digest; ///< compared instead of the token: all have the same length
    PrincipalPtr m_admin;
};

} // namespace bridge::auth
