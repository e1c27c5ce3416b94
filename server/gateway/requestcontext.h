// SPDX-License-Identifier: GPL-3.0-or-later
// From an HTTP exchange to what the dispatcher wants to know of a request.
#pragma once

#include "server/gate/visitor.h"
#include "server/gateway/dispatcher.h"
#include "server/http/exchange.h"

namespace bridge::gateway {

/// On whose behalf an exchange runs.
using gate::identityOf;

/// Runs \a end when the credential or the login of the caller of \a exchange has ended, which a
/// stream that is open for long must not outlive; perhaps twice, if the first time leaves the
/// exchange alive. Nothing when they never end.
void endWithCredential(http::Exchange &exchange, std::function<void()> end);

/// The client of \a state came again: what is started for it from now on is for the caller as he is
/// now, whose token may be a newer one. Errors: SessionConflict for another `group` than the one
/// its servers were started for, Forbidden when he is no longer a member.
Result<Nothing> welcomeBack(const http::Exchange &exchange, ClientState &state);

/// \a message with the headers and trace context of \a exchange; both are copied.
Request requestFrom(const http::Exchange &exchange, const jsonrpc::Message &message);

/// Tells the access log which tool, prompt or resource is asked for.
void noteTarget(http::Exchange &exchange, const jsonrpc::Message &message);

} // namespace bridge::gateway
