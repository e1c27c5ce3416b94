// SPDX-License-Identifier: GPL-3.0-or-later
// One pending answer: a handler that will be called once, and the handle that withdraws it.
//
// Rules every function returning a Call keeps:
//  - the handler runs at most once, in the caller's thread, from the event loop: never before the
//    function that took it has returned;
//  - once the Call is cancelled or destroyed the handler never runs;
//  - every Call ends by itself: the callee has a timeout.
// The Call is the owner's share: keep it as a member (or in a coroutine frame) of what must be
// alive when the handler runs. That replaces a context object and cannot be forgotten.
#pragma once

#include "common/base/result.h"

#include <functional>
#include <utility>

namespace bridge {

template <typename T>
using Handler = std::function<void(Result<T>)>;

class [[nodiscard]] Call
{
public:
    Call() = default;
    /// \a withdraw is run once by cancel() or the destructor; it must tolerate that the operation
    /// has ended meanwhile.
    explicit Call(std::function<void()> withdraw) : m_withdraw(std::move(withdraw)) {}
    Call(Call &&other) noexcept : m_withdraw(std::exchange(other.m_withdraw, nullptr)) {}
    Call &operator=(Call &&other) noexcept
    {
        if (this != &other) {
            cancel();
            m_withdraw = std::exchange(other.m_withdraw, nullptr);
        }
        return *this;
    }
    Call(const Call &) = delete;
    Call &operator=(const Call &) = delete;
    ~Call() { cancel(); }

    /// Withdraws the handler and stops the work behind it where that is possible.
    void cancel()
    {
        if (auto withdraw = std::exchange(m_withdraw, nullptr))
            withdraw();
    }

private:
    std::function<void()> m_withdraw;
};

} // namespace bridge
