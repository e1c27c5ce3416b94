// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the memory of a process that holds keys out of files and of other processes' reach.
#pragma once

namespace bridge::credentials {

/// No core dumps, no debugger and no look at its environment by others of the same user from here
/// on, where the system knows how (Linux: prctl(2) PR_SET_DUMPABLE, setrlimit(2) RLIMIT_CORE).
/// Children begin without core dumps as well. Call once at start when a vault key is set.
void keepMemoryPrivate();

} // namespace bridge::credentials
