// SPDX-License-Identifier: GPL-3.0-or-later
// Drives one started Task: the only code that resumes or destroys coroutine frames.
#pragma once

#include <coroutine>
#include <functional>
#include <memory>

namespace bridge::detail {

/// Shared by all frames of one started Task. Not thread-safe: a task lives in one thread.
class TaskRun : public std::enable_shared_from_this<TaskRun>
{
public:
    /// \a root is owned from here on. \a finished runs once after the root frame is done and not
    /// abandoned; it takes the result out of the frame, which is destroyed right afterwards.
    TaskRun(std::coroutine_handle<> root, std::function<void()> finished);
    ~TaskRun();
    TaskRun(const TaskRun &) = delete;
    TaskRun &operator=(const TaskRun &) = delete;

    /// Continues \a frame, which is the root or was started by it.
    void resume(std::coroutine_handle<> frame);
    /// Destroys the frames, at once or, when called from inside them, at their next suspension.
    void abandon();
    void markFinished() { m_done = true; }

private:
    void destroyFrame();

    std::coroutine_handle<> m_root;
    std::function<void()> m_finished;
    int m_running = 0;
    bool m_done = false;
    bool m_abandoned = false;
};

} // namespace bridge::detail
