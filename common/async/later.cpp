// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/async/later.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QPointer>
#include <QtCore/QTimer>

#include <memory>
#include <utility>

namespace bridge {

Call later(std::function<void()> function)
{
    // A posted event: a timer of no length would wait until all descriptors were asked.
    struct Job {
        std::function<void()> function;
        bool isWithdrawn = false;
    };
    auto job = std::make_shared<Job>(Job{std::move(function)});
    QMetaObject::invokeMethod(
        QAbstractEventDispatcher::instance(),
        [job] {
            if (!job->isWithdrawn)
                std::exchange(job->function, nullptr)();
        },
        Qt::QueuedConnection);
    return Call([job] { job->isWithdrawn = true; });
}

Call after(std::chrono::milliseconds delay, std::function<void()> function)
{
    // The timer is owned by the shared state: by the Call until it fires, by nobody afterwards.
    auto *timer = new QTimer;
    timer->setSingleShot(true);
    QPointer<QTimer> guard(timer);
    QObject::connect(timer, &QTimer::timeout, timer, [timer, function = std::move(function)] {
        // Withdrawing from inside the function must not delete the running lambda.
        auto run = function;
        timer->deleteLater();
        run();
    });
    timer->start(delay);
    return Call([guard] {
        if (guard) {
            guard->stop();
            guard->deleteLater();
        }
    });
}

} // namespace bridge
