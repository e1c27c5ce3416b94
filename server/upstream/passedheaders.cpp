// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/passedheaders.h"

#include "server/upstream/remoteheaders.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

using httpclient::Header;
using httpclient::Headers;

bool isOneOf(const QByteArray &name, std::initializer_list<const char *> names)
{
    return std::any_of(names.begin(), names.end(), [&](const char *one) { return name == one; });
}

bool beginsLike(const QByteArray &name, std::initializer_list<const char *> beginnings)
{
    return std::any_of(beginnings.begin(), beginnings.end(),
                       [&](const char *beginning) { return name.startsWith(beginning); });
}

/// In lower case, and with `-` for `_`: programs that get headers as variables (RFC 3875 §4.1.18)
/// do not know them apart.
QByteArray folded(QByteArray name)
{
    return name.toLower().replace('_', '-');
}

/// Of the connection (RFC 9110 §7.6.1) or of the protocol the bridge speaks itself.
bool isNeverForwarded(const QByteArray &name)
{
    return name.startsWith("mcp-")
           || isOneOf(name, {"content-length", "connection", "host", "keep-alive",
                             "proxy-authenticate", "proxy-authorization", "te", "trailer",
                             "transfer-encoding", "upgrade", "accept", "accept-encoding",
                             "content-type", "content-encoding", "expect", "last-event-id"});
}

/// Said by the bridge or its operator, so nobody else may.
bool isOwn(const QByteArray &name, const RemoteDefinition &remote)
{
    return (!remote.groupHeader.isEmpty() && name == folded(remote.groupHeader))
           || std::any_of(remote.headers.cbegin(), remote.headers.cend(),
                          [&name](const Header &own) { return name == folded(own.first); });
}

/// \a name is about what \a word says: the word alone, several of it, or with something added
/// as of `x-user`: `x-user-id`, `x-users`, `x-userid`, but not `x-userland`.
bool isAbout(const QByteArray &name, QByteArrayView word)
{
    if (!name.startsWith(word))
        return false;
    const QByteArray rest = name.sliced(word.size());
    return rest.startsWith('-') || rest.startsWith("s-")
           || isOneOf(rest, {"", "s", "id", "ids", "name", "names", "mail", "email", "info",
                             "group", "groups", "role", "roles"});
}

/// Who calls, in the words proxies and servers have for it.
bool isWho(const QByteArray &name)
{
    constexpr QByteArrayView words[] = {"x-user", "x-email", "x-group", "x-role", "x-scope"};
    return std::any_of(std::begin(words), std::end(words),
                       [&](QByteArrayView word) { return isAbout(name, word); });
}

/// What programs tell of themselves in names that begin like those of proxies.
bool isPrograms(const QByteArray &name)
{
    return isOneOf(name, {"x-user-agent", "x-client-name", "x-client-version", "x-client-info",
                          "x-client-data", "x-client-request-id", "x-client-trace-id",
                          "x-client-type", "x-client-platform", "x-client-os", "x-client-language",
                          "x-client-locale", "x-client-timezone"});
}

/// By which proxies tell servers who calls and from where; a caller could tell anything. What
/// nobody but a proxy says goes by how it begins.
bool isProxys(const QByteArray &name)
{
    return isWho(name)
           || beginsLike(name, {"x-forwarded-",
                                "x-auth-",
                                "x-authenticated-",
                                "x-remote-",
                                "remote-",
                                "x-webauth-",
                                "x-original-",
                                "x-client-",
                                "x-ssl-",
                                "ssl-",
                                "x-token-",
                                "x-vouch-",
                                "x-envoy-",
                                "x-amzn-oidc-",
                                "x-goog-auth",
                                "x-goog-iap-",
                                "x-ms-token-",
                                "x-ms-client-principal",
                                "cf-",
                                "x-real-",
                                "x-consumer-",
                                "x-pomerium-",
                                "x-authentik-",
                                "x-credential-",
                                "x-cluster-client-"})
           || isOneOf(name, {"forwarded",
                             "x-forwarded",
                             "via",
                             "true-client-ip",
                             "fastly-client-ip",
                             "client-ip",
                             "client-cert",
                             "client-cert-chain",
                             "x-host",
                             "x-rewrite-url",
                             "x-access-token",
                             "x-id-token",
                             "x-jwt",
                             "x-auth",
                             "x-authenticated",
                             "x-login",
                             "x-subject",
                             "x-sub",
                             "x-http-method",
                             "x-http-method-override",
                             "x-method-override"});
}

/// Not meant by `*`: they must be named.
bool isDelicate(const QByteArray &name, const RemoteDefinition &remote)
{
    const bool isPrivate =
        std::any_of(remote.privateHeaders.cbegin(), remote.privateHeaders.cend(),
                    [&name](const QString &own) { return name == folded(own.toLatin1()); });
    return isPrivate || (isProxys(name) && !isPrograms(name)) || name == folded(remote.authHeader)
           || isOneOf(name, {"cookie", "authorization", "x-api-key", "x-admin-token"});
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
        const QByteArray plain = folded(header.first);
        if (isNeverForwarded(plain) || isOwn(plain, remote))
            continue;
        const auto named =
            std::find_if(remote.forward.begin(), remote.forward.end(), [&](const QString &name) {
                return name.compare(QLatin1StringView(lower), Qt::CaseInsensitive) == 0;
            });
        const bool isNamed = named != remote.forward.end();
        if (!isNamed && (!isAll || isDelicate(plain, remote)))
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
