// SPDX-License-Identifier: GPL-3.0-or-later
// Strategies `bearer` and `cookie`: an access token in a header or in a cookie (contract §7.1).
// Main thread.
#pragma once

#include "server/auth/authoptions.h"
#include "server/auth/strategy.h"

#include <QtCore/QSet>

namespace bridge::auth {

/// Verdicts of \a verifier, which several strategies share.
class TokenStrategy : public Strategy
{
public:
    Outcome findNow(const AuthRequest &request) override;
    Call find(const AuthRequest &request, Handler<PrincipalPtr> handler) override;

protected:
    TokenStrategy(std::shared_ptr<TokenVerifier> verifier, Via via);

    /// Empty when there is none; InvalidToken when it is not clear which one is meant.
    virtual Result<QByteArray> tokenIn(const AuthRequest &request) const = 0;

    /// How the token in \a request came: by itself, as cookies do, or because somebody meant it.
    virtual Via viaOf(const AuthRequest &) const { return m_via; }
    /// The token in \a request is the word of a trusted proxy, which counts when none are verified.
    virtual bool isVouched(const AuthRequest &request) const;

private:
    void warnOfProxy(const AuthRequest &request);

    std::shared_ptr<TokenVerifier> m_verifier;
    QSet<QHostAddress> m_undeclared; ///< who seem to be proxies too; the log told
    Via m_via;
};

/// In the header TOKEN_NAME, then in `Authorization`.
class BearerStrategy : public TokenStrategy
{
public:
    BearerStrategy(std::shared_ptr<TokenVerifier> verifier, const AuthOptions &options);
    QString name() const override { return QStringLiteral("bearer"); }

protected:
    Result<QByteArray> tokenIn(const AuthRequest &request) const override;
    /// Only the token header of the family the proxy sets, together with its user header: clients
    /// of the proxy can send all others, `Authorization` as well.
    bool isVouched(const AuthRequest &request) const override;

private:
    QByteArray m_header;
    QByteArray m_vouchedUser; ///< comes along with a token the proxy set
    Networks m_proxies;       ///< who vouch for tokens that are not verified; may be none
};

/// In the cookie TOKEN_COOKIE_NAME, or in pieces of it: TOKEN_COOKIE_NAME_0, _1 and so on.
class CookieStrategy : public TokenStrategy
{
public:
    CookieStrategy(std::shared_ptr<TokenVerifier> verifier, const AuthOptions &options);
    QString name() const override { return QStringLiteral("cookie"); }

protected:
    Result<QByteArray> tokenIn(const AuthRequest &request) const override;

private:
    QByteArray m_cookie;
};

/// What follows `Bearer ` in \a value (RFC 6750 §2.1, scheme in any case); nothing for other
/// schemes.
std::optional<QByteArray> bearerToken(QByteArrayView value);

} // namespace bridge::auth
