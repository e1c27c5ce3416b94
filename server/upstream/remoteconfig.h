// SPDX-License-Identifier: GPL-3.0-or-later
// Remote servers as they are configured: MCP_REMOTE_* settings and `url` entries of mcpServers.
#pragma once

#include "common/base/error.h"
#include "common/config/settings.h"
#include "server/upstream/remotedefinition.h"

#include <QtCore/QJsonObject>

namespace bridge::upstream {

/// What all remote servers have in common: time limits, connections, TLS. Reads
/// MCP_REMOTE_CA_BUNDLE.
RemoteDefinition remoteCommon(const config::Settings &settings, QList<FieldProblem> &problems);
/// The server of MCP_REMOTE_SERVER with its credentials.
RemoteDefinition remoteServer(const config::Settings &settings, RemoteDefinition common,
                              QList<FieldProblem> &problems);
/// `url` (or `serverUrl`), `type`, `headers` and `forwardHeaders` of an entry at \a place. Tokens
/// of the settings are not for servers of the file.
RemoteDefinition remoteEntry(const QString &place, const QJsonObject &entry,
                             RemoteDefinition common, QList<FieldProblem> &problems);

} // namespace bridge::upstream
