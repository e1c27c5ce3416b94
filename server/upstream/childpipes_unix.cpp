// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/childpipes.h"

#include "common/mcp/pipechannel_unix.h"

#include <QtCore/QProcess>

#include <fcntl.h>
#include <unistd.h>

namespace bridge::upstream {

namespace {

constexpr int kFirstFree = 3;

void closeEnd(int &descriptor)
{
    if (descriptor >= 0)
        ::close(std::exchange(descriptor, -1));
}

/// Above stdin, stdout and stderr even when the bridge was started without them: the child's are
/// put there.
bool lift(int &descriptor)
{
    if (descriptor >= kFirstFree)
        return true;
    const int higher = ::fcntl(descriptor, F_DUPFD_CLOEXEC, kFirstFree);
    ::close(descriptor);
    descriptor = higher;
    return higher >= 0;
}

struct Pipe {
    int readEnd = -1;
    int writeEnd = -1;

    bool open()
    {
        int ends[2] = {-1, -1};
        if (::pipe2(ends, O_CLOEXEC) != 0)
            return false;
        readEnd = ends[0];
        writeEnd = ends[1];
        const bool lifted = lift(readEnd);
        return lift(writeEnd) && lifted;
    }
    ~Pipe()
    {
        closeEnd(readEnd);
        closeEnd(writeEnd);
    }
};

} // namespace

struct ChildPipes::Native {
    Pipe in;  ///< the child's stdin
    Pipe out; ///< the child's stdout
};

ChildPipes::ChildPipes() : m_native(std::make_unique<Native>())
{
}

ChildPipes::~ChildPipes() = default;

bool ChildPipes::open(QProcess &process)
{
    if (!m_native->in.open() || !m_native->out.open())
        return false;
    process.setStandardInputFile(QProcess::nullDevice());
    process.setStandardOutputFile(QProcess::nullDevice());
    m_channel = std::make_unique<mcp::PipeChannel>(std::exchange(m_native->out.readEnd, -1),
                                                   std::exchange(m_native->in.writeEnd, -1));
    return true;
}

void ChildPipes::connectInChild() const
{
    if (m_native->in.readEnd < 0 || m_native->out.writeEnd < 0)
        return;
    ::dup2(m_native->in.readEnd, STDIN_FILENO);
    ::dup2(m_native->out.writeEnd, STDOUT_FILENO);
}

void ChildPipes::closeChildEnds()
{
    closeEnd(m_native->in.readEnd);
    closeEnd(m_native->out.writeEnd);
}

} // namespace bridge::upstream
