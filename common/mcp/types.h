// SPDX-License-Identifier: GPL-3.0-or-later
// Plain values of the protocol that more than one room needs.
#pragma once

#include <QtCore/QJsonObject>
#include <QtCore/QString>

#include <optional>

namespace bridge::mcp {

/// Legacy: `initialize` handshake, up to 2025-11-25. Modern: per-request metadata, 2026-07-28.
enum class Era { Legacy, Modern };

struct ServerInfo {
    QString name;
    QString title;
    QString version;
    QString instructions;
    QString revision; ///< negotiated protocol revision
    Era era = Era::Legacy;
    QJsonObject capabilities;

    bool has(QLatin1String capability) const { return capabilities.contains(capability); }
};

/// notifications/progress
struct Progress {
    double progress = 0;
    std::optional<double> total;
    QString message;
};

/// notifications/message
struct LogMessage {
    QString level;
    QString logger;
    QJsonValue data;
};

} // namespace bridge::mcp
