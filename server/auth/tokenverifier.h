// SPDX-License-Identifier: GPL-3.0-or-later
// From access tokens to principals: signature by the issuer's keys or introspection, claims, and a
// memory of what was found, so that a token is checked once. Main thread.
#pragma once

#include "common/async/task.h"
#include "server/auth/badtokens.h"
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
    /// Whom a token names that was only read is who calls: AUTH_VERIFY_TOKENS=false. Else whoever
    /// brings one that nobody vouches for is a stranger, who has it passed on at most.
    bool believe = false;
    std::vector<IssuerOptions> issuers; ///< the first is the one the bridge logs people in at
    ClaimRules unverifiedClaims;        ///< for tokens of unknown issuers when `verify` is off
    QStringList adminGroups;            ///< whose members are administrators
    JwksOptions jwks;
    std::chrono::milliseconds introspectionLifetime{30'000};
    std::chrono::milliseconds refusalLifetime{10'000};
    qsizetype maxKnown = 10'000;  ///< tokens remembered
    qsizetype maxRefused = 4'000; ///< refused ones remembered
    size_t maxQuestions = 16;     ///< introspections under way
    size_t maxWaiting = 64;       ///< and waiting; more are turned away, see Turnstile
    int maxBadTokens = 120;       ///< of one address within a minute; 0 = no limit
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
    /// verified, somebody trusted passed this one on. \a from: who shows it, where that counts;
    /// TooManyRequests when he showed too many bad ones, and this one was never good and is signed
    /// by no key that is known.
    std::optional<Verdict> verifyNow(const QByteArray &token, Via via = Via::Header,
                                     bool isVouched = false, const QHostAddress &from = {});
    /// After verifyNow() gave nothing. Errors: InvalidToken, TokenExpired, IdpUnavailable;
    /// Overloaded or TooManyRequests when it was not asked about; Forbidden when the groups of its
    /// user are not to be had.
    Call verify(const QByteArray &token, Via via, Handler<PrincipalPtr> handler,
                const QHostAddress &from = {});
    Call verify(const QByteArray &token, Handler<PrincipalPtr> handler)
    {
        return verify(token, Via::Header, std::move(handler));
    }
    /// Forgets what is known of \a token, e.g. when its user logged out.
    void forget(const QByteArray &token);

    const VerifierOptions &options() const { return m_options; }
    /// The one the bridge logs people in at; null when none is configured.
    Issuer *primaryIssuer() const;
    QList<Issuer *> issuers() const;
    /// By `iss`, exactly; null for others.
    Issuer *issuer(const QString &name) const;
    /// Says of \a principal how far the word of his issuer goes.
    void rank(Principal &principal) const;
    qsizetype knownCount() const { return m_known.size(); }

private:
    /// A token that may be good, as far as it can be told without a key.
    struct Candidate {
        Jwt jwt;
        Issuer *issuer = nullptr;
        crypto::Algorithm algorithm{};
    };

    static KeyPtr signerAmong(const QList<KeyPtr> &keys, const Candidate &candidate);
    static PrincipalPtr brought(const PrincipalPtr &principal, Via via);
    std::optional<Verdict> remembered(const QByteArray &digest, Via via);
    std::optional<Verdict> judgeNow(const QByteArray &token, const QByteArray &digest, Via via,
                                    const QHostAddress &from);
    std::optional<Error> objectionTo(const QHostAddress &from, const QByteArray &digest,
                                     const Candidate *found);
    Verdict strangerWith(const QByteArray &token, Via via) const;
    Verdict readUnverified(const QByteArray &token, const QByteArray &digest, Via via,
                           bool isVouched);
    /// \a groups: those that were asked for. Nothing = they have to be asked for.
    std::optional<Verdict> judge(const Candidate &candidate, const QList<KeyPtr> &keys,
                                 const QByteArray &token, const QByteArray &digest, Via via,
                                 const QStringList *groups = nullptr);
    Result<Nothing> check(Issuer &issuer, const QJsonObject &claims, const QString &type,
                          bool needsExpiry = true) const;
    bool needsGroups(const Candidate &candidate) const;
    Result<Candidate> candidate(const QByteArray &token) const;
    bool isIntrospected() const;
    Call begin(const QByteArray &token, const QByteArray &digest, const QHostAddress &from,
               Handler<PrincipalPtr> handler);
    Task<PrincipalPtr> askKeys(Candidate candidate, QByteArray token, QByteArray digest);
    Call askIssuers(const QList<Issuer *> &issuers, const QByteArray &token,
                    const QByteArray &digest, const QHostAddress &from,
                    Handler<PrincipalPtr> handler);
    Verdict judgeIntrospected(Issuer &issuer, QJsonObject claims, const QByteArray &token,
                              const QByteArray &digest);
    void sweep(const QByteArray &digest);
    Verdict remember(Principal principal, KnownToken known, const QByteArray &token,
                     const QByteArray &digest, Via via);
    Error refuse(const Error &error, const QByteArray &digest);
    Error refuseFor(std::chrono::milliseconds time, const Error &error, const QByteArray &digest);

    VerifierOptions m_options;
    Fetch m_fetch;
    Clock m_clock;
    std::vector<std::unique_ptr<Issuer>> m_issuers;
    TokenCache m_known;
    TokenCache m_refused;
    BadTokens m_bad;
    /// Anybody can make up tokens to ask about: they must not take every connection there is.
    Turnstile m_questions;
    std::map<QByteArray, SingleFlight<PrincipalPtr>> m_flights; ///< by digest
    /// Gone with this: one who waits may end it while others still do.
    std::shared_ptr<bool> m_life = std::make_shared<bool>(true);
};

} // namespace bridge::auth
