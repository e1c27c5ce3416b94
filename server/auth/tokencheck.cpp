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

/// `resource` stands in for `aud` where an issuer writes the resource of RFC 8707 there.
bool isForUs(const QJsonObject &claims, const QStringList &audiences)
{
    const bool hasAudience = claims.contains("aud"_L1);
    return names(claims[hasAudience ? "aud"_L1 : "resource"_L1], audiences);
}

/// Made for the client or for the issuer itself: tokens of Keycloak say so in `typ`, those of
/// OpenID Connect by claims access tokens do not have (Core §2, Back-Channel Logout §2.4).
bool isOfOtherKind(const QJsonObject &claims)
{
    static const QStringList kinds{u"id"_s, u"refresh"_s, u"offline"_s, u"logout"_s};
    return kinds.contains(claims["typ"_L1].toString().toLower()) || claims.contains("at_hash"_L1)
           || claims.contains("c_hash"_L1) || claims.contains("events"_L1);
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

Result<Nothing> checkClaims(const QJsonObject &claims, const IssuerOptions &issuer,
                            milliseconds now, bool needsExpiry)
{
    if (claims.contains("iss"_L1) ? claims["iss"_L1].toString() != issuer.issuer : needsExpiry)
        return refused(u"it comes from another issuer"_s);
    if (!issuer.takesOtherKinds && isOfOtherKind(claims))
        return refused(u"it is an ID, refresh or logout token and no access token"_s);
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
            return refused(u"it is not valid yet; is a clock wrong?"_s);
    }
    if (!issuer.audiences.isEmpty() && !isForUs(claims, issuer.audiences))
        return refused(u"it is meant for somebody else (aud)"_s);
    if (claims.contains("sub"_L1) && !claims["sub"_L1].isString())
        return refused(u"its sub is no text"_s);
    return Nothing{};
}

} // namespace bridge::auth
