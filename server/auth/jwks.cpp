// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/jwks.h"

#include "common/crypto/digest.h"
#include "common/json/scan.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

constexpr qsizetype kMostKeys = 64;      // nobody publishes more; each costs time to read
constexpr qsizetype kMostCandidates = 8; // each costs a signature check

} // namespace

QList<KeyPtr> KeySet::candidates(const QString &keyId, crypto::Algorithm algorithm) const
{
    QList<KeyPtr> found;
    for (const KeyPtr &key : keys) {
        if ((keyId.isEmpty() || key->id == keyId) && key->key.fits(algorithm)
            && found.size() < kMostCandidates)
            found.append(key);
    }
    return found;
}

void KeySet::inherit(const KeySet &previous)
{
    for (const KeyPtr &old : previous.keys) {
        const auto same = std::find_if(keys.begin(), keys.end(), [&](const KeyPtr &key) {
            return key->fingerprint == old->fingerprint;
        });
        if (same != keys.end())
            *same = old;
        else
            old->isWithdrawn = true;
    }
}

Result<KeySet> parseJwks(const QByteArray &document)
{
    json::ScanLimits limits;
    limits.maxDepth = 16;
    if (const auto checked = json::check(document, limits); !checked)
        return checked.error();
    const QJsonValue list = QJsonDocument::fromJson(document).object()["keys"_L1];
    if (!list.isArray() || list.toArray().size() > kMostKeys)
        return Error(ErrorCode::InvalidBody, u"The document is no JSON Web Key Set."_s);
    KeySet set;
    const QJsonArray keys = list.toArray();
    for (const QJsonValue &entry : keys) {
        const QJsonObject jwk = entry.toObject();
        auto key = crypto::PublicKey::fromJwk(jwk);
        if (!key)
            continue;
        const QByteArray text = QJsonDocument(jwk).toJson(QJsonDocument::Compact);
        set.keys.append(std::make_shared<VerificationKey>(jwk["kid"_L1].toString(),
                                                          crypto::sha256(text), std::move(*key)));
    }
    return set;
}

} // namespace bridge::auth
