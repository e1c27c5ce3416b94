// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/async/taskrun.h"

#include <utility>

namespace bridge::detail {

TaskRun::TaskRun(std::coroutine_handle<> root, std::function<void()> finished)
    : m_root(root)
    , m_finished(std::move(finished))
{
}

TaskRun::~TaskRun()
{
    destroyFrame();
}

void TaskRun::resume(std::coroutine_handle<> frame)
{
    const auto self = shared_from_this();
    ++m_running;
    frame.resume();
    --m_running;
    if (m_running > 0)
        return;
    if (m_abandoned) {
        destroyFrame();
    } else if (m_done) {
        if (auto finished = std::exchange(m_finished, nullptr))
            finished();
        destroyFrame();
    }
}

void TaskRun::abandon()
{
    m_abandoned = true;
    m_finished = nullptr;
    if (m_running == 0)
        destroyFrame();
}

void TaskRun::destroyFrame()
{
    // Destroying the frame withdraws its calls, whose destructors may come back here.
    if (auto root = std::exchange(m_root, nullptr))
        root.destroy();
}

} // namespace bridge::detail
