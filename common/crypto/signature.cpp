// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/crypto/signature.h"

#include "common/crypto/jwkreader.h"

#include <QtCore/QJsonArray>
#include <QtCore/QStringList>

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <iterator>

using namespace Qt::StringLiterals;

namespace bridge::crypto {

namespace {

struct Row {
    Algorithm algorithm;
    QLatin1StringView name;
    const EVP_MD *(*digest)();
};

const Row kRows[] = {
    {Algorithm::RS256, "RS256"_L1, EVP_sha256}, {Algorithm::RS384, "RS384"_L1, EVP_sha384},
    {Algorithm::RS512, "RS512"_L1, EVP_sha512}, {Algorithm::PS256, "PS256"_L1, EVP_sha256},
    {Algorithm::PS384, "PS384"_L1, EVP_sha384}, {Algorithm::PS512, "PS512"_L1, EVP_sha512},
    {Algorithm::ES256, "ES256"_L1, EVP_sha256}, {Algorithm::ES384, "ES384"_L1, EVP_sha384},
    {Algorithm::ES512, "ES512"_L1, EVP_sha512}, {Algorithm::EdDSA, "EdDSA"_L1, nullptr},
};

const Row &row(Algorithm algorithm)
{
    return kRows[int(algorithm)];
}

bool isPss(Algorithm algorithm)
{
    return algorithm >= Algorithm::PS256 && algorithm <= Algorithm::PS512;
}

bool isEcdsa(Algorithm algorithm)
{
    return algorithm >= Algorithm::ES256 && algorithm <= Algorithm::ES512;
}

/// JOSE has r and s side by side (RFC 7518 §3.4), OpenSSL wants them in DER.
QByteArray derOf(QByteArrayView signature, qsizetype width)
{
    if (signature.size() != 2 * width)
        return {};
    const auto *bytes = reinterpret_cast<const unsigned char *>(signature.data());
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(ECDSA_SIG_new(),
                                                                     &ECDSA_SIG_free);
    ECDSA_SIG_set0(pair.get(), BN_bin2bn(bytes, int(width), nullptr),
                   BN_bin2bn(bytes + width, int(width), nullptr));
    const int size = i2d_ECDSA_SIG(pair.get(), nullptr);
    if (size <= 0)
        return {};
    QByteArray der(size, Qt::Uninitialized);
    auto *out = reinterpret_cast<unsigned char *>(der.data());
    i2d_ECDSA_SIG(pair.get(), &out);
    return der;
}

bool check(EVP_PKEY *key, Algorithm algorithm, QByteArrayView data, QByteArrayView signature)
{
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    const auto digest = row(algorithm).digest;
    EVP_PKEY_CTX *how = nullptr;
    if (EVP_DigestVerifyInit(context.get(), &how, digest ? digest() : nullptr, nullptr, key) != 1)
        return false;
    if (isPss(algorithm)
        && (EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) != 1
            || EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) != 1))
        return false;
    return EVP_DigestVerify(
               context.get(), reinterpret_cast<const unsigned char *>(signature.data()),
               size_t(signature.size()), reinterpret_cast<const unsigned char *>(data.data()),
               size_t(data.size()))
           == 1;
}

Error unusable(const QString &why)
{
    return {ErrorCode::InvalidToken, u"The key is no usable JWK: %1."_s.arg(why)};
}

/// RFC 7517 §4.2 and §4.3.
bool isForSignatures(const QJsonObject &jwk)
{
    const QJsonValue use = jwk["use"_L1];
    const QJsonValue operations = jwk["key_ops"_L1];
    return (use.isUndefined() || use.toString() == "sig"_L1)
           && (operations.isUndefined() || operations.toArray().contains("verify"_L1));
}

} // namespace

std::optional<Algorithm> algorithmFromName(QStringView name)
{
    for (const Row &one : kRows) {
        if (one.name == name)
            return one.algorithm;
    }
    return std::nullopt;
}

QString algorithmName(Algorithm algorithm)
{
    return row(algorithm).name;
}

QStringList algorithmNames()
{
    QStringList names;
    for (const Row &one : kRows)
        names.append(one.name);
    return names;
}

Result<PublicKey> PublicKey::fromJwk(const QJsonObject &jwk)
{
    struct Kind {
        QLatin1StringView type, curve;
        Type key;
        Result<KeyHandle> (*read)(const QJsonObject &jwk);
    };
    static const Kind kKinds[] = {
        {"RSA"_L1, {}, Type::Rsa, readRsa},
        {"EC"_L1, "P-256"_L1, Type::P256,
         [](const QJsonObject &o) { return readEc(o, "P-256", 32); }},
        {"EC"_L1, "P-384"_L1, Type::P384,
         [](const QJsonObject &o) { return readEc(o, "P-384", 48); }},
        {"EC"_L1, "P-521"_L1, Type::P521,
         [](const QJsonObject &o) { return readEc(o, "P-521", 66); }},
        {"OKP"_L1, "Ed25519"_L1, Type::Edwards, readEdwards},
        {"OKP"_L1, "Ed448"_L1, Type::Edwards, readEdwards},
    };
    if (!isForSignatures(jwk))
        return unusable(u"it is not meant for checking signatures"_s);
    const QString type = jwk["kty"_L1].toString();
    const QString curve = jwk["crv"_L1].toString();
    for (const Kind &kind : kKinds) {
        if (kind.type != type || (!kind.curve.isEmpty() && kind.curve != curve))
            continue;
        const auto handle = kind.read(jwk);
        ERR_clear_error();
        if (!handle)
            return handle.error();
        PublicKey key;
        key.m_type = kind.key;
        key.m_key = *handle;
        if (jwk.contains("alg"_L1)) {
            key.m_only = algorithmFromName(jwk["alg"_L1].toString());
            if (!key.m_only)
                return unusable(u"its alg is not supported"_s);
        }
        return key;
    }
    return unusable(u"its type or curve is not supported"_s);
}

bool PublicKey::fits(Algorithm algorithm) const
{
    if (m_only && *m_only != algorithm)
        return false;
    switch (m_type) {
    case Type::Rsa:
        return !isEcdsa(algorithm) && algorithm != Algorithm::EdDSA;
    case Type::P256:
        return algorithm == Algorithm::ES256;
    case Type::P384:
        return algorithm == Algorithm::ES384;
    case Type::P521:
        return algorithm == Algorithm::ES512;
    case Type::Edwards:
        return algorithm == Algorithm::EdDSA;
    }
    return false;
}

bool PublicKey::verify(Algorithm algorithm, QByteArrayView data, QByteArrayView signature) const
{
    if (!fits(algorithm) || signature.isEmpty())
        return false;
    bool isGood = false;
    if (isEcdsa(algorithm)) {
        const QByteArray der = derOf(signature, (EVP_PKEY_get_bits(m_key.get()) + 7) / 8);
        isGood = !der.isEmpty() && check(m_key.get(), algorithm, data, der);
    } else {
        isGood = check(m_key.get(), algorithm, data, signature);
    }
    ERR_clear_error(); // what went wrong here must not be found by TLS later
    return isGood;
}

} // namespace bridge::crypto
