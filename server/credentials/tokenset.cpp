// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/tokenset.h"

#include "common/base/duration.h"

#include <QtCore/QJsonDocument>
#include <QtCore/QUrl>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::credentials {

namespace {

constexpr qsizetype kMaxToken = 128 * 1024;
constexpr qint64 kMaxLifetime = 10LL * 365 * 86'400;

bool isSendable(const QByteArray &token)
{
    return token.size() <= kMaxToken
           && std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c <= '~'; });
}

std::optional<qint64> lifetimeFrom(const QJsonValue &value)
{
    bool isNumber = value.isDouble();
    const double seconds = isNumber ? value.toDouble() : value.toString().toDouble(&isNumber);
    if (!isNumber || !(seconds >= 0))
        return std::nullopt;
    return std::min(qint64(std::min(seconds, 1e15)), kMaxLifetime);
}

QByteArray unpadded(const QByteArray &part)
{
    return QByteArray::fromBase64(part,
                                  QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals);
}

QString decoded(QByteArray text)
{
    return QUrl::fromPercentEncoding(text.replace('+', ' '));
}

} // namespace

void TokenSet::merge(const TokenSet &newer)
{
    access = newer.access;
    type = newer.type;
    lifetime = newer.lifetime;
    if (!newer.refresh.isEmpty())
        refresh = newer.refresh;
    if (!newer.scope.isEmpty())
        scope = newer.scope;
}

QJsonObject formMembers(const QByteArray &text)
{
    QJsonObject members;
    for (const QByteArray &pair : text.trimmed().split('&')) {
        const qsizetype equals = pair.indexOf('=');
        if (equals > 0)
            members.insert(decoded(pair.left(equals)), decoded(pair.mid(equals + 1)));
    }
    return members;
}

std::optional<TokenSet> tokenSetFrom(const QByteArray &body)
{
    QJsonObject members;
    if (const auto document = QJsonDocument::fromJson(body); document.isObject())
        members = document.object();
    else if (document.isNull() && !body.trimmed().startsWith('{'))
        members = formMembers(body);
    if (!members.contains("access_token"_L1) && !members.contains("refresh_token"_L1))
        return std::nullopt;
    TokenSet set;
    set.access = members["access_token"_L1].toString().toUtf8();
    set.refresh = members["refresh_token"_L1].toString().toUtf8();
    if (const QString type = members["token_type"_L1].toString(); !type.isEmpty())
        set.type = type.compare("bearer"_L1, Qt::CaseInsensitive) == 0 ? u"Bearer"_s : type;
    set.scope = members["scope"_L1].toString();
    set.issuedType = members["issued_token_type"_L1].toString();
    set.lifetime = lifetimeFrom(members["expires_in"_L1]);
    if (!isSendable(set.access) || !isSendable(set.type.toUtf8()))
        return std::nullopt;
    return set;
}

std::optional<QJsonObject> peekClaims(const QByteArray &token)
{
    const QList<QByteArray> parts = token.split('.');
    if (parts.size() != 3 || parts[0].isEmpty() || parts[1].isEmpty())
        return std::nullopt;
    const auto payload = QJsonDocument::fromJson(unpadded(parts[1]));
    if (!payload.isObject())
        return std::nullopt;
    return payload.object();
}

std::optional<QDateTime> peekExpiry(const QByteArray &token)
{
    const auto claims = peekClaims(token);
    if (!claims || !(*claims)["exp"_L1].isDouble())
        return std::nullopt;
    const double exp = std::clamp((*claims)["exp"_L1].toDouble(), 0.0, 1e11);
    return QDateTime::fromSecsSinceEpoch(qint64(exp), kUtc);
}

QDateTime expiryOf(const TokenSet &set, qint64 now)
{
    if (const auto own = peekExpiry(set.access))
        return *own;
    if (set.lifetime)
        return QDateTime::fromMSecsSinceEpoch(now + *set.lifetime * 1'000, kUtc);
    return {};
}

} // namespace bridge::credentials
