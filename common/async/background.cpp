// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/async/background.h"

#include <QtCore/QRunnable>
#include <QtCore/QThreadPool>

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
    }

private:
    std::mutex m_lock;
    std::deque<std::function<void()>> m_waiting;
};

} // namespace

void inPool(std::function<void()> work)
{
    static auto *works = new Works; // threads may be busy with it while the process ends
    works->add(std::move(work));
}

} // namespace bridge
