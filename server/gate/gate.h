// SPDX-License-Identifier: GPL-3.0-or-later
// Where HTTP meets identity: in front of every route of the router it is found out who calls and
// whether he may come in. What he may do inside is the business of the policy.
//
// Main thread. A request whose credential is known already passes without a turn of the event
// loop.
#pragma once

#include "server/auth/strategy.h"
#include "server/gate/access.h"
#include "server/gate/foreignpage.h"
#include "server/gate/publicaddress.h"
#include "server/gate/visitor.h"

namespace bridge::gate {

/// How callers are told apart; auth::Authenticator, or nothing at all.
struct Authentication {
    /// Finding::Pass: there is no credential, and anonymous callers are no matter here.
    std::function<auth::Strategy::Outcome(const auth::AuthRequest &)> findNow;
    std::function<Call(const auth::AuthRequest &, Handler<auth::PrincipalPtr>)> find;
};

struct GateOptions {
    /// Callers without a credential are let in, as the anonymous one.
    bool allowsAnonymous = true;
    QStringList requiredGroups; ///< BRIDGE_REQUIRED_GROUPS
    /// There are administrators: a token, or groups. Without any, and without authentication,
    /// everybody on the bridge's own machine is one.
    bool hasAdmins = false;
    /// Pages that may act for their visitors, see PageRules.
    config::GlobList pageOrigins;
    /// TOKEN_NAME: set by a proxy that has a cookie, unless it is `Authorization`.
    QByteArray tokenHeader;
    PublicAddress address;
    QString scope;            ///< MCP_OAUTH_SCOPES, for challenges
    bool hasMetadata = false; ///< the protected resource's document can be served
    /// What callers without a credential are told to send: a sentence.
    QString hint = QStringLiteral("Send an access token as `Authorization: Bearer …`, or an API "
                                  "key as `X-API-Key`.");
};

/// Somebody was turned away; for the audit log and metrics. Administrators who were let in are told
/// of by Visitor::adminAgent().
struct Incident {
    auth::PrincipalPtr principal; ///< null when he is not known
    QHostAddress address;         ///< http::Request::client
    QByteArray method;
    QString route;
    QByteArray userAgent;
    QString requestId;
    Error error; ///< why
    /// He is known, but in none of the groups that come in, or not in the one he asked for.
    bool isNoMember = false;
};

class Gate
{
public:
    /// The gate outlives the router's server; \a sources may be filled in later.
    Gate(GateOptions options, Authentication authentication, SourcesPtr sources);
    Gate(const Gate &) = delete;
    Gate &operator=(const Gate &) = delete;

    /// Guards every route added to \a router from now on.
    void guard(http::Router &router);
    void setOptions(GateOptions options);
    const GateOptions &options() const { return *m_options; }
    void setObserver(std::function<void(const Incident &)> observer);

    /// What keeps \a principal from every route for members; nothing when he may come in.
    std::optional<Error> objectionTo(const auth::Principal &principal) const;

private:
    void enter(http::Exchange &exchange, Access access, const std::function<void()> &pass);
    void decide(http::Exchange &exchange, Access access, const Result<auth::PrincipalPtr> &caller,
                const std::function<void()> &pass);
    std::optional<Error> checkPageOf(const http::Request &request,
                                     const auth::Principal &principal) const;
    std::optional<Error> check(const http::Exchange &exchange, Access access,
                               const KnownCaller &caller) const;
    std::optional<Error> checkAdmin(const http::Request &request,
                                    const auth::Principal &principal) const;
    std::optional<Error> strangerObjection(const auth::Principal &principal) const;
    bool isAmbient(const http::Request &request, const auth::Principal &principal) const;
    void turnAway(http::Exchange &exchange, const Error &error, const auth::PrincipalPtr &principal,
                  bool isNoMember = false);
    auth::Origin newOrigin(const http::Exchange &exchange) const;
    void attach(http::Exchange &exchange, std::shared_ptr<const KnownCaller> caller,
                auth::Origin origin, std::optional<QByteArray> adminAgent = {}) const;

    std::shared_ptr<GateOptions> m_options; ///< shared with the challenge, which outlives requests
    Authentication m_authentication;
    SourcesPtr m_sources;
    std::shared_ptr<const KnownCaller> m_stranger;
    std::shared_ptr<const Visitor::Challenge> m_challenge;
    std::function<void(const Incident &)> m_observer;
};

} // namespace bridge::gate
