// SPDX-License-Identifier: GPL-3.0-or-later
// Strategy `api-key`: programs that show a key in the header X-API-Key. Main thread.
#pragma once

#include "server/auth/apikeystore.h"
#include "server/auth/strategy.h"

namespace bridge::auth {

class ApiKeyStrategy : public Strategy
{
public:
    /// \a store has to outlive this.
    explicit ApiKeyStrategy(const ApiKeyStore *store) : m_store(store) {}

    QString name() const override { return QStringLiteral("api-key"); }
    /// Passes without the header. Several of them are InvalidToken: which one counts would be a
    /// guess.
    Outcome findNow(const AuthRequest &request) override;
    /// Never needed: findNow() always knows.
    Call find(const AuthRequest &request, Handler<PrincipalPtr> handler) override;

private:
    const ApiKeyStore *m_store;
};

} // namespace bridge::auth
