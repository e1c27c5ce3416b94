// SPDX-License-Identifier: GPL-3.0-or-later
// Signatures of JSON Web Tokens (RFC 7518 §3, RFC 8037) under public keys given as JWK (RFC 7517).
// No symmetric algorithm and no "none" exists here. Any thread.
#pragma once

#include "common/base/result.h"

#include <QtCore/QByteArray>
#include <QtCore/QJsonObject>

#include <memory>
#include <optional>

struct evp_pkey_st;

namespace bridge::crypto {

enum class Algorithm { RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA };

/// `alg` as written in a token's header, exactly; nothing for any other.
std::optional<Algorithm> algorithmFromName(QStringView name);
QString algorithmName(Algorithm algorithm);
/// All of them, in the order above.
QStringList algorithmNames();

class PublicKey
{
public:
    /// RSA of 2048 to 16384 bits, EC on P-256, P-384 or P-521, OKP on Ed25519 or Ed448. Any other
    /// or malformed key, and one that is not for signatures (`use`, `key_ops`), is an error whose
    /// text says why. Private members are not looked at.
    static Result<PublicKey> fromJwk(const QJsonObject &jwk);

    /// The key's type, curve and `alg`, where the JWK names one, go with \a algorithm.
    bool fits(Algorithm algorithm) const;
    /// Whether \a signature of \a data is right. False also when the key does not fit.
    bool verify(Algorithm algorithm, QByteArrayView data, QByteArrayView signature) const;

private:
    enum class Type { Rsa, P256, P384, P521, Edwards };

    PublicKey() = default;

    Type m_type = Type::Rsa;
    std::optional<Algorithm> m_only;
    std::shared_ptr<evp_pkey_st> m_key;
};

} // namespace bridge::crypto
