// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/requeststate.h"

#include <QtCore/QCryptographicHash>
#include <QtCore/QJsonDocument>
#include <QtCore/QRandomGenerator>

#include <openssl/evp.h>

#include <memory>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

constexpr int kKeyBytes = 32;
constexpr int kNonceBytes = 12; // NIST SP 800-38D §8.2.2: random nonces of 96 bits
constexpr int kTagBytes = 16;
constexpr qsizetype kMaxText = 4096;
constexpr auto kEncoding = QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

QByteArray randomBytes(int count)
{
    QByteArray bytes(count, Qt::Uninitialized);
    for (char &byte : bytes)
        byte = char(QRandomGenerator::system()->bounded(256));
    return bytes;
}

const uchar *in(const QByteArray &bytes)
{
    return reinterpret_cast<const uchar *>(bytes.constData());
}

uchar *out(QByteArray &bytes)
{
    return reinterpret_cast<uchar *>(bytes.data());
}

QByteArray encrypt(const QByteArray &key, const QByteArray &plain)
{
    const QByteArray nonce = randomBytes(kNonceBytes);
    QByteArray sealed(plain.size(), Qt::Uninitialized);
    QByteArray tag(kTagBytes, Qt::Uninitialized);
    int size = 0;
    int rest = 0;
    const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    const bool ok =
        EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, in(key), in(nonce)) == 1
        && EVP_EncryptUpdate(cipher.get(), out(sealed), &size, in(plain), int(plain.size())) == 1
        && EVP_EncryptFinal_ex(cipher.get(), out(sealed) + size, &rest) == 1
        && EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) == 1;
    // Without a cipher there is nothing safe to hand out; nobody can open an empty text.
    return ok ? nonce + sealed + tag : QByteArray();
}

std::optional<QByteArray> decrypt(const QByteArray &key, const QByteArray &text)
{
    if (text.size() < kNonceBytes + kTagBytes)
        return std::nullopt;
    const QByteArray nonce = text.first(kNonceBytes);
    QByteArray tag = text.last(kTagBytes);
    const QByteArray sealed = text.mid(kNonceBytes, text.size() - kNonceBytes - kTagBytes);
    QByteArray plain(sealed.size(), Qt::Uninitialized);
    int size = 0;
    int rest = 0;
    const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    const bool ok =
        EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, in(key), in(nonce)) == 1
        && EVP_DecryptUpdate(cipher.get(), out(plain), &size, in(sealed), int(sealed.size())) == 1
        && EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1
        && EVP_DecryptFinal_ex(cipher.get(), out(plain) + size, &rest) == 1;
    return ok ? std::optional(plain) : std::nullopt;
}

Error refused(const QString &why)
{
    return Error(ErrorCode::InvalidArguments,
                 why + u" Send the request again without `requestState` and `inputResponses`."_s);
}

} // namespace

RequestSealer::RequestSealer() : m_key(randomBytes(kKeyBytes))
{
}

QString RequestSealer::seal(const RequestState &state) const
{
    const QJsonObject members{{"i"_L1, state.id},
                              {"n"_L1, state.round},
                              {"o"_L1, state.owner},
                              {"r"_L1, QString::fromLatin1(state.request)},
                              {"e"_L1, state.expires}};
    const QByteArray plain = QJsonDocument(members).toJson(QJsonDocument::Compact);
    return QString::fromLatin1(encrypt(m_key, plain).toBase64(kEncoding));
}

Result<RequestState> RequestSealer::open(const QString &text, qint64 now) const
{
    const auto bytes =
        text.size() > kMaxText
            ? QByteArray::FromBase64Result()
            : QByteArray::fromBase64Encoding(text.toLatin1(),
                                             kEncoding | QByteArray::AbortOnBase64DecodingErrors);
    const auto plain = bytes ? decrypt(m_key, *bytes) : std::nullopt;
    if (!plain)
        return refused(u"This `requestState` is not one this server gave out."_s);
    const QJsonObject members = QJsonDocument::fromJson(*plain).object();
    RequestState state;
    state.id = members["i"_L1].toString();
    state.round = members["n"_L1].toInt();
    state.owner = members["o"_L1].toString();
    state.request = members["r"_L1].toString().toLatin1();
    state.expires = members["e"_L1].toInteger();
    if (now >= state.expires)
        return refused(u"The time to answer is over and the call was cancelled."_s);
    return state;
}

QByteArray digestOf(const QString &server, const QString &method, const QJsonObject &params)
{
    QJsonObject salient = params;
    for (const auto key : {"_meta"_L1, "inputResponses"_L1, "requestState"_L1})
        salient.remove(key);
    QCryptographicHash hash(QCryptographicHash::Sha256);
    const QJsonObject all{{"s"_L1, server}, {"m"_L1, method}, {"p"_L1, salient}};
    hash.addData(QJsonDocument(all).toJson(QJsonDocument::Compact));
    return hash.result().toBase64(kEncoding);
}

} // namespace bridge::gateway
