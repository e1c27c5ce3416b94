// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/remoteheaders.h"

#include "server/upstream/credentialsource.h"

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

using httpclient::Header;
using httpclient::Headers;

constexpr const char kTokenHeader[] = "X-Auth-Request-Access-Token";

bool isOneOf(const QByteArray &lowerName, std::initializer_list<const char *> names)
{
    return std::any_of(names.begin(), names.end(),
                       [&](const char *name) { return lowerName == name; });
}

/// Of the connection (RFC 9110 §7.6.1) or of the protocol the bridge speaks itself.
bool isNeverForwarded(const QByteArray &lowerName)
{
    return lowerName.startsWith("mcp-")
           || isOneOf(lowerName, {"content-length", "connection", "host", "keep-alive",
                                  "proxy-authenticate", "proxy-authorization", "te", "trailer",
                                  "transfer-encoding", "upgrade", "accept", "accept-encoding",
                                  "content-type", "content-encoding", "expect", "last-event-id"});
}

/// Said by the bridge, so nobody else may.
bool isOwn(const QByteArray &lowerName, const RemoteDefinition &remote)
{
    return !remote.groupHeader.isEmpty() && lowerName == remote.groupHeader.toLower();
}

/// Not meant by `*`: they must be named.
bool isDelicate(const QByteArray &lowerName, const RemoteDefinition &remote)
{
    return lowerName.startsWith("x-forwarded-") || lowerName == remote.authHeader.toLower()
           || lowerName == QByteArray(kTokenHeader).toLower()
           || remote.privateHeaders.contains(QString::fromLatin1(lowerName))
           || isOneOf(lowerName, {"cookie", "authorization", "x-api-key", "x-admin-token"});
}

Headers forwarded(const RemoteDefinition &remote, const Headers &given)
{
    Headers out;
    const bool isAll = remote.forward.contains("*"_L1);
    for (const Header &header : given) {
        const QByteArray lower = header.first.toLower();
        if (isNeverForwarded(lower) || isOwn(lower, remote))
            continue;
        const auto named =
            std::find_if(remote.forward.begin(), remote.forward.end(), [&](const QString &name) {
                return name.compare(QLatin1StringView(lower), Qt::CaseInsensitive) == 0;
            });
        const bool isNamed = named != remote.forward.end();
        if (!isNamed && (!isAll || isDelicate(lower, remote)))
            continue;
        const QByteArray earlier = httpclient::headerValue(out, lower);
        const QByteArray value = earlier.isEmpty() ? header.second : earlier + ", " + header.second;
        if (isHeader(header.first, value))
            httpclient::setHeader(out, isNamed ? named->toLatin1() : header.first, value);
    }
    return out;
}

QByteArray tokenOf(const Headers &headers)
{
    const auto withoutScheme = [](const QByteArray &value) {
        const bool isBearer = value.left(7).compare("bearer ", Qt::CaseInsensitive) == 0;
        return isBearer ? value.mid(7).trimmed() : QByteArray();
    };
    const QByteArray own = httpclient::headerValue(headers, kTokenHeader).trimmed();
    if (!own.isEmpty()) {
        const QByteArray bare = withoutScheme(own);
        return bare.isEmpty() ? own : bare;
    }
    return withoutScheme(httpclient::headerValue(headers, "Authorization").trimmed());
}

QByteArray credentialValue(const RemoteDefinition &remote, const QByteArray &token,
                           const QString &type = u"Bearer"_s)
{
    const bool isBearer = type.compare("bearer"_L1, Qt::CaseInsensitive) == 0;
    QString text = remote.authTemplate.isEmpty() ? u"{token_type} {token}"_s : remote.authTemplate;
    text.replace("{token_type}"_L1, isBearer ? u"Bearer"_s : type);
    return text.replace("{token}"_L1, QString::fromLatin1(token)).toLatin1();
}

/// Members of a group are served as such, so they share nothing with others.
void tellGroup(Identity &identity, const ServerDefinition &definition)
{
    // As long as there is a caller nobody has looked whether he belongs to it.
    if (!definition.remote || definition.remote->groupHeader.isEmpty() || identity.caller)
        return;
    const QByteArray group = identity.group.toUtf8();
    if (!group.isEmpty() && isHeader(definition.remote->groupHeader, group))
        httpclient::setHeader(identity.forwardedHeaders, definition.remote->groupHeader, group);
}

} // namespace

QString RemoteDefinition::label() const
{
    return url.port() > 0 ? u"%1:%2"_s.arg(url.host()).arg(url.port()) : url.host();
}

bool isHeader(const QByteArray &name, const QByteArray &value)
{
    const auto isNameByte = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
               || QByteArrayView("!#$%&'*+-.^_`|~").contains(c);
    };
    const auto isValueByte = [](char c) {
        return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
    };
    return !name.isEmpty() && std::all_of(name.begin(), name.end(), isNameByte)
           && std::all_of(value.begin(), value.end(), isValueByte);
}

void readCaller(Identity &identity, const ServerDefinition &definition,
                const httpclient::Headers &headers)
{
    const auto verified = identity.caller ? identity.caller->token() : std::nullopt;
    identity.callerToken = verified ? *verified : tokenOf(headers);
    if (!definition.remote)
        return;
    identity.forwardedHeaders = forwarded(*definition.remote, headers);
    dropUnused(identity, definition);
}

Identity effectiveFor(const Identity &identity, const ServerDefinition &definition)
{
    Identity known = identity;
    if (const Headers given = std::exchange(known.requestHeaders, {}); !given.isEmpty())
        readCaller(known, definition, given);
    // A child that gets nothing of its caller is the same for everybody.
    const bool isPlain = !definition.remote && !definition.needsIdentity()
                         && definition.auth.environment.isEmpty();
    if (isPlain)
        known.caller.reset();
    else if (const auto caller = known.caller)
        caller->resolveNow(known, definition);
    dropUnused(known, definition);
    return known;
}

void dropUnused(Identity &identity, const ServerDefinition &definition)
{
    tellGroup(identity, definition);
    if (!definition.needsIdentity())
        identity.placeholders.clear();
    if (!definition.remote) {
        identity.forwardedHeaders.clear();
        identity.callerToken.clear();
        identity.credential.clear();
        if (definition.auth.environment.isEmpty())
            identity.source.reset();
        return;
    }
    identity.environment.clear();
    const RemoteDefinition &remote = *definition.remote;
    // The shared token goes before the caller's own, unless the server's entry wants the latter.
    if (identity.source && identity.source->isCallersOwn() && !remote.bearerToken.isEmpty()
        && definition.auth.provider.isEmpty())
        identity.source.reset();
    if (identity.source && !identity.source->isOptional() && !identity.source->mayFallBack())
        identity.callerToken.clear();
    const bool isShared = !remote.bearerToken.isEmpty() && remote.anonymousToken.isEmpty();
    if (isShared || !identity.credential.isEmpty())
        identity.callerToken.clear();
}

httpclient::Headers remoteHeaders(const RemoteDefinition &remote, const Identity &identity)
{
    Headers headers;
    const bool isKnown = !identity.callerToken.isEmpty();
    const QByteArray &fallback =
        isKnown || remote.anonymousToken.isEmpty() ? remote.bearerToken : remote.anonymousToken;
    if (!fallback.isEmpty())
        headers.append({remote.authHeader, credentialValue(remote, fallback)});
    for (const Header &header : remote.headers)
        httpclient::setHeader(headers, header.first, header.second);
    for (const Header &header : identity.forwardedHeaders)
        httpclient::setHeader(headers, header.first, header.second);
    QByteArray own = identity.credential;
    if (own.isEmpty() && remote.bearerToken.isEmpty())
        own = identity.callerToken;
    if (!own.isEmpty())
        setCredential(headers, remote, own, u"Bearer"_s);
    return headers;
}

void setCredential(Headers &headers, const RemoteDefinition &remote, const QByteArray &token,
                   const QString &type)
{
    const QByteArray configured = httpclient::headerValue(remote.headers, "Authorization");
    if (configured.isEmpty())
        httpclient::removeHeader(headers, "Authorization");
    httpclient::setHeader(headers, remote.authHeader, credentialValue(remote, token, type));
}

QByteArray callerTokenIn(const Headers &headers)
{
    return tokenOf(headers);
}

} // namespace bridge::upstream
