// SPDX-License-Identifier: GPL-3.0-or-later
// On whose behalf an MCP server is started or called: plain values, no HTTP, no tokens parsed.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QJsonObject>
#include <QtCore/QList>
#include <QtCore/QMap>
#include <QtCore/QString>

#include <utility>

namespace bridge::upstream {

/// What the bridge can answer for any caller: forms and addresses a tool wants its user to see.
inline const QJsonObject &ordinaryCapabilities()
{
    // Each request needs it; comparing it with a copy of itself costs nothing.
    static const QJsonObject capabilities{
        {QStringLiteral("elicitation"), QJsonObject{{QStringLiteral("form"), QJsonObject()},
                                                    {QStringLiteral("url"), QJsonObject()}}}};
    return capabilities;
}

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

    bool isOrdinary() const { return clientCapabilities == ordinaryCapabilities(); }
    /// Nothing of the caller reaches the child, so that an instance may be prepared beforehand.
    /// Asked of what effectiveFor() gives, as requestHeaders are not looked at.
    bool isNeutral() const
    {
        return placeholders.isEmpty() && environment.isEmpty() && isOrdinary()
               && forwardedHeaders.isEmpty() && callerToken.isEmpty() && credential.isEmpty();
    }
};

} // namespace bridge::upstream
