// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/policy/warden.h"

namespace bridge::policy {

std::optional<Error> Warden::check(const auth::Principal &principal, Action action,
                                   const Error &missing, const auth::Origin &origin) const
{
    if (isOpen())
        return std::nullopt;
    action.isCall = true;
    const Decision decision = m_policy.decide(principal, action);
    const auto refusal = refusalOf(decision, principal, missing);
    if (refusal && m_observers.refused)
        m_observers.refused(origin, principal, action, decision);
    return refusal;
}

RateLimiter::Outcome Warden::count(const auth::Principal &principal, const auth::Origin &origin,
                                   const Action &action)
{
    if (m_limiter.isEmpty())
        return {};
    // A name nobody has checked could be another one with each call.
    const auth::Principal &known = m_policy.known(principal);
    RateLimiter::Outcome outcome = m_limiter.take(limitKeyOf(known, origin.address), known, action);
    if (outcome.refusal && m_observers.limited)
        m_observers.limited(origin, principal, action, outcome.usedUp);
    return outcome;
}

Warden::Changes Warden::replace(Policy policy, QList<Limit> limits)
{
    Changes changes;
    changes.limits = m_limiter.replace(std::move(limits));
    changes.policy = policy != m_policy;
    m_policy = std::move(policy);
    if (changes.policy)
        Q_EMIT policyChanged();
    return changes;
}

} // namespace bridge::policy
