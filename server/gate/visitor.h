// SPDX-License-Identifier: GPL-3.0-or-later
// Who makes the request of an exchange, as the gate found out. The rooms above ask here; without a
// gate in front everybody is the anonymous caller.
#pragma once

#include "server/gate/knowncaller.h"
#include "server/http/exchange.h"

namespace bridge::gate {

class Visitor : public http::Attachment
{
public:
    using Challenge = std::function<http::Headers(const Error &, const http::Request &)>;

    Visitor(std::shared_ptr<const KnownCaller> caller, std::shared_ptr<const Challenge> challenge,
            auth::Origin origin, std::optional<QByteArray> adminAgent = {});

    /// The request; that of its caller where he is known.
    const auth::Origin &origin() const { return m_origin; }
    const std::shared_ptr<const KnownCaller> &caller() const { return m_caller; }
    /// The user agent of who was let in to act as an administrator; nothing of others.
    const std::optional<QByteArray> &adminAgent() const { return m_adminAgent; }
    http::Headers headersFor(const Error &error, const http::Request &request) const override;

private:
    std::shared_ptr<const KnownCaller> m_caller;
    std::shared_ptr<const Challenge> m_challenge;
    auth::Origin m_origin;
    std::optional<QByteArray> m_adminAgent;
};

/// Never null.
auth::PrincipalPtr principalOf(const http::Exchange &exchange);

/// The same of an identity made by identityOf(), as long as it holds its caller.
auth::PrincipalPtr principalOf(const upstream::Identity &identity);

/// KnownCaller::whenOver() of the caller of \a exchange.
Call whenOver(const http::Exchange &exchange, std::function<void()> told);

/// The request of \a exchange and where it comes from.
auth::Origin originOf(const http::Exchange &exchange);

/// The request of an identity made by identityOf().
auth::Origin originOf(const upstream::Identity &identity);

/// On whose behalf \a exchange runs, with the group it asks for and the headers it brought. What a
/// server may get of the caller is found out when the server is known; see upstream::Caller.
upstream::Identity identityOf(const http::Exchange &exchange);

/// Whether the caller of \a exchange may go on with what was begun for \a group, which is fixed at
/// the start of a session: he is still a member, and the request asks for no other one. Errors:
/// SessionConflict, Forbidden.
Result<Nothing> checkGroup(const http::Exchange &exchange, const QString &group);

} // namespace bridge::gate
