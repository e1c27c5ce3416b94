// SPDX-License-Identifier: GPL-3.0-or-later
// The rules for names of sessions (contract §2.1, §2.2). Pure functions; any thread.
#pragma once

#include "server/sessions/sessionmanager.h"

namespace bridge::sessions {

/// A new name nobody can guess.
QString randomSessionId();
/// \a value without the `:<access token>` older clients append. Names hold no colon, and who may
/// use a session is decided by the caller's identity, so what follows is of no consequence.
QString bareSessionId(const QString &value);

} // namespace bridge::sessions
