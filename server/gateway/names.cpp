// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/names.h"

#include <QtCore/QCryptographicHash>
#include <QtCore/QUrl>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

constexpr QLatin1StringView kJoint("__");
constexpr QLatin1StringView kScheme("bridge://");
constexpr qsizetype kHashDigits = 8;
constexpr qsizetype kStem = kMaxName - kHashDigits - 1;

bool isPlain(QChar c)
{
    return (c >= u'A' && c <= u'Z') || (c >= u'a' && c <= u'z') || (c >= u'0' && c <= u'9')
           || c == u'_' || c == u'-';
}

QString sanitized(QString text)
{
    for (QChar &c : text) {
        if (!isPlain(c))
            c = u'_';
    }
    return text;
}

QString hashed(const QString &server, const QString &name)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    hash.addData(server.toUtf8());
    hash.addData(QByteArrayView("\0", 1));
    hash.addData(name.toUtf8());
    const QString stem = sanitized(server + kJoint + name).left(kStem);
    return stem + u'_' + QString::fromLatin1(hash.result().toHex().first(kHashDigits));
}

} // namespace

QString aliasOf(const QString &server, const QString &name)
{
    const QString whole = server + kJoint + name;
    // Else `a` with `b__c` and `a__b` with `c` would be called the same.
    const bool isAmbiguous = server.contains(kJoint) || server.endsWith(u'_');
    const bool isFit =
        whole.size() <= kMaxName && std::all_of(whole.cbegin(), whole.cend(), isPlain);
    return isFit && !isAmbiguous ? whole : hashed(server, name);
}

bool mayBeAliasOf(const QString &alias, const QString &server)
{
    return alias.startsWith(sanitized(server + kJoint).left(kStem));
}

QString prefixedUri(const QString &server, const QString &uri)
{
    return kScheme + QString::fromLatin1(QUrl::toPercentEncoding(server)) + u'/' + uri;
}

std::optional<UriParts> splitUri(const QString &uri)
{
    if (!uri.startsWith(kScheme))
        return std::nullopt;
    const qsizetype slash = uri.indexOf(u'/', kScheme.size());
    if (slash < 0)
        return std::nullopt;
    const QString server = uri.mid(kScheme.size(), slash - kScheme.size());
    return UriParts{QUrl::fromPercentEncoding(server.toLatin1()), uri.mid(slash + 1)};
}

} // namespace bridge::gateway
