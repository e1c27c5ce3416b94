#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts calls, per process and, with --file, over all processes; any tool names may be given."""
import json

from mcpserver import Server, arguments_parser, schema

server = Server("counter")
counts = {}


def counting(name):
    @server.tool(name, schema(a="integer", text="string", flag="boolean", ratio="number"))
    def count(call):
        counts[name] = counts.get(name, 0) + 1
        if options.file:
            with open(options.file, "a") as file:
                file.write(name + "\n")
        return {"content": [{"type": "text", "text": json.dumps(call.args)}],
                "structuredContent": {"count": counts[name], "args": call.args}}


parser = arguments_parser(__doc__)
parser.add_argument("--tools", default="call_counter", help="comma-separated names")
parser.add_argument("--file", metavar="FILE", help="append the name of each tool called")
parser.add_argument("--output-schema", action="store_true", help="declare what the tools return")
options = parser.parse_args()
for tool in options.tools.split(","):
    counting(tool)
if options.output_schema:
    for entry, _ in server.tools.values():
        entry["outputSchema"] = schema("count", count="integer", args="object")
server.main(options=options)
