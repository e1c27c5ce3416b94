// SPDX-License-Identifier: GPL-3.0-or-later
// OpenAPI 3.1 operation objects of the fixed routes. Kept apart from the handlers so that those
// stay a page of code; the document itself is put together in openapi.cpp.
#pragma once

#include <QtCore/QJsonArray>
#include <QtCore/QJsonObject>
#include <QtCore/QString>

namespace bridge::routes::describe {

QJsonObject root();
QJsonObject health();
QJsonObject ready();
QJsonObject healthOfChild();
QJsonObject metrics();
QJsonObject listTools();
QJsonObject getTool();
QJsonObject getToolSchema();
QJsonObject postTool();
QJsonObject postToolStream();
QJsonObject listPrompts();
QJsonObject postPrompt();
QJsonObject listResources();
QJsonObject listTemplates();
QJsonObject getResource();
QJsonObject startSession();
QJsonObject pingSession();
QJsonObject sessionStatus();
QJsonObject closeSession();
QJsonObject closeNamedSession();
QJsonObject listSessions();
QJsonObject listServers();
QJsonObject getServer();
QJsonObject reload();
QJsonObject showConfig();
QJsonObject protectedResource();
QJsonObject authorizationServer();
QJsonObject clientMetadata();
QJsonObject agentCard();

/// `{"$ref":"#/components/responses/…"}` entries for \a statuses.
QJsonObject errorResponses(const QList<int> &statuses);
/// The schemas and responses the operations refer to: `components`.
QJsonObject components();
/// `security`: any of the schemes in components(), or none.
QJsonArray security();
/// The groups of the fixed routes in the order the pages show them.
QJsonArray tags();
/// The parameter object of the path segment `{name}`.
QJsonObject pathParameter(const QString &name);
/// Header and cookie parameters of every operation that may run in a session.
QJsonArray sessionParameters(const QString &field);

} // namespace bridge::routes::describe
