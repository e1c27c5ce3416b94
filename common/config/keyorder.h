// SPDX-License-Identifier: GPL-3.0-or-later
// The order of members as a JSON text has them; QJsonObject sorts by name.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QStringList>

namespace bridge::config {

/// Names of the members of the object under \a member at the top of \a json, each once. \a json
/// must be valid: QJsonDocument has parsed it before.
QStringList memberNames(const QByteArray &json, const QByteArray &member);

} // namespace bridge::config
