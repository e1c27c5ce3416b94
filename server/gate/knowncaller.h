// SPDX-License-Identifier: GPL-3.0-or-later
// What MCP servers may get of a caller who was found out: his names from data access, his
// credential from the broker. Both plug in as functions, so that this room needs neither to run.
#pragma once

#include "server/auth/origin.h"
#include "server/auth/principal.h"
#include "server/http/request.h"
#include "server/upstream/identity.h"

#include <functional>

namespace bridge::gate {

/// Where answers about callers come from. Shared by all callers: what is set later counts for
/// those there are already. An empty function means that there is nothing of the kind.
struct Sources {
    /// Values of `{user_id}`, `{group_id}` and `{data_path}`; refuses a group that is not his.
    std::function<Result<QMap<QString, QString>>(const auth::Principal &principal,
                                                 const QString &group)>
        placeholders;
    /// Gives the identity who knows the credential the server gets for him, and takes away what it
    /// must not have. \a headers are those of his request, \a origin is the request itself.
    std::function<void(upstream::Identity &identity, const auth::PrincipalPtr &principal,
                       const upstream::ServerDefinition &definition, const http::Headers &headers,
                       const auth::Origin &origin)>
        credential;
    /// Runs \a told when a login that can end before its token does has ended.
    std::function<Call(const auth::PrincipalPtr &principal, std::function<void()> told)> whenOver;
    /// Credentials are looked at, so one that was not recognised is none.
    bool identifies = false;
};
using SourcesPtr = std::shared_ptr<const Sources>;

class KnownCaller : public upstream::Caller
{
public:
    KnownCaller(auth::PrincipalPtr principal, SourcesPtr sources, http::Headers headers = {},
                auth::Origin origin = {});

    const auth::PrincipalPtr &principal() const { return m_principal; }
    /// The request he makes.
    const auth::Origin &origin() const { return m_origin; }

    bool resolveNow(upstream::Identity &identity,
                    const upstream::ServerDefinition &definition) const override;
    Call resolve(const upstream::Identity &identity, const upstream::ServerDefinition &definition,
                 Handler<upstream::Identity> handler) const override;
    std::optional<QByteArray> token() const override;

    /// Runs \a told when his login has ended, by a logout say; nothing when he has none.
    Call whenOver(std::function<void()> told) const;

    /// Nothing when \a group is empty or his. BadRequest without a token, else Forbidden.
    Result<Nothing> checkGroup(const QString &group) const;

private:
    const Result<QMap<QString, QString>> &names(const QString &group) const;
    Result<Nothing> fill(upstream::Identity &identity,
                         const upstream::ServerDefinition &definition) const;

    auth::PrincipalPtr m_principal;
    SourcesPtr m_sources;
    http::Headers m_headers;
    auth::Origin m_origin;
    /// Asked for several times in one request.
    mutable std::optional<std::pair<QString, Result<QMap<QString, QString>>>> m_names;
};

} // namespace bridge::gate
