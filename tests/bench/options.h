// SPDX-License-Identifier: GPL-3.0-or-later
// The command line of bench-load.
#pragma once

#include "tests/bench/driver.h"
#include "tests/bench/httplane.h"
#include "tests/bench/pipelane.h"

namespace bridge::bench {

struct Options {
    enum class Mode { Http, Pipe, Fresh, Hold };
    Mode mode = Mode::Http;
    int lanes = 1;
    std::vector<std::string>
        values; ///< what {value} is for each lane, from the start when they end
    HttpPlan http;
    PipePlan pipe;
    Pace pace;
};

/// Ends the program with the usage text when it makes no sense.
Options parseOptions(int argc, char **argv);

} // namespace bridge::bench
