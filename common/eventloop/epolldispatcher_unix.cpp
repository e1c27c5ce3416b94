// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/eventloop/epolldispatcher_unix.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QThread>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace bridge {

namespace {

constexpr int kBatch = 128;
// The words of epoll_event.data: the descriptor and the generation of its watch.
constexpr quint64 kWakeMark = std::numeric_limits<quint64>::max();

// A descriptor whose other end has gone is ready for everything: the next read or write tells why.
constexpr quint32 kBroken = EPOLLHUP | EPOLLERR;
constexpr std::array<quint32, 3> kEvents{EPOLLIN, EPOLLOUT, EPOLLPRI};

int retried(auto call)
{
    int result;
    do {
        result = call();
    } while (result == -1 && errno == EINTR);
    return result;
}

} // namespace

std::unique_ptr<EpollDispatcher> EpollDispatcher::create(QObject *parent)
{
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    const int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kWakeMark;
    if (epoll >= 0 && wake >= 0 && ::epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event) == 0)
        return std::unique_ptr<EpollDispatcher>(new EpollDispatcher(epoll, wake, parent));
    if (epoll >= 0)
        ::close(epoll);
    if (wake >= 0)
        ::close(wake);
    return nullptr;
}

EpollDispatcher::EpollDispatcher(int epoll, int wake, QObject *parent)
    : QAbstractEventDispatcher(parent)
    , m_epoll(epoll)
    , m_wake(wake)
    , m_thread(QThread::currentThreadId())
{
}

EpollDispatcher::~EpollDispatcher()
{
    ::close(m_epoll);
    ::close(m_wake);
}

bool EpollDispatcher::processEvents(QEventLoop::ProcessEventsFlags flags)
{
    m_interrupted.store(false);
    Q_EMIT awake();
    // Whoever posts from here on wakes us again, so that nothing is left behind. Sent even when
    // nobody did: an outer loop may be in the middle of its posted events, and what an inner one
    // had to leave, deferred deletions, comes without a wake-up.
    const bool hadPosted = m_woken.exchange(false);
    QCoreApplication::sendPostedEvents();
    const auto mayWait = [this, flags] {
        return flags.testFlag(QEventLoop::WaitForMoreEvents) && m_files.empty() && !m_woken.load()
               && !m_interrupted.load();
    };
    if (mayWait())
        Q_EMIT aboutToBlock();
    if (m_interrupted.load())
        return false;
    const bool firesTimers = !flags.testFlag(QEventLoop::X11ExcludeTimers);
    int timeout = 0;
    if (mayWait()) // what it told may have posted
        timeout = firesTimers ? timeoutUntilNextTimer() : -1;
    int handled = flags.testFlag(QEventLoop::ExcludeSocketNotifiers) ? waitForWakeUp(timeout)
                                                                     : waitAndActivate(timeout);
    if (firesTimers && !m_timers.isEmpty())
        handled += m_timers.fire(TimerList::Clock::now());
    return hadPosted || handled > 0;
}

int EpollDispatcher::timeoutUntilNextTimer() const
{
    const auto next = m_timers.next();
    if (!next)
        return -1;
    // Rounded up: waking a fraction early would turn the loop for nothing.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - TimerList::Clock::now());
    return int(std::clamp<qint64>(left.count(), 0, std::numeric_limits<int>::max()));
}

int EpollDispatcher::waitAndActivate(int timeout)
{
    tellKernel();
    // A descriptor may have turned out to be a file just now.
    const int patience = m_files.empty() ? timeout : 0;
    std::array<epoll_event, kBatch> events;
    const int count = ::epoll_wait(m_epoll, events.data(), kBatch, patience);
    const quint64 batch = ++m_batch;
    int activated = activateFiles();
    for (int i = 0; i < count; ++i) {
        const epoll_event &event = events[std::size_t(i)];
        if (event.data.u64 == kWakeMark) {
            drainWakeUps();
            continue;
        }
        if (!activate(int(event.data.u64 & 0xffff'ffffU), quint32(event.data.u64 >> 32),
                      event.events, activated))
            continue;
        // A nested loop has looked at the descriptors since; what is still ready is told again.
        if (m_batch != batch)
            break;
    }
    return activated;
}

bool EpollDispatcher::activate(int descriptor, quint32 generation, quint32 events, int &activated)
{
    for (std::size_t type = 0; type < kEvents.size(); ++type) {
        if ((events & (kEvents[type] | kBroken)) == 0)
            continue;
        const Watch &watch = m_watches[std::size_t(descriptor)];
        if (watch.generation != generation)
            return false;
        QSocketNotifier *notifier = watch.notifiers[type];
        if (!notifier)
            continue;
        QEvent event(QEvent::SockAct);
        QCoreApplication::sendEvent(notifier, &event);
        ++activated;
    }
    return true;
}

int EpollDispatcher::activateFiles()
{
    if (m_files.empty())
        return 0;
    int activated = 0;
    const std::vector<int> files = m_files;
    for (const int file : files) {
        const Watch &watch = m_watches[std::size_t(file)];
        if (watch.isFile)
            activate(file, watch.generation, EPOLLIN | EPOLLOUT, activated);
    }
    return activated;
}

int EpollDispatcher::waitForWakeUp(int timeout)
{
    pollfd wake{m_wake, POLLIN, 0};
    if (::poll(&wake, 1, timeout) > 0)
        drainWakeUps();
    return 0;
}

void EpollDispatcher::drainWakeUps()
{
    quint64 count = 0;
    retried([&] { return int(::read(m_wake, &count, sizeof count)); });
}

void EpollDispatcher::wakeUp()
{
    // In our own thread we are not waiting, and look at the flag before we do.
    if (m_woken.exchange(true) || QThread::currentThreadId() == m_thread)
        return;
    const quint64 one = 1;
    retried([&] { return int(::write(m_wake, &one, sizeof one)); });
}

void EpollDispatcher::interrupt()
{
    m_interrupted.store(true);
    wakeUp();
}

EpollDispatcher::Watch &EpollDispatcher::watchOf(int descriptor)
{
    if (std::size_t(descriptor) >= m_watches.size())
        m_watches.resize(std::size_t(descriptor) + 1);
    return m_watches[std::size_t(descriptor)];
}

quint32 EpollDispatcher::wanted(const Watch &watch)
{
    quint32 events = 0;
    for (std::size_t type = 0; type < kEvents.size(); ++type)
        events |= watch.notifiers[type] ? kEvents[type] : 0;
    return events;
}

void EpollDispatcher::registerSocketNotifier(QSocketNotifier *notifier)
{
    const int descriptor = int(notifier->socket());
    if (descriptor < 0)
        return;
    QSocketNotifier *&place = watchOf(descriptor).notifiers[std::size_t(notifier->type())];
    if (place && place != notifier) {
        qWarning("Two socket notifiers for descriptor %d and the same events; the older one is "
                 "no longer told.",
                 descriptor);
        forget(descriptor); // most likely closed meanwhile, with which the kernel forgot it
    }
    place = notifier;
    touch(descriptor);
}

void EpollDispatcher::unregisterSocketNotifier(QSocketNotifier *notifier)
{
    const int descriptor = int(notifier->socket());
    if (descriptor < 0 || std::size_t(descriptor) >= m_watches.size())
        return;
    Watch &watch = m_watches[std::size_t(descriptor)];
    QSocketNotifier *&place = watch.notifiers[std::size_t(notifier->type())];
    if (place != notifier)
        return;
    place = nullptr;
    // The descriptor is likely to be closed, and its number to be given to another, before the
    // next turn of the loop.
    if (wanted(watch) == 0)
        forget(descriptor);
    else
        touch(descriptor);
}

void EpollDispatcher::forget(int descriptor)
{
    Watch &watch = m_watches[std::size_t(descriptor)];
    if (std::exchange(watch.told, 0) != 0)
        ::epoll_ctl(m_epoll, EPOLL_CTL_DEL, descriptor, nullptr);
    if (std::exchange(watch.isFile, false))
        std::erase(m_files, descriptor);
    ++watch.generation;
}

void EpollDispatcher::touch(int descriptor)
{
    Watch &watch = m_watches[std::size_t(descriptor)];
    if (!std::exchange(watch.isDirty, true))
        m_dirty.push_back(descriptor);
}

// Write notifiers go on and off within one turn; the kernel hears of the result only.
void EpollDispatcher::tellKernel()
{
    for (std::size_t i = 0; i < m_dirty.size(); ++i) // disabling a notifier may add to the list
        tellKernel(m_dirty[i]);
    m_dirty.clear();
}

void EpollDispatcher::tellKernel(int descriptor)
{
    Watch &watch = m_watches[std::size_t(descriptor)];
    watch.isDirty = false;
    const quint32 events = wanted(watch);
    if (events == watch.told || events == 0 || watch.isFile)
        return;
    epoll_event event{};
    event.events = events;
    event.data.u64 = (quint64(watch.generation) << 32) | quint32(descriptor);
    const int operation = watch.told == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    int result = ::epoll_ctl(m_epoll, operation, descriptor, &event);
    if (result != 0 && (errno == EEXIST || errno == ENOENT))
        result = ::epoll_ctl(m_epoll, errno == EEXIST ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor,
                             &event);
    if (result == 0) {
        watch.told = events;
    } else if (errno == EPERM) {
        watch.isFile = true;
        m_files.push_back(descriptor);
    } else {
        qWarning("Descriptor %d cannot be watched: it is not open or the system has no room. Its "
                 "socket notifiers are switched off.",
                 descriptor);
        const auto notifiers = watch.notifiers;
        for (QSocketNotifier *notifier : notifiers) {
            if (notifier)
                notifier->setEnabled(false);
        }
    }
}

void EpollDispatcher::registerTimer(int timerId, qint64 interval, Qt::TimerType timerType,
                                    QObject *object)
{
    m_timers.add(timerId, std::chrono::milliseconds(interval), timerType, object,
                 TimerList::Clock::now());
}

bool EpollDispatcher::unregisterTimer(int timerId)
{
    return m_timers.remove(timerId);
}

bool EpollDispatcher::unregisterTimers(QObject *object)
{
    return m_timers.removeAll(object);
}

QList<QAbstractEventDispatcher::TimerInfo> EpollDispatcher::registeredTimers(QObject *object) const
{
    return m_timers.of(object);
}

int EpollDispatcher::remainingTime(int timerId)
{
    const auto deadline = m_timers.deadline(timerId);
    if (!deadline)
        return -1;
    const auto left = *deadline - TimerList::Clock::now();
    return int(std::max<qint64>(0, std::chrono::ceil<std::chrono::milliseconds>(left).count()));
}

} // namespace bridge
