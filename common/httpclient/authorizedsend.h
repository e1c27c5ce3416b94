// SPDX-License-Identifier: GPL-3.0-or-later
// A request whose credential somebody else knows: asked for before it is sent, and once more when
// the server refuses it. Such an answer means that the server has not acted, so sending again is
// safe for every method (RFC 9110 §15.5.2).
#pragma once

#include "common/httpclient/authorizer.h"
#include "common/httpclient/client.h"

namespace bridge::httpclient {

/// Sends \a request by \a send with what its authorizer gives; hooks hear of the final answer only.
Call sendAuthorized(std::function<Call(Request, Hooks, Handler<Response>)> send, Request request,
                    Hooks hooks, Handler<Response> handler);

} // namespace bridge::httpclient
