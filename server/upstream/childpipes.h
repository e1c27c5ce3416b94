// SPDX-License-Identifier: GPL-3.0-or-later
// How the bytes of a child's stdin and stdout reach us. Unix: pipes of our own beside QProcess (see
// common/mcp/pipechannel_unix.h); elsewhere those of QProcess.
#pragma once

#include "common/mcp/bytechannel.h"

#include <memory>

class QProcess;

namespace bridge::upstream {

class ChildPipes
{
public:
    ChildPipes();
    ~ChildPipes();
    ChildPipes(const ChildPipes &) = delete;
    ChildPipes &operator=(const ChildPipes &) = delete;

    /// Call before QProcess::start(); \a process outlives what channel() gives. False when the
    /// system has no descriptors left.
    bool open(QProcess &process);
    /// Call in the child, between fork and exec; only makes async-signal-safe calls.
    void connectInChild() const;
    /// Call in the parent once the child was started, or was not.
    void closeChildEnds();
    /// Our side; null before open().
    mcp::ByteChannel *channel() const { return m_channel.get(); }

private:
    struct Native;
    std::unique_ptr<Native> m_native;
    std::unique_ptr<mcp::ByteChannel> m_channel;
};

} // namespace bridge::upstream
