// SPDX-License-Identifier: GPL-3.0-or-later
// The protocol revisions this program speaks, newest first.
#pragma once

#include "common/mcp/types.h"

#include <QtCore/QStringList>

#include <array>

namespace bridge::mcp {

inline constexpr QLatin1StringView kModernRevision{"2026-07-28"};
inline constexpr std::array<QLatin1StringView, 4> kLegacyRevisions{
    QLatin1StringView{"2025-11-25"}, QLatin1StringView{"2025-06-18"},
    QLatin1StringView{"2025-03-26"}, QLatin1StringView{"2024-11-05"}};
inline constexpr QLatin1StringView kNewestLegacyRevision = kLegacyRevisions[0];

/// Spoken with per-request metadata instead of a handshake.
bool isModern(const QString &revision);
/// One of the four of the handshake era.
bool isLegacy(const QString &revision);
/// All five in the order of preference.
QStringList allRevisions();
/// The most preferred of \a offered of the given era, empty when there is none.
QString bestOf(const QStringList &offered, Era era);

// Keys of `_meta` in the modern era.
inline constexpr QLatin1StringView kMetaRevision{"io.modelcontextprotocol/protocolVersion"};
inline constexpr QLatin1StringView kMetaClientInfo{"io.modelcontextprotocol/clientInfo"};
inline constexpr QLatin1StringView kMetaCapabilities{"io.modelcontextprotocol/clientCapabilities"};
inline constexpr QLatin1StringView kMetaServerInfo{"io.modelcontextprotocol/serverInfo"};
inline constexpr QLatin1StringView kMetaLogLevel{"io.modelcontextprotocol/logLevel"};
inline constexpr QLatin1StringView kMetaSubscription{"io.modelcontextprotocol/subscriptionId"};

/// In `_meta` of what belongs to a task (2025-11-25).
inline constexpr QLatin1StringView kMetaRelatedTask{"io.modelcontextprotocol/related-task"};
/// The extension that tasks are in the modern era.
inline constexpr QLatin1StringView kTasksExtension{"io.modelcontextprotocol/tasks"};

// JSON-RPC error codes of the protocol.
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;
inline constexpr int kRequestTimeout = -32001;         ///< TypeScript SDK
inline constexpr int kLegacyResourceNotFound = -32002; ///< up to 2025-11-25
inline constexpr int kHeaderMismatch = -32020;         ///< modern, HTTP
inline constexpr int kMissingCapability = -32021;      ///< modern
inline constexpr int kUnsupportedRevision = -32022;    ///< modern
inline constexpr int kUrlElicitationRequired = -32042; ///< 2025-11-25 only

} // namespace bridge::mcp
