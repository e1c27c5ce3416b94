// SPDX-License-Identifier: GPL-3.0-or-later
// What every way into the bridge asks before it shows or does something: the policy and the limits
// in force. Main thread.
#pragma once

#include "server/policy/policy.h"
#include "server/policy/ratelimiter.h"

#include <QtCore/QObject>

namespace bridge::policy {

class Warden : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    const Policy &policy() const { return m_policy; }
    /// Everybody may see and do everything, as far as the policy goes.
    bool isOpen() const { return m_policy.isEmpty(); }

    /// Whether \a action is to be seen by \a principal, in a listing or when it is looked for.
    bool shows(const auth::Principal &principal, const Action &action) const
    {
        return m_policy.decide(principal, action).isAllowed();
    }
    /// Somebody was not allowed to do something.
    using Observer = std::function<void(const auth::Principal &, const Action &, const Decision &)>;
    /// Told of each refusal of check(); for the audit log.
    void setObserver(Observer observer) { m_observer = std::move(observer); }

    /// Whether \a principal may know that there is a server of this name.
    bool showsServer(const auth::Principal &principal, const QString &server) const
    {
        return isOpen() || m_policy.showsServer(principal, server);
    }
    /// Nothing when \a principal may do \a action; \a missing is the answer to what is not there.
    std::optional<Error> check(const auth::Principal &principal, Action action,
                               const Error &missing) const;
    /// Counts one call, which check() has allowed; see RateLimiter::take(). \a address tells those
    /// apart whom nobody knows.
    RateLimiter::Outcome count(const auth::Principal &principal, const QHostAddress &address,
                               const Action &action);

    struct Changes {
        bool policy = false;
        bool limits = false;
    };
    Changes replace(Policy policy, QList<Limit> limits);

Q_SIGNALS:
    /// Callers may see something else now.
    void policyChanged();

private:
    Policy m_policy;
    RateLimiter m_limiter;
    Observer m_observer;
};

} // namespace bridge::policy
