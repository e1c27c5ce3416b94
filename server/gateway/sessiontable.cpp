// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/sessiontable.h"

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace bridge::gateway {

SessionTable::SessionTable(TableLimits limits, QObject *parent)
    : QObject(parent)
    , m_limits(limits)
    , m_count(limits.counted ? limits.counted : std::make_shared<OwnerCount>())
{
    connect(&m_sweep, &QTimer::timeout, this, &SessionTable::sweep);
    setLimits(m_limits);
}

SessionTable::~SessionTable()
{
    removeAll();
}

Result<Nothing> SessionTable::makeRoom(const QString &owner)
{
    if (m_count->hasRoom(m_limits.sessions, owner))
        return Nothing{};
    const LegacySessionPtr idle = longestIdleOf(owner);
    if (!idle || idle->idleMs() < m_limits.yieldAfter.count())
        return Error(ErrorCode::TooManyRequests,
                     u"Too many MCP sessions are open. End one with DELETE, or try later."_s);
    remove(idle->id());
    return Nothing{};
}

LegacySessionPtr SessionTable::longestIdleOf(const QString &owner) const
{
    LegacySessionPtr found;
    for (const LegacySessionPtr &session : m_sessions) {
        if (session->state()->identity.owner == owner && session->isIdle()
            && (!found || session->idleMs() > found->idleMs()))
            found = session;
    }
    return found;
}

void SessionTable::add(const LegacySessionPtr &session)
{
    m_count->add(session->state()->identity.owner);
    m_sessions.insert(session->id(), session);
}

LegacySessionPtr SessionTable::take(const QString &id)
{
    LegacySessionPtr session = m_sessions.take(id);
    if (session)
        m_count->remove(session->state()->identity.owner);
    return session;
}

LegacySessionPtr SessionTable::find(const QString &id, const QString &owner,
                                    const QString &server) const
{
    const LegacySessionPtr session = m_sessions.value(id);
    const bool fits =
        session && session->state()->identity.owner == owner && session->state()->server == server;
    return fits ? session : nullptr;
}

int SessionTable::openStreams(const QString &owner) const
{
    int open = 0;
    for (const LegacySessionPtr &session : m_sessions) {
        if (session->state()->identity.owner == owner)
            open += session->openStreams();
    }
    return open;
}

void SessionTable::remove(const QString &id)
{
    if (const LegacySessionPtr session = take(id))
        session->end();
}

void SessionTable::removeAll()
{
    const QStringList ids = m_sessions.keys();
    for (const QString &id : ids)
        remove(id);
}

void SessionTable::setLimits(const TableLimits &limits)
{
    m_limits = limits;
    m_sweep.stop();
    if (m_limits.idleTimeout.count() > 0)
        m_sweep.start(std::clamp<std::chrono::milliseconds>(m_limits.idleTimeout / 4, 10ms, 30s));
}

void SessionTable::removeServer(const QString &server, const Error &reason)
{
    const auto all = m_sessions;
    for (const LegacySessionPtr &session : all) {
        if (session->state()->server != server)
            continue;
        take(session->id());
        session->end(reason);
    }
}

void SessionTable::sweep()
{
    QStringList expired;
    for (const LegacySessionPtr &session : std::as_const(m_sessions)) {
        if (session->idleMs() >= m_limits.idleTimeout.count())
            expired.append(session->id());
    }
    for (const QString &id : std::as_const(expired))
        remove(id);
}

} // namespace bridge::gateway
