// SPDX-License-Identifier: GPL-3.0-or-later
// The keys of the vault as they stand in VAULT_KEY. Any thread.
#pragma once

#include "common/base/result.h"

#include <QtCore/QByteArray>
#include <QtCore/QList>

namespace bridge::credentials {

/// Keys of 32 bytes each. The first one seals, all of them open: put a new key in front, run
/// `mcp-bridge vault rekey`, take the old one out.
using VaultKeys = QList<QByteArray>;

/// \a text holds keys in base64, also base64url, separated by commas or white space. Registers
/// each as a secret of the log. InvalidConfig when there is none or one is not 32 bytes long.
Result<VaultKeys> vaultKeysFrom(const QString &text);

} // namespace bridge::credentials
