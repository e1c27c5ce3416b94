// SPDX-License-Identifier: GPL-3.0-or-later
// On whose behalf an MCP server is started or called: plain values, no HTTP, no tokens parsed.
#pragma once

#include <QtCore/QJsonObject>
#include <QtCore/QMap>
#include <QtCore/QString>

namespace bridge::upstream {

/// What the bridge can answer for any caller: forms and addresses a tool wants its user to see.
inline QJsonObject ordinaryCapabilities()
{
    return {{QStringLiteral("elicitation"),
             QJsonObject{{QStringLiteral("form"), QJsonObject()},
                         {QStringLiteral("url"), QJsonObject()}}}};
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

    bool isOrdinary() const { return clientCapabilities == ordinaryCapabilities(); }
    /// Nothing of the caller reaches the child, so that an instance may be prepared beforehand.
    bool isNeutral() const
    {
        return placeholders.isEmpty() && environment.isEmpty() && isOrdinary();
    }
};

} // namespace bridge::upstream
