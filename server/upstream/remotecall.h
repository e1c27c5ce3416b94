// SPDX-License-Identifier: GPL-3.0-or-later
// What one request to a remote MCP server came to: for metrics and the log, so no content.
#pragma once

#include <QtCore/QString>

namespace bridge::upstream {

struct RemoteCall {
    QString method; ///< of JSON-RPC
    /// Empty = answered. Otherwise of a bounded set: `cancelled`, `timeout`, `connection`,
    /// `overloaded`, `rpc_error`, `http_<status>` or `closed`.
    QString errorType;
    double seconds = 0;
};

} // namespace bridge::upstream
