// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/mcp/devicechannel.h"
#include "server/upstream/childpipes.h"

#include <QtCore/QProcess>

namespace bridge::upstream {

struct ChildPipes::Native {
};

ChildPipes::ChildPipes() = default;
ChildPipes::~ChildPipes() = default;

bool ChildPipes::open(QProcess &process)
{
    m_channel = std::make_unique<mcp::DeviceChannel>(&process);
    return true;
}

void ChildPipes::connectInChild() const
{
}

void ChildPipes::closeChildEnds()
{
}

} // namespace bridge::upstream
