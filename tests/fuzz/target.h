// SPDX-License-Identifier: GPL-3.0-or-later
// A parser of what strangers send, as libFuzzer calls it. A target never fails by answering "no";
// it fails by crashing, by a sanitizer's finding, or by a promise it checks itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// One input. Always returns 0.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/// Good inputs to begin with; without libFuzzer, mutations of these are all there is.
std::vector<std::string> seeds();

/// Ends the program, which is how a fuzzer learns that a promise was broken.
inline void promise(bool isKept)
{
    if (!isKept)
        __builtin_trap();
}
