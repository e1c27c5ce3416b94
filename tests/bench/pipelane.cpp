// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/pipelane.h"

#include "tests/bench/fail.h"
#include "tests/bench/pattern.h"

#include <poll.h>

namespace bridge::bench {

namespace {

void take(const ChildPipe &child, std::string &buffer)
{
    if (!readAvailable(child.out(), buffer))
        fail("the MCP server ended");
}

std::string call(const PipePlan &plan, uint64_t number)
{
    return rpcRequest(std::to_string(number + 1), plan.method, forRequest(plan.params, number));
}

} // namespace

PipeLane::PipeLane(PipePlan plan, Poller &poller) : m_plan(std::move(plan)), m_child(m_plan.command)
{
    writeAll(m_child.in(), initializeRequest());
    do {
        pollfd answer{m_child.out(), POLLIN, 0};
        if (poll(&answer, 1, 30'000) <= 0)
            fail("the MCP server did not answer initialize");
        take(m_child, m_buffer);
    } while (!takeResult(m_buffer, "protocolVersion"));
    writeAll(m_child.in(), initializedNotification());
    poller.add(m_child.out(), this);
}

void PipeLane::begin(uint64_t number)
{
    writeAll(m_child.in(), call(m_plan, number));
}

int PipeLane::onReadable()
{
    take(m_child, m_buffer);
    int answers = 0;
    while (takeResult(m_buffer, m_plan.expect))
        ++answers;
    return answers;
}

FreshLane::FreshLane(PipePlan plan, Poller &poller) : m_plan(std::move(plan)), m_poller(poller)
{
}

void FreshLane::begin(uint64_t number)
{
    reapEnded();
    m_number = number;
    m_initialized = false;
    m_buffer.clear();
    m_child.emplace(m_plan.command);
    m_poller.add(m_child->out(), this);
    writeAll(m_child->in(), initializeRequest());
}

int FreshLane::onReadable()
{
    if (!m_child)
        return 0;
    take(*m_child, m_buffer);
    if (!m_initialized && takeResult(m_buffer, "protocolVersion")) {
        m_initialized = true;
        writeAll(m_child->in(), initializedNotification());
        if (!m_plan.method.empty())
            writeAll(m_child->in(), call(m_plan, m_number));
    }
    if (!m_initialized || (!m_plan.method.empty() && !takeResult(m_buffer, m_plan.expect)))
        return 0;
    m_child.reset(); // closing takes its descriptor out of the poller, too
    return 1;
}

} // namespace bridge::bench
