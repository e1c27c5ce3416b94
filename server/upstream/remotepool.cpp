// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/remotepool.h"

namespace bridge::upstream {

RemotePool::RemotePool(QObject *parent) : QObject(parent)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &RemotePool::prune);
}

InstancePtr RemotePool::take()
{
    prune();
    return m_idle.isEmpty() ? nullptr : m_idle.takeLast().instance;
}

void RemotePool::giveBack(InstancePtr instance)
{
    // With a call still running somebody has left in the middle of it; its end may come late.
    if (m_isDrained || !instance->isAlive() || instance->client().pendingCount() > 0)
        return;
    Idle idle{std::move(instance), {}};
    idle.since.start();
    m_idle.append(std::move(idle));
    if (m_idle.size() > kMost)
        m_idle.removeFirst();
    if (!m_timer.isActive())
        m_timer.start(kIdle);
}

void RemotePool::prune()
{
    m_idle.removeIf([](const Idle &idle) {
        return !idle.instance->isAlive() || idle.since.hasExpired(kIdle.count());
    });
    if (!m_idle.isEmpty() && !m_timer.isActive())
        m_timer.start(kIdle);
}

void RemotePool::drain()
{
    m_isDrained = true;
    m_idle.clear();
}

} // namespace bridge::upstream
