// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of one MCP server before it runs: from `--`, MCP_SERVER_COMMAND or `mcpServers`.
#pragma once

#include "common/base/result.h"
#include "common/config/globs.h"
#include "server/upstream/childlimits.h"

#include <QtCore/QMap>
#include <QtCore/QStringList>

namespace bridge::config {
class Settings;
}

namespace bridge::upstream {

/// `prop=Header` of MCP_MAP_HEADER_TO_INPUT.
struct HeaderMapping {
    QString property;
    QByteArray header;
};

struct ServerDefinition {
    QString name;        ///< `default` when there is only one
    QStringList command; ///< program and arguments; placeholders are filled in after splitting
    QMap<QString, QString> environment; ///< explicit variables, placeholders allowed
    QString workingDirectory;
    bool disabled = false;
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
    QList<HeaderMapping> headerMappings;
    bool headerMappingStrict = true;
    bool validateInput = true;
    QJsonObject outputSchemas; ///< overlays, already loaded from files

    /// Command, arguments or environment carry a placeholder.
    bool needsIdentity() const;
};

/// One definition (single server) or those of `mcpServers` in file order. Every problem found is
/// in Error::problems.
Result<QList<ServerDefinition>> definitionsFrom(const config::Settings &settings);

} // namespace bridge::upstream
