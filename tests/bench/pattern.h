// SPDX-License-Identifier: GPL-3.0-or-later
// A text with {lane}, {n} and {value} in it, which become the lane's number, the request's number
// and what was given for the lane.
#pragma once

#include <cstdint>
#include <string>

namespace bridge::bench {

inline std::string replaced(std::string text, const std::string &mark, const std::string &value)
{
    for (size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += value.size())
        text.replace(at, mark.size(), value);
    return text;
}

inline std::string forLane(const std::string &pattern, uint64_t lane, const std::string &value)
{
    return replaced(replaced(pattern, "{lane}", std::to_string(lane)), "{value}", value);
}

inline std::string forRequest(const std::string &pattern, uint64_t number)
{
    return replaced(pattern, "{n}", std::to_string(number));
}

} // namespace bridge::bench
