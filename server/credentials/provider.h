// SPDX-License-Identifier: GPL-3.0-or-later
// One way to retrieve a credential. Remembers nothing: the Broker keeps what it gives. Main thread.
#pragma once

#include "server/auth/origin.h"
#include "server/credentials/credential.h"
#include "server/credentials/tokenset.h"

namespace bridge::credentials {

/// Who asks, and for which server.
struct Ask {
    auth::PrincipalPtr caller;
    upstream::ServerAuth auth;
    QString server; ///< its name
    QUrl url;       ///< of a remote one
    /// A credential the server did not accept, and what it said; empty at first.
    QByteArray rejected;
    httpclient::Headers refusal;
    bool isForced = false; ///< what is remembered was not good enough
    auth::Origin origin;   ///< the request it is for, or was first
    QString leftIssuer;    ///< of an account the server does not take any more
};

class Provider
{
public:
    virtual ~Provider() = default;
    Provider() = default;
    Provider(const Provider &) = delete;
    Provider &operator=(const Provider &) = delete;

    virtual QString name() const = 0;
    /// What it gives belongs to the caller, whichever token he shows; else to that token.
    virtual bool isPerOwner() const { return false; }
    virtual bool mayFallBack() const { return true; }
    /// Why this caller cannot be served, without asking anybody.
    virtual std::optional<Error> objection(const Ask &ask) const = 0;
    /// Ends within the time limit. Errors: InvalidToken, TokenExpired, NotConnected (401),
    /// IdpUnavailable (502, 503).
    virtual Call retrieve(Ask ask, Handler<Credential> handler) = 0;
};
using ProviderPtr = std::shared_ptr<Provider>;

/// Unauthorized: \a need, and \a caller has none, perhaps because something else of his counted.
Error missingToken(const QString &need, const auth::Principal &caller);

/// Unauthorized: the caller has no token that could be exchanged.
std::optional<Error> needsToken(const Ask &ask);

/// The same, and InvalidToken for a token of another issuer than the primary one: it must not be
/// handed to an identity provider it was not made for, which could use it. Where the settings say
/// that tokens are not verified, nobody knows the issuer and nothing is refused for it.
std::optional<Error> needsOwnToken(const BrokerSettings &settings, const Ask &ask);

/// \a set as a credential, with its end.
Credential credentialFrom(const TokenSet &set, const QString &source, qint64 now);

/// Brokered tokens of Keycloak (contract §7.6).
ProviderPtr keycloakBroker(const BrokerSettings &settings, Fetch fetch);
/// Token exchange of RFC 8693.
ProviderPtr tokenExchange(const BrokerSettings &settings, Fetch fetch);
/// On-behalf-of of Microsoft Entra ID.
ProviderPtr onBehalfOf(const BrokerSettings &settings, Fetch fetch);
/// Keys of users in an internal store.
ProviderPtr userApiKey(const BrokerSettings &settings, Fetch fetch);

} // namespace bridge::credentials
