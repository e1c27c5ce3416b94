// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of one MCP server before it runs: from `--`, MCP_SERVER_COMMAND or `mcpServers`.
#pragma once

#include "common/base/result.h"
#include "common/config/globs.h"
#include "server/upstream/childlimits.h"
#include "server/upstream/remotedefinition.h"
#include "server/upstream/serverauth.h"

#include <QtCore/QJsonObject>
#include <QtCore/QMap>
#include <QtCore/QStringList>

#include <optional>

namespace bridge::config {
class Settings;
struct Loaded;
} // namespace bridge::config

namespace bridge::upstream {

/// `prop=Header` of MCP_MAP_HEADER_TO_INPUT.
struct HeaderMapping {
    QString property;
    QByteArray header;
    friend bool operator==(const HeaderMapping &, const HeaderMapping &) = default;
};

struct ServerDefinition {
    QString name;        ///< `default` when there is only one
    QStringList command; ///< program and arguments; placeholders are filled in after splitting
    QMap<QString, QString> environment; ///< explicit variables, placeholders allowed
    QString workingDirectory;
    /// A server reached over HTTP; then there is no command.
    std::optional<RemoteDefinition> remote;
    ServerAuth auth; ///< which credential of the caller it gets
    bool disabled = false;
    bool isDefault = false; ///< named by MCP_DEFAULT_SERVER
    /// The built-in demo server: `command` is this program itself.
    bool embedded = false;
    /// Stateless calls may share one instance (explicit opt-in per definition).
    bool reuse = false;
    int warmPoolSize = 0;
    QStringList environmentPassthrough; ///< globs over the bridge's own variables
    ChildLimits limits;
    std::chrono::milliseconds startTimeout{30'000};
    std::chrono::milliseconds toolTimeout{0};
    std::chrono::milliseconds requestTimeout{60'000};
    qsizetype maxMessageBytes = 64 * 1024 * 1024;
    qsizetype maxResponseBytes = 0;
    std::chrono::milliseconds cacheTtl{3'600'000}; ///< 0 = listings are never cached

    config::GlobList include; ///< empty = everything
    config::GlobList exclude;
    config::GlobList effect;
    config::GlobList hidden; ///< `disabledTools` of the ecosystem, in addition to exclude
    QList<HeaderMapping> headerMappings;
    bool headerMappingStrict = true;
    bool validateInput = true;
    QJsonObject outputSchemas; ///< overlays, already loaded from files

    /// Command, arguments or environment carry a placeholder.
    bool needsIdentity() const;
    friend bool operator==(const ServerDefinition &, const ServerDefinition &) = default;
};

/// From entries `prop=Header`; those without `=` or with an empty side are left out.
QList<HeaderMapping> headerMappings(const QStringList &entries);

/// The servers to run, from the strongest source that names any: arguments after `--`,
/// MCP_SERVER_COMMAND or MCP_REMOTE_SERVER, `mcpServers` in file order, the embedded demo server.
/// Reads the files that TOOL_OUTPUT_SCHEMAS names, so it is for start and reload. Every problem
/// found is in Error::problems, `path` telling the place: `file: mcpServers.name.key`.
Result<QList<ServerDefinition>> definitionsFrom(const config::Loaded &loaded);
/// The same when there are settings only.
Result<QList<ServerDefinition>> definitionsFrom(const config::Settings &settings);

} // namespace bridge::upstream
