// SPDX-License-Identifier: GPL-3.0-or-later
// One client of the load: a connection or a pipe that carries requests and answers in order.
#pragma once

#include <cstdint>
#include <memory>

namespace bridge::bench {

class Lane
{
public:
    virtual ~Lane() = default;

    /// Sends request \a number. Ends the program when that fails.
    virtual void begin(uint64_t number) = 0;
    /// Takes in what has arrived; returns how many answers that completed. Ends the program at
    /// an answer that is not the expected one.
    virtual int onReadable() = 0;
};

using LanePtr = std::unique_ptr<Lane>;

} // namespace bridge::bench
