// SPDX-License-Identifier: GPL-3.0-or-later
// Work that blocks, e.g. reading files, away from the event loop.
#pragma once

#include "common/async/call.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QThreadPool>

#include <memory>
#include <optional>

namespace bridge {

/// Runs \a work, which shares nothing with anybody, in a thread of the global pool, and \a handler
/// with its outcome in the main thread, whose QCoreApplication is there. Withdrawing drops the
/// outcome; the work itself cannot be interrupted.
template <typename T>
Call inBackground(std::function<Result<T>()> work, Handler<T> handler)
{
    struct Job {
        Handler<T> handler; ///< of the main thread
        std::optional<Result<T>> outcome;
    };
    auto job = std::make_shared<Job>();
    job->handler = std::move(handler);
    Call call([job] { job->handler = nullptr; });
    QCoreApplication *application = QCoreApplication::instance();
    const auto deliver = [](const std::shared_ptr<Job> &done) {
        if (const auto told = std::exchange(done->handler, nullptr))
            told(std::move(*done->outcome));
    };
    // The application waits for the pool before it goes.
    QThreadPool::globalInstance()->start([work = std::move(work), job = std::move(job), application,
                                          deliver]() mutable {
        job->outcome.emplace(work());
        // From here on the main thread has it alone.
        QMetaObject::invokeMethod(
            application, [job = std::move(job), deliver] { deliver(job); }, Qt::QueuedConnection);
    });
    return call;
}

} // namespace bridge
