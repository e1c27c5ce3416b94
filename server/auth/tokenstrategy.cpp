// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/tokenstrategy.h"

#include "common/logging/categories.h"
#include "server/auth/proxystrategy.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

Error ambiguous(const QByteArray &header)
{
    return {ErrorCode::InvalidToken,
            u"The header %1 comes more than once, so it is not clear which token counts. Send it "
            "once."_s.arg(QLatin1StringView(header))};
}

constexpr qsizetype kMostUndeclared = 16;

/// Cookies of 4 KiB, of which a token that is not too long needs fewer.
constexpr int kMostPieces = 16;

Error tooLong(const QByteArray &cookie)
{
    return {ErrorCode::InvalidToken,
            u"The token in the cookies %1_0, %1_1 and so on is too long."_s.arg(
                QLatin1StringView(cookie))};
}

/// A field Authorization holds another bearer token than \a token.
bool contradicts(const AuthRequest &request, const QByteArray &token)
{
    return std::any_of(request.headers->begin(), request.headers->end(), [&](const auto &field) {
        if (field.first.compare("authorization", Qt::CaseInsensitive) != 0)
            return false;
        const auto other = bearerToken(field.second);
        return other && *other != token;
    });
}

} // namespace

std::optional<QByteArray> bearerToken(QByteArrayView value)
{
    constexpr QByteArrayView scheme("bearer ");
    value = value.trimmed();
    if (value.size() < scheme.size()
        || qstrnicmp(value.data(), scheme.data(), size_t(scheme.size())) != 0)
        return std::nullopt;
    return value.sliced(scheme.size()).trimmed().toByteArray();
}

TokenStrategy::TokenStrategy(std::shared_ptr<TokenVerifier> verifier, Via via)
    : m_verifier(std::move(verifier))
    , m_via(via)
{
}

bool TokenStrategy::isVouched(const AuthRequest &) const
{
    return false;
}

Strategy::Outcome TokenStrategy::findNow(const AuthRequest &request)
{
    const auto token = tokenIn(request);
    if (!token)
        return {Finding::Known, nullptr, token.error()};
    if (token->isEmpty())
        return {};
    const auto verdict = m_verifier->verifyNow(*token, viaOf(request), isVouched(request),
                                               request.client);
    if (!verdict)
        return {Finding::Ask, nullptr, {}};
    if (!*verdict && verdict->error().code == ErrorCode::TooManyRequests)
        warnOfProxy(request);
    if (!*verdict)
        return {Finding::Known, nullptr, verdict->error()};
    return {Finding::Known, **verdict, {}};
}

/// Whose clients all pay for what one of them did. Anybody can write that field, so few are told
/// of, and each once.
void TokenStrategy::warnOfProxy(const AuthRequest &request)
{
    if (request.count("x-forwarded-for") == 0 || request.isForwarded
        || m_undeclared.size() >= kMostUndeclared || m_undeclared.contains(request.peer))
        return;
    m_undeclared.insert(request.peer);
    qCWarning(logging::lcAuth).noquote()
        << u"Requests of %1 carry X-Forwarded-For, as those of a proxy do, but neither "
           "TRUSTED_PROXIES nor AUTH_TRUSTED_PROXIES names it. So all its clients count as one "
           "address, and for the bad tokens of some new ones of all are answered with 429 "
           "(AUTH_BAD_TOKENS_PER_MINUTE). Name it there if it is your proxy."_s.arg(
               request.peer.toString());
}

Call TokenStrategy::find(const AuthRequest &request, Handler<PrincipalPtr> handler)
{
    const auto token = tokenIn(request);
    // Keeps the verifier alive for as long as somebody waits.
    auto share = std::make_shared<Call>(m_verifier->verify(token ? *token : QByteArray(),
                                                           viaOf(request), std::move(handler),
                                                           request.client));
    return Call([share, verifier = m_verifier] { share->cancel(); });
}

BearerStrategy::BearerStrategy(std::shared_ptr<TokenVerifier> verifier, const AuthOptions &options)
    : TokenStrategy(std::move(verifier), Via::Header)
    , m_header(options.tokenHeader)
    , m_vouchedUser(namesOf(options.proxyHeaders).user.toByteArray())
{
    const QByteArrayView own = namesOf(options.proxyHeaders).token;
    const bool isOwn = m_header.size() == own.size() && m_header.toLower() == own;
    if (!options.verifier.verify && options.trustProxyHeaders && isOwn)
        m_proxies = options.trustedProxies;
}

bool BearerStrategy::isVouched(const AuthRequest &request) const
{
    return m_proxies.contains(request.peer)
           && request.count(m_header) == 1 && request.count(m_vouchedUser) == 1
           && !request.header(m_header).trimmed().isEmpty()
           && !request.header(m_vouchedUser).trimmed().isEmpty();
}

Result<QByteArray> BearerStrategy::tokenIn(const AuthRequest &request) const
{
    const QByteArray named = request.header(m_header).trimmed();
    if (!named.isEmpty()) {
        if (request.count(m_header) > 1)
            return ambiguous(m_header);
        const QByteArray token = bearerToken(named).value_or(named);
        // One of the two is the proxy's and the other its client's: it is not known which.
        if (isVouched(request) && contradicts(request, token))
            return Error(
                ErrorCode::InvalidToken,
                u"The headers %1 and Authorization hold two tokens, and the proxy vouches "
                "for one. It has to drop those of its clients."_s.arg(QLatin1StringView(m_header)));
        return token;
    }
    const auto token = bearerToken(request.header("authorization"));
    if (!token)
        return QByteArray();
    if (request.count("authorization") > 1)
        return ambiguous("Authorization");
    return *token;
}

CookieStrategy::CookieStrategy(std::shared_ptr<TokenVerifier> verifier, const AuthOptions &options)
    : TokenStrategy(std::move(verifier), Via::Cookie)
    , m_cookie(options.tokenCookie)
{
}

Result<QByteArray> CookieStrategy::tokenIn(const AuthRequest &request) const
{
    const QByteArray whole = request.cookie(m_cookie);
    if (!whole.isEmpty())
        return whole;
    // oauth2-proxy cuts what is too large for one: NAME_0, NAME_1 and so on.
    QByteArray joined;
    for (int i = 0; i < kMostPieces; ++i) {
        const QByteArray name = m_cookie + '_' + QByteArray::number(i);
        const QByteArray piece = request.cookie(name);
        if (piece.isEmpty())
            return joined;
        if (joined.size() + piece.size() > kMaxToken)
            return tooLong(m_cookie);
        joined += piece;
    }
    return tooLong(m_cookie);
}

} // namespace bridge::auth
