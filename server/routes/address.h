// SPDX-License-Identifier: GPL-3.0-or-later
// Which server and which session a request means, and the keys of the body that say so.
#pragma once

#include "server/routes/services.h"

namespace bridge::routes {

struct Address {
    /// That of the session, where there is one: its definition may have been replaced since.
    upstream::Server *server = nullptr;
    upstream::ServerPin pin;
    upstream::Identity identity;
    QString sessionId;     ///< empty = without a session
    bool byCookie = false; ///< sessionId came as a cookie
    QByteArray cookieName;
    QByteArray cookiePath; ///< where the session's cookie is valid
};

/// Server by path or the default one; session by path, header, cookie, then the body's
/// `inxm-session` (contract §2.3), which is removed from \a body in any case. For the caller of
/// \a exchange, as the gate found out; ServerNotFound for a named server of which he may use
/// nothing. The server is noted in the exchange's log fields.
Result<Address> addressOf(const Services &services, http::Exchange &exchange,
                          const http::PathParams &params, QJsonObject *body = nullptr);

/// \a caller may use something of \a server.
bool isShown(const Services &services, const auth::Principal &caller,
             const upstream::Server &server);

/// Set-Cookie value that gives the client \a sessionId, or takes its cookie away when it is empty.
QByteArray sessionCookie(const Services &services, const http::Request &request,
                         const Address &address, const QByteArray &sessionId);

/// The session \a address names, noted in \a exchange's log fields; null when it names none. A
/// cookie whose session is gone is taken away, or it would spoil every later request. What the
/// session starts from now on is for the caller as he is now: his token may be a newer one.
/// Errors: SessionNotFound, also for those of others; SessionConflict for another `group` than the
/// session's, Forbidden when the caller has left that one.
Result<sessions::SessionPtr> findSession(const Services &services, http::Exchange &exchange,
                                         const Address &address);

/// Removes and returns the elicitation answer: the first key matching `_?user_feedback` in any
/// case. Texts are trimmed; an empty one counts as absent (contract §1.1).
std::optional<QJsonValue> takeFeedback(QJsonObject &body);

/// What runs a request: a session's instance, or one leased for it.
struct Target {
    Address address;
    sessions::SessionPtr session;
    upstream::LeasePtr lease;
    upstream::InstancePtr instance; ///< the session's
    bool restarted = false;

    mcp::Client &client() const { return lease ? lease->client() : instance->client(); }
};

/// Finds the session (SessionNotFound) or leases an instance. Notes the session in \a exchange's
/// log fields and answers `X-Session-Restarted: true` when its server had to be restarted.
Task<Target> acquire(Services *services, http::Exchange *exchange, Address address);

} // namespace bridge::routes
