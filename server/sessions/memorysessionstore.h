// SPDX-License-Identifier: GPL-3.0-or-later
// Sessions of this process only; they end with it.
#pragma once

#include "server/sessions/sessionstore.h"

#include <QtCore/QHash>

namespace bridge::sessions {

class MemorySessionStore : public SessionStore
{
public:
    Call insert(const SessionRecord &record, Handler<Nothing> handler) override;
    Call find(const SessionKey &key, Handler<std::optional<SessionRecord>> handler) override;
    Call touch(const SessionKey &key, const QDateTime &lastActivity, const QDateTime &expiresAt,
               Handler<Nothing> handler) override;
    Call remove(const SessionKey &key, Handler<Nothing> handler) override;
    Call list(const QString &owner, Handler<QList<SessionRecord>> handler) override;

private:
    QHash<SessionKey, SessionRecord> m_records;
};

} // namespace bridge::sessions
