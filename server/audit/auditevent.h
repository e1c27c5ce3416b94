// SPDX-License-Identifier: GPL-3.0-or-later
// Something worth knowing years later: who did what, and whether it was allowed. Plain value.
#pragma once

#include <QtCore/QString>

#include <optional>

namespace bridge::audit {

struct AuditEvent {
    enum class Kind {
        Login,      ///< a person signed in, or tried to
        Logout,     ///< or a web session was ended
        Refusal,    ///< a request was turned away: no, wrong or insufficient credential
        Exchange,   ///< a token was asked for on a user's behalf
        Decision,   ///< a policy rule decided
        Admin,      ///< something an administrator did: reload, restart, end of a session, …
        KeyCreated, ///< an API key appeared
        KeyRevoked, ///< an API key is gone
        Limited,    ///< a call was refused, as there were too many
        Call        ///< a tool was called; only with AUDIT_TOOL_CALLS
    };
    Kind kind = Kind::Refusal;
    /// Nothing: nobody waited for what came of it, and it may have gone on.
    std::optional<bool> success = false;

    // Each is cut at 256 characters, and passes the redaction of the log.
    QString owner;     ///< auth::Principal::owner; only its fingerprint is written
    QString strategy;  ///< how the caller was recognised, e.g. `bearer`
    QString action;    ///< what was done: `POST /tools/{tool}`, `tools/call`, `reload`
    QString target;    ///< to what: a server, a tool, an id of an API key. Nothing a user typed
    QString reason;    ///< short token: codeName() of the error, name of a rule
    QString session;   ///< fingerprint of the session's id
    QString address;   ///< of the client
    QString userAgent; ///< as sent
    QString requestId;

    qint64 durationMs = -1; ///< -1 = says nothing
    qint64 repeated = 0;    ///< so many more of the same were not written, see Damper
};

/// `login`, `logout`, `refusal`, `exchange`, `policy_decision`, `admin_action`, `api_key_created`,
/// `api_key_revoked`, `rate_limited`, `tool_call`.
QString kindName(AuditEvent::Kind kind);

} // namespace bridge::audit
