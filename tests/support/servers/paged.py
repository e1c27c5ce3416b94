#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long lists in pages; --endless repeats a cursor for ever."""
from mcpserver import Server, arguments_parser

server = Server("paged")


def number(index):
    @server.tool(f"tool_{index:03}")
    def tool(call):
        return f"tool {index}"

    @server.prompt(f"prompt_{index:03}")
    def prompt(args):
        return [{"role": "user", "content": {"type": "text", "text": f"prompt {index}"}}]

    server.resource(f"test://r/{index}", f"resource_{index:03}", lambda uri: [
        {"uri": uri, "mimeType": "text/plain", "text": f"resource {index}"}])


parser = arguments_parser(__doc__)
parser.add_argument("--count", type=int, default=25, help="tools, prompts and resources each")
parser.add_argument("--endless", action="store_true", help="the list of tools never ends")
parser.set_defaults(page=10)
options = parser.parse_args()
for index in range(options.count):
    number(index)
if options.endless:
    inner = server.handlers["tools/list"]
    server.handlers["tools/list"] = lambda call: {**inner(call), "nextCursor": "0"}
server.main(options=options)
