// SPDX-License-Identifier: GPL-3.0-or-later
// Exists only so that the precompiled header has a target to be built with.
