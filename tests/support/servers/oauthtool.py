#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tool that wants the caller's access token in an argument."""
import json

from mcpserver import Server, arguments_parser, schema

server = Server("oauthtool")


@server.tool("whoami", schema("oauth_token", oauth_token="string", verbose="boolean"))
def whoami(call):
    """Shows every argument it was given."""
    return json.dumps({"args": call.args})


@server.tool("only_token", schema("oauth_token", oauth_token="string"))
def only_token(call):
    """Has no argument but the token."""
    return json.dumps({"args": call.args})


@server.tool("plain", schema(text="string"))
def plain(call):
    """Wants no token and shows every argument."""
    return json.dumps({"args": call.args})


server.main(arguments_parser(__doc__))
