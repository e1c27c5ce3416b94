// SPDX-License-Identifier: GPL-3.0-or-later
// A text with {lane} and {n} in it, which become the lane's number and the request's.
#pragma once

#include <cstdint>
#include <string>

namespace bridge::bench {

inline std::string replaced(std::string text, const std::string &mark, uint64_t value)
{
    for (size_t at; (at = text.find(mark)) != std::string::npos;)
        text.replace(at, mark.size(), std::to_string(value));
    return text;
}

inline std::string forLane(const std::string &pattern, uint64_t lane)
{
    return replaced(pattern, "{lane}", lane);
}

inline std::string forRequest(const std::string &pattern, uint64_t number)
{
    return replaced(pattern, "{n}", number);
}

} // namespace bridge::bench
