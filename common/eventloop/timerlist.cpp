// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/eventloop/timerlist.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QTimerEvent>

#include <vector>

namespace bridge {

// Timers that may be a twentieth late are moved to common points in time, so that thousands of
// keep-alives wake the process once instead of thousands of times.
TimerList::Clock::time_point TimerList::aligned(Clock::time_point due, Milliseconds interval,
                                                Qt::TimerType type)
{
    Milliseconds grain{1};
    if (type == Qt::VeryCoarseTimer) {
        grain = Milliseconds(1'000);
    } else if (type == Qt::CoarseTimer) {
        while (grain * 40 <= interval)
            grain *= 2;
    }
    if (grain.count() == 1)
        return due;
    const Clock::duration past = due.time_since_epoch() % Clock::duration(grain);
    return past.count() == 0 ? due : due + (Clock::duration(grain) - past);
}

void TimerList::add(int id, Milliseconds interval, Qt::TimerType type, QObject *object,
                    Clock::time_point now)
{
    remove(id);
    Timer timer;
    timer.object = object;
    timer.interval = interval;
    timer.type = type;
    timer.number = ++m_lastNumber;
    timer.deadline = aligned(now + interval, interval, type);
    m_order.emplace(timer.deadline, id);
    m_timers.emplace(id, timer);
}

bool TimerList::remove(int id)
{
    const auto found = m_timers.find(id);
    if (found == m_timers.end())
        return false;
    m_order.erase({found->second.deadline, id});
    m_timers.erase(found);
    return true;
}

bool TimerList::removeAll(const QObject *object)
{
    std::vector<int> ids;
    for (const auto &[id, timer] : m_timers) {
        if (timer.object == object)
            ids.push_back(id);
    }
    for (const int id : ids)
        remove(id);
    return !ids.empty();
}

QList<QAbstractEventDispatcher::TimerInfo> TimerList::of(const QObject *object) const
{
    QList<QAbstractEventDispatcher::TimerInfo> list;
    for (const auto &[id, timer] : m_timers) {
        if (timer.object == object)
            list.emplaceBack(id, int(timer.interval.count()), timer.type);
    }
    return list;
}

std::optional<TimerList::Clock::time_point> TimerList::deadline(int id) const
{
    const auto found = m_timers.find(id);
    if (found == m_timers.end())
        return std::nullopt;
    return found->second.deadline;
}

std::optional<TimerList::Clock::time_point> TimerList::next() const
{
    if (m_order.empty())
        return std::nullopt;
    return m_order.begin()->first;
}

int TimerList::fire(Clock::time_point now)
{
    if (m_order.empty() || m_order.begin()->first > now)
        return 0;
    // Who is due is settled before anybody runs: a timer that is set to zero milliseconds again
    // and again must not keep everything else waiting.
    std::vector<std::pair<int, quint64>> due;
    for (auto it = m_order.begin(); it != m_order.end() && it->first <= now; ++it)
        due.emplace_back(it->second, m_timers.at(it->second).number);
    int fired = 0;
    for (const auto &[id, number] : due) {
        auto found = m_timers.find(id);
        if (found == m_timers.end() || found->second.number != number || found->second.isFiring
            || found->second.deadline > now)
            continue;
        Timer &timer = found->second;
        m_order.erase({timer.deadline, id});
        timer.isFiring = true;
        // A timer that came too late does not make up for the times it missed.
        const Clock::time_point regular = timer.deadline + timer.interval;
        timer.deadline =
            aligned(regular > now ? regular : now + timer.interval, timer.interval, timer.type);
        ++fired;
        QTimerEvent event(id);
        QCoreApplication::sendEvent(timer.object, &event);
        found = m_timers.find(id);
        if (found == m_timers.end() || found->second.number != number)
            continue;
        found->second.isFiring = false;
        m_order.emplace(found->second.deadline, id);
    }
    return fired;
}

} // namespace bridge
