// SPDX-License-Identifier: GPL-3.0-or-later
// Who knows the credential of a request at the moment it is sent: tokens are renewed in the middle
// of long conversations, and the conversation need not know. Main thread.
#pragma once

#include "common/async/call.h"
#include "common/httpclient/request.h"

namespace bridge::httpclient {

class Authorizer
{
public:
    virtual ~Authorizer() = default;
    Authorizer() = default;
    Authorizer(const Authorizer &) = delete;
    Authorizer &operator=(const Authorizer &) = delete;

    /// Puts the credential into \a headers. False when prepare() has to be awaited first.
    virtual bool apply(Headers &headers) = 0;
    /// Ends when apply() can do its work; an error becomes that of the request.
    virtual Call prepare(Handler<Nothing> handler) = 0;
    /// The server answered 401, or 403 for want of a scope (RFC 6750 §3.1), with \a refusal to a
    /// request with the headers \a sent. True = there
    /// is another credential now, which is worth sending the request once more; false = the refusal
    /// stands; an error becomes that of the request.
    virtual Call renew(const Headers &sent, const Headers &refusal, Handler<bool> handler) = 0;
};

} // namespace bridge::httpclient
