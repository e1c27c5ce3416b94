#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that hold JSON or XML, for the derivation of structuredContent."""
import json

from mcpserver import Server, arguments_parser, schema, text_block

BOMB = "<!DOCTYPE b [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{i} '{('&a%d;' % (i - 1)) * 10}'>" for i in range(1, 12)) + "]><b>&a11;</b>"
TEXTS = {
    "json_object": json.dumps({"a": 1, "b": [True, None]}),
    "json_array": " \n[1, {\"x\": 2}]",
    "json_scalar": "42",
    "json_string": "\"text\"",
    "json_broken": "{\"a\": 1,",
    "json_trailing": "{\"a\": 1} and more",
    "plain": "just words",
    "xml_meetings": '<meetings from="a" count="2"><m id="1"/><m id="2"/></meetings>',
    "xml_leaf": "<greeting>  hello </greeting>",
    "xml_empty": "<nothing/>",
    "xml_text_attribute": '<price currency="EUR">12</price>',
    "xml_override": '<r a="attribute"><a>child</a></r>',
    "xml_namespace": '<x:r xmlns:x="urn:test"><x:c>1</x:c></x:r>',
    "xml_mixed": "<p>words <b>bold</b> tail</p>",
    "xml_broken": "<a><b></a>",
    "xml_doctype": "<!DOCTYPE html><html><body>hi</body></html>",
    "xml_external": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "xml_bomb": BOMB,
    "xml_deep": "<a>" * 100 + "</a>" * 100,
    "xml_wide": "<a>" + "<b/>" * 300000 + "</a>",
}
server = Server("xmljson")


def saying(name, text):
    @server.tool(name)
    def say(call):
        return text


for tool, text in TEXTS.items():
    saying(tool, text)


@server.tool("second_block")
def second_block(call):
    """Words first, JSON second."""
    return [text_block("words"), text_block('{"second": true}')]


@server.tool("existing")
def existing(call):
    """Has structure of its own beside a JSON text."""
    return {"content": [text_block('{"from": "text"}')], "structuredContent": {"from": "server"}}


@server.tool("existing_empty")
def existing_empty(call):
    """An empty structure counts as none."""
    return {"content": [text_block('{"from": "text"}')], "structuredContent": {}}


@server.tool("error_json")
def error_json(call):
    """A failed call whose text is JSON."""
    return {"isError": True, "content": [text_block('{"a": 1}')]}


@server.tool("say", schema("text", text="string"))
def say_it(call):
    """The caller's text."""
    return call.args["text"]


server.main(arguments_parser(__doc__))
