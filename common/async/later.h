// SPDX-License-Identifier: GPL-3.0-or-later
// Calls that come from the event loop of the current thread.
#pragma once

#include "common/async/call.h"

#include <chrono>

namespace bridge {

/// Runs \a function from the event loop unless the Call is gone by then.
Call later(std::function<void()> function);
/// Runs \a function after \a delay unless the Call is gone by then.
Call after(std::chrono::milliseconds delay, std::function<void()> function);

/// Fails \a handler from the event loop unless the Call is gone by then.
template <typename T>
Call failLater(Handler<T> handler, Error error)
{
    return later([handler = std::move(handler), error = std::move(error)] { handler(error); });
}

} // namespace bridge
