// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/telemetry/processstats.h"

#include <QtCore/QByteArray>
#include <QtCore/QList>

#include <cstdio>
#include <ctime>
#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

namespace bridge::telemetry {

namespace {

// /proc is answered by the kernel from memory: reading it does not wait for a disk.
QByteArray readProc(const char *path)
{
    QByteArray content;
    if (FILE *file = std::fopen(path, "re")) {
        char buffer[4096];
        size_t got = 0;
        while ((got = std::fread(buffer, 1, sizeof buffer, file)) > 0)
            content.append(buffer, qsizetype(got));
        std::fclose(file);
    }
    return content;
}

qint64 countDescriptors()
{
    qint64 count = 0;
    if (DIR *folder = ::opendir("/proc/self/fd")) {
        while (::readdir(folder))
            ++count;
        ::closedir(folder);
        count -= 3; // `.`, `..` and the descriptor of the listing itself
    }
    return qMax<qint64>(0, count);
}

double bootTime()
{
    for (const QByteArray &line : readProc("/proc/stat").split('\n')) {
        if (line.startsWith("btime "))
            return line.mid(6).toDouble();
    }
    return 0;
}

} // namespace

ProcessStats processStats()
{
    ProcessStats stats;
    rusage usage = {};
    if (::getrusage(RUSAGE_SELF, &usage) == 0) {
        stats.cpuSeconds = double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
                           + double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    }
    const qint64 page = ::sysconf(_SC_PAGESIZE);
    const QList<QByteArray> pages = readProc("/proc/self/statm").split(' ');
    if (pages.size() > 1) {
        stats.virtualBytes = pages.at(0).toLongLong() * page;
        stats.residentBytes = pages.at(1).toLongLong() * page;
    }
    stats.openDescriptors = countDescriptors();
    rlimit limit = {};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
        stats.maxDescriptors = qint64(limit.rlim_cur);
    // proc(5): field 22 of stat is the start in clock ticks since boot; the name in field 2 may
    // hold blanks, so count from its closing parenthesis.
    const QByteArray stat = readProc("/proc/self/stat");
    const QList<QByteArray> fields = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
    if (fields.size() > 19)
        stats.startTimeSeconds =
            bootTime() + fields.at(19).toDouble() / double(::sysconf(_SC_CLK_TCK));
    return stats;
}

} // namespace bridge::telemetry
