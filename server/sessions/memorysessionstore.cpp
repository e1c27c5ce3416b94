// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/sessions/memorysessionstore.h"

#include "common/async/later.h"

using namespace Qt::StringLiterals;

namespace bridge::sessions {

namespace {

template <typename T>
Call deliver(Handler<T> handler, Result<T> outcome)
{
    return later(
        [handler = std::move(handler), outcome = std::move(outcome)] { handler(outcome); });
}

} // namespace

Call MemorySessionStore::insert(const SessionRecord &record, Handler<Nothing> handler)
{
    if (m_records.contains(record.key)) {
        return deliver<Nothing>(
            std::move(handler),
            Error(ErrorCode::SessionExists, u"A session of this name exists already."_s));
    }
    m_records.insert(record.key, record);
    return deliver<Nothing>(std::move(handler), Nothing{});
}

Call MemorySessionStore::find(const SessionKey &key, Handler<std::optional<SessionRecord>> handler)
{
    const auto found = m_records.constFind(key);
    std::optional<SessionRecord> record;
    if (found != m_records.constEnd())
        record = *found;
    return deliver<std::optional<SessionRecord>>(std::move(handler), std::move(record));
}

Call MemorySessionStore::touch(const SessionKey &key, const QDateTime &lastActivity,
                               const QDateTime &expiresAt, Handler<Nothing> handler)
{
    const auto found = m_records.find(key);
    if (found == m_records.end()) {
        return deliver<Nothing>(std::move(handler),
                                Error(ErrorCode::SessionNotFound, u"Session not found."_s));
    }
    found->lastActivity = lastActivity;
    found->expiresAt = expiresAt;
    return deliver<Nothing>(std::move(handler), Nothing{});
}

Call MemorySessionStore::remove(const SessionKey &key, Handler<Nothing> handler)
{
    m_records.remove(key);
    return deliver<Nothing>(std::move(handler), Nothing{});
}

Call MemorySessionStore::list(const QString &owner, Handler<QList<SessionRecord>> handler)
{
    QList<SessionRecord> found;
    for (const SessionRecord &record : std::as_const(m_records)) {
        if (owner.isEmpty() || record.key.owner == owner)
            found.append(record);
    }
    return deliver<QList<SessionRecord>>(std::move(handler), std::move(found));
}

} // namespace bridge::sessions
