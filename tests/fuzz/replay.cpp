// SPDX-License-Identifier: GPL-3.0-or-later
// Runs a target without libFuzzer: over files, or over those of a folder, its seeds and so many
// mutations of them, the same ones each time.
//
//     fuzz_jwt [count] [folder]
//     fuzz_jwt crash-1234 …
#include "tests/fuzz/target.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

namespace {

constexpr int kMutations = 20'000;
constexpr size_t kMostBytes = 64 * 1024;

using Random = std::mt19937_64;

void run(const std::string &input)
{
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t *>(input.data()), input.size());
}

size_t below(Random &random, size_t limit)
{
    return limit == 0 ? 0 : size_t(random() % limit);
}

/// One small change; most bugs of parsers are found by a few of them.
void change(std::string &input, const std::vector<std::string> &seeds, Random &random)
{
    static const std::string kTelling[] = {
        ".",    "..",       "{",     "}", "\"", "\\u0000", ",", ":", "=", ";", std::string(1, '\0'),
        "\xff", "[[[[[[[[", "-1e999"};
    const size_t at = below(random, input.size() + 1);
    switch (random() % 7) {
    case 0:
        if (at < input.size())
            input[at] = char(random());
        break;
    case 1:
        if (at < input.size())
            input[at] = char(input[at] ^ (1 << (random() % 8)));
        break;
    case 2:
        input.erase(at, below(random, 16));
        break;
    case 3:
        input.insert(at, kTelling[below(random, std::size(kTelling))]);
        break;
    case 4:
        input.insert(at, input.substr(below(random, input.size() + 1), below(random, 64)));
        break;
    case 5:
        input.resize(at);
        break;
    default: {
        const std::string &other = seeds[below(random, seeds.size())];
        input.insert(at, other.substr(below(random, other.size() + 1), below(random, 128)));
    }
    }
    input.resize(std::min(input.size(), kMostBytes));
}

void replayFile(const std::filesystem::path &path)
{
    std::ifstream file(path, std::ios::binary);
    run(std::string(std::istreambuf_iterator<char>(file), {}));
}

} // namespace

int main(int argc, char **argv)
{
    int count = kMutations;
    bool isAboutFiles = false;
    for (int i = 1; i < argc; ++i) {
        if (std::filesystem::is_directory(argv[i])) {
            for (const auto &entry : std::filesystem::directory_iterator(argv[i]))
                replayFile(entry.path());
        } else if (std::filesystem::exists(argv[i])) {
            isAboutFiles = true;
            replayFile(argv[i]);
        } else if (const int given = std::atoi(argv[i])) {
            count = given;
        }
    }
    if (isAboutFiles)
        return 0;
    const std::vector<std::string> good = seeds();
    Random random(20261122);
    for (const std::string &seed : good)
        run(seed);
    run({});
    for (int i = 0; i < count; ++i) {
        std::string input = good[below(random, good.size())];
        for (size_t changes = 1 + below(random, 6); changes > 0; --changes)
            change(input, good, random);
        run(input);
    }
    std::printf("%zu seeds and %d mutations\n", good.size(), count);
    return 0;
}
