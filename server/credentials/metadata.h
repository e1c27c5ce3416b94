// SPDX-License-Identifier: GPL-3.0-or-later
// Documents that say who authorizes and where: RFC 9728 (of a resource), RFC 8414 and OpenID
// Connect Discovery (of an authorization server), as MCP 2026-07-28 "Authorization Server
// Discovery" wants them looked for. Main thread.
#pragma once

#include "common/async/task.h"
#include "server/credentials/credential.h"
#include "server/upstream/singleflight.h"

#include <QtCore/QDeadlineTimer>

#include <map>

namespace bridge::credentials {

/// What is used of an authorization server's metadata.
struct AuthServer {
    QString issuer;
    QUrl authorizationEndpoint;
    QUrl tokenEndpoint;
    QUrl registrationEndpoint;    ///< empty = none
    QUrl revocationEndpoint;      ///< empty = none
    QStringList challengeMethods; ///< of PKCE
    QStringList authMethods;      ///< at the token endpoint
    QStringList scopes;
    bool tellsIssuer = false;    ///< authorization_response_iss_parameter_supported
    bool takesDocuments = false; ///< client_id_metadata_document_supported
};

/// What is used of a protected resource's metadata.
struct ProtectedResource {
    QString resource;
    QStringList authServers;
    QStringList scopes;
};

/// Where the metadata of \a issuer may be, in the order to try; empty when it is no usable URL.
QList<QUrl> authServerPlaces(const QString &issuer);
/// The same for the MCP server at \a url.
QList<QUrl> resourcePlaces(const QUrl &url);

/// Parses and checks a document for \a issuer (RFC 8414 §3.3): InvalidConfig when it is another's.
Result<AuthServer> authServerFrom(const QByteArray &body, const QString &issuer);
/// The same for the MCP server at \a url (RFC 9728 §3.3).
Result<ProtectedResource> resourceFrom(const QByteArray &body, const QUrl &url);

class MetadataCache
{
public:
    MetadataCache(Fetch fetch, std::chrono::milliseconds timeout);

    /// Of \a issuer, which the operator wrote or a document named, as \a trust says. Errors:
    /// IdpUnavailable.
    Call find(const QString &issuer, egress::Trust trust, Handler<AuthServer> handler);
    /// Of the configured MCP server at \a url; \a hint is what its challenge names, empty if
    /// nothing. Not kept. NotFound when there is none.
    Call findResource(const QUrl &url, const QUrl &hint, Handler<ProtectedResource> handler);

private:
    struct Entry {
        AuthServer server;
        QDeadlineTimer end;
        upstream::SingleFlight<AuthServer> flight;
    };
    void prune();

    Fetch m_fetch;
    std::chrono::milliseconds m_timeout;
    std::map<std::pair<QString, egress::Trust>, Entry> m_entries;
};
using MetadataCachePtr = std::shared_ptr<MetadataCache>;

} // namespace bridge::credentials
