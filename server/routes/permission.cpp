// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/routes/permission.h"

#include "server/gate/visitor.h"

using namespace Qt::StringLiterals;

namespace bridge::routes {

namespace {

Error missing(policy::Action::Kind kind)
{
    switch (kind) {
    case policy::Action::Kind::Prompt:
        return promptNotFound();
    case policy::Action::Kind::Resource:
        return resourceNotFound();
    case policy::Action::Kind::Tool:
        break;
    }
    return toolNotFound();
}

} // namespace

Error toolNotFound()
{
    return Error(ErrorCode::ToolNotFound, u"Tool not found. GET /tools lists those there are."_s);
}

Error promptNotFound()
{
    return Error(ErrorCode::PromptNotFound,
                 u"Prompt not found. GET /prompts lists those there are."_s);
}

Error resourceNotFound()
{
    return Error(ErrorCode::ResourceNotFound,
                 u"Resource not found. GET /resources lists the names there are."_s);
}

Error withoutHints(const Error &error, const Permission &permission)
{
    if (permission.isOpen())
        return error;
    if (error.code == ErrorCode::PromptNotFound)
        return promptNotFound();
    if (error.code == ErrorCode::ResourceNotFound)
        return resourceNotFound();
    return error;
}

Permission::Permission(const Services &services, http::Exchange &exchange,
                       const upstream::Server &server)
    : m_warden(services.warden)
    , m_exchange(exchange)
    , m_server(server.definition().name)
    , m_principal(gate::principalOf(exchange))
    , m_origin(gate::originOf(exchange))
    , m_isOpen(!m_warden || m_warden->isOpen())
{
}

policy::Action Permission::action(Kind kind, const QString &name) const
{
    policy::Action action;
    action.kind = kind;
    action.server = m_server;
    action.name = name;
    return action;
}

bool Permission::shows(const upstream::Tool &tool) const
{
    if (m_isOpen)
        return true;
    const QJsonObject annotations = tool.object.value("annotations"_L1).toObject();
    policy::Action wanted = action(Kind::Tool, tool.name);
    wanted.annotations = &annotations;
    return m_warden->shows(*m_principal, wanted);
}

bool Permission::shows(Kind kind, const QString &name) const
{
    return m_isOpen || m_warden->shows(*m_principal, action(kind, name));
}

upstream::ToolSetPtr Permission::shown(const upstream::ToolSetPtr &tools) const
{
    if (m_isOpen || !tools)
        return tools;
    return upstream::ToolSet::only(tools,
                                   [this](const upstream::Tool &tool) { return shows(tool); });
}

Result<Nothing> Permission::check(const upstream::Tool &tool, const QJsonObject *arguments) const
{
    if (m_isOpen)
        return Nothing{};
    const QJsonObject annotations = tool.object.value("annotations"_L1).toObject();
    policy::Action wanted = action(Kind::Tool, tool.name);
    wanted.annotations = &annotations;
    wanted.arguments = arguments;
    if (const auto refusal = m_warden->check(*m_principal, wanted, toolNotFound(), m_origin))
        return *refusal;
    return Nothing{};
}

Error Permission::refusal(const upstream::Tool &tool) const
{
    const Result<Nothing> checked = check(tool, nullptr);
    return checked ? toolNotFound() : checked.error();
}

Result<Nothing> Permission::check(Kind kind, const QString &name) const
{
    if (m_isOpen)
        return Nothing{};
    if (const auto refusal =
            m_warden->check(*m_principal, action(kind, name), missing(kind), m_origin))
        return *refusal;
    return Nothing{};
}

Result<Nothing> Permission::count(Kind kind, const QString &name)
{
    if (!m_warden)
        return Nothing{};
    const auto outcome = m_warden->count(*m_principal, m_origin, action(kind, name));
    for (const auto &[field, value] : outcome.headers) {
        if (!outcome.refusal || field != "Retry-After") // the refusal brings its own
            m_exchange.addHeader(field, value);
    }
    if (outcome.refusal)
        return *outcome.refusal;
    return Nothing{};
}

} // namespace bridge::routes
