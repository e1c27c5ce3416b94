// SPDX-License-Identifier: GPL-3.0-or-later
// From access tokens to principals: signature by the issuer's keys or introspection, claims, and a
// memory of what was found, so that a token is checked once. Main thread.
#pragma once

#include "server/auth/introspection.h"
#include "server/auth/jwt.h"
#include "server/auth/tokencache.h"
#include "server/auth/turnstile.h"

#include <map>
#include <memory>
#include <vector>

namespace bridge::auth {

struct VerifierOptions {
    /// False reads tokens without checking them (AUTH_VERIFY_TOKENS, contract §7.2).
    bool verify = true;
    std::vector<IssuerOptions> issuers; ///< the first is the one the bridge logs people in at
    ClaimRules unverifiedClaims;        ///< for tokens of unknown issuers when `verify` is off
    QStringList adminGroups;            ///< whose members are administrators
    JwksOptions jwks;
    std::chrono::milliseconds introspectionLifetime{30'000};
    std::chrono::milliseconds refusalLifetime{10'000};
    qsizetype maxKnown = 10'000;  ///< tokens remembered
    qsizetype maxRefused = 4'000; ///< refused ones remembered
    size_t maxQuestions = 16;     ///< introspections under way
    size_t maxWaiting = 64;       ///< and waiting; more are answered with IdpUnavailable
};

class TokenVerifier
{
public:
    TokenVerifier(VerifierOptions options, Fetch fetch, Clock clock = {});
    ~TokenVerifier();
    TokenVerifier(const TokenVerifier &) = delete;
    TokenVerifier &operator=(const TokenVerifier &) = delete;

    using Verdict = Result<PrincipalPtr>;
    /// What is known, or can be told without asking anybody: a token checked before costs a
    /// SHA-256 and a look-up. Nothing when verify() is needed. \a isVouched: when tokens are not
    /// verified, somebody trusted passed this one on.
    std::optional<Verdict> verifyNow(const QByteArray &token, Via via = Via::Header,
                                     bool isVouched = false);
    /// After verifyNow() gave nothing. Errors: InvalidToken, TokenExpired, IdpUnavailable.
    Call verify(const QByteArray &token, Via via, Handler<PrincipalPtr> handler);
    Call verify(const QByteArray &token, Handler<PrincipalPtr> handler)
    {
        return verify(token, Via::Header, std::move(handler));
    }
    /// Forgets what is known of \a token, e.g. when its user logged out.
    void forget(const QByteArray &token);

    const VerifierOptions &options() const { return m_options; }
    /// The one the bridge logs people in at; null when none is configured.
    Issuer *primaryIssuer() const;
    /// By `iss`, exactly; null for others.
    Issuer *issuer(const QString &name) const;
    qsizetype knownCount() const { return m_known.size(); }

private:
    /// A token that may be good, as far as it can be told without a key.
    struct Candidate {
        Jwt jwt;
        Issuer *issuer = nullptr;
        crypto::Algorithm algorithm{};
    };

    std::optional<Verdict> remembered(const QByteArray &digest, Via via);
    std::optional<Verdict> judgeNow(const QByteArray &token, const QByteArray &digest, Via via);
    Verdict readUnverified(const QByteArray &token, const QByteArray &digest, Via via,
                           bool isVouched);
    Verdict judge(const Candidate &candidate, const QList<KeyPtr> &keys, const QByteArray &token,
                  const QByteArray &digest, Via via);
    Result<Candidate> candidate(const QByteArray &token) const;
    bool isIntrospected() const;
    Call begin(const QByteArray &token, const QByteArray &digest, Handler<PrincipalPtr> handler);
    Call askKeys(Candidate candidate, const QByteArray &token, const QByteArray &digest,
                 Handler<PrincipalPtr> handler);
    Call askIssuers(const QList<Issuer *> &issuers, const QByteArray &token,
                    const QByteArray &digest, Handler<PrincipalPtr> handler);
    Verdict judgeIntrospected(Issuer &issuer, QJsonObject claims, const QByteArray &token,
                              const QByteArray &digest);
    void sweep(const QByteArray &digest);
    Verdict remember(Principal principal, KnownToken known, const QByteArray &token,
                     const QByteArray &digest, Via via);
    /// How far the issuer's word goes.
    void rank(Principal &principal) const;
    Error refuse(const Error &error, const QByteArray &digest);

    VerifierOptions m_options;
    Fetch m_fetch;
    Clock m_clock;
    std::vector<std::unique_ptr<Issuer>> m_issuers;
    TokenCache m_known;
    TokenCache m_refused;
    /// Anybody can make up tokens to ask about: they must not take every connection there is.
    Turnstile m_questions;
    std::map<QByteArray, SingleFlight<PrincipalPtr>> m_flights; ///< by digest
    /// Gone with this: one who waits may end it while others still do.
    std::shared_ptr<bool> m_life = std::make_shared<bool>(true);
};

} // namespace bridge::auth
