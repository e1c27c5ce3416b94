// SPDX-License-Identifier: GPL-3.0-or-later
// Which credential an MCP server gets, and where: defaults from the settings, then `auth` of an
// entry of mcpServers. Plain values; what they mean is up to server/credentials.
#pragma once

#include "common/base/error.h"
#include "common/config/settings.h"

#include <QtCore/QJsonObject>
#include <QtCore/QUrl>

namespace bridge::upstream {

struct ServerAuth {
    /// passthrough, keycloak, exchange, entra, user-api-key, oauth, none; empty = what
    /// AUTH_PROVIDER and the settings around it say.
    QString provider;
    QString alias;      ///< of the identity provider behind Keycloak
    QString audience;   ///< RFC 8693
    QString scope;      ///< RFC 8693, Entra, and what a login asks for
    QString resource;   ///< RFC 8707
    QString connection; ///< id in the store of API keys
    /// Variable of the child that gets the token; so does MCP_BEARER_TOKEN. Empty = none.
    QString environment;
    /// A retrieval that fails for want of an identity provider may end with the shared or the
    /// caller's token.
    bool mayFallBack = false;

    /// OAuth client of the bridge at the authorization server of a remote server; empty = a
    /// metadata document or registration.
    QString clientId;
    QByteArray clientSecret;
    QUrl redirectUri; ///< empty = made from the address of the bridge
    QString issuer;   ///< the only authorization server that may be used; empty = as discovered

    friend bool operator==(const ServerAuth &, const ServerAuth &) = default;
};

/// What all servers have in common.
ServerAuth serverAuth(const config::Settings &settings);
/// The client of MCP_REMOTE_* settings, which is for MCP_REMOTE_SERVER only.
void readRemoteClient(ServerAuth &auth, const config::Settings &settings);
/// `auth` of the entry at \a place; a problem for each member that is no good.
ServerAuth serverAuthEntry(const QString &place, const QJsonValue &entry, ServerAuth common,
                           QList<FieldProblem> &problems);

} // namespace bridge::upstream
