// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/async/background.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QRunnable>
#include <QtCore/QThreadPool>

#include <condition_variable>
#include <deque>
#include <mutex>

namespace bridge {

namespace {

/// The works that wait for a thread. The pool is only given a token for each, always the same one,
/// so that a work itself crosses behind a lock of ours (mailbox.h says why).
class Works : public QRunnable
{
public:
    Works() { setAutoDelete(false); }

    void add(std::function<void()> work)
    {
        {
            const std::scoped_lock locked(m_lock);
            m_waiting.push_back(std::move(work));
            ++m_unfinished;
        }
        QThreadPool::globalInstance()->start(this);
    }

    void run() override
    {
        std::function<void()> work;
        {
            const std::scoped_lock locked(m_lock);
            work = std::move(m_waiting.front());
            m_waiting.pop_front();
        }
        work();
        work = nullptr;
        {
            const std::scoped_lock locked(m_lock);
            --m_unfinished;
        }
        m_changed.notify_all();
    }

    bool wait(std::chrono::milliseconds limit)
    {
        std::unique_lock locked(m_lock);
        return m_changed.wait_for(locked, limit, [this] { return m_unfinished == 0; });
    }

    void wait()
    {
        std::unique_lock locked(m_lock);
        m_changed.wait(locked, [this] { return m_unfinished == 0; });
    }

private:
    std::mutex m_lock;
    std::condition_variable m_changed;
    int m_unfinished = 0;
    std::deque<std::function<void()>> m_waiting;
};

Works &works()
{
    static auto *instance = [] {
        // The application waits for the pool by itself, but behind locks that nobody sees.
        qAddPostRoutine([] { works().wait(); });
        return new Works; // never destroyed: the pool may still hold it
    }();
    return *instance;
}

} // namespace

void inPool(std::function<void()> work)
{
    works().add(std::move(work));
}

bool isPoolDone(std::chrono::milliseconds limit)
{
    return works().wait(limit);
}

} // namespace bridge
