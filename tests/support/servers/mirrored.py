#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tool whose arguments are mirrored into HTTP headers (x-mcp-header, 2026-07-28)."""
from mcpserver import Server, arguments_parser, schema

server = Server("mirrored")


@server.tool("where", schema(region={"type": "string", "x-mcp-header": "Region"},
                             count={"type": "integer", "x-mcp-header": "Count"}))
def where(call):
    """Says what it was given."""
    return f"{call.args.get('region')} {call.args.get('count')}"


server.main(arguments_parser(__doc__))
