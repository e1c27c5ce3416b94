// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/processgroup.h"

#include "server/upstream/childpipes.h"

#include <QtCore/QProcess>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#ifdef Q_OS_LINUX
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

using namespace Qt::StringLiterals;

namespace bridge::upstream {

namespace {

// Everything from here to confine() runs between fork and exec: no allocation, no locks, only
// async-signal-safe calls (signal-safety(7)), because other threads may have held any lock.

constexpr int kFirstInherited = 3;
constexpr int kFallbackDescriptors = 65'536;

void resetSignals()
{
    struct sigaction standard;
    std::memset(&standard, 0, sizeof standard);
    standard.sa_handler = SIG_DFL; // NOLINT: a macro of the C library
    for (int number = 1; number < NSIG; ++number) {
#ifdef __SANITIZE_THREAD__
        // ThreadSanitizer notes handlers in memory that is still the parent's: QProcess forks with
        // the semantics of vfork. Handlers end with exec anyway, only what is ignored does not.
        struct sigaction current;
        if (sigaction(number, nullptr, &current) != 0 || current.sa_handler != SIG_IGN) // NOLINT
            continue;
#endif
        sigaction(number, &standard, nullptr);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Marked rather than closed: Qt reports a failed exec through a descriptor of its own.
void closeOnExec()
{
#if defined(Q_OS_LINUX) && defined(SYS_close_range)
    constexpr unsigned kCloseRangeCloexec = 1U << 2; // linux/close_range.h, Linux 5.11
    if (syscall(SYS_close_range, unsigned(kFirstInherited), ~0U, kCloseRangeCloexec) == 0)
        return;
#endif
    rlimit limit{};
    int end = kFallbackDescriptors;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < rlim_t(end))
        end = int(limit.rlim_cur);
    for (int fd = kFirstInherited; fd < end; ++fd)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void limitResource(int resource, qint64 value)
{
    if (value <= 0)
        return;
    rlimit limit{};
    if (getrlimit(decltype(RLIMIT_CORE)(resource), &limit) != 0)
        return;
    limit.rlim_cur = rlim_t(value);
    // A limit may be lowered by anyone, but not raised above the hard one.
    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > limit.rlim_cur)
        limit.rlim_max = limit.rlim_cur;
    else
        limit.rlim_cur = limit.rlim_max;
    setrlimit(decltype(RLIMIT_CORE)(resource), &limit);
}

void dieWithParent(pid_t parent)
{
#ifdef Q_OS_LINUX
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    // The parent may have died before prctl() took effect; then nobody would ever tell us.
    if (getppid() != parent)
        _exit(127);
}

struct NativeLimits {
    qint64 memoryBytes;
    qint64 cpuSeconds;
    qint64 openFiles;
};

void confine(const NativeLimits &limits, pid_t parent)
{
    setsid(); // own group, and no terminal whose Ctrl-C would reach it behind our back
    dieWithParent(parent);
    resetSignals();
    umask(S_IWGRP | S_IRWXO);
    const rlimit noCore{0, 0};
    setrlimit(RLIMIT_CORE, &noCore);
#ifdef Q_OS_LINUX
    // Not RLIMIT_AS: V8 and the JVM reserve tens of gigabytes of addresses they never touch and
    // would not start. RLIMIT_DATA counts writable private memory since Linux 4.7.
    limitResource(RLIMIT_DATA, limits.memoryBytes);
#else
    limitResource(RLIMIT_AS, limits.memoryBytes);
#endif
    limitResource(RLIMIT_CPU, limits.cpuSeconds);
    limitResource(RLIMIT_NOFILE, limits.openFiles);
    closeOnExec();
}

} // namespace

struct ProcessGroup::Native {
    pid_t group = 0;
};

ProcessGroup::ProcessGroup() : m_native(std::make_unique<Native>())
{
}
ProcessGroup::~ProcessGroup() = default;

void ProcessGroup::prepare(QProcess &process, const ChildLimits &limits, const ChildPipes &pipes)
{
    const NativeLimits native{limits.memoryMb * 1024 * 1024, limits.cpuSeconds, limits.openFiles};
    const pid_t parent = getpid();
    process.setChildProcessModifier([native, parent, &pipes] {
        pipes.connectInChild();
        confine(native, parent);
    });
}

void ProcessGroup::attach(qint64 processId)
{
    m_native->group = pid_t(processId);
}

void ProcessGroup::terminate()
{
    if (m_native->group > 1)
        ::kill(-m_native->group, SIGTERM);
}

void ProcessGroup::kill()
{
    if (m_native->group > 1)
        ::kill(-m_native->group, SIGKILL);
}

bool ProcessGroup::exists() const
{
    return m_native->group > 1 && (::kill(-m_native->group, 0) == 0 || errno == EPERM);
}

QString ProcessGroup::describeCrash(int code)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
        {SIGILL, "SIGILL"},   {SIGINT, "SIGINT"},   {SIGKILL, "SIGKILL"},
        {SIGSEGV, "SIGSEGV"}, {SIGTERM, "SIGTERM"}, {SIGXCPU, "SIGXCPU, its CPU time is used up"},
    };
    QString text = u"was killed by signal %1"_s.arg(code);
    for (const auto &known : names) {
        if (known.number == code)
            text += u" (%1)"_s.arg(QLatin1StringView(known.name));
    }
    return text;
}

} // namespace bridge::upstream
