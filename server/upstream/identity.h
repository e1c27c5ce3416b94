// SPDX-License-Identifier: GPL-3.0-or-later
// On whose behalf an MCP server is started or called: plain values, no HTTP, no tokens parsed.
#pragma once

#include "common/async/call.h"

#include <QtCore/QByteArray>
#include <QtCore/QDateTime>
#include <QtCore/QJsonObject>
#include <QtCore/QList>
#include <QtCore/QMap>
#include <QtCore/QString>

#include <memory>
#include <optional>
#include <utility>

namespace bridge::upstream {

class CredentialSource;

/// What the bridge can answer for any caller: forms and addresses a tool wants its user to see.
inline const QJsonObject &ordinaryCapabilities()
{
    // Each request needs it; comparing it with a copy of itself costs nothing.
    static const QJsonObject capabilities{
        {QStringLiteral("elicitation"), QJsonObject{{QStringLiteral("form"), QJsonObject()},
                                                    {QStringLiteral("url"), QJsonObject()}}}};
    return capabilities;
}

struct Identity;
struct ServerDefinition;

/// Who knows what a server may get of one caller: names for placeholders, credentials. Asked when
/// the server is known and again with each start, as credentials end. Main thread.
class Caller
{
public:
    virtual ~Caller() = default;
    Caller() = default;
    Caller(const Caller &) = delete;
    Caller &operator=(const Caller &) = delete;

    /// Fills in what \a definition needs and takes itself out of \a identity. False, with nothing
    /// changed, when that fails or somebody has to be asked first: then resolve() tells.
    virtual bool resolveNow(Identity &identity, const ServerDefinition &definition) const = 0;
    /// The same, with whatever asking it takes. Errors: Unauthorized, Forbidden, NotConnected,
    /// IdpUnavailable and the like.
    virtual Call resolve(const Identity &identity, const ServerDefinition &definition,
                         Handler<Identity> handler) const = 0;
    /// The token he came with, once it was verified; nothing when nobody looked.
    virtual std::optional<QByteArray> token() const = 0;
};

struct Identity {
    /// Issuer and subject of the caller, or "anonymous".
    QString owner = QStringLiteral("anonymous");
    /// Values of `{user_id}`, `{group_id}`, `{data_path}`; a missing one makes a definition that
    /// needs it refuse to start.
    QMap<QString, QString> placeholders;
    /// Environment entries this caller's child gets, e.g. an exchanged token. Never logged.
    QMap<QString, QString> environment;

    /// What the caller can answer (ClientCapabilities of MCP). Servers may offer different things
    /// to different clients, so other than the ordinary ones mean a server process of one's own.
    QJsonObject clientCapabilities = ordinaryCapabilities();

    /// Headers of the caller's request, from which effectiveFor() takes what one server may see.
    /// Never logged.
    QList<std::pair<QByteArray, QByteArray>> requestHeaders = {};

    /// For remote servers, never logged. Headers of the request that go on, as the definition
    /// spells them.
    QList<std::pair<QByteArray, QByteArray>> forwardedHeaders = {};
    /// The access token the caller came with.
    QByteArray callerToken = {};
    /// A token retrieved for this caller and server; goes before every other.
    QByteArray credential = {};

    /// The group whose data is asked for; empty = none.
    QString group = {};
    /// Knows the credential of this caller for this server; what uses it asks each time, as
    /// credentials end. Goes before all of the above.
    std::shared_ptr<CredentialSource> source = {};
    /// When a token in `environment` ends; invalid = never, or nobody said.
    QDateTime credentialEnd = {};
    /// Set until what he may have was found out.
    std::shared_ptr<const Caller> caller = {};

    bool isOrdinary() const { return clientCapabilities == ordinaryCapabilities(); }
    /// Nothing of the caller reaches the child, so that an instance may be prepared beforehand.
    /// Asked of what effectiveFor() gives, as requestHeaders are not looked at.
    bool isNeutral() const
    {
        return !caller && placeholders.isEmpty() && environment.isEmpty() && isOrdinary()
               && forwardedHeaders.isEmpty() && callerToken.isEmpty() && credential.isEmpty()
               && !source;
    }
};

} // namespace bridge::upstream
