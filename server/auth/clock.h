// SPDX-License-Identifier: GPL-3.0-or-later
// What time it is, so that tests can say it.
#pragma once

#include <QtCore/QDateTime>

#include <chrono>
#include <functional>

namespace bridge::auth {

struct Clock {
    /// Time of day, for what tokens say about themselves.
    std::function<std::chrono::milliseconds()> wall = [] {
        return std::chrono::milliseconds(QDateTime::currentMSecsSinceEpoch());
    };
    /// Time that only ever goes on, for what is kept for so long.
    std::function<std::chrono::milliseconds()> steady = [] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now().time_since_epoch());
    };
};

} // namespace bridge::auth
