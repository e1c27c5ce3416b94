// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/async/workerthread.h"

#include "common/async/threadname.h"

#include <utility>

namespace bridge {

WorkerThread::WorkerThread(const char *name) : m_thread([this, name] { run(name); }) {}

WorkerThread::~WorkerThread()
{
    {
        const std::scoped_lock locked(m_lock);
        m_isEnding = true;
    }
    m_changed.notify_all();
    m_thread.join();
}

void WorkerThread::post(std::function<void()> work)
{
    {
        const std::scoped_lock locked(m_lock);
        m_waiting.push_back(std::move(work));
    }
    m_changed.notify_all();
}

void WorkerThread::runAndWait(const std::function<void()> &work)
{
    bool isDone = false;
    post([&] {
        work();
        {
            const std::scoped_lock locked(m_lock);
            isDone = true;
        }
        m_changed.notify_all();
    });
    std::unique_lock locked(m_lock);
    m_changed.wait(locked, [&] { return isDone; });
}

void WorkerThread::run(const char *name)
{
    setNameOfThisThread(name);
    std::unique_lock locked(m_lock);
    for (;;) {
        m_changed.wait(locked, [this] { return m_isEnding || !m_waiting.empty(); });
        if (m_waiting.empty())
            return;
        auto work = std::move(m_waiting.front());
        m_waiting.pop_front();
        locked.unlock();
        work();
        work = nullptr; // not under the lock
        locked.lock();
    }
}

} // namespace bridge
