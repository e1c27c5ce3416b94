// SPDX-License-Identifier: GPL-3.0-or-later
// `mcp-bridge vault`: makes keys for the vault and exchanges them.
#pragma once

#include "server/cli/command.h"

namespace bridge::cli {

/// \a arguments behind `vault`. Error: InvalidConfig, Internal.
Result<CommandText> vaultCommand(const QStringList &arguments, const CommandPlace &place);

} // namespace bridge::cli
