// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gate/access.h"

using namespace Qt::StringLiterals;

namespace bridge::gate {

namespace {

/// Contract §7.4, "Not gated", and what people need in order to log in.
constexpr const char *kPublic[] = {
    "/",
    // Probes come from machines that have no credential. They answer with states and numbers.
    "/health",
    "/readyz",
    "/healthz/child",
    "/metrics",
    // The documentation.
    "/docs",
    "/redoc",
    "/web/*",
    // How to get a token (RFC 9728, RFC 8414), the agent card, who the bridge is as a client.
    "/.well-known/*",
    "/oauth/client-metadata.json",
    "/oauth/client-metadata/{place}",
    // Login: begun and ended by people who are not logged in. What guards them is in login.cpp.
    "/oauth/login",
    "/oauth/callback",
    "/oauth/logout",
    // An account at a remote server; a cookie says whose.
    "/oauth/upstream/callback",
    "/oauth/upstream/callback/{place}",
};

/// Shows everybody what he may know.
constexpr const char *kOptional[] = {
    "/openapi.json",
    // An account at a remote server; a ticket says whose, and nobody else may go on with it.
    "/oauth/upstream/connect",
};

/// Who lost his groups may still end what he began and see who he is.
constexpr const char *kKnown[] = {
    "/session/close",
    "/session/{session}/close",
    "/servers/{server}/session/close",
    "/servers/{server}/session/{session}/close",
    "/oauth/userinfo",
    // His accounts at remote servers, to be taken back.
    "/accounts",
    "/accounts/{server}",
};

/// Administrators ask there for what others have begun.
constexpr const char *kOverseen[] = {"/sessions"};

bool fits(const QString &pattern, const char *entry)
{
    const QLatin1StringView text(entry);
    return text.endsWith('*'_L1) ? pattern.startsWith(text.chopped(1)) : pattern == text;
}

} // namespace

Access accessOf(const QString &pattern)
{
    const auto isFitting = [&pattern](const char *entry) { return fits(pattern, entry); };
    if (pattern == "/admin"_L1 || pattern.startsWith("/admin/"_L1))
        return Access::Admin;
    if (std::any_of(std::begin(kPublic), std::end(kPublic), isFitting))
        return Access::Public;
    if (std::any_of(std::begin(kOptional), std::end(kOptional), isFitting))
        return Access::Optional;
    if (std::any_of(std::begin(kKnown), std::end(kKnown), isFitting))
        return Access::Known;
    if (std::any_of(std::begin(kOverseen), std::end(kOverseen), isFitting))
        return Access::Overseen;
    return Access::Member;
}

QString nameOf(Access access)
{
    switch (access) {
    case Access::Public:
        return u"public"_s;
    case Access::Optional:
        return u"optional"_s;
    case Access::Known:
        return u"known"_s;
    case Access::Member:
        return u"member"_s;
    case Access::Overseen:
        return u"overseen"_s;
    case Access::Admin:
        break;
    }
    return u"admin"_s;
}

} // namespace bridge::gate
