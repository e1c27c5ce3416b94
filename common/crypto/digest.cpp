// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/crypto/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace bridge::crypto {

namespace {

/// Fetched once: OpenSSL 3 looks an algorithm up by name each time otherwise.
const EVP_MD *algorithm()
{
    static const EVP_MD *const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return fetched;
}

unsigned char *bytesOf(QByteArray &array)
{
    return reinterpret_cast<unsigned char *>(array.data());
}

} // namespace

QByteArray sha256(QByteArrayView bytes)
{
    QByteArray digest(kDigestBytes, Qt::Uninitialized);
    if (EVP_Digest(bytes.data(), size_t(bytes.size()), bytesOf(digest), nullptr, algorithm(),
                   nullptr)
        != 1)
        qFatal("SHA-256 is not available in this OpenSSL.");
    return digest;
}

QByteArray hmacSha256(QByteArrayView key, QByteArrayView bytes)
{
    QByteArray digest(kDigestBytes, Qt::Uninitialized);
    unsigned int size = 0;
    // HMAC() takes a null key for "the key of the last call".
    const char *const keyBytes = key.isEmpty() ? "" : key.data();
    if (!HMAC(EVP_sha256(), keyBytes, int(key.size()),
              reinterpret_cast<const unsigned char *>(bytes.data()), size_t(bytes.size()),
              bytesOf(digest), &size))
        qFatal("HMAC-SHA-256 is not available in this OpenSSL.");
    return digest;
}

} // namespace bridge::crypto
