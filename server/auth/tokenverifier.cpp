// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/tokenverifier.h"

#include "common/base/duration.h"
#include "common/crypto/digest.h"
#include "common/logging/categories.h"
#include "server/auth/entragroups.h"
#include "server/auth/membership.h"
#include "server/auth/tokencheck.h"

#include <algorithm>

using namespace Qt::StringLiterals;
using std::chrono::milliseconds;

namespace bridge::auth {

namespace {

Error refusedAs(const QString &why)
{
    return {ErrorCode::InvalidToken, u"The access token is refused: %1. Get a new one."_s.arg(why)};
}

QString strategyOf(Via via)
{
    return via == Via::Cookie ? u"cookie"_s : u"bearer"_s;
}

QDateTime dateOf(milliseconds wall)
{
    return wall >= kNever ? QDateTime() : QDateTime::fromMSecsSinceEpoch(wall.count(), kUtc);
}

} // namespace

TokenVerifier::TokenVerifier(VerifierOptions options, Fetch fetch, Clock clock)
    : m_options(std::move(options))
    , m_fetch(std::move(fetch))
    , m_clock(std::move(clock))
    , m_known(m_options.maxKnown)
    , m_refused(m_options.maxRefused)
    , m_bad(m_options.maxBadTokens, m_clock)
    , m_questions(m_options.maxQuestions, m_options.maxWaiting)
{
    for (const IssuerOptions &issuer : m_options.issuers)
        m_issuers.push_back(std::make_unique<Issuer>(issuer, m_fetch, m_options.jwks, m_clock));
}

TokenVerifier::~TokenVerifier()
{
    m_questions.close();
}

Issuer *TokenVerifier::primaryIssuer() const
{
    return m_issuers.empty() ? nullptr : m_issuers.front().get();
}

QList<Issuer *> TokenVerifier::issuers() const
{
    QList<Issuer *> all;
    for (const auto &issuer : m_issuers)
        all.append(issuer.get());
    return all;
}

Issuer *TokenVerifier::issuer(const QString &name) const
{
    for (const auto &issuer : m_issuers) {
        if (issuer->options().issuer == name)
            return issuer.get();
    }
    return nullptr;
}

void TokenVerifier::forget(const QByteArray &token)
{
    const QByteArray digest = crypto::sha256(token);
    m_known.remove(digest);
    m_refused.remove(digest);
}

std::optional<TokenVerifier::Verdict>
TokenVerifier::verifyNow(const QByteArray &token, Via via, bool isVouched, const QHostAddress &from)
{
    const QByteArray digest = crypto::sha256(token);
    if (!m_options.verify && !m_options.believe && !isVouched)
        return strangerWith(token, via);
    if (!m_options.verify) {
        const QByteArray key = isVouched ? QByteArray(digest + 'v') : digest;
        if (auto known = remembered(key, via))
            return known;
        return readUnverified(token, key, via, isVouched);
    }
    if (auto known = remembered(digest, via))
        return known;
    return judgeNow(token, digest, via, from);
}

PrincipalPtr TokenVerifier::brought(const PrincipalPtr &principal, Via via)
{
    if (principal->strategy == strategyOf(via))
        return principal;
    Principal copy = *principal;
    copy.strategy = strategyOf(via);
    return std::make_shared<const Principal>(std::move(copy));
}

std::optional<TokenVerifier::Verdict> TokenVerifier::remembered(const QByteArray &digest, Via via)
{
    KnownToken *known = m_known.find(digest);
    const bool isRefused = !known;
    if (isRefused)
        known = m_refused.find(digest);
    if (!known)
        return std::nullopt;
    const bool isOver = m_clock.wall() >= known->wallEnd + kLeeway;
    if (m_clock.steady() >= known->steadyEnd || isOver) {
        if (isRefused)
            m_refused.remove(digest);
        else if (isOver) // else it is known that the token was good, see objectionTo()
            m_known.remove(digest);
        return std::nullopt;
    }
    if (isRefused)
        return Verdict(known->error);
    if (known->key && known->issuer->keys().stateOf(*known->key) != JwksCache::State::Trusted)
        return std::nullopt;
    PrincipalPtr &principal = known->principals[size_t(via)];
    if (!principal)
        principal = brought(known->principals[via == Via::Header ? 1 : 0], via);
    return Verdict(principal);
}

bool TokenVerifier::isIntrospected() const
{
    return std::any_of(m_issuers.begin(), m_issuers.end(), [](const auto &issuer) {
        return issuer->options().introspect != Introspect::Never;
    });
}

Result<TokenVerifier::Candidate> TokenVerifier::candidate(const QByteArray &token) const
{
    auto jwt = parseJwt(token);
    if (!jwt)
        return jwt.error();
    Issuer *from = issuer(jwt->claims["iss"_L1].toString());
    if (!from)
        return refusedAs(u"it does not come from an issuer this bridge trusts"_s);
    const auto algorithm = crypto::algorithmFromName(jwt->algorithm);
    if (!algorithm || !from->options().algorithms.contains(*algorithm))
        return refusedAs(u"it is signed in a way this bridge does not accept"_s);
    return Candidate{std::move(*jwt), from, *algorithm};
}

std::optional<TokenVerifier::Verdict> TokenVerifier::judgeNow(const QByteArray &token,
                                                              const QByteArray &digest, Via via,
                                                              const QHostAddress &from)
{
    if (token.size() > kMaxToken)
        return Verdict(refusedAs(u"it is too long"_s));
    if (!looksLikeJwt(token) && isIntrospected()) {
        const auto objection = objectionTo(from, digest, nullptr);
        return objection ? std::make_optional<Verdict>(*objection) : std::nullopt;
    }
    const auto found = candidate(token);
    if (!found)
        return Verdict(refuse(found.error(), digest));
    if (const auto objection = objectionTo(from, digest, &*found))
        return Verdict(*objection);
    if (found->issuer->options().introspect == Introspect::Always)
        return std::nullopt;
    const auto keys = found->issuer->keys().candidatesNow(found->jwt.keyId, found->algorithm);
    if (!keys)
        return std::nullopt;
    if (!*keys)
        return Verdict(keys->error());
    auto verdict = judge(*found, **keys, token, digest, via);
    if (verdict && !*verdict && verdict->error().code == ErrorCode::InvalidToken)
        m_bad.note(from, digest);
    return verdict;
}

/// Before anything is spent on a token. One that was good is asked about as often as it takes: who
/// shares an address with a flood goes on with it.
std::optional<Error> TokenVerifier::objectionTo(const QHostAddress &from, const QByteArray &digest,
                                                const Candidate *found)
{
    const auto pause = m_bad.pauseOf(from);
    if (!pause || m_known.find(digest))
        return std::nullopt;
    // Its client can help itself, and needs no keys to be told.
    const auto expiry = found ? timeClaim(found->jwt.claims, "exp"_L1)
                              : Result<std::optional<milliseconds>>(std::optional<milliseconds>());
    if (expiry && *expiry && **expiry + kLeeway <= m_clock.wall())
        return Error(ErrorCode::TokenExpired, u"The access token has expired. Get a new one."_s);
    // Nor does it take anybody else to tell that a token is genuine when its key is there.
    if (found
        && signerAmong(found->issuer->keys().known(found->jwt.keyId, found->algorithm), *found))
        return std::nullopt;
    Error error(ErrorCode::TooManyRequests,
                u"Your address has sent too many access tokens that are not good, so this one is "
                "not checked now. Try again in %1 seconds."_s.arg(pause->count()));
    error.extra.insert("retry_after"_L1, qint64(pause->count()));
    return error;
}

KeyPtr TokenVerifier::signerAmong(const QList<KeyPtr> &keys, const Candidate &found)
{
    const auto good = std::find_if(keys.begin(), keys.end(), [&](const KeyPtr &key) {
        return key->key.verify(found.algorithm, found.jwt.signedText, found.jwt.signature);
    });
    return good == keys.end() ? nullptr : *good;
}

bool TokenVerifier::needsGroups(const Candidate &found) const
{
    return leavesGroupsOut(found.jwt.claims, found.issuer->options().claims);
}

/// Whoever runs the bridge wonders why no token is good: once in the log, not for each request.
Result<Nothing> TokenVerifier::check(Issuer &issuer, const QJsonObject &claims, const QString &type,
                                     bool needsExpiry) const
{
    const IssuerOptions &options = issuer.options();
    auto checked = checkClaims(claims, type, options, m_clock.wall(), needsExpiry);
    const QString sign = checked ? QString() : idTokenSign(claims, type, options);
    if (!sign.isEmpty() && issuer.isFirstIdToken())
        qCWarning(logging::lcAuth).noquote()
            << u"A token of %1 is refused for being an ID token, as its %2 shows, and so will "
               "others be. Clients have to send access tokens. Where the provider issues nothing "
               "but ID tokens, as Dex does, set AUTH_ACCEPT_ID_TOKENS=true."_s.arg(options.issuer,
                                                                                   sign);
    return checked;
}

std::optional<TokenVerifier::Verdict>
TokenVerifier::judge(const Candidate &found, const QList<KeyPtr> &keys, const QByteArray &token,
                     const QByteArray &digest, Via via, const QStringList *groups)
{
    if (keys.isEmpty()) // not remembered: the key may be there in a moment
        return refusedAs(u"the issuer has no such key (kid)"_s);
    const KeyPtr signer = signerAmong(keys, found);
    if (!signer)
        return refuse(refusedAs(u"its signature is wrong"_s), digest);
    const IssuerOptions &options = found.issuer->options();
    if (const auto checked = check(*found.issuer, found.jwt.claims, found.jwt.type); !checked)
        return refuse(checked.error(), digest);
    auto principal = principalFrom(found.jwt.claims, options.issuer, options.claims);
    if (!principal)
        return refuse(principal.error(), digest);
    if (groups) {
        principal->groups += *groups;
        principal->groups.removeDuplicates();
    } else if (needsGroups(found)) {
        if (!options.graph.isEmpty() && !options.clientId.isEmpty()
            && !options.clientSecret.isEmpty())
            return std::nullopt;
        return refuse(unknownGroups(*found.issuer), digest);
    }
    KnownToken known;
    known.issuer = found.issuer;
    known.key = signer;
    known.wallEnd = timeClaim(found.jwt.claims, "exp"_L1)->value();
    known.steadyEnd = kNever;
    principal->isVerified = true;
    return remember(std::move(*principal), std::move(known), token, digest, via);
}

TokenVerifier::Verdict TokenVerifier::remember(Principal principal, KnownToken known,
                                               const QByteArray &token, const QByteArray &digest,
                                               Via via)
{
    principal.strategy = strategyOf(via);
    rank(principal);
    principal.token = token;
    principal.expires = dateOf(known.wallEnd);
    const auto shared = std::make_shared<const Principal>(std::move(principal));
    known.principals[size_t(via)] = shared;
    m_refused.remove(digest);
    m_known.insert(digest, std::move(known));
    return PrincipalPtr(shared);
}

void TokenVerifier::rank(Principal &principal) const
{
    const Issuer *from = issuer(principal.issuer);
    const bool isMain = m_issuers.empty() || from == primaryIssuer();
    principal.isOfMainIssuer = isMain;
    principal.opensRequiredGroups = isMain || (from && from->options().requiredGroups);
    principal.isAdmin = principal.isVerified && (isMain || (from && from->options().admins))
                        && isInAnyGroup(principal, m_options.adminGroups);
}

Error TokenVerifier::refuse(const Error &error, const QByteArray &digest)
{
    return refuseFor(m_options.refusalLifetime, error, digest);
}

Error TokenVerifier::refuseFor(milliseconds time, const Error &error, const QByteArray &digest)
{
    KnownToken refused;
    refused.error = error;
    refused.wallEnd = kNever;
    refused.steadyEnd = m_clock.steady() + time;
    m_known.remove(digest);
    m_refused.insert(digest, std::move(refused));
    return error;
}

/// Anybody can make up a token: it gives nobody a name, a place or a share of his own.
TokenVerifier::Verdict TokenVerifier::strangerWith(const QByteArray &token, Via via) const
{
    Principal stranger = *anonymous();
    stranger.strategy = strategyOf(via);
    stranger.token = token;
    return PrincipalPtr(std::make_shared<const Principal>(std::move(stranger)));
}

TokenVerifier::Verdict TokenVerifier::readUnverified(const QByteArray &token,
                                                     const QByteArray &digest, Via via,
                                                     bool isVouched)
{
    Principal principal;
    principal.kind = Principal::Kind::User;
    principal.owner = u"token:"_s + QString::fromLatin1(digest.toHex());
    if (const auto jwt = parseJwt(token)) {
        const QString from = jwt->claims["iss"_L1].toString();
        const Issuer *known = issuer(from);
        auto named = principalFrom(jwt->claims, from,
                                   known ? known->options().claims : m_options.unverifiedClaims);
        if (named) {
            principal = std::move(*named);
            if (!isVouched) // must never be taken for somebody who was checked
                principal.owner.prepend("unverified:"_L1);
            principal.isVerified = isVouched;
        }
    }
    KnownToken known;
    known.wallEnd = kNever;
    known.steadyEnd = kNever;
    return remember(std::move(principal), std::move(known), token, digest, via);
}

} // namespace bridge::auth
