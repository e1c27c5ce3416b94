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
import statistics
import sys
import time
from dataclasses import replace

import gateway
import identity
import machine
import measures
import plan as plans
import report
import tokens
from programs import Programs

SECTIONS = {**measures.SECTIONS, **gateway.SECTIONS, **identity.SECTIONS,
            **tokens.SECTIONS}


def parse():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n\n")[0])
    parser.add_argument("sections", nargs="*", metavar="section",
                        help="of " + ", ".join(SECTIONS) + "; default: all")
    parser.add_argument("--bin", default="build/bench/bin", help="folder with the programs")
    parser.add_argument("--rounds", type=int, help="medians are taken over so many rounds")
    parser.add_argument("--sessions", type=int, help="idle sessions for the memory of one")
    parser.add_argument("--streams", type=int, help="idle streams for the memory of one")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and calls")
    parser.add_argument("--smoke", action="store_true", help="so few that the numbers mean nothing")
    parser.add_argument("--json", metavar="FILE", help="also write the numbers to FILE")
    parser.add_argument("--patience", type=float, default=0, metavar="SECONDS",
                        help="wait up to that long, before each round, for a second of idleness")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    return arguments


def plan_of(arguments):
    chosen = plans.SMOKE if arguments.smoke else plans.QUICK if arguments.quick else plans.FULL
    given = {name: getattr(arguments, name) for name in ("rounds", "sessions", "streams")
             if getattr(arguments, name)}
    return replace(chosen, **given)


def medians(rounds):
    return {name: statistics.median(numbers[name] for numbers in rounds) for name in rounds[0]}


def best(rounds, name):
    """What the quietest round got; of what the bridge adds, by each side's quietest."""
    if ".added." in name:
        return (best(rounds, name.replace(".added.", ".bridge."))
                - best(rounds, name.replace(".added.", ".raw.")))
    pick = max if name.endswith("per_second") else min
    return pick(numbers[name] for numbers in rounds)


def rounds_of(section, programs, plan, patience):
    """One round after the other, each when the machine has become quiet."""
    rounds = section(programs, plan)
    taken = []
    while True:
        machine.wait_until_idle(patience)
        numbers = next(rounds, None)
        if numbers is None:
            return taken
        taken.append(numbers)


def measure(programs, plan, names, patience):
    numbers, bests, company = {}, {}, {}
    for name in names:
        others, begin = machine.Others(), time.monotonic()
        load = os.getloadavg()[0]
        print(f"  {name} … ", end="", file=sys.stderr, flush=True)
        rounds = rounds_of(SECTIONS[name], programs, plan, patience)
        numbers.update(medians(rounds))
        bests.update({key: best(rounds, key) for key in rounds[0]})
        company[name] = {"load": load, "others": others.share()}
        print(f"{time.monotonic() - begin:.0f} s", file=sys.stderr)
    return numbers, bests, company


def main():
    arguments = parse()
    plan = plan_of(arguments)
    names = arguments.sections or list(SECTIONS)
    programs = Programs(arguments.bin)
    numbers, bests, company = measure(programs, plan, names, arguments.patience)
    print(f"MCP Bridge, medians of {plan.rounds} rounds, {machine.describe()}")
    print("Load when a section began, and the share of the processors others used meanwhile:")
    print("  " + ", ".join(f"{name} {was['load']:.2f} {was['others']:.0%}"
                           for name, was in company.items()) + "\n")
    print(report.text(numbers, bests, plan.clients), end="")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"machine": machine.describe(), "rounds": plan.rounds, "company": company,
                       "numbers": numbers, "best": bests}, file, indent=1)


if __name__ == "__main__":
    main()
