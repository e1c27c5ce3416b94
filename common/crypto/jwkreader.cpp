// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/crypto/jwkreader.h"

#include "common/crypto/base64url.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

using namespace Qt::StringLiterals;

namespace bridge::crypto {

namespace {

// Below, factoring is in reach (RFC 7518 §3.3); above, one check takes long enough to be an attack.
constexpr int kLeastBits = 2048;
constexpr int kMostBits = 16384;
constexpr int kMostExponentBits = 64;

template <typename T>
using Owned = std::unique_ptr<T, void (*)(T *)>;

Error malformed(const QString &why)
{
    return {ErrorCode::InvalidToken, u"The key is no usable JWK: %1."_s.arg(why)};
}

std::optional<QByteArray> bytesOf(const QJsonObject &jwk, QLatin1StringView member)
{
    return fromBase64Url(jwk[member].toString().toLatin1());
}

Owned<BIGNUM> number(const QByteArray &bytes)
{
    return {BN_bin2bn(reinterpret_cast<const unsigned char *>(bytes.constData()), int(bytes.size()),
                      nullptr),
            &BN_free};
}

KeyHandle owned(EVP_PKEY *key)
{
    return KeyHandle(key, &EVP_PKEY_free);
}

KeyHandle build(const char *type, OSSL_PARAM_BLD *builder)
{
    const Owned<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder), &OSSL_PARAM_free);
    const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr),
                                      &EVP_PKEY_CTX_free);
    EVP_PKEY *key = nullptr;
    if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1
        || EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
        return nullptr;
    return owned(key);
}

Owned<OSSL_PARAM_BLD> newBuilder()
{
    return {OSSL_PARAM_BLD_new(), &OSSL_PARAM_BLD_free};
}

} // namespace

Result<KeyHandle> readRsa(const QJsonObject &jwk)
{
    const auto modulus = bytesOf(jwk, "n"_L1);
    const auto exponent = bytesOf(jwk, "e"_L1);
    if (!modulus || !exponent)
        return malformed(u"n or e is no base64url"_s);
    if (modulus->size() > kMostBits / 8 + 1 || exponent->size() > kMostExponentBits / 8)
        return malformed(u"n or e is too long"_s);
    const auto n = number(*modulus);
    const auto e = number(*exponent);
    if (BN_num_bits(n.get()) < kLeastBits || BN_num_bits(n.get()) > kMostBits)
        return malformed(u"an RSA key has 2048 to 16384 bits"_s);
    if (!BN_is_odd(n.get()) || !BN_is_odd(e.get()) || BN_is_one(e.get()))
        return malformed(u"n or e is not odd, or e is 1"_s);
    const auto builder = newBuilder();
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
    if (const KeyHandle key = build("RSA", builder.get()))
        return key;
    return malformed(u"OpenSSL refuses n and e"_s);
}

Result<KeyHandle> readEc(const QJsonObject &jwk, const char *group, qsizetype width)
{
    const auto x = bytesOf(jwk, "x"_L1);
    const auto y = bytesOf(jwk, "y"_L1);
    if (!x || !y || x->size() != width || y->size() != width)
        return malformed(u"x or y does not have the length its curve asks for"_s);
    const QByteArray point = "\x04" + *x + *y; // uncompressed, SEC 1 §2.3.3
    const auto builder = newBuilder();
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.constData(),
                                     size_t(point.size()));
    const KeyHandle key = build("EC", builder.get());
    if (!key)
        return malformed(u"x and y are no point of the curve"_s);
    const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr),
                                      &EVP_PKEY_CTX_free);
    if (EVP_PKEY_public_check(context.get()) != 1)
        return malformed(u"x and y are no point of the curve"_s);
    return key;
}

Result<KeyHandle> readEdwards(const QJsonObject &jwk)
{
    const bool isSmall = jwk["crv"_L1].toString() == "Ed25519"_L1;
    const auto x = bytesOf(jwk, "x"_L1);
    if (!x || x->size() != (isSmall ? 32 : 57))
        return malformed(u"x does not have the length its curve asks for"_s);
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(
        isSmall ? EVP_PKEY_ED25519 : EVP_PKEY_ED448, nullptr,
        reinterpret_cast<const unsigned char *>(x->constData()), size_t(x->size()));
    if (!key)
        return malformed(u"x is no point of the curve"_s);
    return owned(key);
}

} // namespace bridge::crypto
