// SPDX-License-Identifier: GPL-3.0-or-later
// How long to wait before trying again: 0.5 s, doubling up to 30 s, each ± 20 % so that many
// bridges (or many pools) do not retry in step.
#pragma once

#include <chrono>

namespace bridge::upstream {

inline constexpr std::chrono::milliseconds kBackoffFirst{500};
inline constexpr std::chrono::milliseconds kBackoffMost{30'000};

/// The pause after \a failures failures in a row, counted from 1.
std::chrono::milliseconds backoff(int failures);

} // namespace bridge::upstream
