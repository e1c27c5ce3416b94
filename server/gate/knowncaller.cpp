// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gate/knowncaller.h"

#include "common/async/later.h"
#include "server/upstream/definition.h"

using namespace Qt::StringLiterals;

namespace bridge::gate {

KnownCaller::KnownCaller(auth::PrincipalPtr principal, SourcesPtr sources, http::Headers headers,
                         auth::Origin origin)
    : m_principal(std::move(principal))
    , m_sources(std::move(sources))
    , m_headers(std::move(headers))
    , m_origin(std::move(origin))
{
}

const Result<QMap<QString, QString>> &KnownCaller::names(const QString &group) const
{
    if (!m_names || m_names->first != group)
        m_names.emplace(group, m_sources->placeholders(*m_principal, group));
    return m_names->second;
}

Result<Nothing> KnownCaller::checkGroup(const QString &group) const
{
    if (group.isEmpty())
        return Nothing{};
    if (!m_sources->placeholders)
        return Error(ErrorCode::BadRequest,
                     u"`group` needs a caller whose membership can be checked: send an access "
                     "token, or leave `group` out."_s);
    const auto &found = names(group);
    if (!found)
        return found.error();
    return Nothing{};
}

Result<Nothing> KnownCaller::fill(upstream::Identity &identity,
                                  const upstream::ServerDefinition &definition) const
{
    // A remote server may be told the group by a header.
    const bool hasNames = definition.needsIdentity() || definition.remote;
    if (hasNames && m_sources->placeholders) {
        const auto &found = names(identity.group);
        if (!found)
            return found.error();
        identity.placeholders = *found;
    }
    if (m_sources->credential)
        m_sources->credential(identity, m_principal, definition, m_headers, m_origin);
    return Nothing{};
}

bool KnownCaller::resolveNow(upstream::Identity &identity,
                             const upstream::ServerDefinition &definition) const
{
    upstream::Identity known = identity;
    if (!fill(known, definition))
        return false;
    known.caller.reset();
    identity = std::move(known);
    return true;
}

Call KnownCaller::resolve(const upstream::Identity &identity,
                          const upstream::ServerDefinition &definition,
                          Handler<upstream::Identity> handler) const
{
    upstream::Identity known = identity;
    if (const Result<Nothing> filled = fill(known, definition); !filled)
        return failLater(std::move(handler), filled.error());
    known.caller.reset();
    return later([known = std::move(known), handler = std::move(handler)] { handler(known); });
}

Call KnownCaller::whenOver(std::function<void()> told) const
{
    return m_sources->whenOver ? m_sources->whenOver(m_principal, std::move(told)) : Call();
}

std::optional<QByteArray> KnownCaller::token() const
{
    if (!m_sources->identifies)
        return std::nullopt;
    return m_principal->token;
}

} // namespace bridge::gate
