// SPDX-License-Identifier: GPL-3.0-or-later
// Puts together what an ID token, an access token and userinfo say about the same person.
#pragma once

#include <QtCore/QJsonObject>
#include <QtCore/QJsonValue>
#include <QtCore/QStringList>

namespace bridge::login {

class LoginClaims
{
public:
    /// \a outdated names what an ID token from before is no longer believed about: newer sources
    /// have told it, so their silence means that it is gone.
    explicit LoginClaims(const QJsonObject &idClaims, const QStringList &outdated = {});

    /// What \a newer says takes the place of what was there, but for what a token says about
    /// itself. Of another person or issuer it counts nothing.
    void add(const QJsonObject &newer);

    const QJsonObject &all() const { return m_all; }
    /// Names that add() has brought.
    const QStringList &told() const { return m_told; }

private:
    QJsonObject m_all;
    QJsonValue m_email; ///< of which `email_verified` speaks
    QStringList m_told;
};

} // namespace bridge::login
