// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/jwt.h"

#include "common/crypto/base64url.h"
#include "common/json/scan.h"

#include <QtCore/QJsonDocument>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

Error refused(const QString &why)
{
    return {ErrorCode::InvalidToken,
            u"The access token is no usable JSON Web Token: %1. Get a new one."_s.arg(why)};
}

/// A part that is one JSON object without repeated members at any depth.
Result<QJsonObject> objectOf(QByteArrayView part, const QString &name)
{
    const auto bytes = crypto::fromBase64Url(part);
    if (!bytes)
        return refused(u"its %1 is not base64url"_s.arg(name));
    json::ScanLimits limits;
    limits.maxDepth = 32;
    if (!json::members(*bytes, limits))
        return refused(u"its %1 is no JSON object, or has a member twice"_s.arg(name));
    return QJsonDocument::fromJson(*bytes).object();
}

QString typeIn(const QJsonObject &header)
{
    QString type = header["typ"_L1].toString().toLower();
    if (type.startsWith("application/"_L1))
        type.remove(0, 12);
    return type;
}

/// Tokens of other kinds must not pass for access tokens (RFC 8725 §3.11, RFC 9068 §2.1). Plain
/// and ID tokens come from providers and proxies that know no better.
bool isKnownType(const QJsonObject &header)
{
    if (!header.contains("typ"_L1))
        return true;
    const QString type = typeIn(header);
    return type == "jwt"_L1 || type == "at+jwt"_L1;
}

std::optional<Error> objectionTo(const QJsonObject &header)
{
    for (const auto member : {"jwk"_L1, "jku"_L1, "x5u"_L1}) {
        if (header.contains(member))
            return refused(u"its header brings its own key (%1)"_s.arg(member));
    }
    if (header.contains("crit"_L1))
        return refused(u"its header asks for extensions (crit)"_s);
    if (!header["alg"_L1].isString())
        return refused(u"its header names no algorithm"_s);
    if (header.contains("kid"_L1) && !header["kid"_L1].isString())
        return refused(u"its kid is no text"_s);
    if (!isKnownType(header))
        return refused(u"its typ is that of another kind of token"_s);
    return std::nullopt;
}

} // namespace

bool looksLikeJwt(QByteArrayView token)
{
    return (token.startsWith("ey") || token.startsWith("ew"))
           && std::count(token.cbegin(), token.cend(), '.') == 2;
}

Result<Jwt> parseJwt(QByteArrayView token)
{
    if (token.size() > kMaxToken)
        return refused(u"it is too long"_s);
    const qsizetype first = token.indexOf('.');
    const qsizetype second = first < 0 ? -1 : token.indexOf('.', first + 1);
    if (second < 0 || token.indexOf('.', second + 1) >= 0)
        return refused(u"it does not have three parts"_s);
    const auto header = objectOf(token.first(first), u"header"_s);
    if (!header)
        return header.error();
    if (const auto objection = objectionTo(*header))
        return *objection;
    const auto claims = objectOf(token.sliced(first + 1, second - first - 1), u"payload"_s);
    if (!claims)
        return claims.error();
    const auto signature = crypto::fromBase64Url(token.sliced(second + 1));
    if (!signature)
        return refused(u"its signature is not base64url"_s);
    Jwt jwt;
    jwt.algorithm = (*header)["alg"_L1].toString();
    jwt.keyId = (*header)["kid"_L1].toString();
    jwt.type = typeIn(*header);
    jwt.claims = *claims;
    jwt.signedText = token.first(second).toByteArray();
    jwt.signature = *signature;
    return jwt;
}

} // namespace bridge::auth
