// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/login/tokenanswer.h"

#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QStringList>

using namespace Qt::StringLiterals;

namespace bridge::login {

namespace {

constexpr double kLongestLife = 365.0 * 24 * 3600;

Error refusal(int status, const QString &code)
{
    if (code == "invalid_grant"_L1)
        return Error(ErrorCode::TokenExpired,
                     u"The identity provider does not accept this login any more. Log in again at "
                     "/oauth/login."_s);
    // RFC 6749 §5.2; anything else might be whatever the provider likes to say.
    static const QStringList known{u"invalid_request"_s, u"invalid_client"_s,
                                   u"unauthorized_client"_s, u"unsupported_grant_type"_s,
                                   u"invalid_scope"_s};
    if (known.contains(code))
        return Error(ErrorCode::IdpUnavailable,
                     u"The identity provider refuses the bridge (%1). Its operator has to check "
                     "OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, OAUTH_SCOPE and the redirect address "
                     "registered there."_s.arg(code));
    return Error(
        ErrorCode::IdpUnavailable,
        u"The identity provider did not give a token (HTTP %1). Try again later."_s.arg(status));
}

} // namespace

Result<Tokens> readTokenAnswer(int status, const QByteArray &body, const QDateTime &now)
{
    const QJsonObject answer = QJsonDocument::fromJson(body).object();
    if (status != 200)
        return refusal(status, answer["error"_L1].toString());
    Tokens tokens;
    tokens.access = answer["access_token"_L1].toString().toUtf8();
    tokens.refresh = answer["refresh_token"_L1].toString().toUtf8();
    tokens.id = answer["id_token"_L1].toString().toUtf8();
    if (tokens.access.isEmpty())
        return Error(ErrorCode::IdpUnavailable,
                     u"The identity provider's answer holds no access token."_s);
    const QString type = answer["token_type"_L1].toString(u"Bearer"_s);
    if (type.compare("Bearer"_L1, Qt::CaseInsensitive) != 0)
        return Error(ErrorCode::IdpUnavailable,
                     u"The identity provider gave a token that is no bearer token."_s);
    // Some providers write numbers as text.
    const double life = answer["expires_in"_L1].toVariant().toDouble();
    if (life > 0)
        tokens.expires = now.addSecs(qint64(std::min(life, kLongestLife)));
    return tokens;
}

} // namespace bridge::login
