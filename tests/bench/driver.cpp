// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/driver.h"

#include "tests/bench/fail.h"

#include <chrono>
#include <deque>
#include <thread>
#include <unordered_map>

namespace bridge::bench {

namespace {

constexpr int kStallMs = 30'000;

int64_t now()
{
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

class Drive
{
public:
    Drive(const std::vector<LanePtr> &lanes, Poller &poller, const Pace &pace)
        : m_lanes(lanes)
        , m_poller(poller)
        , m_pace(pace)
        , m_start(now())
        , m_end(m_start + int64_t(pace.limitSeconds * 1e9))
    {
        m_out.latencies.reserve(pace.count);
    }

    Measured run();

private:
    bool mayBegin() const { return m_out.requests < m_pace.warmup + m_pace.count && now() < m_end; }
    void begin(Lane *lane);
    void beginAll();
    void awaitSome();
    void onAnswer(Lane *lane, int64_t at);

    const std::vector<LanePtr> &m_lanes;
    Poller &m_poller;
    const Pace &m_pace;
    std::unordered_map<Lane *, std::deque<int64_t>> m_sent;
    uint64_t m_answers = 0;
    int64_t m_start;
    int64_t m_end;
    int64_t m_last = 0;
    Measured m_out;
};

void Drive::begin(Lane *lane)
{
    m_sent[lane].push_back(now());
    lane->begin(m_out.requests++);
}

void Drive::beginAll()
{
    for (int i = 0; i < m_pace.depth; ++i) {
        for (const LanePtr &lane : m_lanes) {
            if (mayBegin())
                begin(lane.get());
        }
    }
}

void Drive::onAnswer(Lane *lane, int64_t at)
{
    std::deque<int64_t> &sent = m_sent[lane];
    if (sent.empty())
        fail("an answer nobody waits for");
    if (m_answers >= m_pace.warmup)
        m_out.latencies.push_back(at - sent.front());
    sent.pop_front();
    if (++m_answers == m_pace.warmup)
        m_start = at;
    m_last = at;
    if (!m_pace.bursts && mayBegin())
        begin(lane);
}

void Drive::awaitSome()
{
    const std::vector<Lane *> &ready = m_poller.wait(kStallMs);
    if (ready.empty())
        fail("no answer for 30 s");
    for (Lane *lane : ready) {
        const int answers = lane->onReadable();
        const int64_t at = now();
        for (int i = 0; i < answers; ++i)
            onAnswer(lane, at);
    }
}

Measured Drive::run()
{
    do {
        beginAll();
        while (m_answers < m_out.requests)
            awaitSome();
        if (m_pace.bursts && mayBegin())
            std::this_thread::sleep_for(std::chrono::milliseconds(m_pace.pauseMs));
    } while (mayBegin());
    m_out.seconds = double(m_last - m_start) / 1e9;
    return std::move(m_out);
}

} // namespace

Measured drive(const std::vector<LanePtr> &lanes, Poller &poller, const Pace &pace)
{
    return Drive(lanes, poller, pace).run();
}

} // namespace bridge::bench
