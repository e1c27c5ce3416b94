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

    /// `login`, `login_failed`, `logout`; \a who may be null.
    void tellLogin(const QString &event, const auth::PrincipalPtr &who,
                   const http::Exchange &exchange);
    /// An account of \a owner at \a server: \a action was done with it.
    void tellAccount(const QString &action, const QString &owner, const QString &server);
    /// API keys that came or went.
    void tellKeys(audit::AuditEvent::Kind kind, const QStringList &ids);

private:
    void tellStranger(audit::AuditEvent event, const QHostAddress &address);
    void tellIncident(const gate::Incident &incident);
    void tellLimit(const auth::Origin &origin, const auth::Principal &principal,
                   const policy::Action &action, const QString &limit);
    void tellTooMany(const http::ExchangeSummary &summary);

    std::unique_ptr<audit::AuditLog> m_log;
    audit::Damper m_limited;
    audit::Damper m_strangers; ///< what people nobody knows were refused
    QSet<QString> m_toldOf; ///< requests under way that a limit has refused something
};

} // namespace bridge
