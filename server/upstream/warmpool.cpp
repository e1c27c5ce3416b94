// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/warmpool.h"

#include "common/async/later.h"
#include "common/logging/categories.h"
#include "server/upstream/backoff.h"

namespace bridge::upstream {

namespace {

constexpr std::chrono::milliseconds kFillDelay{5};

} // namespace

WarmPool::WarmPool(int size, Start start, QObject *parent)
    : QObject(parent)
    , m_start(std::move(start))
    , m_size(size)
{
    m_quietTimer.setSingleShot(true);
    m_retry.setSingleShot(true);
    m_fillSoon.setSingleShot(true);
    m_fillSoon.setTimerType(Qt::PreciseTimer);
    connect(&m_fillSoon, &QTimer::timeout, this, &WarmPool::fill);
    connect(&m_quietTimer, &QTimer::timeout, this, &WarmPool::onQuiet);
    connect(&m_retry, &QTimer::timeout, this, &WarmPool::fill);
}

WarmPool::~WarmPool()
{
    drain();
}

void WarmPool::warmUp()
{
    m_target = m_size;
    m_quietTimer.start(m_quiet);
    fill();
}

InstancePtr WarmPool::take()
{
    if (m_size <= 0)
        return nullptr;
    m_target = m_size;
    m_quietTimer.start(m_quiet);
    InstancePtr instance;
    while (!instance && !m_ready.isEmpty()) {
        InstancePtr oldest = m_ready.takeFirst();
        oldest->disconnect(this);
        if (oldest->isAlive())
            instance = std::move(oldest);
    }
    if (instance)
        m_failures = 0;
    // Starting a process holds everything up: the answer to the call that takes this one comes
    // first. Calls that follow closely do not put it off.
    if (!m_fillSoon.isActive())
        m_fillSoon.start(kFillDelay);
    return instance;
}

InstancePtr WarmPool::evict()
{
    if (m_ready.isEmpty())
        return nullptr;
    InstancePtr instance = m_ready.takeFirst();
    instance->disconnect(this);
    m_target = int(m_ready.size());
    return instance;
}

void WarmPool::drain()
{
    m_target = 0;
    m_quietTimer.stop();
    m_retry.stop();
    m_fillSoon.stop();
    m_fillLater.cancel();
    m_starts.clear();
    const QList<InstancePtr> ready = std::exchange(m_ready, {});
    for (const InstancePtr &instance : ready)
        instance->disconnect(this);
}

void WarmPool::fill()
{
    while (!m_retry.isActive() && ready() + starting() < m_target && starting() < kParallelStarts)
        startOne();
}

void WarmPool::startOne()
{
    const int id = m_nextId++;
    m_starts[id] =
        m_start([this, id](Result<InstancePtr> outcome) { onStarted(id, std::move(outcome)); });
}

void WarmPool::onStarted(int id, Result<InstancePtr> outcome)
{
    // The call that is running this handler may be dropped: it keeps what it needs by itself.
    m_starts.erase(id);
    if (!outcome) {
        qCDebug(logging::lcUpstream) << "Warm pool:" << outcome.error().message;
        return pauseAfterFailure();
    }
    Instance *instance = outcome->get();
    if (ready() < m_target) {
        m_ready.append(*outcome);
        connect(instance, &Instance::died, this, [this, instance] { onDied(instance); });
    }
    fill();
}

void WarmPool::onDied(Instance *instance)
{
    for (qsizetype i = 0; i < m_ready.size(); ++i) {
        if (m_ready[i].get() != instance)
            continue;
        const bool hasExpired = instance->hasExpired();
        // It is emitting a signal: let go of it later.
        QMetaObject::invokeMethod(
            this, [kept = m_ready.takeAt(i)] {}, Qt::QueuedConnection);
        if (hasExpired) {
            m_fillLater = later([this] { fill(); });
            return;
        }
        // A server that ends by itself while idle would otherwise be restarted in a tight circle.
        return pauseAfterFailure();
    }
}

void WarmPool::pauseAfterFailure()
{
    m_retry.start(backoff(++m_failures));
}

void WarmPool::onQuiet()
{
    m_target = qMin(m_target, 1);
    while (ready() > m_target)
        m_ready.takeFirst()->disconnect(this);
}

} // namespace bridge::upstream
