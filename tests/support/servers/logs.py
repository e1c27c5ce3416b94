#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log messages of all levels, progress, and list changes on demand."""
import time

from mcpserver import LEVELS, Server, arguments_parser, schema

server = Server("logs")
server.capabilities.update({"logging": {}, "tools": {"listChanged": True}})


@server.tool("all_levels", schema(secret="string"))
def all_levels(call):
    """One message of each level; the data holds the caller's secret."""
    for level in LEVELS:
        call.log(level, {"level": level, "secret": call.args.get("secret", "")}, logger="fixture")
    return "logged"


@server.tool("texts")
def texts(call):
    """Log data that is text, a number and null, without a logger name."""
    for data in ("words", 7, None):
        call.log("info", data)
    return "logged"


@server.tool("bare_progress")
def bare_progress(call):
    """Progress without total and message."""
    call.progress(1)
    call.progress(2.5)
    return "done"


@server.tool("report", schema(count="integer", pause="number"))
def report(call):
    """count times progress and a log message, then the result."""
    count = call.args.get("count", 5)
    for step in range(1, count + 1):
        call.progress(step, count, f"step {step}")
        call.log("info", f"log {step}")
        time.sleep(call.args.get("pause", 0))
    return "reported"


@server.tool("progress_for_ever")
def progress_for_ever(call):
    """Progress until cancelled."""
    step = 0
    while not call.cancelled.wait(0.05):
        step += 1
        call.progress(step)
    return "stopped"


@server.tool("late_progress")
def late_progress(call):
    """Sends progress after its result."""
    server.write({"jsonrpc": "2.0", "id": call.id, "result": {
        "content": [{"type": "text", "text": "early"}], "isError": False}})
    call.cancelled.set()
    call.progress(99)
    return "never seen"


@server.tool("add_tool", schema("name", name="string"))
def add_tool(call):
    """Adds a tool and tells that the list changed."""
    @server.tool(call.args["name"])
    def added(inner):
        return "added"
    server.notify("notifications/tools/list_changed")
    return "added"


server.main(arguments_parser(__doc__))
