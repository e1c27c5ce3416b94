// SPDX-License-Identifier: GPL-3.0-or-later
// With libFuzzer: the seeds go into the first folder it is given, which is where it starts from.
#include "tests/fuzz/target.h"

#include <filesystem>
#include <fstream>

extern "C" int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    for (int i = 1; i < *argc; ++i) {
        const std::filesystem::path folder((*argv)[i]);
        if (!std::filesystem::is_directory(folder))
            continue;
        int number = 0;
        for (const std::string &seed : seeds())
            std::ofstream(folder / ("seed-" + std::to_string(number++)), std::ios::binary) << seed;
        break;
    }
    return 0;
}
