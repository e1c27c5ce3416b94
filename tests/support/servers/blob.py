#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resources of every kind: text, HTML, binary, empty, templates, odd names."""
import base64

from mcpserver import RpcError, Server, arguments_parser

BINARY = bytes(range(256)) * 4
server = Server("blob")


def text(uri, value, kind="text/plain"):
    return [{"uri": uri, "mimeType": kind, "text": value}]


server.resource("test://text", "text", text("test://text", "gr\u00fc\u00df dich"),
                mimeType="text/plain", title="A text", description="Some words", size=9)
server.resource("test://json", "json", text("test://json", '{"a": 1}', "application/json"),
                mimeType="application/json")
server.resource("test://html", "html", text("test://html", "<script>alert(1)</script>",
                                            "text/html"), mimeType="text/html")
server.resource("test://binary", "binary", [
    {"uri": "test://binary", "mimeType": "application/octet-stream",
     "blob": base64.b64encode(BINARY).decode()}], mimeType="application/octet-stream")
server.resource("test://bad-base64", "bad base64", [
    {"uri": "test://bad-base64", "mimeType": "image/png", "blob": "***"}])
server.resource("test://empty", "empty", text("test://empty", ""))
server.resource("test://nothing", "nothing", [])
server.resource("test://untyped", "untyped", [{"uri": "test://untyped", "text": "no type"}])
server.resource("test://odd", "odd name/with slash \u00e4", text("test://odd", "odd"))
server.resource("test://many", "many", text("test://many", "first") + text("test://many", "second"))
server.resource("test://crlf", "crlf", [
    {"uri": "test://crlf", "mimeType": "text/plain\r\nX-Injected: yes", "text": "split"}])


def broken(uri):
    raise RpcError(-32603, "the disk is full")


server.resource("test://broken", "broken", broken)
server.resource("test://greet/{name}", "greet", lambda uri: text(uri, "Hello " + uri[13:]),
                template=True, mimeType="text/plain")
server.main(arguments_parser(__doc__))
