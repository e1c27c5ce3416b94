// SPDX-License-Identifier: GPL-3.0-or-later
// What one child process may use.
#pragma once

#include <QtCore/QtGlobal>

#include <chrono>

namespace bridge::upstream {

/// Limits of one child process; 0 = none.
struct ChildLimits {
    qint64 memoryMb = 0;
    qint64 cpuSeconds = 0;
    qint64 openFiles = 0;
    std::chrono::milliseconds lifetime{0};
    friend bool operator==(const ChildLimits &, const ChildLimits &) = default;
};

} // namespace bridge::upstream
