# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures a bridge against a raw pipe to the same MCP server and prints one report: medians of
several rounds. resources/docs/performance.md says what the numbers mean.

    ./dev bench                     everything, some minutes
    ./dev bench stateful memory     only these sections
    ./dev bench --quick --json out.json
"""
import argparse
import json
import os
import platform
import statistics
import sys
import time
from dataclasses import replace

import measures
import plan as plans
import report
from programs import Programs


def parse():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n\n")[0])
    parser.add_argument("sections", nargs="*", metavar="section",
                        help="of " + ", ".join(measures.SECTIONS) + "; default: all")
    parser.add_argument("--bin", default="build/bench/bin", help="folder with the programs")
    parser.add_argument("--rounds", type=int, help="medians are taken over so many rounds")
    parser.add_argument("--sessions", type=int, help="idle sessions for the memory of one")
    parser.add_argument("--streams", type=int, help="idle streams for the memory of one")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and calls")
    parser.add_argument("--smoke", action="store_true", help="so few that the numbers mean nothing")
    parser.add_argument("--json", metavar="FILE", help="also write the numbers to FILE")
    parser.add_argument("--quiet-load", type=float, default=0, metavar="SECONDS",
                        help="wait up to that long, before each section, for a load under 0.7")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.sections if name not in measures.SECTIONS]
    if unknown:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(measures.SECTIONS)}")
    return arguments


def plan_of(arguments):
    chosen = plans.SMOKE if arguments.smoke else plans.QUICK if arguments.quick else plans.FULL
    given = {name: getattr(arguments, name) for name in ("rounds", "sessions", "streams")
             if getattr(arguments, name)}
    return replace(chosen, **given)


def await_quiet(seconds):
    end = time.monotonic() + seconds
    while os.getloadavg()[0] >= 0.7 and time.monotonic() < end:
        time.sleep(5)
    return os.getloadavg()[0]


def medians(rounds):
    return {name: statistics.median(numbers[name] for numbers in rounds) for name in rounds[0]}


def measure(programs, plan, names, quiet):
    numbers, loads = {}, {}
    for name in names:
        loads[name] = await_quiet(quiet)
        begin = time.monotonic()
        print(f"  {name} … ", end="", file=sys.stderr, flush=True)
        numbers.update(medians(list(measures.SECTIONS[name](programs, plan))))
        print(f"{time.monotonic() - begin:.0f} s", file=sys.stderr)
    return numbers, loads


def machine():
    model = next((line.partition(":")[2].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} × {model}, Linux {platform.release()}"


def main():
    arguments = parse()
    plan = plan_of(arguments)
    names = arguments.sections or list(measures.SECTIONS)
    programs = Programs(arguments.bin)
    numbers, loads = measure(programs, plan, names, arguments.quiet_load)
    print(f"MCP Bridge, medians of {plan.rounds} rounds, {machine()}")
    print("Load average when each section began: "
          + ", ".join(f"{name} {load:.2f}" for name, load in loads.items())
          + ("" if max(loads.values()) < 0.7 else "  (above 0.7: something else was running)"))
    print()
    print(report.text(numbers, plan.clients), end="")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"machine": machine(), "rounds": plan.rounds, "load": loads,
                       "numbers": numbers}, file, indent=1)


if __name__ == "__main__":
    main()
