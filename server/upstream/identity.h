// SPDX-License-Identifier: GPL-3.0-or-later
// On whose behalf an MCP server is started or called: plain values, no HTTP, no tokens parsed.
#pragma once

#include <QtCore/QMap>
#include <QtCore/QString>

namespace bridge::upstream {

struct Identity {
    /// Issuer and subject of the caller, or "anonymous".
    QString owner = QStringLiteral("anonymous");
    /// Values of `{user_id}`, `{group_id}`, `{data_path}`; a missing one makes a definition that
    /// needs it refuse to start.
    QMap<QString, QString> placeholders;
    /// Environment entries this caller's child gets, e.g. an exchanged token. Never logged.
    QMap<QString, QString> environment;

    /// Nothing of the caller reaches the child, so that an instance may be prepared beforehand.
    bool isNeutral() const { return placeholders.isEmpty() && environment.isEmpty(); }
};

} // namespace bridge::upstream
