// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/tokencheck.h"

#include <QtCore/QJsonArray>

using namespace Qt::StringLiterals;
using std::chrono::milliseconds;

namespace bridge::auth {

namespace {

constexpr double kLatest = 253402300799; // end of the year 9999

Error refused(const QString &why)
{
    return {ErrorCode::InvalidToken, u"The access token is refused: %1. Get a new one."_s.arg(why)};
}

bool names(const QJsonValue &claim, const QStringList &wanted)
{
    if (claim.isString())
        return wanted.contains(claim.toString());
    const QJsonArray list = claim.toArray();
    return std::any_of(list.begin(), list.end(), [&](const QJsonValue &entry) {
        return entry.isString() && wanted.contains(entry.toString());
    });
}

/// For the log: what \a claim names, shortened.
QString shortened(const QJsonValue &claim)
{
    constexpr qsizetype kMost = 200;
    QStringList texts;
    const QJsonArray list = claim.isArray() ? claim.toArray() : QJsonArray{claim};
    for (const QJsonValue &entry : list)
        texts.append(entry.toString().left(kMost));
    const QString text = texts.join(", "_L1);
    return text.size() <= kMost ? text : QString(text.left(kMost) + u'…');
}

/// The client that asked for the token most often left out to ask for this bridge; whoever runs it
/// sees in the log what it asked for.
Error meantForOthers(const QJsonObject &claims)
{
    Error error = refused(u"it is meant for somebody else (aud)"_s);
    const QString named = shortened(claims["aud"_L1]);
    error.logged["audience"_L1] = named.isEmpty() ? u"none"_s : named;
    return error;
}

/// `resource` stands in for `aud` where an issuer writes the resource of RFC 8707 there.
bool isForUs(const QJsonObject &claims, const QStringList &audiences)
{
    const bool hasAudience = claims.contains("aud"_L1);
    return names(claims[hasAudience ? "aud"_L1 : "resource"_L1], audiences);
}

bool says(const QJsonObject &claims, QLatin1StringView name, const QStringList &words)
{
    return words.contains(claims[name].toString().toLower());
}

/// Any spelling of Bearer (`BearerToken`), or that it is an access token.
bool isBearerType(const QJsonValue &value)
{
    QString type = value.toString().toLower();
    type.remove(u' ').remove(u'_').remove(u'-');
    return type.startsWith("bearer"_L1) || type == "access"_L1 || type == "accesstoken"_L1
           || type == "urn:ietf:params:oauth:tokentype:accesstoken"_L1;
}

const QStringList &accessWords()
{
    static const QStringList words{u"access"_s, u"access_token"_s};
    return words;
}

const QStringList &idWords()
{
    static const QStringList words{u"id"_s, u"id_token"_s};
    return words;
}

/// Made for the issuer itself, or to tell of a logout: tokens of Keycloak say so in `typ`, logout
/// tokens by `events` (OpenID Connect Back-Channel Logout §2.4), Cognito and Hydra in `token_use`,
/// answers of introspection in `token_type`, which names the way to use it (RFC 7662 §2.2).
bool isOfOtherKind(const QJsonObject &claims)
{
    static const QStringList kinds{u"refresh"_s, u"offline"_s, u"logout"_s};
    if (says(claims, "typ"_L1, kinds) || claims.contains("events"_L1))
        return true;
    return (claims.contains("token_use"_L1)
            && !says(claims, "token_use"_L1, accessWords() + idWords()))
           || (claims.contains("token_type"_L1) && !isBearerType(claims["token_type"_L1]));
}

/// It says outright that it is an access token: by the `typ` of RFC 9068 in its header, or as
/// Keycloak, Cognito and others do.
bool isAccessToken(const QJsonObject &claims, const QString &type)
{
    return type == "at+jwt"_L1 || says(claims, "token_use"_L1, accessWords())
           || isBearerType(claims["typ"_L1]) || isBearerType(claims["token_type"_L1]);
}

/// What shows that it was made to tell the client who has logged in (OpenID Connect Core §2): it
/// says so, or, where it does not say what it is, has claims access tokens do not have, or is for
/// the client alone and without a scope, from a login that sent a nonce.
QString idSign(const QJsonObject &claims, const QString &type, const QString &clientId)
{
    for (const auto name : {"typ"_L1, "token_use"_L1}) {
        if (says(claims, name, idWords()))
            return name;
    }
    if (isAccessToken(claims, type))
        return {};
    for (const auto name : {"at_hash"_L1, "c_hash"_L1}) {
        if (claims.contains(name))
            return name;
    }
    const QJsonValue audience = claims["aud"_L1];
    const QJsonArray list = audience.isArray() ? audience.toArray() : QJsonArray{audience};
    const bool isForClient = claims.contains("nonce"_L1) && !claims.contains("scope"_L1)
                             && !claims.contains("scp"_L1) && !clientId.isEmpty()
                             && list == QJsonArray{clientId};
    return isForClient ? u"nonce"_s : QString();
}

/// Good only together with a proof that its holder has a key (RFC 7800): DPoP (RFC 9449) and client
/// certificates (RFC 8705). Taken without one it would be what its issuer wanted to prevent.
bool isBoundToKey(const QJsonObject &claims)
{
    return claims.contains("cnf"_L1) || says(claims, "typ"_L1, {u"dpop"_s})
           || says(claims, "token_type"_L1, {u"dpop"_s});
}

std::optional<Error> objectionToKind(const QJsonObject &claims, const QString &type,
                                     const IssuerOptions &issuer)
{
    if (issuer.takesOtherKinds)
        return std::nullopt;
    if (isBoundToKey(claims))
        return Error(ErrorCode::InvalidToken,
                     u"The access token is refused: it is bound to a key of its holder (DPoP or a "
                     "client certificate), which this bridge cannot check. Get a bearer token."_s);
    if (isOfOtherKind(claims))
        return refused(u"it is a refresh or logout token and no access token"_s);
    if (!idTokenSign(claims, type, issuer).isEmpty())
        return Error(ErrorCode::InvalidToken,
                     u"The access token is refused: it is an ID token, which tells a client who "
                     "has logged in. Send the access token that came with it; where a provider has "
                     "no other (Dex), AUTH_ACCEPT_ID_TOKENS lets ID tokens in."_s);
    return std::nullopt;
}

} // namespace

Result<std::optional<milliseconds>> timeClaim(const QJsonObject &claims, QLatin1StringView name)
{
    const QJsonValue value = claims[name];
    if (value.isUndefined())
        return std::optional<milliseconds>();
    const double seconds = value.toDouble(-1);
    if (!value.isDouble() || !(seconds >= 0) || seconds > kLatest)
        return refused(u"its %1 is no time"_s.arg(name));
    return std::optional<milliseconds>(milliseconds(qint64(seconds * 1000)));
}

QString idTokenSign(const QJsonObject &claims, const QString &type, const IssuerOptions &issuer)
{
    if (issuer.takesOtherKinds || issuer.takesIdTokens)
        return {};
    return idSign(claims, type, issuer.clientId);
}

Result<Nothing> checkClaims(const QJsonObject &claims, const QString &type,
                            const IssuerOptions &issuer, milliseconds now, bool needsExpiry)
{
    if (claims.contains("iss"_L1) ? claims["iss"_L1].toString() != issuer.issuer : needsExpiry)
        return refused(u"it comes from another issuer"_s);
    if (const auto objection = objectionToKind(claims, type, issuer))
        return *objection;
    const auto expiry = timeClaim(claims, "exp"_L1);
    const auto notBefore = timeClaim(claims, "nbf"_L1);
    const auto issuedAt = timeClaim(claims, "iat"_L1);
    for (const auto *time : {&expiry, &notBefore, &issuedAt}) {
        if (!*time)
            return time->error();
    }
    if (!*expiry && needsExpiry)
        return refused(u"it does not say when it expires (exp)"_s);
    if (*expiry && **expiry + kLeeway <= now)
        return Error(ErrorCode::TokenExpired, u"The access token has expired. Get a new one."_s);
    for (const auto *time : {&notBefore, &issuedAt}) {
        if (**time && ***time > now + kLeeway)
            return refused(u"it is not valid yet, or a clock is wrong"_s);
    }
    if (!issuer.audiences.isEmpty() && !isForUs(claims, issuer.audiences))
        return meantForOthers(claims);
    if (claims.contains("sub"_L1) && !claims["sub"_L1].isString())
        return refused(u"its sub is no text"_s);
    return Nothing{};
}

} // namespace bridge::auth
