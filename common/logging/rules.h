// SPDX-License-Identifier: GPL-3.0-or-later
// Turns a level and `category=level` rules into Qt's logging rules.
#pragma once

#include "common/base/result.h"

#include <QtCore/QStringList>

namespace bridge::logging {

/// Text for QLoggingCategory::setFilterRules(). Later lines win in Qt, so \a categories stand
/// behind the general rule. Problems carry the entry that is wrong in `path`.
Result<QString> filterRules(const QString &level, const QStringList &categories);
/// Whether \a name is debug, info, warning, error or off.
bool isLevelName(const QString &name);

} // namespace bridge::logging
