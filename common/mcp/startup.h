// SPDX-License-Identifier: GPL-3.0-or-later
// How a client finds out what a server speaks (MCP 2026-07-28 stdio "Backward Compatibility",
// 2025-11-25 "Lifecycle").
#pragma once

#include "common/async/task.h"
#include "common/mcp/client.h"

namespace bridge::mcp {

/// What was noticed on the way and is wanted after a failure.
struct StartNotes {
    QString garbage;            ///< why the last line that was no message was none
    bool closedOnProbe = false; ///< the server ended while server/discover was open
};

/// Probes with server/discover, falls back to initialize. The frame must not outlive
/// \a connection.
Task<ServerInfo> startUp(jsonrpc::Connection *connection, ClientOptions options,
                         std::shared_ptr<StartNotes> notes);

/// What the answer to the probe says.
struct Probe {
    enum class Verdict { Modern, Legacy, Failed };
    Verdict verdict = Verdict::Legacy;
    ServerInfo info; ///< Modern
    QString offer;   ///< Legacy: revision for initialize
    Error error;     ///< Failed
};
Probe judgeProbe(const Result<QByteArray> &answer, const jsonrpc::RpcError &rpc);

/// `_meta` that every modern request carries.
QJsonObject modernMeta(const ClientOptions &options, const QString &revision);

} // namespace bridge::mcp
