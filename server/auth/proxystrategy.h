// SPDX-License-Identifier: GPL-3.0-or-later
// Strategy `proxy`: who is calling is what a reverse proxy says that has authenticated him, e.g.
// oauth2-proxy. Only the proxies that are listed are believed; from anybody else the headers mean
// nothing. Main thread.
#pragma once

#include "server/auth/authoptions.h"
#include "server/auth/strategy.h"

namespace bridge::auth {

class ProxyStrategy : public Strategy
{
public:
    explicit ProxyStrategy(const AuthOptions &options);

    QString name() const override { return QStringLiteral("proxy"); }
    /// InvalidToken when a header comes twice: the proxy passed on one of the caller's.
    Outcome findNow(const AuthRequest &request) override;
    /// Never needed: findNow() always knows.
    Call find(const AuthRequest &request, Handler<PrincipalPtr> handler) override;

private:
    QList<egress::Network> m_proxies;
    QStringList m_adminGroups;
    QByteArray m_tokenHeader;
};

} // namespace bridge::auth
