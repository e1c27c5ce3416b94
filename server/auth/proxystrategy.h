// SPDX-License-Identifier: GPL-3.0-or-later
// Strategy `proxy`: who is calling is what a reverse proxy says that has authenticated him, e.g.
// oauth2-proxy. Only the proxies that are listed are believed; from anybody else the headers mean
// nothing. Of the two families of such headers one is read, the one the proxy sets (and so drops
// when its client sends it). Main thread.
#pragma once

#include "server/auth/authoptions.h"
#include "server/auth/strategy.h"

#include <QtCore/QSet>

namespace bridge::auth {

/// How the headers of one family are called.
struct ProxyHeaderNames {
    QByteArrayView user, email, preferred, groups, token;
};
const ProxyHeaderNames &namesOf(ProxyHeaders family);

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
    QByteArray tokenIn(const AuthRequest &request) const;
    void warnOfStranger(const AuthRequest &request);

    QSet<QHostAddress> m_strangers; ///< who sent the headers without being listed, and was told of
    Networks m_proxies;
    QStringList m_adminGroups;
    ProxyHeaders m_family;
    QByteArray m_tokenHeader; ///< empty when it is of the other family
};

} // namespace bridge::auth
