// SPDX-License-Identifier: GPL-3.0-or-later
// An owned, lazy coroutine for three or more asynchronous hops in a row.
//
//   Task<int> sum(QPointer<Client> client) {
//       Result<int> a = co_await answer<int>([&](Handler<int> done) { return client->get(done); });
//       if (!a) co_return a.error();
//       co_return *a + 1;
//   }
//   m_call = sum(client).start([this](Result<int> result) { … });
//
// Dropping the Call destroys the frame and with it every call it waits for; dropping it from
// inside the running coroutine is allowed and takes effect at the next suspension. Pass
// parameters by value, never make a capturing lambda a coroutine (its captures die before the
// frame does), and do not loop without bound over awaits that complete synchronously.
//
// The lambda given to answer() captures by reference (the frame outlives it): GCC 12 destroys a
// temporary closure with captured values twice when it is part of a co_await expression.
#pragma once

#include "common/async/call.h"
#include "common/async/later.h"
#include "common/async/taskrun.h"

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>

namespace bridge {

namespace detail {

struct PromiseBase {
    TaskRun *run = nullptr;               ///< set before the first resume
    std::coroutine_handle<> continuation; ///< who awaits this task; null for the root

    struct Final {
        bool await_ready() noexcept { return false; }
        template <typename Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> frame) noexcept
        {
            PromiseBase &promise = frame.promise();
            if (promise.continuation)
                return promise.continuation;
            promise.run->markFinished();
            return std::noop_coroutine();
        }
        void await_resume() noexcept {}
    };

    std::suspend_always initial_suspend() noexcept { return {}; }
    Final final_suspend() noexcept { return {}; }
    // Outcomes are values here; an exception can only be a broken invariant.
    void unhandled_exception() noexcept { std::terminate(); }
};

} // namespace detail

template <typename T = Nothing>
class [[nodiscard]] Task
{
public:
    struct promise_type : detail::PromiseBase {
        std::optional<Result<T>> result;

        Task get_return_object()
        {
            return Task(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        void return_value(Result<T> value) { result.emplace(std::move(value)); }
    };

    Task(Task &&other) noexcept : m_frame(std::exchange(other.m_frame, nullptr)) {}
    Task(const Task &) = delete;
    Task &operator=(const Task &) = delete;
    Task &operator=(Task &&) = delete;
    ~Task()
    {
        if (m_frame)
            m_frame.destroy();
    }

    /// Runs the coroutine up to its first suspension; \a handler gets the outcome later, never
    /// before start() has returned.
    Call start(Handler<T> handler) &&
    {
        const auto frame = std::exchange(m_frame, nullptr);
        auto state = std::make_shared<Started>();
        state->handler = std::move(handler);
        state->run = std::make_shared<detail::TaskRun>(frame, [frame, weak = std::weak_ptr(state)] {
            if (auto strong = weak.lock())
                strong->deliver(std::move(*frame.promise().result));
        });
        frame.promise().run = state->run.get();
        state->starting = true;
        state->run->resume(frame);
        state->starting = false;
        return Call([state] {
            state->handler = nullptr;
            state->queued.cancel();
            state->run->abandon();
        });
    }

    /// Awaited by another Task: runs as part of it, in the same frame chain.
    auto operator co_await() && { return Awaiter{m_frame}; }

private:
    struct Awaiter {
        std::coroutine_handle<promise_type> inner;

        bool await_ready() const noexcept { return false; }
        template <typename Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> outer) noexcept
        {
            inner.promise().run = outer.promise().run;
            inner.promise().continuation = outer;
            return inner;
        }
        Result<T> await_resume() { return std::move(*inner.promise().result); }
    };

    struct Started : std::enable_shared_from_this<Started> {
        Handler<T> handler;
        std::shared_ptr<detail::TaskRun> run;
        Call queued;
        bool starting = false;

        void deliver(Result<T> outcome)
        {
            if (!starting) {
                if (auto h = std::exchange(handler, nullptr))
                    h(std::move(outcome));
                return;
            }
            queued = later([self = std::weak_ptr<Started>(this->shared_from_this()),
                            kept = std::make_shared<Result<T>>(std::move(outcome))] {
                if (auto strong = self.lock()) {
                    if (auto h = std::exchange(strong->handler, nullptr))
                        h(std::move(*kept));
                }
            });
        }
    };

    explicit Task(std::coroutine_handle<promise_type> frame) : m_frame(frame) {}

    std::coroutine_handle<promise_type> m_frame;
};

namespace detail {

template <typename T, typename Start>
class CallAwaiter
{
public:
    explicit CallAwaiter(Start start) : m_start(std::move(start)) {}

    bool await_ready() const noexcept { return false; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> frame)
    {
        TaskRun *run = frame.promise().run;
        m_call = m_start([this, run, frame](Result<T> outcome) {
            m_outcome.emplace(std::move(outcome));
            run->resume(frame);
        });
    }
    Result<T> await_resume() { return std::move(*m_outcome); }

private:
    Start m_start;
    Call m_call;
    std::optional<Result<T>> m_outcome;
};

} // namespace detail

/// Awaits a function that takes a Handler<T> and returns a Call; the Call lives in the frame.
template <typename T, typename Start>
auto answer(Start start)
{
    static_assert(std::is_trivially_destructible_v<Start>,
                  "capture by reference: GCC 12 destroys captured values twice, see above");
    return detail::CallAwaiter<T, Start>(std::move(start));
}

/// The same for a function kept elsewhere, which must outlive the answer.
template <typename T>
auto answer(const std::function<Call(Handler<T>)> &start)
{
    return answer<T>([&start](Handler<T> done) { return start(std::move(done)); });
}

/// Awaits the passing of \a delay.
inline auto pause(std::chrono::milliseconds delay)
{
    return answer<Nothing>([delay](Handler<Nothing> done) {
        return after(delay, [done = std::move(done)] { done(Nothing{}); });
    });
}

} // namespace bridge
