// SPDX-License-Identifier: GPL-3.0-or-later
// What the caller of one exchange may see and do of one MCP server: the policy and the limits, as
// the REST routes ask for them.
#pragma once

#include "server/policy/warden.h"
#include "server/routes/services.h"

namespace bridge::routes {

class Permission
{
public:
    using Kind = policy::Action::Kind;

    /// All of them must outlive it.
    Permission(const Services &services, http::Exchange &exchange, const upstream::Server &server);

    /// Nothing is hidden from anybody.
    bool isOpen() const { return m_isOpen; }
    bool shows(const upstream::Tool &tool) const;
    bool shows(Kind kind, const QString &name) const;
    /// The tools that are shown; \a tools itself when all are.
    upstream::ToolSetPtr shown(const upstream::ToolSetPtr &tools) const;

    /// Whether a call is allowed. Errors: ToolNotFound, PromptNotFound or ResourceNotFound, word
    /// for word as for what does not exist; Unauthorized, InsufficientScope. \a arguments null =
    /// they were checked before.
    Result<Nothing> check(const upstream::Tool &tool, const QJsonObject *arguments) const;
    /// The answer to the call of a tool that is not shown.
    Error refusal(const upstream::Tool &tool) const;
    Result<Nothing> check(Kind kind, const QString &name) const;
    /// Counts a call that is allowed and tells the caller of his limits in header fields.
    /// TooManyRequests when one of them is used up.
    Result<Nothing> count(Kind kind, const QString &name);

private:
    policy::Action action(Kind kind, const QString &name) const;

    policy::Warden *m_warden;
    http::Exchange &m_exchange;
    QString m_server;
    auth::PrincipalPtr m_principal;
    auth::Origin m_origin;
    bool m_isOpen;
};

/// The answers to what is missing or hidden.
Error toolNotFound();
Error promptNotFound();
Error resourceNotFound();

/// \a error as the caller may see it: where things may be hidden from him, what a server says of
/// missing ones is told in our own words, which are those for hidden ones too.
Error withoutHints(const Error &error, const Permission &permission);

} // namespace bridge::routes
