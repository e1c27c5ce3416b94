#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results, prompts and resources of a wanted size."""
import json

from mcpserver import Server, arguments_parser, schema

server = Server("huge")


@server.tool("bytes", schema("n", n="integer"))
def some_bytes(call):
    """A text of n bytes."""
    return "x" * call.args["n"]


@server.tool("exact", schema("n", n="integer"))
def exact(call):
    """A result whose JSON has exactly n bytes without blanks (n of at least 80)."""
    result = {"content": [{"type": "text", "text": ""}], "isError": False}
    size = len(json.dumps(result, separators=(",", ":")))
    result["content"][0]["text"] = "x" * (call.args["n"] - size)
    return result


@server.tool("accents", schema("n", n="integer"))
def accents(call):
    """A text of n characters of two bytes each."""
    return "\u00e9" * call.args["n"]


@server.tool("deep", schema("levels", levels="integer"))
def deep(call):
    """Structured content nested so many levels deep."""
    value = {}
    for _ in range(call.args["levels"]):
        value = {"a": value}
    return {"content": [], "structuredContent": value}


@server.prompt("big", "n")
def big(args):
    return [{"role": "user", "content": {"type": "text", "text": "x" * int(args["n"])}}]


parser = arguments_parser(__doc__)
parser.add_argument("--resource-bytes", type=int, default=500, help="size of the resource big")
options = parser.parse_args()
server.resource("test://big", "big", lambda uri: [
    {"uri": uri, "mimeType": "text/plain", "text": "x" * options.resource_bytes}])
server.main(options=options)
