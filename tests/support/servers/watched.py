#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows a file, as a server follows whatever it serves: each new line of --changes is either
`tools` (a tool more), `prompts`, or the URI of a resource that has changed."""
import os
import threading
import time

from mcpserver import RpcError, Server, arguments_parser

server = Server("watched")
server.capabilities.update({"tools": {"listChanged": True}})
subscribed = set()


def text(uri):
    return [{"uri": uri, "text": "content"}]


for name in ("a", "b"):
    server.resource(f"test://{name}", name, text)


@server.prompt("greeting")
def greeting(arguments):
    return [{"role": "user", "content": {"type": "text", "text": "hello"}}]


@server.tool("first")
def first(call):
    """There from the beginning."""
    return "first"


def add_tool(number):
    @server.tool(f"added_{number}")
    def added(call):
        return "added"


def subscribe(call):
    if call.params["uri"] not in server.resources:
        raise RpcError(-32602, "Resource not found")
    subscribed.add(call.params["uri"])
    return {}


def unsubscribe(call):
    subscribed.discard(call.params["uri"])
    return {}


def lines():
    if not os.path.exists(options.changes):
        return []
    with open(options.changes) as file:
        return [line.strip() for line in file if line.endswith("\n")]


def follow(seen):
    while True:
        for line in lines()[seen:]:
            seen += 1
            if line == "tools":
                add_tool(seen)
            if line in ("tools", "prompts"):
                server.notify(f"notifications/{line}/list_changed")
            elif line in subscribed:
                server.notify("notifications/resources/updated", {"uri": line})
        time.sleep(0.02)


server.capabilities["resources"]["subscribe"] = True
server.capabilities["prompts"]["listChanged"] = True
server.handlers.update({"resources/subscribe": subscribe, "resources/unsubscribe": unsubscribe})
parser = arguments_parser(__doc__)
parser.add_argument("--changes", metavar="FILE", required=True)
options = parser.parse_args()
known = lines()
for place, entry in enumerate(known, 1):
    if entry == "tools":
        add_tool(place)
threading.Thread(target=follow, args=(len(known),), daemon=True).start()
server.main(options=options)
