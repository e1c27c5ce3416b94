// SPDX-License-Identifier: GPL-3.0-or-later
// The part of TokenVerifier that waits for issuers.
#include "common/async/later.h"
#include "common/crypto/digest.h"
#include "server/auth/entragroups.h"
#include "server/auth/tokencheck.h"
#include "server/auth/tokenverifier.h"

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

struct Found {
    Issuer *issuer = nullptr;
    QJsonObject claims;
};

Error tryAgain(ErrorCode code, const QString &why)
{
    Error error(code, why);
    error.extra.insert("retry_after"_L1, kIdpPauseSeconds);
    return error;
}

Error tooManyQuestions()
{
    return tryAgain(ErrorCode::Overloaded,
                    u"The identity provider is being asked about so many access tokens at the "
                    "moment that yours was not checked. Try again in some seconds."_s);
}

Error tooManyOfOne()
{
    return tryAgain(ErrorCode::TooManyRequests,
                    u"The identity provider is being asked about so many access tokens of your "
                    "address at the moment that this one was not checked. Try again in some "
                    "seconds."_s);
}

/// The first of \a issuers that knows \a token. One that cannot be asked may be the one, so those
/// after it are not shown what may be a good token of his.
Task<Found> firstThatKnows(QList<Issuer *> issuers, Fetch fetch, QByteArray token)
{
    Error refused(ErrorCode::InvalidToken,
                  u"The access token is not or no longer valid. Get a new one."_s);
    for (Issuer *issuer : issuers) {
        const auto ask = [&](Handler<QJsonObject> done) {
            return introspect(*issuer, fetch, token, std::move(done));
        };
        const auto claims = co_await answer<QJsonObject>(ask);
        if (claims)
            co_return Found{issuer, *claims};
        refused = claims.error();
        if (refused.code == ErrorCode::IdpUnavailable)
            break;
    }
    co_return refused;
}

} // namespace

Call TokenVerifier::verify(const QByteArray &token, Via via, Handler<PrincipalPtr> handler,
                           const QHostAddress &from)
{
    const QByteArray digest = crypto::sha256(token);
    const std::weak_ptr<bool> life = m_life;
    const auto land = [this, life, digest, via, from,
                       handler = std::move(handler)](const Result<PrincipalPtr> &outcome) {
        if (life.expired()) {
            handler(outcome);
            return;
        }
        sweep(digest);
        if (!outcome && outcome.error().code == ErrorCode::InvalidToken)
            m_bad.note(from, digest);
        // Who joined may have brought the token in another way than who began.
        const auto known = outcome ? remembered(digest, via) : std::nullopt;
        handler(known ? *known : outcome ? Verdict(brought(*outcome, via)) : outcome);
    };
    Call waiting =
        m_flights[digest].join(land, [this, token, digest, from](Handler<PrincipalPtr> done) {
            return begin(token, digest, from, std::move(done));
        });
    return Call([this, life, digest, share = std::make_shared<Call>(std::move(waiting))] {
        share->cancel();
        if (!life.expired())
            sweep(digest);
    });
}

void TokenVerifier::sweep(const QByteArray &digest)
{
    const auto flight = m_flights.find(digest);
    if (flight != m_flights.end() && !flight->second.isRunning())
        m_flights.erase(flight);
}

Call TokenVerifier::begin(const QByteArray &token, const QByteArray &digest,
                          const QHostAddress &from, Handler<PrincipalPtr> handler)
{
    QList<Issuer *> asked;
    if (!looksLikeJwt(token)) {
        for (const auto &one : m_issuers) {
            if (one->options().introspect != Introspect::Never)
                asked.append(one.get());
        }
        return askIssuers(asked, token, digest, from, std::move(handler));
    }
    auto found = candidate(token);
    if (!found)
        return failLater(std::move(handler), refuse(found.error(), digest));
    if (found->issuer->options().introspect == Introspect::Always)
        return askIssuers({found->issuer}, token, digest, from, std::move(handler));
    return askKeys(std::move(*found), token, digest).start(std::move(handler));
}

Task<PrincipalPtr> TokenVerifier::askKeys(Candidate found, QByteArray token, QByteArray digest)
{
    const auto ask = [&](Handler<QList<KeyPtr>> done) {
        return found.issuer->keys().candidates(found.jwt.keyId, found.algorithm, std::move(done));
    };
    const auto keys = co_await answer<QList<KeyPtr>>(ask);
    if (!keys)
        co_return keys.error();
    if (const auto verdict = judge(found, *keys, token, digest, Via::Header))
        co_return *verdict;
    const auto askGraph = [&](Handler<QStringList> done) {
        return entraGroups(*found.issuer, m_fetch, token, std::move(done));
    };
    const auto groups = co_await answer<QStringList>(askGraph);
    if (!groups && groups.error().code == ErrorCode::IdpUnavailable)
        co_return refuseFor(std::chrono::seconds(kIdpPauseSeconds), groups.error(), digest);
    if (!groups)
        co_return refuse(groups.error(), digest);
    co_return judge(found, *keys, token, digest, Via::Header, &*groups)
        .value_or(Verdict(idpUnavailable()));
}

Call TokenVerifier::askIssuers(const QList<Issuer *> &issuers, const QByteArray &token,
                               const QByteArray &digest, const QHostAddress &from,
                               Handler<PrincipalPtr> handler)
{
    const auto ask = [issuers, fetch = m_fetch, token](Handler<Found> done) {
        return firstThatKnows(issuers, fetch, token).start(std::move(done));
    };
    const auto judge = [this, token, digest, from,
                        handler = std::move(handler)](const Result<Found> &found) {
        const Verdict verdict =
            found ? judgeIntrospected(*found->issuer, found->claims, token, digest)
            : found.error().code == ErrorCode::InvalidToken ? refuse(found.error(), digest)
                                                            : found.error();
        // Here and not where they wait for it: leaving early does not make it cheaper.
        if (!verdict && verdict.error().code == ErrorCode::InvalidToken)
            m_bad.note(from, digest);
        handler(verdict);
    };
    const bool wasGood = m_known.find(digest);
    return m_questions.enter<Found>(ask, judge, {tooManyQuestions(), tooManyOfOne()},
                                    {from.isNull() ? QByteArray() : networkOf(from), wasGood});
}

TokenVerifier::Verdict TokenVerifier::judgeIntrospected(Issuer &issuer, QJsonObject claims,
                                                        const QByteArray &token,
                                                        const QByteArray &digest)
{
    const IssuerOptions &options = issuer.options();
    if (const auto checked = check(issuer, claims, {}, false); !checked)
        return refuse(checked.error(), digest);
    if (leavesGroupsOut(claims, options.claims))
        return refuse(unknownGroups(issuer), digest);
    claims.remove("active"_L1);
    if (!claims.contains("preferred_username"_L1) && claims.contains("username"_L1))
        claims.insert("preferred_username"_L1, claims.value("username"_L1));
    auto principal = principalFrom(claims, options.issuer, options.claims);
    if (!principal)
        return refuse(principal.error(), digest);
    KnownToken known;
    known.issuer = &issuer;
    const auto expiry = timeClaim(claims, "exp"_L1).value();
    known.wallEnd = expiry.value_or(kNever);
    known.steadyEnd = m_clock.steady() + m_options.introspectionLifetime;
    principal->isVerified = true;
    return remember(std::move(*principal), std::move(known), token, digest, Via::Header);
}

} // namespace bridge::auth
