// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/login/pendinglogin.h"

#include "common/crypto/aead.h"
#include "common/crypto/random.h"

#include <QtCore/QCryptographicHash>
#include <QtCore/QDataStream>
#include <QtCore/QIODevice>

using namespace Qt::StringLiterals;

namespace bridge::login {

namespace {

constexpr auto kBase64 = QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals;
constexpr QByteArrayView kPurpose("pending login");

} // namespace

PendingLogin PendingLogin::begin()
{
    PendingLogin login;
    login.state = crypto::randomToken();
    login.nonce = crypto::randomToken();
    login.verifier = crypto::randomToken();
    return login;
}

QByteArray PendingLogin::challenge() const
{
    return QCryptographicHash::hash(verifier, QCryptographicHash::Sha256).toBase64(kBase64);
}

PendingSealer::PendingSealer(QByteArray key)
    : m_key(key.isEmpty() ? crypto::randomBytes(crypto::kKeyBytes) : std::move(key))
{
}

QByteArray PendingSealer::seal(const PendingLogin &login) const
{
    QByteArray plain;
    QDataStream out(&plain, QIODevice::WriteOnly);
    out.setVersion(QDataStream::Qt_6_4);
    out << login.state << login.nonce << login.verifier << login.issuer << login.redirectUri
        << login.returnTo << login.expires;
    return crypto::seal(m_key, plain, kPurpose).toBase64(kBase64);
}

Result<PendingLogin> PendingSealer::open(const QByteArray &text, qint64 now) const
{
    const Error stale(ErrorCode::BadRequest,
                      u"This login was begun in another browser or too long ago. Begin again at "
                      "/oauth/login."_s);
    const auto sealed = QByteArray::fromBase64Encoding(
        text, QByteArray::Base64UrlEncoding | QByteArray::AbortOnBase64DecodingErrors);
    if (!sealed)
        return stale;
    const std::optional<QByteArray> plain = crypto::open(m_key, *sealed, kPurpose);
    if (!plain)
        return stale;
    PendingLogin login;
    QDataStream in(*plain);
    in.setVersion(QDataStream::Qt_6_4);
    in >> login.state >> login.nonce >> login.verifier >> login.issuer >> login.redirectUri
        >> login.returnTo >> login.expires;
    if (in.status() != QDataStream::Ok || login.expires <= now)
        return stale;
    return login;
}

} // namespace bridge::login
