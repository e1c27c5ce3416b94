// SPDX-License-Identifier: GPL-3.0-or-later
// What an issuer says about itself (RFC 8414 §2, OpenID Connect Discovery 1.0 §3), as far as the
// bridge uses it. A plain value.
#pragma once

#include "common/base/result.h"

#include <QtCore/QStringList>
#include <QtCore/QUrl>

namespace bridge::auth {

struct IssuerMetadata {
    QString issuer;
    QUrl document; ///< where this was found; empty when it was configured
    QUrl jwksUri;
    QUrl authorizationEndpoint;
    QUrl tokenEndpoint;
    QUrl introspectionEndpoint;
    QUrl userinfoEndpoint;
    QUrl endSessionEndpoint;
    QUrl revocationEndpoint;
    QUrl registrationEndpoint;
    QStringList scopes;
    QStringList tokenAuthMethods;         ///< of clients at the token endpoint
    QStringList introspectionAuthMethods; ///< likewise
    QStringList codeChallengeMethods;
    bool namesIssuerInResponse = false; ///< RFC 9207
    bool takesClientMetadataDocuments = false;
};

/// \a document as served for \a issuer: the issuer in it must be exactly that one (RFC 8414 §3.3).
/// InvalidBody tells what is wrong.
Result<IssuerMetadata> parseIssuerMetadata(const QByteArray &document, const QString &issuer);

/// Where the document may be, best guess first: OpenID Connect appends its well-known path, RFC
/// 8414 §3.1 inserts it before the issuer's own path.
QList<QUrl> metadataUrls(const QString &issuer);

/// What a Keycloak realm at \a realm (…/realms/name) looks like; needs no request.
IssuerMetadata keycloakMetadata(const QString &issuer, const QUrl &realm);

} // namespace bridge::auth
