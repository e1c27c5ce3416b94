// SPDX-License-Identifier: GPL-3.0-or-later
// Qt's event dispatcher on Linux' epoll: the cost of a turn depends on the descriptors that are
// ready, not on those that are open, and waking oneself costs no system call.
//
// Follows what QAbstractEventDispatcher documents and QEventDispatcherUNIX does: posted events
// first, then descriptors (level-triggered), then timers.
#pragma once

#include "common/eventloop/timerlist.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QSocketNotifier>

#include <array>
#include <atomic>
#include <memory>
#include <vector>

namespace bridge {

/// wakeUp() and interrupt() may be called from any thread, everything else from its own.
class EpollDispatcher final : public QAbstractEventDispatcher
{
    Q_OBJECT
public:
    /// Null when the system gives no descriptors for it.
    static std::unique_ptr<EpollDispatcher> create(QObject *parent = nullptr);
    ~EpollDispatcher() override;

    bool processEvents(QEventLoop::ProcessEventsFlags flags) override;
    void registerSocketNotifier(QSocketNotifier *notifier) override;
    void unregisterSocketNotifier(QSocketNotifier *notifier) override;
    void registerTimer(int timerId, qint64 interval, Qt::TimerType timerType,
                       QObject *object) override;
    bool unregisterTimer(int timerId) override;
    bool unregisterTimers(QObject *object) override;
    QList<TimerInfo> registeredTimers(QObject *object) const override;
    int remainingTime(int timerId) override;
    void wakeUp() override;
    void interrupt() override;

private:
    /// What is wanted of one descriptor and what the kernel has been told.
    struct Watch {
        std::array<QSocketNotifier *, 3> notifiers{}; ///< by QSocketNotifier::Type
        quint32 told = 0;                             ///< events registered with epoll
        quint32 generation = 0; ///< grows when the descriptor is given up: it may be another's now
        bool isDirty = false;
        bool isFile = false; ///< epoll refuses regular files; they are always ready
    };

    EpollDispatcher(int epoll, int wake, QObject *parent);

    Watch &watchOf(int descriptor);
    static quint32 wanted(const Watch &watch);
    void touch(int descriptor);
    void tellKernel();
    void tellKernel(int descriptor);
    void forget(int descriptor);
    int timeoutUntilNextTimer() const;
    int waitAndActivate(int timeout);
    int waitForWakeUp(int timeout);
    int activateFiles();
    /// False when what is left of the batch no longer holds.
    bool activate(int descriptor, quint32 generation, quint32 events, int &activated);
    void drainWakeUps();

    const int m_epoll;
    const int m_wake;
    const Qt::HANDLE m_thread;
    TimerList m_timers;
    std::vector<Watch> m_watches; ///< by descriptor
    std::vector<int> m_dirty;
    std::vector<int> m_files;
    quint64 m_batch = 0;
    std::atomic<bool> m_woken{true}; ///< events may have been posted before we were installed
    std::atomic<bool> m_interrupted{false};
};

} // namespace bridge
