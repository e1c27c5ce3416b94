// SPDX-License-Identifier: GPL-3.0-or-later
// The standard streams a process may have been started without.
#pragma once

namespace bridge::stdio {

/// Opens those of stdin, stdout and stderr that are closed on nothing. Otherwise the next socket or
/// pipe would get their number, and what is meant for the log would go there. Call it before
/// anything else is opened.
void openMissingStreams();

} // namespace bridge::stdio
