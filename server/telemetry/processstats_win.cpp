// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/telemetry/processstats.h"

#include <windows.h>

#include <psapi.h>

namespace bridge::telemetry {

namespace {

double seconds(const FILETIME &time)
{
    return double((quint64(time.dwHighDateTime) << 32) | time.dwLowDateTime) / 1e7;
}

// FILETIME counts from 1601-01-01.
constexpr double kUnixEpoch = 11'644'473'600.0;

} // namespace

ProcessStats processStats()
{
    ProcessStats stats;
    FILETIME created, exited, kernel, user;
    if (GetProcessTimes(GetCurrentProcess(), &created, &exited, &kernel, &user)) {
        stats.cpuSeconds = seconds(kernel) + seconds(user);
        stats.startTimeSeconds = seconds(created) - kUnixEpoch;
    }
    PROCESS_MEMORY_COUNTERS_EX memory = {};
    if (GetProcessMemoryInfo(GetCurrentProcess(),
                             reinterpret_cast<PROCESS_MEMORY_COUNTERS *>(&memory), sizeof memory)) {
        stats.residentBytes = qint64(memory.WorkingSetSize);
        stats.virtualBytes = qint64(memory.PrivateUsage);
    }
    DWORD handles = 0;
    if (GetProcessHandleCount(GetCurrentProcess(), &handles))
        stats.openDescriptors = handles;
    return stats;
}

} // namespace bridge::telemetry
