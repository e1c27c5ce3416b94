// SPDX-License-Identifier: GPL-3.0-or-later
// The documents that tell clients how to get a token (contract §7.8). Pure.
#pragma once

#include "server/auth/issuermetadata.h"

#include <QtCore/QJsonObject>

#include <optional>

namespace bridge::routes {

struct OAuthFacts {
    QString issuer;       ///< MCP_OAUTH_ISSUER, else the one whose tokens are verified
    QStringList issuers;  ///< all that are
    QString resource;     ///< MCP_OAUTH_RESOURCE_URL; empty = the address of the bridge
    QString resourceName; ///< MCP_OAUTH_CLIENT_ID
    QStringList scopes;   ///< MCP_OAUTH_SCOPES
    QString registration; ///< MCP_OAUTH_REGISTRATION_ENDPOINT

    bool hasIssuer() const { return !issuer.isEmpty(); }
};

/// RFC 9728 §2 for the bridge at \a address.
QJsonObject protectedResource(const OAuthFacts &facts, const QString &address);
/// RFC 8414 §2 for OAuthFacts::issuer: what it says of itself when \a known, else what Keycloak
/// would.
QJsonObject authorizationServer(const OAuthFacts &facts,
                                const std::optional<auth::IssuerMetadata> &known);
/// OAuth Client ID Metadata Document: who the bridge is to the authorization servers of remote MCP
/// servers. \a url is its own address, \a redirectUri where logins come back to.
QJsonObject clientMetadata(const QString &name, const QString &url, const QString &redirectUri);

} // namespace bridge::routes
