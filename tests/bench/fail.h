// SPDX-License-Identifier: GPL-3.0-or-later
// A measurement in which something failed is worth nothing: say what happened and end.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace bridge::bench {

[[noreturn]] inline void fail(const std::string &message)
{
    std::fprintf(stderr, "bench-load: %s\n", message.c_str());
    std::exit(1);
}

} // namespace bridge::bench
