// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a message satisfies the schema of its protocol revision; true where there is none.
#pragma once

#include <QtCore/QByteArray>
#include <QtCore/QString>

namespace gatewaytest {

/// \a definition is a name below `$defs` (or `definitions`); unknown ones are a failure.
bool isValid(const QByteArray &json, const QString &revision, const QString &definition);

} // namespace gatewaytest
