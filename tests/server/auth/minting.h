// SPDX-License-Identifier: GPL-3.0-or-later
// Key pairs and tokens for tests, made with OpenSSL and nothing of the code under test.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QJsonObject>
#include <QtCore/QStringList>

#include <memory>

struct evp_pkey_st;

namespace bridge::test {

class SigningKey
{
public:
    /// Of the right kind for \a alg, e.g. RS256, ES384, EdDSA. \a bits for RSA.
    static SigningKey forAlgorithm(const QString &alg, const QString &kid = QStringLiteral("k1"),
                                   int bits = 2048);

    QString kid() const { return m_kid; }
    /// Public half, with kid and use.
    QJsonObject jwk() const;
    /// As PEM, what attacks with HS256 take for a secret.
    QByteArray pem() const;
    QByteArray sign(const QString &alg, const QByteArray &data) const;
    /// A token over \a header and \a claims as they are.
    QByteArray token(const QString &alg, const QByteArray &header, const QByteArray &claims) const;
    /// The same with the usual header of this key.
    QByteArray token(const QString &alg, const QJsonObject &claims,
                     const QJsonObject &header = {}) const;

private:
    std::shared_ptr<evp_pkey_st> m_key;
    QString m_kid;
};

QByteArray base64Url(const QByteArray &bytes);
QByteArray hmac(const QByteArray &key, const QByteArray &data);
QByteArray jwksOf(const QList<SigningKey> &keys);

} // namespace bridge::test
