// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/options.h"

#include "tests/bench/fail.h"

#include <functional>
#include <map>

namespace bridge::bench {

namespace {

constexpr const char *kUsage = R"(usage: bench-load MODE [options] [-- command [argument...]]

Modes
  http    requests over keep-alive connections to 127.0.0.1
  pipe    requests to MCP servers over raw pipes, one server for each lane
  fresh   a new MCP server for each request; without --method its handshake only
  hold    opens one stream per lane, prints "held", keeps them until stdin ends

Options                                       modes
  --lanes N        clients at once            all
  --count N        answers to measure         all but hold
  --warmup N       answers before that        all but hold
  --depth N        requests under way a lane  http, pipe
  --pause-ms N     bursts with a pause        all but hold
  --limit-s N      stop asking after that     all but hold
  --port N         port of the bridge         http, hold
  --path TEXT      {lane} and {n} stand for numbers, {value} for one of --value
  --method TEXT    GET or POST; MCP method
  --header TEXT    "Name: value", as often as wanted; {lane} and {value} as above
  --value TEXT     the first one is for the first lane, and so on
  --body TEXT      body, or the MCP params; {lane}, {n} and {value} as above
  --expect TEXT    must be in every answer)";

Options::Mode modeOf(const std::string &name)
{
    if (name == "http")
        return Options::Mode::Http;
    if (name == "pipe")
        return Options::Mode::Pipe;
    if (name == "fresh")
        return Options::Mode::Fresh;
    if (name == "hold")
        return Options::Mode::Hold;
    fail(kUsage);
}

using Setter = std::function<void(const std::string &)>;

std::map<std::string, Setter> settersOf(Options &options)
{
    Pace &pace = options.pace;
    HttpPlan &http = options.http;
    PipePlan &pipe = options.pipe;
    return {
        {"--lanes", [&](const std::string &value) { options.lanes = std::stoi(value); }},
        {"--count", [&](const std::string &value) { pace.count = std::stoul(value); }},
        {"--warmup", [&](const std::string &value) { pace.warmup = std::stoul(value); }},
        {"--depth", [&](const std::string &value) { pace.depth = std::stoi(value); }},
        {"--limit-s", [&](const std::string &value) { pace.limitSeconds = std::stod(value); }},
        {"--pause-ms",
         [&](const std::string &value) {
             pace.bursts = true;
             pace.pauseMs = std::stoi(value);
         }},
        {"--port", [&](const std::string &value) { http.port = uint16_t(std::stoi(value)); }},
        {"--path", [&](const std::string &value) { http.path = value; }},
        {"--method", [&](const std::string &value) { http.method = pipe.method = value; }},
        {"--header", [&](const std::string &value) { http.headers += value + "\r\n"; }},
        {"--value", [&](const std::string &value) { options.values.push_back(value); }},
        {"--body", [&](const std::string &value) { http.body = pipe.params = value; }},
        {"--expect", [&](const std::string &value) { http.expect = pipe.expect = value; }},
    };
}

void check(const Options &options)
{
    const bool overHttp =
        options.mode == Options::Mode::Http || options.mode == Options::Mode::Hold;
    if (options.lanes < 1 || options.pace.depth < 1)
        fail("--lanes and --depth are at least 1");
    if (overHttp && (options.http.port == 0 || options.http.path.empty()))
        fail("this mode needs --port and --path");
    if (!overHttp && options.pipe.command.empty())
        fail("this mode needs -- and a command");
    if (options.mode == Options::Mode::Pipe && options.pipe.method.empty())
        fail("this mode needs --method");
}

} // namespace

Options parseOptions(int argc, char **argv)
{
    if (argc < 2)
        fail(kUsage);
    Options options;
    options.mode = modeOf(argv[1]);
    const std::map<std::string, Setter> setters = settersOf(options);
    int at = 2;
    for (; at < argc && std::string(argv[at]) != "--"; at += 2) {
        const auto setter = setters.find(argv[at]);
        if (setter == setters.end() || at + 1 >= argc)
            fail(kUsage);
        setter->second(argv[at + 1]);
    }
    for (++at; at < argc; ++at)
        options.pipe.command.push_back(argv[at]);
    if (options.http.method.empty())
        options.http.method = options.http.body.empty() ? "GET" : "POST";
    if (options.pipe.params.empty())
        options.pipe.params = "{}";
    options.http.headOnly = options.mode == Options::Mode::Hold;
    check(options);
    return options;
}

} // namespace bridge::bench
