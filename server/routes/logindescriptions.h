// SPDX-License-Identifier: GPL-3.0-or-later
// OpenAPI operations of the login routes.
#pragma once

#include <QtCore/QJsonObject>

namespace bridge::routes::describe {

QJsonObject login();
QJsonObject loginCallback();
QJsonObject userinfo();
QJsonObject logout();

} // namespace bridge::routes::describe
