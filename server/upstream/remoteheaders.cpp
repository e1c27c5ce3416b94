// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/remoteheaders.h"

#include "server/upstream/credentialsource.h"
#include "server/upstream/passedheaders.h"

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

using httpclient::Header;
using httpclient::Headers;

constexpr const char kTokenHeader[] = "X-Auth-Request-Access-Token";

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
    if (!definition.remote || definition.remote->groupHeader.isEmpty() || identity.caller
        || identity.group.isEmpty())
        return;
    // Another issuer's group may be called like one of ours; this name tells them apart. It is only
    // there for members.
    const QByteArray group = identity.placeholders.value(u"group_id"_s).toUtf8();
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
    identity.forwardedHeaders = passedHeaders(*definition.remote, headers);
    dropUnused(identity, definition);
}

Identity effectiveFor(const Identity &identity, const ServerDefinition &definition)
{
    Identity known = identity;
    if (const Headers given = std::exchange(known.requestHeaders, {}); !given.isEmpty())
        readCaller(known, definition, given);
    // A child that gets nothing of its caller is the same for everybody.
    const bool isPlain =
        !definition.remote && !definition.needsIdentity() && definition.auth.environment.isEmpty();
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
