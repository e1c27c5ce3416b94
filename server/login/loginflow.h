// SPDX-License-Identifier: GPL-3.0-or-later
// The authorization code flow with PKCE against one OpenID provider (OpenID Connect Core §3.1,
// RFC 6749 §4.1, RFC 7636, RFC 9207, RFC 9700). Main thread.
#pragma once

#include "common/async/task.h"
#include "server/login/pendinglogin.h"
#include "server/login/surroundings.h"
#include "server/login/tokenanswer.h"
#include "server/login/websession.h"

namespace bridge::login {

class LoginFlow
{
public:
    LoginFlow(LoginOptions options, Surroundings surroundings);

    struct Begun {
        QUrl location;     ///< of the provider
        QByteArray cookie; ///< sealed; belongs to the browser until it comes back
    };
    /// \a redirectUri is where the provider sends the browser unless the options say; \a returnTo
    /// has gone through safeReturnPath().
    Task<Begun> begin(QString redirectUri, QString returnTo);

    /// Query of the callback, decoded.
    struct Callback {
        QString code;
        QString state;
        QString issuer; ///< `iss`
        QString error;
        bool namesIssuer = false; ///< `iss` was there
    };
    struct Ended {
        Arrival arrival;
        QString returnTo;
    };
    /// \a cookie is that of begin(). Errors: BadRequest (not this browser's login, too old, another
    /// state or issuer), Forbidden (the person or the provider declined), those of the provider.
    /// What the provider said is in Error::logged, as `provider_error`.
    Task<Ended> finish(Callback callback, QByteArray cookie);

    /// A new access token for \a arrival; TokenExpired when its login has ended.
    Task<Arrival> refresh(Arrival arrival);

    /// Where the browser ends its login at the provider as well (OpenID Connect RP-Initiated
    /// Logout §2); \a back is an address of ours. Empty when the provider knows no logout.
    Task<QUrl> farewell(Arrival arrival, QString back);
    /// Withdraws the refresh token (RFC 7009). Whether the provider listens makes no difference.
    Task<Nothing> revoke(Arrival arrival);

    const LoginOptions &options() const { return m_options; }

private:
    Task<Tokens> redeem(Provider provider, QList<std::pair<QString, QString>> form);
    Task<Arrival> arrive(Tokens tokens, QByteArray nonce, Arrival before);
    egress::EgressRequest formRequest(const Provider &provider, const QUrl &url,
                                      QList<std::pair<QString, QString>> form) const;

    LoginOptions m_options;
    Surroundings m_around;
    PendingSealer m_sealer;
};

} // namespace bridge::login
