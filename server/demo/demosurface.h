// SPDX-License-Identifier: GPL-3.0-or-later
// What the demo server offers (contract §3.9): lists, and everything that is answered at once.
#pragma once

#include "common/base/result.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonObject>

namespace bridge::demo {

inline constexpr char kServerName[] = "mcp-EXAMPLE-server";

QJsonObject serverInfo();
QJsonObject serverCapabilities();
QString serverInstructions();

/// Definitions as \a revision knows them: older ones lack titles, annotations, output schemas.
QJsonArray toolList(const QString &revision);
QJsonArray promptList(const QString &revision);
QJsonArray resourceList(const QString &revision);
QJsonArray templateList(const QString &revision);

/// CallToolResult of a text, with \a structured where \a revision has it.
QJsonObject toolResult(const QString &text, const QJsonValue &structured, const QString &revision);
QJsonObject toolError(const QString &text);
QJsonObject addResult(const QJsonObject &arguments, const QString &revision);
QJsonObject errorResult(const QJsonObject &arguments);

/// The error's rpcCode is what the client gets.
Result<QJsonObject> getPrompt(const QJsonObject &params);
Result<QJsonObject> readResource(const QJsonObject &params, bool isModern);

} // namespace bridge::demo
