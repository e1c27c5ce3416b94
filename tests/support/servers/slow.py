#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tool that takes its time and honours cancels, and one that is quick."""
import json
import threading
import time

from mcpserver import Server, ToolError, arguments_parser, schema

server = Server("slow")
running = {"now": 0, "most": 0}
lock = threading.Lock()


def note(word, call):
    if server.options.events:
        with open(server.options.events, "a") as file:
            file.write(json.dumps({word: call.args.get("label", "")}) + "\n")


@server.tool("sleep", schema("seconds", seconds="number", label="string"))
def sleep(call):
    """Sleeps, telling progress every tenth of a second when --progress is given."""
    note("started", call)
    with lock:
        running["now"] += 1
        running["most"] = max(running["most"], running["now"])
    end = time.monotonic() + call.args["seconds"]
    try:
        while time.monotonic() < end:
            if call.cancelled.wait(min(0.1, max(0.0, end - time.monotonic()))):
                note("cancelled", call)
                raise ToolError("Cancelled")
            if server.options.progress:
                call.progress(call.args["seconds"] - (end - time.monotonic()))
    finally:
        with lock:
            running["now"] -= 1
    note("finished", call)
    return f"Slept {call.args.get('label', '')}".strip()


@server.tool("echo", schema("text", text="string"))
def echo(call):
    """Answers at once."""
    return call.args.get("text", "")


@server.tool("overlap")
def overlap(call):
    """The largest number of sleeps that ran at the same time."""
    return json.dumps({"most": running["most"], "now": running["now"]})


parser = arguments_parser(__doc__)
parser.add_argument("--events", metavar="FILE", help="append started, cancelled, finished")
parser.add_argument("--progress", action="store_true", help="report progress while asleep")
parser.add_argument("--delay-list", type=float, default=0, help="seconds before tools/list answers")
parser.add_argument("--delay-start", type=float, default=0, help="seconds before initialize answers")
parser.add_argument("--delay-prompt", type=float, default=0, help="seconds before a prompt answers")
options = parser.parse_args()


def late(method, seconds):
    inner = server.handlers[method]

    def answer(call):
        call.cancelled.wait(seconds)
        return inner(call)
    if seconds:
        server.handlers[method] = answer


@server.prompt("slow")
def slow(args):
    time.sleep(options.delay_prompt)
    return [{"role": "user", "content": {"type": "text", "text": "slow"}}]


late("tools/list", options.delay_list)
late("initialize", options.delay_start)
server.main(options=options)
