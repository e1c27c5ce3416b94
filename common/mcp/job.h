// SPDX-License-Identifier: GPL-3.0-or-later
// An answer a client owes a caller: the handler and the work behind it.
#pragma once

#include "common/async/call.h"
#include "common/async/later.h"

#include <memory>

namespace bridge::mcp {

struct Job {
    Job() = default;
    Job(const Job &) = delete;
    Job &operator=(const Job &) = delete;
    virtual ~Job() = default;

    /// Stops the work and tells the caller \a error from the event loop.
    virtual void abandon(const Error &error) = 0;
    /// The caller no longer wants to know.
    virtual void silence() = 0;

    Call work;    ///< what the client has under way for it
    Call failing; ///< an error on its way to the handler
};

template <typename T>
struct JobOf : Job, std::enable_shared_from_this<JobOf<T>> {
    Handler<T> handler;

    void finish(Result<T> outcome)
    {
        if (auto run = std::exchange(handler, nullptr))
            run(std::move(outcome));
    }
    void abandon(const Error &error) override
    {
        work.cancel();
        // Weak: the caller's Call holds the job, and without it nobody is told.
        failing = later([weak = this->weak_from_this(), error] {
            if (auto strong = weak.lock())
                strong->finish(error);
        });
    }
    void silence() override
    {
        handler = nullptr;
        failing.cancel();
    }
};

} // namespace bridge::mcp
