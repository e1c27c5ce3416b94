// SPDX-License-Identifier: GPL-3.0-or-later
// The database file beneath the vault: made, opened and recognised. Blocks; used by one thread.
#pragma once

#include "common/base/result.h"

#include <QtCore/QString>

namespace bridge::credentials {

/// What to do where there is no vault yet.
enum class IfMissing { Make, Fail };

/// Opens \a file, or makes it, readable by its owner only, with the tables of the vault in it. The
/// name of Qt's connection, to be given to closeVaultDatabase(). InvalidConfig when it cannot be
/// opened or is something else; then it was not touched.
Result<QString> openVaultDatabase(const QString &file, IfMissing ifMissing);
void closeVaultDatabase(const QString &connection);

/// InvalidConfig with \a setting as the place.
Error badVaultSetting(const QString &setting, const QString &reason);

} // namespace bridge::credentials
