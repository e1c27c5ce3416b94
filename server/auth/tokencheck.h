// SPDX-License-Identifier: GPL-3.0-or-later
// What a token has to say about itself to be taken (RFC 7519 §4.1, RFC 8725 §3). Pure functions.
#pragma once

#include "server/auth/issuer.h"

namespace bridge::auth {

constexpr std::chrono::seconds kLeeway{30}; ///< clocks differ by so much

/// A claim that is a point in time; an error when it is there and is none.
Result<std::optional<std::chrono::milliseconds>> timeClaim(const QJsonObject &claims,
                                                           QLatin1StringView name);

/// `exp`, `nbf`, `iat`, `iss`, `aud` and `sub` of a genuine token, whose header has \a type as
/// `typ` (empty = none). \a needsExpiry: a token without `exp` is refused. So are ID, refresh and
/// logout tokens unless \a issuer takes them. TokenExpired or InvalidToken.
Result<Nothing> checkClaims(const QJsonObject &claims, const QString &type,
                            const IssuerOptions &issuer, std::chrono::milliseconds now,
                            bool needsExpiry = true);

/// The claim for which checkClaims() takes a token for an ID token and refuses it; empty when it
/// does not.
QString idTokenSign(const QJsonObject &claims, const QString &type, const IssuerOptions &issuer);

} // namespace bridge::auth
