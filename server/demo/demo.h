// SPDX-License-Identifier: GPL-3.0-or-later
// The demo MCP server that is bundled with the bridge, on stdin and stdout (contract §3.9).
#pragma once

class QCoreApplication;

namespace bridge::demo {

/// Serves until stdin ends; returns the exit status.
int run(QCoreApplication &app);

} // namespace bridge::demo
