// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/proxystrategy.h"

#include "common/async/later.h"
#include "common/logging/categories.h"
#include "server/auth/membership.h"
#include "server/auth/tokenstrategy.h"

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

using Names = ProxyHeaderNames;

constexpr qsizetype kMostStrangers = 16;

/// As oauth2-proxy sends them when it is the reverse proxy itself.
constexpr Names kForwarded{"x-forwarded-user", "x-forwarded-email",
                           "x-forwarded-preferred-username", "x-forwarded-groups",
                           "x-forwarded-access-token"};
/// As nginx passes oauth2-proxy's answer on.
constexpr Names kAuthRequest{"x-auth-request-user", "x-auth-request-email",
                             "x-auth-request-preferred-username", "x-auth-request-groups",
                             "x-auth-request-access-token"};

/// A header of the other family comes from the proxy's own client.
bool isOfOtherFamily(const QByteArray &header, ProxyHeaders family)
{
    const QByteArrayView other =
        family == ProxyHeaders::AuthRequest ? "x-forwarded-" : "x-auth-request-";
    return header.toLower().startsWith(other);
}

QString textOf(const AuthRequest &request, QByteArrayView name)
{
    return QString::fromUtf8(request.header(name)).trimmed();
}

bool comesTwice(const AuthRequest &request, const Names &names)
{
    return request.count(names.user) > 1 || request.count(names.email) > 1
           || request.count(names.preferred) > 1 || request.count(names.groups) > 1
           || request.count(names.token) > 1;
}

QStringList groupsOf(const AuthRequest &request, QByteArrayView name)
{
    QStringList groups;
    const QStringList entries = textOf(request, name).split(u',', Qt::SkipEmptyParts);
    for (const QString &entry : entries) {
        const QString group = plainGroup(entry.trimmed());
        if (!group.isEmpty() && !groups.contains(group))
            groups.append(group);
    }
    return groups;
}

Principal principalOf(const AuthRequest &request, const Names &names)
{
    Principal principal;
    principal.kind = Principal::Kind::User;
    principal.email = textOf(request, names.email);
    principal.userId = textOf(request, names.user);
    // Another header must not pass for a user of the same text.
    const bool isNamed = !principal.userId.isEmpty();
    if (!isNamed) {
        principal.userId = principal.email;
        principal.namedBy = u"email"_s;
    }
    principal.owner = ownerOf(u"proxy"_s, principal.userId) + (isNamed ? QString() : u"#email"_s);
    principal.subject = principal.userId;
    principal.name = textOf(request, names.preferred);
    if (principal.name.isEmpty())
        principal.name = principal.userId;
    principal.groups = groupsOf(request, names.groups);
    principal.strategy = u"proxy"_s;
    principal.isVerified = true;
    return principal;
}

} // namespace

const ProxyHeaderNames &namesOf(ProxyHeaders family)
{
    return family == ProxyHeaders::AuthRequest ? kAuthRequest : kForwarded;
}

ProxyStrategy::ProxyStrategy(const AuthOptions &options)
    : m_proxies(options.trustedProxies)
    , m_adminGroups(options.adminGroups)
    , m_family(options.proxyHeaders)
    , m_tokenHeader(isOfOtherFamily(options.tokenHeader, m_family) ? QByteArray()
                                                                   : options.tokenHeader)
{
}

QByteArray ProxyStrategy::tokenIn(const AuthRequest &request) const
{
    const QByteArray named = m_tokenHeader.isEmpty() ? QByteArray() : request.header(m_tokenHeader);
    const QByteArray token = named.isEmpty() ? request.header(namesOf(m_family).token) : named;
    return bearerToken(token).value_or(token);
}

/// A proxy that was not listed, or by an address it does not come from, lets nobody in, and none of
/// its users can tell why. Anybody can write these headers, so few are told of, and each once.
void ProxyStrategy::warnOfStranger(const AuthRequest &request)
{
    const Names &names = namesOf(m_family);
    if (request.count(names.user) + request.count(names.email) == 0
        || m_strangers.size() >= kMostStrangers || m_strangers.contains(request.peer))
        return;
    m_strangers.insert(request.peer);
    qCWarning(logging::lcAuth).noquote()
        << u"The headers of %1 that say who is calling (%2) are ignored, because "
           "AUTH_TRUSTED_PROXIES does not name this address. Name it there if it is your "
           "proxy."_s.arg(request.peer.toString(), QString::fromLatin1(names.user));
}

Strategy::Outcome ProxyStrategy::findNow(const AuthRequest &request)
{
    if (!m_proxies.contains(request.peer)) {
        warnOfStranger(request);
        return {};
    }
    // Headers of the other family are the client's own: the proxy does not drop what it never sets.
    const Names &names = namesOf(m_family);
    Principal principal = principalOf(request, names);
    if (principal.userId.isEmpty())
        return {};
    if (comesTwice(request, names))
        return {Finding::Known, nullptr,
                Error(ErrorCode::InvalidToken,
                      u"A header that says who is calling comes more than once. The proxy "
                      "has to drop those of its clients."_s)};
    principal.isAdmin = isInAnyGroup(principal, m_adminGroups);
    principal.token = tokenIn(request);
    return {Finding::Known, std::make_shared<const Principal>(std::move(principal)), {}};
}

Call ProxyStrategy::find(const AuthRequest &request, Handler<PrincipalPtr> handler)
{
    const Outcome outcome = findNow(request);
    if (outcome.principal)
        return later(
            [handler = std::move(handler), principal = outcome.principal] { handler(principal); });
    return failLater(std::move(handler),
                     outcome.error.value_or(Error(ErrorCode::Unauthorized, u"Nobody calls."_s)));
}

} // namespace bridge::auth
