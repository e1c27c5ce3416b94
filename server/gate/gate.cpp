// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gate/gate.h"

#include "server/gate/challenge.h"
#include "server/policy/groupgate.h"

using namespace Qt::StringLiterals;

namespace bridge::gate {

namespace {

using auth::AuthRequest;
using auth::Principal;
using auth::PrincipalPtr;

constexpr qsizetype kLongestReason = 200;

AuthRequest asked(const http::Request &request)
{
    return {&request.headers, request.peer,   request.client,
            request.isForwarded, request.secure, request.method};
}

QString stageOf(Access access)
{
    return u"gate:"_s + nameOf(access);
}

Error unauthorized(const QString &hint)
{
    return Error(ErrorCode::Unauthorized, u"This bridge wants to know who is calling. "_s + hint);
}

Error unverifiable()
{
    return Error(ErrorCode::InvalidToken,
                 u"This bridge cannot verify access tokens, so yours opens nothing here. Send a "
                 "credential it knows, e.g. an API key as `X-API-Key`; its operator may name an "
                 "issuer (OAUTH_ISSUER_URL)."_s);
}

Visitor::Challenge challengeBy(const std::shared_ptr<const GateOptions> &options)
{
    return [options](const Error &error, const http::Request &request) -> http::Headers {
        ChallengeFacts facts;
        if (options->hasMetadata) {
            facts.scope = options->scope;
            facts.resourceMetadata =
                options->address.baseFor(request) + "/.well-known/oauth-protected-resource"_L1;
        }
        const QByteArray value = challengeFor(error, facts);
        if (value.isEmpty())
            return {};
        http::Headers headers{{"WWW-Authenticate"_ba, value}};
        if (!facts.resourceMetadata.isEmpty())
            headers += options->address.cachingFor({});
        return headers;
    };
}

} // namespace

Gate::Gate(GateOptions options, Authentication authentication, SourcesPtr sources)
    : m_options(std::make_shared<GateOptions>(std::move(options)))
    , m_authentication(std::move(authentication))
    , m_sources(std::move(sources))
    , m_stranger(std::make_shared<KnownCaller>(auth::anonymous(), m_sources))
    , m_challenge(std::make_shared<const Visitor::Challenge>(challengeBy(m_options)))
{
}

void Gate::guard(http::Router &router)
{
    router.setGuard(
        [](const http::Route &route) { return QStringList{stageOf(accessOf(route.pattern))}; });
    router.setStage(stageOf(Access::Public),
                    [this](http::Exchange &exchange, const std::function<void()> &pass) {
                        attach(exchange, m_stranger, newOrigin(exchange));
                        pass();
                    });
    for (const Access access :
         {Access::Optional, Access::Known, Access::Member, Access::Overseen, Access::Admin}) {
        router.setStage(stageOf(access), [this, access](http::Exchange &exchange,
                                                        const std::function<void()> &pass) {
            enter(exchange, access, pass);
        });
    }
}

void Gate::setOptions(GateOptions options)
{
    *m_options = std::move(options);
}

void Gate::setObserver(std::function<void(const Incident &)> observer)
{
    m_observer = std::move(observer);
}

auth::Origin Gate::newOrigin(const http::Exchange &exchange) const
{
    return {exchange.requestId(), exchange.request().client, std::make_shared<bool>(false)};
}

void Gate::attach(http::Exchange &exchange, std::shared_ptr<const KnownCaller> caller,
                  auth::Origin origin, std::optional<QByteArray> adminAgent) const
{
    exchange.attach(std::make_shared<const Visitor>(std::move(caller), m_challenge,
                                                    std::move(origin), std::move(adminAgent)));
}

void Gate::enter(http::Exchange &exchange, Access access, const std::function<void()> &pass)
{
    using Finding = auth::Strategy::Finding;
    if (!m_authentication.findNow)
        return decide(exchange, access, auth::anonymous(), pass);
    const AuthRequest question = asked(exchange.request());
    const auth::Strategy::Outcome outcome = m_authentication.findNow(question);
    switch (outcome.finding) {
    case Finding::Known:
        if (outcome.error)
            return decide(exchange, access, *outcome.error, pass);
        return decide(exchange, access, outcome.principal, pass);
    case Finding::Ask:
        // A client that leaves takes the question back.
        exchange.keep(m_authentication.find(
            question, [this, &exchange, access, pass](const Result<PrincipalPtr> &caller) {
                decide(exchange, access, caller, pass);
            }));
        return;
    case Finding::Pass:
        break;
    }
    decide(exchange, access, auth::anonymous(), pass);
}

void Gate::decide(http::Exchange &exchange, Access access, const Result<PrincipalPtr> &caller,
                  const std::function<void()> &pass)
{
    const auth::Origin origin = newOrigin(exchange);
    if (!caller) {
        attach(exchange, m_stranger, origin);
        if (access == Access::Optional)
            return pass();
        return turnAway(exchange, caller.error(), nullptr);
    }
    // Nothing is read from the headers of a stranger, unless nobody looks at credentials.
    const http::Request &request = exchange.request();
    const bool isStranger = *caller == auth::anonymous() && m_sources->identifies;
    const auto known = std::make_shared<const KnownCaller>(
        *caller, m_sources, isStranger ? http::Headers() : request.headers, origin);
    attach(exchange, known, origin);
    std::optional<Error> refusal = checkPageOf(request, **caller);
    const bool isAboutGroups = !refusal && access != Access::Admin;
    if (!refusal)
        refusal = check(exchange, access, *known);
    if (refusal && access == Access::Optional) {
        attach(exchange, m_stranger, origin);
        return pass();
    }
    if (refusal)
        return turnAway(exchange, *refusal, *caller,
                        isAboutGroups && refusal->code == ErrorCode::Forbidden);
    if (access == Access::Admin)
        attach(exchange, known, origin, request.header("user-agent"));
    pass();
}

bool Gate::isAmbient(const http::Request &request, const Principal &principal) const
{
    if (principal.isAnonymous())
        return false;
    if (principal.strategy == "cookie"_L1 || principal.strategy == "login"_L1
        || principal.strategy == "proxy"_L1)
        return true;
    const QByteArray &header = m_options->tokenHeader;
    return !header.isEmpty() && header.compare("authorization", Qt::CaseInsensitive) != 0
           && request.hasHeader(header);
}

std::optional<Error> Gate::checkPageOf(const http::Request &request,
                                       const Principal &principal) const
{
    if (!isAmbient(request, principal))
        return std::nullopt;
    const bool byCookie = principal.strategy == "cookie"_L1 || principal.strategy == "login"_L1;
    const PageRules rules{m_options->pageOrigins, byCookie};
    return checkPage(request, rules);
}

std::optional<Error> Gate::check(const http::Exchange &exchange, Access access,
                                 const KnownCaller &caller) const
{
    const http::Request &request = exchange.request();
    const Principal &principal = *caller.principal();
    if (access == Access::Admin)
        return checkAdmin(request, principal);
    const bool isFreeOfGroups =
        access == Access::Known || (access == Access::Overseen && principal.isAdmin);
    if (auto outside = isFreeOfGroups ? strangerObjection(principal) : objectionTo(principal))
        return outside;
    if (access == Access::Known)
        return std::nullopt;
    if (request.query.isEmpty())
        return std::nullopt;
    // Whoever looks at one in front of the bridge may look at the other one.
    if (request.query.allQueryItemValues(u"group"_s).size() > 1)
        return Error(ErrorCode::BadRequest, u"`group` comes more than once. Send it once."_s);
    if (const auto member = caller.checkGroup(request.queryValue(u"group"_s)); !member)
        return member.error();
    return std::nullopt;
}

std::optional<Error> Gate::strangerObjection(const Principal &principal) const
{
    if (principal.isAnonymous() && !m_options->allowsAnonymous)
        return principal.token.isEmpty() ? unauthorized(m_options->hint) : unverifiable();
    return std::nullopt;
}

std::optional<Error> Gate::objectionTo(const Principal &principal) const
{
    if (auto stranger = strangerObjection(principal))
        return stranger;
    auto outside = policy::checkRequiredGroups(principal, m_options->requiredGroups);
    if (outside && outside->code == ErrorCode::Unauthorized)
        outside->message += u' ' + m_options->hint;
    return outside;
}

std::optional<Error> Gate::checkAdmin(const http::Request &request,
                                      const Principal &principal) const
{
    if (principal.isAdmin)
        return std::nullopt;
    const bool hasKeys = m_options->hasAdmins || m_sources->identifies;
    if (hasKeys && principal.isAnonymous())
        return Error(principal.token.isEmpty() ? ErrorCode::Unauthorized : ErrorCode::InvalidToken,
                     u"This is for administrators: send the admin token as `Authorization: Bearer "
                     "…`, or log in as a member of an admin group."_s);
    if (hasKeys)
        return policy::notAMember(
            principal, u"This is for administrators: you are in none of the admin groups."_s);
    if (principal.isAnonymous() && isNeighbour(request))
        return std::nullopt;
    return Error(ErrorCode::Forbidden,
                 u"Without an admin token this is for callers on the bridge's own machine only, "
                 "not through a proxy or a web page."_s);
}

void Gate::turnAway(http::Exchange &exchange, const Error &error, const PrincipalPtr &principal,
                    bool isNoMember)
{
    const http::Request &request = exchange.request();
    if (m_observer)
        m_observer({principal, originOf(exchange).address, request.method, exchange.fields().route,
                    request.header("user-agent"), exchange.requestId(), error, isNoMember});
    // Our own words, which hold nothing of the token; its owner or the operator wonders why.
    if (error.code == ErrorCode::InvalidToken || error.code == ErrorCode::TokenExpired)
        exchange.fields().more.insert(u"reason"_s, error.message.left(kLongestReason));
    // The answers of this route are read by people with old tools (contract §5.2).
    if (exchange.fields().route == "/sse"_L1) {
        exchange.note(error);
        http::Response response =
            http::Response::text(httpStatus(error), error.message.toUtf8() + '\n');
        response.headers += exchange.attachment()->headersFor(error, exchange.request());
        return exchange.finish(std::move(response));
    }
    exchange.finish(error);
}

} // namespace bridge::gate
