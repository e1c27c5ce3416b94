// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/http/lazytimer.h"

#include <QtCore/QTimerEvent>

namespace bridge::http {

namespace {

constexpr qint64 kTolerance = 5; ///< milliseconds a coarse timer may fire early

} // namespace

LazyTimer::LazyTimer(QObject *parent) : QObject(parent)
{
    m_clock.start();
}

void LazyTimer::start(std::chrono::milliseconds limit)
{
    m_armed = true;
    m_deadline = m_clock.elapsed() + limit.count();
    if (m_timer.isActive() && m_fires <= m_deadline)
        return;
    m_fires = m_deadline;
    m_timer.start(int(limit.count()), Qt::CoarseTimer, this);
}

void LazyTimer::timerEvent(QTimerEvent *event)
{
    if (event->timerId() != m_timer.timerId())
        return QObject::timerEvent(event);
    m_timer.stop();
    if (!m_armed)
        return;
    const qint64 left = m_deadline - m_clock.elapsed();
    if (left > kTolerance)
        return start(std::chrono::milliseconds(left));
    m_armed = false;
    Q_EMIT passed();
}

} // namespace bridge::http
