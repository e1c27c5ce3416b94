// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/handletable.h"

#include "common/base/ids.h"

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace bridge::gateway {

namespace {

constexpr int kHandleBytes = 24;

} // namespace

HandleTable::HandleTable(TableLimits limits, Release release, QObject *parent)
    : QObject(parent)
    , m_count(limits.counted ? limits.counted : std::make_shared<OwnerCount>())
    , m_release(std::move(release))
{
    connect(&m_sweep, &QTimer::timeout, this, &HandleTable::sweep);
    setLimits(limits);
}

Result<QString> HandleTable::add(const ClientStatePtr &state)
{
    if (const Result<Nothing> room = makeRoom(state->identity.owner); !room)
        return room.error();
    const QString id = randomToken(kHandleBytes);
    Handle handle{state, {}};
    handle.unused.start();
    m_count->add(state->identity.owner);
    m_handles.insert(id, handle);
    return id;
}

Result<Nothing> HandleTable::makeRoom(const QString &owner)
{
    refreshBusy();
    auto oldest = m_handles.cend();
    for (auto it = m_handles.cbegin(); it != m_handles.cend(); ++it) {
        if (it->state->identity.owner != owner)
            continue;
        if (oldest == m_handles.cend() || it->unused.elapsed() > oldest->unused.elapsed())
            oldest = it;
    }
    if (m_count->hasRoom(m_limits.sessions, owner))
        return Nothing{};
    if (oldest == m_handles.cend() || oldest->unused.elapsed() < m_limits.yieldAfter.count())
        return Error(ErrorCode::TooManyRequests,
                     u"Too many sessions are open. End one, or try later."_s);
    remove(QString(oldest.key()));
    return Nothing{};
}

ClientStatePtr HandleTable::find(const QString &id, const QString &owner, const QString &server)
{
    const auto found = m_handles.find(id);
    if (found == m_handles.end() || found->state->identity.owner != owner
        || found->state->server != server)
        return nullptr;
    found->unused.restart();
    return found->state;
}

bool HandleTable::end(const QString &id, const QString &owner)
{
    const auto found = m_handles.constFind(id);
    if (found == m_handles.cend() || found->state->identity.owner != owner)
        return false;
    remove(id);
    return true;
}

void HandleTable::endAll()
{
    const QStringList ids = m_handles.keys();
    for (const QString &id : ids)
        remove(id);
}

void HandleTable::endAllAt(const QString &server)
{
    QStringList ids;
    for (auto it = m_handles.cbegin(); it != m_handles.cend(); ++it) {
        if (it->state->server == server)
            ids.append(it.key());
    }
    for (const QString &id : std::as_const(ids))
        remove(id);
}

void HandleTable::remove(const QString &id)
{
    const Handle handle = m_handles.take(id);
    if (!handle.state)
        return;
    m_count->remove(handle.state->identity.owner);
    m_release(handle.state);
}

void HandleTable::setLimits(const TableLimits &limits)
{
    m_limits = limits;
    m_sweep.stop();
    if (m_limits.idleTimeout > 0ms)
        m_sweep.start(std::clamp<std::chrono::milliseconds>(m_limits.idleTimeout / 4, 10ms, 30s));
}

// Each running request holds the state it works with.
void HandleTable::refreshBusy()
{
    for (Handle &handle : m_handles) {
        if (handle.state.use_count() > 1)
            handle.unused.restart();
    }
}

void HandleTable::sweep()
{
    refreshBusy();
    QStringList expired;
    for (auto it = m_handles.cbegin(); it != m_handles.cend(); ++it) {
        if (it->unused.elapsed() >= m_limits.idleTimeout.count())
            expired.append(it.key());
    }
    for (const QString &id : std::as_const(expired))
        remove(id);
}

} // namespace bridge::gateway
