// SPDX-License-Identifier: GPL-3.0-or-later
// `mcp-bridge audit verify FILE…`: whether the lines of an audit log are all there and unchanged.
#pragma once

#include "server/cli/command.h"

namespace bridge::cli {

/// \a arguments behind `audit`. Exit code 1 and the first wrong line when the chain is broken.
/// Error: InvalidConfig.
Result<CommandText> auditCommand(const QStringList &arguments, const CommandPlace &place);

} // namespace bridge::cli
