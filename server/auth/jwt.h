// SPDX-License-Identifier: GPL-3.0-or-later
// JSON Web Tokens in compact form (RFC 7519, RFC 7515 §3.1), read as strictly as RFC 8725 asks.
// Reading says nothing about whether a token is genuine. Any thread.
#pragma once

#include "common/base/result.h"
#include "common/crypto/signature.h"

#include <QtCore/QByteArray>
#include <QtCore/QJsonObject>

namespace bridge::auth {

/// Longer ones are not looked at: a header field of a request is no longer than this anyway.
constexpr qsizetype kMaxToken = 16 * 1024;

struct Jwt {
    QString algorithm; ///< `alg` as written
    QString keyId;     ///< `kid`, empty when absent
    QString type;      ///< `typ` in lower case, without `application/`; empty when absent
    QJsonObject claims;
    QByteArray signedText; ///< header and payload, as the signature covers them
    QByteArray signature;
};

/// Has the shape of a JWT: three parts and a first one that begins like an object. What has not is
/// an opaque token.
bool looksLikeJwt(QByteArrayView token);

/// Refused with InvalidToken: parts that are no base64url without padding, headers and payloads
/// that are no JSON objects in UTF-8 or have a member twice, too long ones, encrypted ones, headers
/// with `crit` (RFC 7515 §4.1.11) or that bring or name a key themselves (`jwk`, `jku`, `x5u`),
/// `typ` of other kinds of tokens. `alg` is not judged here.
Result<Jwt> parseJwt(QByteArrayView token);

} // namespace bridge::auth
