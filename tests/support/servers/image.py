#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Content blocks that are not text."""
from mcpserver import Server, arguments_parser, text_block

PIXEL = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
         "rkJggg==")
BLOCKS = {
    "image": {"type": "image", "data": PIXEL, "mimeType": "image/png",
              "annotations": {"audience": ["user"], "priority": 0.5}},
    "audio": {"type": "audio", "data": "UklGRiQAAABXQVZF", "mimeType": "audio/wav"},
    "link": {"type": "resource_link", "uri": "test://linked", "name": "linked",
             "mimeType": "text/plain", "_meta": {"example/key": 1}},
    "embedded": {"type": "resource", "resource": {"uri": "test://embedded", "text": "embedded",
                                                  "mimeType": "text/plain"}},
    "unknown": {"type": "hologram", "depth": 3},
}
server = Server("image")


def showing(name, blocks):
    @server.tool(name)
    def show(call):
        return blocks


for kind, block in BLOCKS.items():
    showing(kind, [block])
showing("mixed", [text_block("a picture:"), BLOCKS["image"], BLOCKS["link"]])


@server.prompt("picture")
def picture(args):
    return [{"role": "user", "content": BLOCKS["image"]}]


server.main(arguments_parser(__doc__))
