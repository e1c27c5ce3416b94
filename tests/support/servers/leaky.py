#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts what it is told wherever a server can put something: results, errors, log messages,
progress, questions, prompts, resources and, in the shapes credentials have, stderr."""
import os
import sys

from mcpserver import RpcError, Server, ToolError, arguments_parser, schema, text_block

server = Server("leaky")
server.capabilities.update({"logging": {}})
WANTS = schema("secret", secret="string", nested={"type": "object"})


def complain(secret):
    """stderr with everything that a careless server prints."""
    if server.options.quiet:
        return
    lines = [f"Authorization: Bearer {secret}", f"GET https://svc:{secret}@api.example.com/ failed",
             f"connecting with password={secret}", f'{{"access_token": "{secret}"}}',
             f"X-API-Key: {secret}", f"my token is {os.environ.get('API_TOKEN', '')}",
             f"and the caller's {os.environ.get('MCP_BEARER_TOKEN', '')}"]
    sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()


@server.tool("tell", WANTS)
def tell(call):
    """Says it in every way that works."""
    secret = call.args["secret"]
    complain(secret)
    call.log("error", {"secret": secret}, logger="leaky")
    call.progress(1, 2, f"step {secret}")
    return {"content": [text_block(secret)], "structuredContent": {"result": secret}}


@server.tool("fail", WANTS)
def fail(call):
    """A result that says it is an error."""
    complain(call.args["secret"])
    raise ToolError(f"cannot use {call.args['secret']}")


@server.tool("refuse", WANTS)
def refuse(call):
    """An error of JSON-RPC."""
    raise RpcError(-32603, f"refused {call.args['secret']}", {"secret": call.args["secret"]})


@server.tool("garbage", WANTS)
def garbage(call):
    """No JSON, then the end."""
    secret = call.args["secret"]
    complain(secret)
    server.write_raw(b"token=" + secret.encode() + b"\n")
    os._exit(3)


@server.tool("ask", WANTS)
def ask(call):
    """A question that holds it."""
    answer = call.elicit(f"about {call.args['secret']}", schema("name", name="string"))
    return str(answer)


@server.prompt("tell", "secret")
def tell_prompt(args):
    complain(args["secret"])
    return [{"role": "user", "content": text_block(args["secret"])}]


@server.prompt("fail", "secret")
def fail_prompt(args):
    raise RpcError(-32603, f"refused {args['secret']}", {"secret": args["secret"]})


def tell_resource(uri):
    if "fail" in uri:
        raise RpcError(-32603, f"refused {uri}", {"uri": uri})
    return [{"uri": uri, "mimeType": "text/plain", "text": uri}]


server.resource("leak://tell/fixed", "fixed", tell_resource)
server.resource("leak://tell/{secret}", "any", tell_resource, template=True)
server.resource("leak://fail/{secret}", "broken", tell_resource, template=True)

parser = arguments_parser(__doc__)
parser.add_argument("--quiet", action="store_true", help="nothing on stderr")
server.main(parser)
