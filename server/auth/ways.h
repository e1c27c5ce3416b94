// SPDX-License-Identifier: GPL-3.0-or-later
// Which of the ways to find out who is calling are in force: those that AUTH_STRATEGIES names (or
// all of them when it is empty) and that something is configured for. Pure; any thread.
#pragma once

#include "server/auth/authoptions.h"

namespace bridge::auth {

struct Ways {
    bool bearer = false; ///< access tokens in a header are looked at
    bool cookie = false; ///< in a cookie
    bool login = false;  ///< people can log in at the bridge
    bool apiKeys = false;
    bool proxy = false;   ///< what a trusted proxy says of its users
    bool plugins = false; ///< they find tokens where only they know to look
    bool adminToken = false;

    /// Somebody can come in who is not anonymous.
    bool any() const;
};

Ways waysOf(const config::Settings &settings, const AuthOptions &options);

/// Somebody vouches for callers, or they can have API keys.
bool tellsCallersApart(const config::Settings &settings, const AuthOptions &options);

/// Tokens are looked for and nobody checks them (AUTH_VERIFY_TOKENS=false): callers are whom they
/// say they are.
bool believesAnybody(const config::Settings &settings, const AuthOptions &options);

/// What callers without a credential are told to send: a sentence about what is in force.
QString credentialHint(const Ways &ways);

/// Sentences for the log at the start: strategies that are named and do nothing, and settings that
/// do nothing because a strategy is not named.
QStringList strategyWarnings(const config::Settings &settings, const AuthOptions &options);

} // namespace bridge::auth
