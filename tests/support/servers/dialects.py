#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors as other servers word them: results with isError and JSON-RPC errors."""
from mcpserver import RpcError, Server, ToolError, arguments_parser, schema

RESULTS = {
    "unknown_tool": "Unknown tool: somewhere_else",
    "unknown_tool_lower": "unknown tool: somewhere_else",
    "validation": "1 validation error for addArguments\nb\n  Field required",
    "input_validation": "Input validation error: 'b' is a required property",
    "node_arguments": "MCP error -32602: Input validation error: Invalid arguments for tool add",
    "output_validation": "Output validation error: 'x' is not of type 'integer'",
    "timed_out": "Request Timed Out after 30 s",
    "timed_out_shout": "UPSTREAM TIMED OUT",
    "terminal": "The account is closed",
    "contains_404": "The document 404 says error 437 and status 503",
}
CODES = {
    "rpc_unknown_tool": (-32602, "Unknown tool: rpc_unknown_tool"),
    "rpc_node_not_found": (-32602, "MCP error -32602: Tool rpc_node_not_found not found"),
    "rpc_method_not_found": (-32601, "Method not found"),
    "rpc_invalid_params": (-32602, "Input validation error: Invalid arguments for tool add"),
    "rpc_invalid_plain": (-32602, "Invalid params"),
    "rpc_internal": (-32603, "Internal error"),
    "rpc_timeout": (-32001, "Request timed out"),
    "rpc_contains_404": (-32603, "database said 404 to request 437"),
    "rpc_own_code": (-31999, "something of our own"),
}
server = Server("dialects")


def failing(name, text):
    @server.tool(name)
    def fail(call):
        raise ToolError(text)


def refusing(name, code, text):
    @server.tool(name)
    def refuse(call):
        raise RpcError(code, text)


for tool, text in RESULTS.items():
    failing(tool, text)
for tool, (number, text) in CODES.items():
    refusing(tool, number, text)


@server.tool("empty")
def empty(call):
    """An error without content."""
    raise ToolError(content=[])


@server.tool("image_error")
def image_error(call):
    """An error whose only block is not text."""
    raise ToolError(content=[{"type": "image", "data": "AAAA", "mimeType": "image/png"}])


@server.tool("custom", schema("text", text="string"))
def custom(call):
    """An error with the text of the caller."""
    raise ToolError(call.args["text"])


@server.tool("violates", outputSchema=schema("n", n="integer"))
def violates(call):
    """A result that breaks the tool's own output schema."""
    return {"content": [{"type": "text", "text": "{}"}], "structuredContent": {"n": "many"}}


@server.tool("lacks", outputSchema=schema("n", n="integer"))
def lacks(call):
    """No structured result although an output schema promises one."""
    return "no structure"


@server.tool("obeys", outputSchema=schema("n", n="integer"))
def obeys(call):
    """A result that keeps to its output schema."""
    return {"content": [{"type": "text", "text": "1"}], "structuredContent": {"n": 1}}


@server.prompt("strict", "name")
def strict(args):
    return [{"role": "user", "content": {"type": "text", "text": args["name"]}}]


@server.prompt("broken")
def broken(args):
    raise RpcError(-32603, "the template is broken")


server.main(arguments_parser(__doc__))
