// SPDX-License-Identifier: GPL-3.0-or-later
// What was retrieved for a caller, and what it takes to retrieve it. Plain values, never logged.
#pragma once

#include "server/auth/principal.h"
#include "server/egress/guardedclient.h"
#include "server/upstream/credentialsource.h"
#include "server/upstream/serverauth.h"

namespace bridge::credentials {

struct Credential : upstream::HeldCredential {
    QString source; ///< name of the provider, for audit
};

/// How requests leave: egress::GuardedClient::send(), or a test.
using Fetch = std::function<Call(egress::EgressRequest, Handler<httpclient::Response>)>;

/// Now, in milliseconds since 1970; a test may say otherwise.
using Clock = std::function<qint64()>;
inline qint64 systemClock()
{
    return QDateTime::currentMSecsSinceEpoch();
}

/// What the settings say about providers (contract §7.6).
struct BrokerSettings {
    QString provider = QStringLiteral("keycloak"); ///< AUTH_PROVIDER
    QUrl authBase;                                 ///< AUTH_BASE_URL
    QString realm;                                 ///< KEYCLOAK_REALM
    bool refreshByBroker = false;                  ///< KEYCLOAK_PROVIDER_REFRESH_MODE=broker
    bool exchange = false;                         ///< OAUTH_ENABLE_TOKEN_EXCHANGE
    QUrl tokenEndpoint;                            ///< OAUTH_TOKEN_ENDPOINT
    QString issuer;                                ///< OAUTH_ISSUER_URL
    QString clientId;                              ///< OAUTH_CLIENT_ID
    QByteArray clientSecret;                       ///< OAUTH_CLIENT_SECRET
    bool secretInForm = false;                     ///< OAUTH_TOKEN_AUTH_METHOD
    QUrl entraAuthority;                           ///< ENTRA_AUTHORITY
    QString entraTenant;                           ///< ENTRA_TENANT_ID
    QUrl keyStore;                                 ///< AUTH_TOKENS_INTERNAL_URL
    QByteArray keyStoreSecret;                     ///< INTERNAL_API_SECRET
    QStringList keyClients;                        ///< USER_API_KEY_ALLOWED_CLIENTS
    bool keysByUsername = false;                   ///< USER_API_KEY_ALLOW_USERNAME
    bool keysByUnsaidEmail = false;                ///< USER_API_KEY_ALLOW_UNVERIFIED_EMAIL
    /// The issuer people log in at, whose tokens the identity provider above may see; empty when
    /// none is configured.
    QString primaryIssuer;
    bool verifiesTokens = true;                ///< AUTH_VERIFY_TOKENS is not false
    QString serviceName;                       ///< SERVICE_NAME
    std::chrono::milliseconds buffer{60'000};  ///< OAUTH_REFRESH_BUFFER_SECONDS
    std::chrono::milliseconds timeout{10'000}; ///< of one retrieval's request
    int maxEntries = 10'000;                   ///< credentials remembered
    Clock clock = systemClock;
};

} // namespace bridge::credentials
