// SPDX-License-Identifier: GPL-3.0-or-later
// OpenAPI operations of the login routes and of those for accounts at remote MCP servers.
#pragma once

#include <QtCore/QJsonObject>

namespace bridge::routes::describe {

QJsonObject login();
QJsonObject loginCallback();
QJsonObject userinfo();
QJsonObject logout();
QJsonObject connectPage();
QJsonObject connectConfirmed();
QJsonObject connectCallback();
QJsonObject listAccounts();
QJsonObject connectAccount();
QJsonObject disconnectAccount();

} // namespace bridge::routes::describe
