// SPDX-License-Identifier: GPL-3.0-or-later
// The timers of an event dispatcher, ordered by when they fire. One thread; it never sleeps and
// never reads the clock: the caller says what time it is.
#pragma once

#include <QtCore/QAbstractEventDispatcher>

#include <chrono>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace bridge {

class TimerList
{
public:
    using Clock = std::chrono::steady_clock;
    using Milliseconds = std::chrono::milliseconds;

    /// The first time is \a interval from \a now. \a object is not owned.
    void add(int id, Milliseconds interval, Qt::TimerType type, QObject *object,
             Clock::time_point now);
    bool remove(int id);
    bool removeAll(const QObject *object);
    QList<QAbstractEventDispatcher::TimerInfo> of(const QObject *object) const;
    /// When \a id fires next; nothing when it is unknown.
    std::optional<Clock::time_point> deadline(int id) const;
    /// When anything fires next.
    std::optional<Clock::time_point> next() const;
    bool isEmpty() const { return m_order.empty(); }

    /// Sends a QTimerEvent to each timer that is due at \a now, once, and returns how many. Timers
    /// may come and go meanwhile; one whose receiver still runs, in a nested loop, is passed over.
    int fire(Clock::time_point now);

private:
    struct Timer {
        QObject *object = nullptr;
        Milliseconds interval{0};
        Clock::time_point deadline;
        quint64 number = 0; ///< tells a timer from a later one with the same id
        Qt::TimerType type = Qt::CoarseTimer;
        bool isFiring = false;
    };
    using Key = std::pair<Clock::time_point, int>;

    static Clock::time_point aligned(Clock::time_point due, Milliseconds interval,
                                     Qt::TimerType type);

    std::unordered_map<int, Timer> m_timers;
    std::set<Key> m_order; ///< of the timers that are not firing
    quint64 m_lastNumber = 0;
};

} // namespace bridge
