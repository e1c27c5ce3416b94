// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/server/auth/minting.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

using namespace Qt::StringLiterals;

namespace bridge::test {

namespace {

QByteArray json(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

QByteArray numberOf(EVP_PKEY *key, const char *name, int width = 0)
{
    BIGNUM *number = nullptr;
    EVP_PKEY_get_bn_param(key, name, &number);
    QByteArray bytes(width > 0 ? width : BN_num_bytes(number), '\0');
    BN_bn2binpad(number, reinterpret_cast<unsigned char *>(bytes.data()), int(bytes.size()));
    BN_free(number);
    return bytes;
}

QString text(const QByteArray &bytes)
{
    return QString::fromLatin1(base64Url(bytes));
}

const EVP_MD *digestOf(const QString &alg)
{
    if (alg.endsWith("256"_L1))
        return EVP_sha256();
    return alg.endsWith("384"_L1) ? EVP_sha384() : EVP_sha512();
}

QByteArray sideBySide(const QByteArray &der, int width)
{
    const auto *in = reinterpret_cast<const unsigned char *>(der.constData());
    ECDSA_SIG *pair = d2i_ECDSA_SIG(nullptr, &in, der.size());
    QByteArray out(2 * width, '\0');
    auto *bytes = reinterpret_cast<unsigned char *>(out.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), bytes, width);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), bytes + width, width);
    ECDSA_SIG_free(pair);
    return out;
}

EVP_PKEY *generate(const QString &alg, int bits)
{
    if (alg == "EdDSA"_L1)
        return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    if (alg == "Ed448"_L1)
        return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448");
    if (alg.startsWith("ES"_L1)) {
        const char *curve = alg == "ES256"_L1 ? "P-256" : alg == "ES384"_L1 ? "P-384" : "P-521";
        return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve);
    }
    return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t(bits));
}

} // namespace

SigningKey SigningKey::forAlgorithm(const QString &alg, const QString &kid, int bits)
{
    SigningKey key;
    key.m_key = std::shared_ptr<EVP_PKEY>(generate(alg, bits), &EVP_PKEY_free);
    key.m_kid = kid;
    return key;
}

QJsonObject SigningKey::jwk() const
{
    EVP_PKEY *key = m_key.get();
    QJsonObject jwk{{"kid"_L1, m_kid}, {"use"_L1, "sig"_L1}};
    if (EVP_PKEY_is_a(key, "RSA")) {
        jwk["kty"_L1] = "RSA"_L1;
        jwk["n"_L1] = text(numberOf(key, OSSL_PKEY_PARAM_RSA_N));
        jwk["e"_L1] = text(numberOf(key, OSSL_PKEY_PARAM_RSA_E));
    } else if (EVP_PKEY_is_a(key, "EC")) {
        const int bits = EVP_PKEY_get_bits(key);
        const int width = (bits + 7) / 8;
        jwk["kty"_L1] = "EC"_L1;
        jwk["crv"_L1] = u"P-%1"_s.arg(bits);
        jwk["x"_L1] = text(numberOf(key, OSSL_PKEY_PARAM_EC_PUB_X, width));
        jwk["y"_L1] = text(numberOf(key, OSSL_PKEY_PARAM_EC_PUB_Y, width));
    } else {
        QByteArray raw(64, '\0');
        size_t size = size_t(raw.size());
        EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char *>(raw.data()), &size);
        jwk["kty"_L1] = "OKP"_L1;
        jwk["crv"_L1] = size == 32 ? "Ed25519"_L1 : "Ed448"_L1;
        jwk["x"_L1] = text(raw.first(qsizetype(size)));
    }
    return jwk;
}

QByteArray SigningKey::pem() const
{
    BIO *out = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(out, m_key.get());
    char *bytes = nullptr;
    const long size = BIO_get_mem_data(out, &bytes);
    const QByteArray pem(bytes, size);
    BIO_free(out);
    return pem;
}

QByteArray SigningKey::sign(const QString &alg, const QByteArray &data) const
{
    const bool isEdwards = alg == "EdDSA"_L1;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how = nullptr;
    EVP_DigestSignInit(context, &how, isEdwards ? nullptr : digestOf(alg), nullptr, m_key.get());
    if (alg.startsWith("PS"_L1)) {
        EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST);
    }
    const auto *in = reinterpret_cast<const unsigned char *>(data.constData());
    size_t size = 0;
    EVP_DigestSign(context, nullptr, &size, in, size_t(data.size()));
    QByteArray signature{qsizetype(size), '\0'};
    EVP_DigestSign(context, reinterpret_cast<unsigned char *>(signature.data()), &size, in,
                   size_t(data.size()));
    EVP_MD_CTX_free(context);
    signature.resize(qsizetype(size));
    if (EVP_PKEY_is_a(m_key.get(), "EC"))
        return sideBySide(signature, (EVP_PKEY_get_bits(m_key.get()) + 7) / 8);
    return signature;
}

QByteArray SigningKey::token(const QString &alg, const QByteArray &header,
                             const QByteArray &claims) const
{
    const QByteArray input = base64Url(header) + '.' + base64Url(claims);
    return input + '.' + base64Url(sign(alg, input));
}

QByteArray SigningKey::token(const QString &alg, const QJsonObject &claims,
                             const QJsonObject &header) const
{
    QJsonObject head{{"alg"_L1, alg}, {"typ"_L1, "JWT"_L1}, {"kid"_L1, m_kid}};
    for (auto it = header.begin(); it != header.end(); ++it)
        head[it.key()] = it.value();
    return token(alg, json(head), json(claims));
}

QByteArray base64Url(const QByteArray &bytes)
{
    return bytes.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals);
}

QByteArray hmac(const QByteArray &key, const QByteArray &data)
{
    QByteArray digest(32, '\0');
    HMAC(EVP_sha256(), key.constData(), int(key.size()),
         reinterpret_cast<const unsigned char *>(data.constData()), size_t(data.size()),
         reinterpret_cast<unsigned char *>(digest.data()), nullptr);
    return digest;
}

QByteArray jwksOf(const QList<SigningKey> &keys)
{
    QJsonArray list;
    for (const SigningKey &key : keys)
        list.append(key.jwk());
    return json(QJsonObject{{"keys"_L1, list}});
}

} // namespace bridge::test
