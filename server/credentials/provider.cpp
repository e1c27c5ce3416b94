// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/credentials/provider.h"

using namespace Qt::StringLiterals;

namespace bridge::credentials {

std::optional<Error> needsToken(const Ask &ask)
{
    if (!ask.caller->token.isEmpty())
        return std::nullopt;
    return missingToken(u"MCP server \"%1\" needs a credential that is made from the caller's "
                        "access token"_s.arg(ask.server),
                        *ask.caller);
}

Error missingToken(const QString &need, const auth::Principal &caller)
{
    const QString why =
        caller.isAnonymous()
            ? u"the request brought none. Send one with the request."_s
            : u"you are known here by another kind of credential (%1), which goes before it. Send "
              "an access token and no other credential."_s.arg(caller.strategy);
    return {ErrorCode::Unauthorized, u"%1, and %2"_s.arg(need, why)};
}

std::optional<Error> needsOwnToken(const BrokerSettings &settings, const Ask &ask)
{
    if (std::optional<Error> missing = needsToken(ask))
        return missing;
    const QString &issuer = ask.caller->issuer;
    const bool isKnown = settings.verifiesTokens && !settings.primaryIssuer.isEmpty();
    if (!isKnown || issuer.isEmpty() || issuer == settings.primaryIssuer)
        return std::nullopt;
    return Error(
        ErrorCode::InvalidToken,
        u"MCP server \"%1\" gets a credential that the bridge's own identity provider makes, and "
        "the access token comes from another issuer. Log in at the bridge's own identity provider "
        "and send its token."_s.arg(ask.server));
}

Credential credentialFrom(const TokenSet &set, const QString &source, qint64 now)
{
    Credential credential;
    credential.token = set.access;
    credential.type = set.type;
    credential.expires = expiryOf(set, now);
    credential.source = source;
    return credential;
}

} // namespace bridge::credentials
