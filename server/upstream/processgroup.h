// SPDX-License-Identifier: GPL-3.0-or-later
// What the operating system has to do for one child besides running it: a group (Unix) or job
// (Windows) of its own, death together with the bridge, resource limits, no inherited descriptors.
//
// Unix: the parent-death signal fires when the *thread* that forked ends, not the process. Children
// must therefore be started from the main thread or from a thread that lives as long as they do
// (a shard's thread); never from a pool thread.
#pragma once

#include "server/upstream/childlimits.h"

#include <QtCore/QString>

#include <memory>

class QProcess;

namespace bridge::upstream {

class ChildPipes;

class ProcessGroup
{
public:
    ProcessGroup();
    ~ProcessGroup();
    ProcessGroup(const ProcessGroup &) = delete;
    ProcessGroup &operator=(const ProcessGroup &) = delete;

    /// Call before QProcess::start(): registers what happens between fork and exec.
    /// \a pipes outlives the start.
    void prepare(QProcess &process, const ChildLimits &limits, const ChildPipes &pipes);
    /// Call once the process runs; from here on signals reach its group.
    void attach(qint64 processId);
    /// Asks every process of the group to end (SIGTERM; nothing on Windows).
    void terminate();
    /// Ends every process of the group at once.
    void kill();
    /// Whether any process of the group is left. The id stays reserved by the kernel as long as
    /// there is one, so it cannot belong to a stranger.
    bool exists() const;

    /// `was killed by signal 9 (SIGKILL)`; \a code as QProcess::exitCode() of a crashed process.
    static QString describeCrash(int code);

private:
    struct Native;
    std::unique_ptr<Native> m_native;
};

} // namespace bridge::upstream
