// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/crypto/aead.h"

#include "common/crypto/random.h"

#include <openssl/evp.h>

#include <memory>

namespace bridge::crypto {

namespace {

constexpr qsizetype kNonceBytes = 12;
constexpr qsizetype kTagBytes = 16;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

Cipher newCipher()
{
    return Cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
}

unsigned char *bytes(QByteArray &array, qsizetype at = 0)
{
    return reinterpret_cast<unsigned char *>(array.data() + at);
}

const unsigned char *bytes(QByteArrayView view)
{
    return reinterpret_cast<const unsigned char *>(view.data());
}

} // namespace

QByteArray seal(QByteArrayView key, QByteArrayView plain, QByteArrayView bound)
{
    Q_ASSERT(key.size() == kKeyBytes);
    QByteArray sealed = randomBytes(kNonceBytes);
    sealed.resize(kNonceBytes + plain.size() + kTagBytes);
    const Cipher cipher = newCipher();
    EVP_CIPHER_CTX *context = cipher.get();
    int written = 0;
    const bool done =
        EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nullptr, bytes(key), bytes(sealed)) == 1
        && (bound.isEmpty()
            || EVP_EncryptUpdate(context, nullptr, &written, bytes(bound), int(bound.size())) == 1)
        && (plain.isEmpty()
            || EVP_EncryptUpdate(context, bytes(sealed, kNonceBytes), &written, bytes(plain),
                                 int(plain.size()))
                   == 1)
        && EVP_EncryptFinal_ex(context, bytes(sealed, kNonceBytes + plain.size()), &written) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, int(kTagBytes),
                               bytes(sealed, kNonceBytes + plain.size()))
               == 1;
    if (!done)
        qFatal("AES-256-GCM is not available in this OpenSSL.");
    return sealed;
}

std::optional<QByteArray> open(QByteArrayView key, QByteArrayView sealed, QByteArrayView bound)
{
    const qsizetype size = sealed.size() - kNonceBytes - kTagBytes;
    if (size < 0 || key.size() != kKeyBytes)
        return std::nullopt;
    QByteArray plain(size, Qt::Uninitialized);
    QByteArray tag = sealed.last(kTagBytes).toByteArray();
    const Cipher cipher = newCipher();
    EVP_CIPHER_CTX *context = cipher.get();
    int written = 0;
    const bool isWhole =
        EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nullptr, bytes(key), bytes(sealed)) == 1
        && (bound.isEmpty()
            || EVP_DecryptUpdate(context, nullptr, &written, bytes(bound), int(bound.size())) == 1)
        && (size == 0
            || EVP_DecryptUpdate(context, bytes(plain), &written, bytes(sealed.sliced(kNonceBytes)),
                                 int(size))
                   == 1)
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, int(kTagBytes), bytes(tag)) == 1
        && EVP_DecryptFinal_ex(context, bytes(plain, size), &written) == 1;
    if (!isWhole)
        return std::nullopt;
    return plain;
}

} // namespace bridge::crypto
