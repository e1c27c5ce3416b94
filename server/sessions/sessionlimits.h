// SPDX-License-Identifier: GPL-3.0-or-later
// How long, how many and by which policy: the settings sessions live by.
#pragma once

#include <chrono>

namespace bridge::sessions {

/// What becomes of a session whose server got a credential at its start that has ended.
enum class CredentialExpiry {
    Reopen, ///< the server is started anew with the next request
    Close,  ///< the session is over
    Keep    ///< nothing
};

struct SessionLimits {
    std::chrono::milliseconds idleTimeout{1'800'000}; ///< 0 = sessions never expire
    std::chrono::milliseconds cleanupInterval{300'000};
    int maxPerOwner = 10;
    int maxAnonymous = 10; ///< of all callers nobody identified, who share one owner
    int maxTotal = 1000;
    std::chrono::milliseconds elicitationTimeout{300'000};
    bool restartDead = true;       ///< SESSION_RESTART_POLICY
    bool rerunElicitation = false; ///< ELICITATION_MODE=rerun
    int maxSuspendedPerSession = 16;
    CredentialExpiry credentialExpiry = CredentialExpiry::Reopen; ///< SESSION_CREDENTIAL_EXPIRY
};

} // namespace bridge::sessions
