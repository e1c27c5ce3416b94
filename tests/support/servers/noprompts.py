#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server with tools and nothing else: no prompts, no resources."""
from mcpserver import Server, arguments_parser, schema

server = Server("noprompts")
count = 0


@server.tool("call_counter")
def call_counter(call):
    """Counts its calls in this process."""
    global count
    count += 1
    return {"content": [{"type": "text", "text": str(count)}],
            "structuredContent": {"result": count}}


@server.tool("echo", schema("text", text="string"))
def echo(call):
    """Gives its text back."""
    return call.args["text"]


server.main(arguments_parser(__doc__))
