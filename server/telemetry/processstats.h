// SPDX-License-Identifier: GPL-3.0-or-later
// What the operating system says of this process, for the `process_*` metrics.
#pragma once

#include <QtCore/QtGlobal>

namespace bridge::telemetry {

struct ProcessStats {
    double cpuSeconds = 0;       ///< user and system
    double startTimeSeconds = 0; ///< Unix time
    qint64 residentBytes = 0;
    qint64 virtualBytes = 0;
    qint64 openDescriptors = 0;
    qint64 maxDescriptors = 0;
};

ProcessStats processStats();

} // namespace bridge::telemetry
