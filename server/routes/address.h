// SPDX-License-Identifier: GPL-3.0-or-later
// Which server and which session a request means, and the keys of the body that say so.
#pragma once

#include "server/routes/services.h"

namespace bridge::routes {

struct Address {
    upstream::Server *server = nullptr;
    upstream::Identity identity;
    QString sessionId; ///< empty = without a session
};

/// Server by path or the default one; session by path, header, cookie, then the body's
/// `inxm-session` (contract §2.3), which is removed from \a body in any case. A `group` without a
/// verified caller is refused (§2.7).
Result<Address> addressOf(const Services &services, const http::Request &request,
                          const http::PathParams &params, QJsonObject *body = nullptr);

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
