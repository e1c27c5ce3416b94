// SPDX-License-Identifier: GPL-3.0-or-later
// The keys an issuer signs with (RFC 7517 §5).
#pragma once

#include "common/base/result.h"
#include "common/crypto/signature.h"

#include <memory>

namespace bridge::auth {

/// One key that was published. Shared with whatever was verified under it, so that those learn when
/// the key is withdrawn. Main thread.
struct VerificationKey {
    VerificationKey(QString keyId, QByteArray digest, crypto::PublicKey publicKey)
        : id(std::move(keyId))
        , fingerprint(std::move(digest))
        , key(std::move(publicKey))
    {
    }
    QString id;             ///< `kid`, may be empty
    QByteArray fingerprint; ///< of everything the JWK says
    crypto::PublicKey key;
    bool isWithdrawn = false;
};
using KeyPtr = std::shared_ptr<VerificationKey>;

struct KeySet {
    QList<KeyPtr> keys;

    /// Those a token with that header may be signed with, at most a few: the ones named \a keyId,
    /// or, for a token that names none, all of the right kind.
    QList<KeyPtr> candidates(const QString &keyId, crypto::Algorithm algorithm) const;
    /// Takes over those of \a previous that are still there and marks the others withdrawn.
    void inherit(const KeySet &previous);
};

/// Keys that cannot be used here (other types, too short, for encryption) are left out.
/// InvalidBody when \a document is no JSON Web Key Set, also when it has a member twice.
Result<KeySet> parseJwks(const QByteArray &document);

} // namespace bridge::auth
