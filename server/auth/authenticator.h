// SPDX-License-Identifier: GPL-3.0-or-later
// Who is calling: asks the strategies of AUTH_STRATEGIES in their order. The first that finds a
// credential of its kind decides, also when it refuses; without any, the caller is anonymous where
// that is allowed. Main thread.
#pragma once

#include "server/auth/strategy.h"

#include <memory>
#include <vector>

namespace bridge::auth {

class Authenticator
{
public:
    using Strategies = std::vector<std::unique_ptr<Strategy>>;

    /// \a anonymousAllowed: whether a caller without any credential is let in as anonymous();
    /// else he gets Unauthorized.
    explicit Authenticator(Strategies strategies, bool anonymousAllowed = true);

    /// Known, with a principal or an error, or Ask; never Pass. Costs a hash of the token and a
    /// look-up when the credential was seen before.
    Strategy::Outcome findNow(const AuthRequest &request);
    /// After findNow() said Ask. What is needed of \a request is copied before this returns.
    /// Errors: Unauthorized, InvalidToken, TokenExpired, IdpUnavailable.
    Call find(const AuthRequest &request, Handler<PrincipalPtr> handler);

    /// Names in order, for pages that show how the bridge is set up.
    QStringList names() const;

    /// What callers without a credential are told to send: a sentence.
    void setHint(const QString &hint) { m_hint = hint; }

private:
    Strategy::Outcome nobody() const;

    Strategies m_strategies;
    bool m_anonymousAllowed;
    QString m_hint =
        QStringLiteral("Send an access token in the header Authorization: Bearer <token>.");
};

} // namespace bridge::auth
