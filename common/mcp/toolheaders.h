// SPDX-License-Identifier: GPL-3.0-or-later
// Tool arguments that a modern HTTP server wants mirrored as `Mcp-Param-*` headers (MCP 2026-07-28
// Streamable HTTP, "Custom Headers from Tool Parameters"). Learned from tool listings and shared
// by all connections to one server.
#pragma once

#include "common/base/result.h"

#include <QtCore/QByteArray>
#include <QtCore/QHash>
#include <QtCore/QJsonObject>
#include <QtCore/QStringList>

#include <memory>

namespace bridge::mcp {

/// \a value as a header value: as it is, or `=?base64?…?=` when it would not survive.
QByteArray headerEncoded(const QString &value);

/// One annotated property of an input schema.
struct ParameterHeader {
    QByteArray header; ///< `Mcp-Param-Region`
    QStringList path;  ///< keys from the arguments object to the value
};

/// The annotations of \a inputSchema; what breaks the rules as an Error.
Result<QList<ParameterHeader>> parameterHeaders(const QJsonObject &inputSchema);

class ToolHeaders
{
public:
    /// Takes notice of a page of tools/list (raw result) and returns it without the tools whose
    /// annotations break the rules; the very same bytes when there are none.
    QByteArray learn(const QByteArray &result);
    /// Headers for a call of \a tool with \a arguments (raw object or empty).
    QList<std::pair<QByteArray, QByteArray>> headersFor(const QString &tool,
                                                        const QByteArray &arguments) const;

private:
    QHash<QString, QList<ParameterHeader>> m_tools; ///< those with annotations only
};
using ToolHeadersPtr = std::shared_ptr<ToolHeaders>;

} // namespace bridge::mcp
