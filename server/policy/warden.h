// SPDX-License-Identifier: GPL-3.0-or-later
// What every way into the bridge asks before it shows or does something: the policy and the limits
// in force. Main thread.
#pragma once

#include "server/auth/origin.h"
#include "server/policy/policy.h"
#include "server/policy/ratelimiter.h"

#include <QtCore/QObject>

namespace bridge::policy {

/// How a call went.
struct Ended {
    QString reason; ///< codeName() of the error, `cancelled` or `input_required`; empty = well
    std::chrono::milliseconds duration{0};
};

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
    /// Who keeps account, for the audit log; each may be empty.
    struct Observers {
        /// Somebody was not allowed to do something.
        std::function<void(const auth::Origin &, const auth::Principal &, const Action &,
                           const Decision &)>
            refused;
        /// The limit of that name was used up.
        std::function<void(const auth::Origin &, const auth::Principal &, const Action &,
                           const QString &limit)>
            limited;
        /// A tool was called. The name of one that is not known is empty, as the caller may have
        /// made it up.
        std::function<void(const auth::Origin &, const auth::Principal &, const Action &,
                           const Ended &)>
            called;
    };
    void setObservers(Observers observers) { m_observers = std::move(observers); }

    /// Whether \a principal may know that there is a server of this name.
    bool showsServer(const auth::Principal &principal, const QString &server) const
    {
        return isOpen() || m_policy.showsServer(principal, server);
    }
    /// Nothing when \a principal may do \a action; \a missing is the answer to what is not there.
    std::optional<Error> check(const auth::Principal &principal, Action action,
                               const Error &missing, const auth::Origin &origin = {}) const;
    /// Counts one call, which check() has allowed; see RateLimiter::take(). The address of
    /// \a origin tells those apart whom nobody knows.
    RateLimiter::Outcome count(const auth::Principal &principal, const auth::Origin &origin,
                               const Action &action);
    /// The call of a tool has ended.
    void tell(const auth::Principal &principal, const auth::Origin &origin, const Action &action,
              const Ended &ended) const
    {
        if (m_observers.called)
            m_observers.called(origin, principal, action, ended);
    }

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
    Observers m_observers;
};

} // namespace bridge::policy
