// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/login/loginclaims.h"

using namespace Qt::StringLiterals;

namespace bridge::login {

namespace {

/// What a token says about itself and its client rather than about the person.
bool isOfToken(const QString &name)
{
    static const QStringList names{
        u"iss"_s,       u"sub"_s,   u"aud"_s,   u"azp"_s,       u"exp"_s,     u"iat"_s, u"nbf"_s,
        u"jti"_s,       u"typ"_s,   u"nonce"_s, u"auth_time"_s, u"at_hash"_s, u"acr"_s, u"c_hash"_s,
        u"client_id"_s, u"appid"_s, u"amr"_s,   u"cid"_s,       u"sid"_s};
    return names.contains(name);
}

} // namespace

LoginClaims::LoginClaims(const QJsonObject &idClaims, const QStringList &outdated)
    : m_all(idClaims)
    , m_email(idClaims["email"_L1])
{
    for (const QString &name : outdated) {
        if (!isOfToken(name))
            m_all.remove(name);
    }
}

void LoginClaims::add(const QJsonObject &newer)
{
    if (newer["sub"_L1] != m_all["sub"_L1]
        || (newer.contains("iss"_L1) && newer["iss"_L1] != m_all["iss"_L1]))
        return;
    // Whether an address was checked is said of that address only.
    if (newer.contains("email"_L1) && newer["email"_L1] != m_email) {
        m_all.remove("email_verified"_L1);
        m_email = newer["email"_L1];
    }
    for (auto it = newer.begin(); it != newer.end(); ++it) {
        if (isOfToken(it.key())) {
            if (!m_all.contains(it.key()))
                m_all.insert(it.key(), it.value());
            continue;
        }
        m_all.insert(it.key(), it.value());
        m_told.append(it.key());
    }
}

} // namespace bridge::login
