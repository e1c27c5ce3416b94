// SPDX-License-Identifier: GPL-3.0-or-later
// From what happens in the rooms to lines of the audit log: who, what, of which request. Part of
// the composition root. Main thread.
#pragma once

#include "server/audit/auditlog.h"
#include "server/audit/damper.h"
#include "server/credentials/broker.h"
#include "server/gate/gate.h"
#include "server/http/server.h"
#include "server/policy/warden.h"

namespace bridge {

class Auditing : public QObject
{
    Q_OBJECT
public:
    explicit Auditing(std::unique_ptr<audit::AuditLog> log);

    void reopen() { m_log->reopen(); }

    // Each is followed as long as both live.
    void follow(gate::Gate &gate);
    void follow(policy::Warden &warden);
    void follow(http::Server &server);
    void follow(credentials::Broker &broker);

    /// `login`, `login_failed`, `logout`; \a who may be null, \a reason says why it failed.
    void tellLogin(const QString &event, const auth::PrincipalPtr &who,
                   const http::Exchange &exchange, const QString &reason);
    /// An account of \a owner at \a server: \a action was done with it by the request of \a origin.
    void tellAccount(const QString &action, const QString &owner, const QString &server,
                     const auth::Origin &origin);
    /// API keys that came or went.
    void tellKeys(audit::AuditEvent::Kind kind, const QStringList &ids);

Q_SIGNALS:
    /// Somebody was turned away or refused something; \a reason is one of
    /// telemetry::refusalReasons(). Also where no audit log is written.
    void refused(const QString &reason);

private:
    void tellIncident(const gate::Incident &incident);
    void tellLimit(const auth::Origin &origin, const auth::Principal &principal,
                   const policy::Action &action, const QString &limit);
    void tellCall(const auth::Origin &origin, const auth::Principal &principal,
                  const policy::Action &action, const policy::Ended &ended);
    void tellAdmin(const http::ExchangeSummary &summary);
    audit::Damper::Write writing();
    void tellTooMany(const http::ExchangeSummary &summary);

    std::unique_ptr<audit::AuditLog> m_log;
    // What anybody can cause at will; apart, so that none of it hides what is worse.
    audit::Damper m_limited;
    audit::Damper m_strangers;   ///< what people nobody knows were refused
    audit::Damper m_adminRoutes; ///< what they were refused there
    audit::Damper m_decisions;   ///< rules that kept them from something
    audit::Damper m_failedLogins;
    audit::Damper m_barred; ///< for whom no provider of credentials was asked
};

} // namespace bridge
