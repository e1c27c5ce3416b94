// SPDX-License-Identifier: GPL-3.0-or-later
// Where the facts about sessions are kept: in this process, or later in Redis for many nodes. The
// running MCP server behind a session is never stored, only who hosts it.
#pragma once

#include "common/async/call.h"

#include <QtCore/QDateTime>

#include <memory>

namespace bridge::sessions {

/// Who a session belongs to and what it is called; the same name may exist for two owners.
struct SessionKey {
    QString owner;  ///< "anonymous" or issuer and subject
    QString server; ///< name of the MCP server
    QString id;

    bool operator==(const SessionKey &other) const = default;
};
inline size_t qHash(const SessionKey &key, size_t seed = 0)
{
    return qHashMulti(seed, key.owner, key.server, key.id);
}

struct SessionRecord {
    SessionKey key;
    QString group;
    QString host; ///< node and shard that own the running server
    QDateTime createdAt;
    QDateTime lastActivity;
    QDateTime expiresAt;
};

class SessionStore
{
public:
    virtual ~SessionStore() = default;

    /// SessionExists when the key is taken.
    virtual Call insert(const SessionRecord &record, Handler<Nothing> handler) = 0;
    virtual Call find(const SessionKey &key, Handler<std::optional<SessionRecord>> handler) = 0;
    virtual Call touch(const SessionKey &key, const QDateTime &lastActivity,
                       const QDateTime &expiresAt, Handler<Nothing> handler) = 0;
    virtual Call remove(const SessionKey &key, Handler<Nothing> handler) = 0;
    /// All sessions of \a owner, or of everybody when it is empty.
    virtual Call list(const QString &owner, Handler<QList<SessionRecord>> handler) = 0;
};

/// Makes the store SESSION_MANAGER_TYPE asks for; InvalidConfig names the types there are.
Result<std::unique_ptr<SessionStore>> makeSessionStore(const QString &type);

} // namespace bridge::sessions
