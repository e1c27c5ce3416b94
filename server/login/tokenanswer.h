// SPDX-License-Identifier: GPL-3.0-or-later
// What a token endpoint says (RFC 6749 §5, OpenID Connect Core §3.1.3.3). Any thread.
#pragma once

#include "common/base/result.h"

#include <QtCore/QByteArray>
#include <QtCore/QDateTime>

namespace bridge::login {

/// Never logged.
struct Tokens {
    QByteArray access;
    QByteArray refresh; ///< empty when there is none
    QByteArray id;      ///< empty when the answer had none, as a refresh may
    QDateTime expires;  ///< of the access token by `expires_in`; invalid = not said
};

/// Errors: TokenExpired for `invalid_grant` (the code or refresh token is used up or withdrawn),
/// IdpUnavailable for everything that is no fault of the person: 5xx, a refused client, an answer
/// that makes no sense. Texts repeat nothing of the answer but a known error code.
Result<Tokens> readTokenAnswer(int status, const QByteArray &body, const QDateTime &now);

} // namespace bridge::login
