// SPDX-License-Identifier: GPL-3.0-or-later
// Drives lanes in one thread and takes the time of each answer. Closed loop: a lane sends its next
// request when an answer has come. In bursts: all lanes send at once, all answers are awaited, then
// there is a pause.
#pragma once

#include "tests/bench/poller.h"

namespace bridge::bench {

struct Pace {
    uint64_t warmup = 0;   ///< answers that are not measured
    uint64_t count = 1000; ///< answers that are
    int depth = 1;         ///< requests under way in each lane
    bool bursts = false;
    int pauseMs = 0;          ///< between bursts
    double limitSeconds = 60; ///< no further request after that
};

struct Measured {
    std::vector<int64_t> latencies; ///< nanoseconds, in order of arrival
    uint64_t requests = 0;          ///< all, those of the warm-up included
    double seconds = 0;             ///< from the end of the warm-up to the last answer
};

Measured drive(const std::vector<LanePtr> &lanes, Poller &poller, const Pace &pace);

} // namespace bridge::bench
