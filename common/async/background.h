// SPDX-License-Identifier: GPL-3.0-or-later
// Work that blocks, e.g. reading files, away from the event loop.
#pragma once

#include "common/async/call.h"
#include "common/async/mailbox.h"

#include <chrono>
#include <memory>
#include <optional>

namespace bridge {

/// Runs \a work, which shares nothing with anybody, in a thread of QThreadPool's global pool, for
/// which the application waits before it goes. Works given by several callers have no order.
void inPool(std::function<void()> work);

/// Whether all of that is done within \a limit; blocks so long. For a program's end, when what it
/// waits for may never come, such as a file on a server that is gone.
bool isPoolDone(std::chrono::milliseconds limit);

/// Runs \a work in the pool as inPool(), and \a handler with its outcome in the calling thread.
/// Withdrawing drops the outcome; the work itself cannot be interrupted.
template <typename T>
Call inBackground(std::function<Result<T>()> work, Handler<T> handler)
{
    struct Job {
        Handler<T> handler; ///< of the thread that asked
        std::optional<Result<T>> outcome;
    };
    auto job = std::make_shared<Job>();
    job->handler = std::move(handler);
    Call call([job] { job->handler = nullptr; });
    inPool([work = std::move(work), job = std::move(job), home = Mailbox::ofThisThread()]() mutable {
        job->outcome.emplace(work());
        // From here on the thread that asked has it alone.
        home->post([job = std::move(job)] {
            if (const auto told = std::exchange(job->handler, nullptr))
                told(std::move(*job->outcome));
        });
    });
    return call;
}

} // namespace bridge
