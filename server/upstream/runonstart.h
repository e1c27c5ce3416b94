// SPDX-License-Identifier: GPL-3.0-or-later
// MCP_RUN_ON_START: a shell command of the operator that has to succeed before the bridge serves,
// e.g. a migration. Unlike in the reference (weakness S23) a failing one stops the start.
#pragma once

#include "common/async/call.h"

#include <QtCore/QStringList>

#include <chrono>

namespace bridge::config {
class Settings;
}

namespace bridge::upstream {

struct StartHook {
    QString command; ///< for /bin/sh -c; empty = nothing to do
    /// Whole environment of the bridge instead of HOME and PATH only.
    bool inheritEnvironment = false;
    std::chrono::milliseconds timeout = std::chrono::minutes(10);
};

/// The hook \a settings ask for. InvalidConfig when both forms are given.
Result<StartHook> startHookFrom(const config::Settings &settings);

/// Runs \a hook; its output goes to the log line by line. InvalidConfig when it cannot be started,
/// fails or takes too long; the message holds its last line. Withdrawing stops it.
Call runStartHook(const StartHook &hook, Handler<Nothing> handler);

} // namespace bridge::upstream
