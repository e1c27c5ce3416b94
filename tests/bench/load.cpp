// SPDX-License-Identifier: GPL-3.0-or-later
// bench-load: asks, waits, takes the time, prints one line of JSON.
#include "tests/bench/fail.h"
#include "tests/bench/options.h"
#include "tests/bench/pattern.h"

#include <algorithm>
#include <csignal>
#include <numeric>
#include <unistd.h>

namespace {

using namespace bridge::bench;

LanePtr makeLane(const Options &options, Poller &poller, int number)
{
    HttpPlan http = options.http;
    PipePlan pipe = options.pipe;
    const std::string value =
        options.values.empty() ? "" : options.values[size_t(number) % options.values.size()];
    for (std::string *text : {&http.path, &http.headers, &http.body, &pipe.params})
        *text = forLane(*text, uint64_t(number), value);
    switch (options.mode) {
    case Options::Mode::Pipe:
        return std::make_unique<PipeLane>(pipe, poller);
    case Options::Mode::Fresh:
        return std::make_unique<FreshLane>(pipe, poller);
    default:
        return std::make_unique<HttpLane>(http, poller);
    }
}

std::vector<LanePtr> makeLanes(const Options &options, Poller &poller)
{
    std::vector<LanePtr> lanes;
    for (int i = 0; i < options.lanes; ++i)
        lanes.push_back(makeLane(options, poller, i));
    return lanes;
}

/// Of sorted values: the smallest that \a share of them do not exceed, in microseconds.
double quantile(const std::vector<int64_t> &sorted, double share)
{
    const auto rank = size_t(std::max(1.0, share * double(sorted.size()) + 0.999999));
    return double(sorted[std::min(rank, sorted.size()) - 1]) / 1e3;
}

void print(Measured measured)
{
    std::vector<int64_t> &all = measured.latencies;
    if (all.empty())
        fail("nothing was measured; the warm-up took all the time");
    std::sort(all.begin(), all.end());
    const double sum = std::accumulate(all.begin(), all.end(), 0.0);
    const double seconds = std::max(measured.seconds, 1e-9);
    std::printf("{\"count\": %zu, \"requests\": %llu, \"seconds\": %.6f, "
                "\"calls_per_second\": %.1f, \"mean_us\": %.3f, \"p50_us\": %.3f, "
                "\"p90_us\": %.3f, \"p99_us\": %.3f, \"max_us\": %.3f}\n",
                all.size(), static_cast<unsigned long long>(measured.requests), measured.seconds,
                double(all.size()) / seconds, sum / double(all.size()) / 1e3, quantile(all, 0.5),
                quantile(all, 0.9), quantile(all, 0.99), double(all.back()) / 1e3);
}

/// Streams that are open and silent, for as long as somebody wants to look at the bridge.
void hold(const std::vector<LanePtr> &lanes, Poller &poller)
{
    drive(lanes, poller, {.warmup = 0, .count = lanes.size()});
    std::puts("held");
    std::fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
}

} // namespace

int main(int argc, char **argv)
{
    std::signal(SIGPIPE, SIG_IGN);
    const Options options = parseOptions(argc, argv);
    Poller poller;
    std::vector<LanePtr> lanes = makeLanes(options, poller);
    if (options.mode == Options::Mode::Hold) {
        hold(lanes, poller);
        return 0;
    }
    Measured measured = drive(lanes, poller, options.pace);
    print(std::move(measured));
}
