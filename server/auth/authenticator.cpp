// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/auth/authenticator.h"

#include "common/async/later.h"

using namespace Qt::StringLiterals;

namespace bridge::auth {

namespace {

using Finding = Strategy::Finding;
using Outcome = Strategy::Outcome;

Call deliverLater(const Outcome &outcome, Handler<PrincipalPtr> handler)
{
    if (outcome.error)
        return failLater(std::move(handler), *outcome.error);
    return later(
        [handler = std::move(handler), principal = outcome.principal] { handler(principal); });
}

} // namespace

Authenticator::Authenticator(Strategies strategies, bool anonymousAllowed)
    : m_strategies(std::move(strategies))
    , m_anonymousAllowed(anonymousAllowed)
{
}

Outcome Authenticator::findNow(const AuthRequest &request)
{
    for (const auto &strategy : m_strategies) {
        Outcome outcome = strategy->findNow(request);
        if (outcome.finding != Finding::Pass)
            return outcome;
    }
    return nobody();
}

Call Authenticator::find(const AuthRequest &request, Handler<PrincipalPtr> handler)
{
    for (const auto &strategy : m_strategies) {
        const Outcome outcome = strategy->findNow(request);
        if (outcome.finding == Finding::Ask)
            return strategy->find(request, std::move(handler));
        if (outcome.finding == Finding::Known)
            return deliverLater(outcome, std::move(handler));
    }
    return deliverLater(nobody(), std::move(handler));
}

QStringList Authenticator::names() const
{
    QStringList names;
    for (const auto &strategy : m_strategies)
        names.append(strategy->name());
    if (m_anonymousAllowed)
        names.append(u"anonymous"_s);
    return names;
}

Outcome Authenticator::nobody() const
{
    if (m_anonymousAllowed)
        return {Finding::Known, anonymous(), {}};
    return {
        Finding::Known, nullptr,
        Error(ErrorCode::Unauthorized, u"This bridge wants to know who is calling. "_s + m_hint)};
}

} // namespace bridge::auth
