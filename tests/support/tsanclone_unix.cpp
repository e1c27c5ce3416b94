// SPDX-License-Identifier: GPL-3.0-or-later
// Only in programs built with the thread sanitizer.
//
// QProcess of Qt 6.4 starts children by clone() in the parent's own memory (CLONE_VM, until they
// call exec). The sanitizer takes any clone() for a fork: it switches its checks off for the child,
// and with them, in the memory they share, for the rest of the parent's life. Afterwards it sees no
// lock of the main thread any more. So here the child gets memory of its own.
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdlib>

#if !defined(__x86_64__) && !defined(__aarch64__)
#    error "The order of the arguments of SYS_clone is not known here."
#endif

// Of the sanitizer; GCC has no header for them.
extern "C" void __sanitizer_syscall_pre_impl_fork();
extern "C" void __sanitizer_syscall_post_impl_fork(long result);

/// As clone(2), for callers that want a child process; a call for a thread ends the program.
extern "C" __attribute__((visibility("default"))) int clone(int (*function)(void *), void *, int flags,
                                                             void *argument, ...)
{
    if (flags & (CLONE_THREAD | CLONE_SETTLS | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID))
        std::abort();
    va_list more;
    va_start(more, argument);
    pid_t *parentId = va_arg(more, pid_t *); // with CLONE_PIDFD the descriptor goes there
    va_end(more);
    __sanitizer_syscall_pre_impl_fork(); // nobody else holds a lock of the sanitizer meanwhile
    const long child =
        syscall(SYS_clone, flags & ~(CLONE_VM | CLONE_VFORK), nullptr, parentId, nullptr, nullptr);
    __sanitizer_syscall_post_impl_fork(child);
    if (child == 0)
        _exit(function(argument));
    return int(child);
}
