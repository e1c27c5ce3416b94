// SPDX-License-Identifier: GPL-3.0-or-later
// The raw pipe the bridge is measured against: the same requests to the same program, nothing in
// between. A PipeLane keeps its child, a FreshLane starts one for each request.
#pragma once

#include "tests/bench/childpipe.h"
#include "tests/bench/poller.h"

#include <optional>

namespace bridge::bench {

struct PipePlan {
    std::vector<std::string> command;
    std::string method; ///< of each request; empty: the handshake is all (FreshLane)
    std::string params; ///< may hold {n}
    std::string expect; ///< must be in every answer
};

class PipeLane : public Lane
{
public:
    /// Starts the child; returns when it has answered `initialize`.
    PipeLane(PipePlan plan, Poller &poller);

    void begin(uint64_t number) override;
    int onReadable() override;

private:
    PipePlan m_plan;
    ChildPipe m_child;
    std::string m_buffer;
};

class FreshLane : public Lane
{
public:
    FreshLane(PipePlan plan, Poller &poller);

    void begin(uint64_t number) override;
    int onReadable() override;

private:
    PipePlan m_plan;
    Poller &m_poller;
    std::optional<ChildPipe> m_child;
    uint64_t m_number = 0;
    bool m_initialized = false;
    std::string m_buffer;
};

} // namespace bridge::bench
