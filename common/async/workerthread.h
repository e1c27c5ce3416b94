// SPDX-License-Identifier: GPL-3.0-or-later
// A thread for work that blocks and must keep its order, such as writing a file.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace bridge {

/// Runs what it is given, one after the other, in a thread of its own, which has no event loop:
/// answers go home through a Mailbox.
class WorkerThread
{
public:
    /// \a name: what tools such as top show, up to 15 characters.
    explicit WorkerThread(const char *name);
    /// Waits until everything is done, and the thread with all it kept is gone.
    ~WorkerThread();
    WorkerThread(const WorkerThread &) = delete;
    WorkerThread &operator=(const WorkerThread &) = delete;

    /// Any thread, but only its own work once it is being destroyed. \a work must not throw.
    void post(std::function<void()> work);
    /// Returns when \a work is done: for a program's start only, and never from its own work.
    void runAndWait(const std::function<void()> &work);

private:
    void run(const char *name);

    std::mutex m_lock;
    std::condition_variable m_changed;
    std::deque<std::function<void()>> m_waiting;
    bool m_isEnding = false;
    std::thread m_thread; ///< the last: it uses all of the above
};

} // namespace bridge
