// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/passedheaders.h"

#include "server/upstream/remoteheaders.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

using httpclient::Header;
using httpclient::Headers;

bool isOneOf(const QByteArray &lowerName, std::initializer_list<const char *> names)
{
    return std::any_of(names.begin(), names.end(),
                       [&](const char *name) { return lowerName == name; });
}

bool beginsLike(const QByteArray &lowerName, std::initializer_list<const char *> beginnings)
{
    return std::any_of(beginnings.begin(), beginnings.end(),
                       [&](const char *beginning) { return lowerName.startsWith(beginning); });
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

/// Said by the bridge or its operator, so nobody else may.
bool isOwn(const QByteArray &lowerName, const RemoteDefinition &remote)
{
    return (!remote.groupHeader.isEmpty() && lowerName == remote.groupHeader.toLower())
           || !httpclient::headerValue(remote.headers, lowerName).isNull();
}

/// By which proxies tell servers who calls and from where; a caller could tell anything.
bool isProxys(const QByteArray &lowerName)
{
    return beginsLike(lowerName, {"x-forwarded",  "x-auth-",       "x-authenticated",
                                  "x-remote-",    "remote-",       "x-webauth-",
                                  "x-original-",  "x-client-",     "x-ssl-",
                                  "ssl-",         "x-user",        "x-email",
                                  "x-group",      "x-role",        "x-scope",
                                  "x-token-",     "x-vouch-",      "x-envoy-",
                                  "x-amzn-oidc-", "x-goog-",       "x-ms-",
                                  "cf-",          "x-http-method", "x-method-override",
                                  "x-real-",      "x-consumer-",   "x-credential-",
                                  "x-pomerium-",  "x-authentik-",  "x-cluster-client-"})
           || isOneOf(lowerName, {"forwarded", "via", "true-client-ip", "fastly-client-ip",
                                  "client-ip", "client-cert", "client-cert-chain", "x-host",
                                  "x-rewrite-url", "x-access-token", "x-id-token", "x-jwt",
                                  "x-auth", "x-username", "x-login", "x-subject", "x-sub"});
}

/// Not meant by `*`: they must be named.
bool isDelicate(const QByteArray &lowerName, const RemoteDefinition &remote)
{
    return isProxys(lowerName) || lowerName == remote.authHeader.toLower()
           || remote.privateHeaders.contains(QString::fromLatin1(lowerName))
           || isOneOf(lowerName, {"cookie", "authorization", "x-api-key", "x-admin-token"});
}

/// One the bridge sets, or reads a token from: with its own name, with a part of a token that was
/// too long for one cookie (`name_0`), or of one MCP server (`name.server`). In whatever case, as
/// there may be servers that do not mind it.
bool isOwnCookie(const QByteArray &name, const RemoteDefinition &remote)
{
    return std::any_of(remote.privateCookies.begin(), remote.privateCookies.end(),
                       [&name](const QByteArray &own) {
                           if (name.left(own.size()).compare(own, Qt::CaseInsensitive) != 0)
                               return false;
                           const char next = name.size() > own.size() ? name[own.size()] : '.';
                           return next == '.' || next == '_';
                       });
}

/// The pairs of a Cookie field that are not the bridge's.
QByteArray foreignCookies(const QByteArray &field, const RemoteDefinition &remote)
{
    QByteArray out;
    const QList<QByteArray> pairs = field.split(';');
    for (const QByteArray &given : pairs) {
        const QByteArray pair = given.trimmed();
        const qsizetype equals = pair.indexOf('=');
        const QByteArray name = (equals < 0 ? pair : pair.first(equals)).trimmed();
        if (!pair.isEmpty() && !isOwnCookie(name, remote))
            out += (out.isEmpty() ? "" : "; ") + pair;
    }
    return out;
}

} // namespace

Headers passedHeaders(const RemoteDefinition &remote, const Headers &given)
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
        const bool isCookie = lower == "cookie";
        const QByteArray own = isCookie ? foreignCookies(header.second, remote) : header.second;
        if (isCookie && own.isEmpty())
            continue;
        const QByteArray earlier = httpclient::headerValue(out, lower);
        // Several Cookie fields are one list of pairs (RFC 9113 §8.2.3).
        const QByteArray value = earlier.isEmpty() ? own : earlier + (isCookie ? "; " : ", ") + own;
        if (isHeader(header.first, value))
            httpclient::setHeader(out, isNamed ? named->toLatin1() : header.first, value);
    }
    return out;
}

} // namespace bridge::upstream
