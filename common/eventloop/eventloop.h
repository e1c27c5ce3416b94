// SPDX-License-Identifier: GPL-3.0-or-later
// The event loop of the main thread. Qt's own dispatchers ask `poll` about every descriptor in each
// turn, so a call costs more the more connections are idle; where the system offers better, this
// room takes it (resources/docs/performance.md has the figures).
#pragma once

namespace bridge {

/// Installs the event dispatcher that fits this system; elsewhere Qt's stays. Call it in the main
/// thread before a QCoreApplication is constructed, which then owns it. Never fails: a system that
/// refuses the descriptors it needs keeps Qt's dispatcher.
void installEventLoop();

} // namespace bridge
