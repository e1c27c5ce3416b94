// SPDX-License-Identifier: GPL-3.0-or-later
// The two forms of tasks, read and rewritten: experimental in MCP 2025-11-25, and the extension
// io.modelcontextprotocol/tasks of the modern era. Pure functions.
#pragma once

#include "server/gateway/downstream.h"

namespace bridge::gateway {

/// \a capabilities of either side of the modern era name the extension.
bool hasTasksExtension(const QJsonObject &capabilities);
/// `{"extensions":{…}}` added to \a capabilities.
QJsonObject withTasksExtension(QJsonObject capabilities);
/// A server that takes `tools/call` with `task`.
bool hasLegacyTasks(const mcp::ServerInfo &server);
/// A client that knows that form.
bool knowsLegacyTasks(const ClientProfile &profile);

/// `execution.taskSupport` of a listed tool, raw JSON; empty when it is not there.
QString taskSupport(const QByteArray &tool);
/// `status` of a raw `Task`.
QString taskStatus(const QByteArray &task);
/// completed, failed or cancelled.
bool isTerminal(const QString &status);
/// \a name of a raw `Task`: `ttl` or `ttlMs`; -1 for none and for null.
qint64 ttlOf(const QByteArray &task, QLatin1String name);

/// \a object with \a id as its `taskId`, if it has one, and in `_meta` where that names a related
/// task.
QByteArray withTaskId(const QByteArray &object, const QString &id);
/// \a result with `_meta` naming \a id as the related task (2025-11-25).
QByteArray withRelatedTask(const QByteArray &result, const QString &id);
QByteArray withoutRelatedTask(const QByteArray &result);
QJsonObject withRelatedTask(QJsonObject object, const QString &id);

} // namespace bridge::gateway
