// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gate/visitor.h"

using namespace Qt::StringLiterals;

namespace bridge::gate {

namespace {

/// Only the gate attaches anything.
const Visitor *visitorOf(const http::Exchange &exchange)
{
    return static_cast<const Visitor *>(exchange.attachment().get());
}

/// The bridge's own keys are nobody else's business, whatever is configured to be passed on.
http::Headers headersToPass(const http::Exchange &exchange, const auth::Principal &principal)
{
    http::Headers headers = exchange.request().headers;
    if (principal.kind == auth::Principal::Kind::Admin
        || principal.kind == auth::Principal::Kind::Service) {
        headers.removeIf([](const auto &field) {
            const QByteArray name = field.first.toLower();
            return name == "authorization" || name == "x-api-key" || name == "x-admin-token";
        });
    }
    return headers;
}

} // namespace

Visitor::Visitor(std::shared_ptr<const KnownCaller> caller,
                 std::shared_ptr<const Challenge> challenge, auth::Origin origin,
                 std::optional<QByteArray> adminAgent)
    : m_caller(std::move(caller))
    , m_challenge(std::move(challenge))
    , m_origin(std::move(origin))
    , m_adminAgent(std::move(adminAgent))
{
}

http::Headers Visitor::headersFor(const Error &error, const http::Request &request) const
{
    return m_challenge && *m_challenge ? (*m_challenge)(error, request) : http::Headers();
}

auth::PrincipalPtr principalOf(const http::Exchange &exchange)
{
    const Visitor *visitor = visitorOf(exchange);
    return visitor ? visitor->caller()->principal() : auth::anonymous();
}

auth::PrincipalPtr principalOf(const upstream::Identity &identity)
{
    const auto *known = dynamic_cast<const KnownCaller *>(identity.caller.get());
    return known ? known->principal() : auth::anonymous();
}

Call whenOver(const http::Exchange &exchange, std::function<void()> told)
{
    const Visitor *visitor = visitorOf(exchange);
    return visitor ? visitor->caller()->whenOver(std::move(told)) : Call();
}

auth::Origin originOf(const http::Exchange &exchange)
{
    const Visitor *visitor = visitorOf(exchange);
    return visitor ? visitor->origin()
                   : auth::Origin{exchange.requestId(), exchange.request().peer};
}

auth::Origin originOf(const upstream::Identity &identity)
{
    const auto *known = dynamic_cast<const KnownCaller *>(identity.caller.get());
    return known ? known->origin() : auth::Origin();
}

upstream::Identity identityOf(const http::Exchange &exchange)
{
    upstream::Identity identity;
    const Visitor *visitor = visitorOf(exchange);
    if (!visitor) {
        identity.requestHeaders = exchange.request().headers;
        return identity;
    }
    const auth::Principal &principal = *visitor->caller()->principal();
    identity.owner = principal.owner;
    identity.caller = visitor->caller();
    identity.requestHeaders = headersToPass(exchange, principal);
    if (!exchange.request().query.isEmpty())
        identity.group = exchange.request().queryValue(u"group"_s);
    return identity;
}

Result<Nothing> checkGroup(const http::Exchange &exchange, const QString &group)
{
    const QString wanted =
        exchange.request().query.isEmpty() ? QString() : exchange.request().queryValue(u"group"_s);
    if (!wanted.isEmpty() && wanted != group)
        return Error(ErrorCode::SessionConflict,
                     u"The group of a session is fixed when it starts, and this one was started "
                     "for another. Leave `group` out or start a session for it."_s);
    const Visitor *visitor = visitorOf(exchange);
    if (!visitor || group.isEmpty())
        return Nothing{};
    return visitor->caller()->checkGroup(group);
}

} // namespace bridge::gate
