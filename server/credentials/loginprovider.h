// SPDX-License-Identifier: GPL-3.0-or-later
// Accounts that users have connected at remote MCP servers, as the Broker sees them.
#pragma once

#include "server/credentials/provider.h"

namespace bridge::credentials {

class LoginProvider : public Provider
{
public:
    bool isPerOwner() const override { return true; }
    bool mayFallBack() const override { return false; }
    /// What is known of \a owner's account at the server: nothing (ask has()), that there is none
    /// (false), or that there is one.
    virtual std::optional<bool> hasNow(const QString &owner, const QString &server) const = 0;
    virtual Call has(const QString &owner, const QString &server, Handler<bool> handler) = 0;
    /// \a refusal of a server is one that a login can help with.
    virtual bool isLoginWanted(const httpclient::Headers &refusal) const = 0;
    /// \a caller may have an account: somebody vouches for who he is, or it does not matter.
    virtual bool serves(const auth::Principal &caller) const = 0;
    /// Servers that nothing is configured for may demand it.
    virtual bool isAutomatic() const = 0;
};
using LoginProviderPtr = std::shared_ptr<LoginProvider>;

} // namespace bridge::credentials
