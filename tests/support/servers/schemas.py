#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tools whose names, descriptions and schemas are hard to show on a page. Each gives its arguments
back."""
from mcpserver import Server, arguments_parser, schema

NAMES = ["with space", "a/b", "gr\u00fc\u00dfe", "q?x=1&y#z", "per%cent", "{braces}", "a b", "a.b",
         "<b>bold</b>"]
TREE = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
        "properties": {"root": {"$ref": "#/$defs/node"}, "by_anchor": {"$ref": "#colour"},
                       "gone": {"$ref": "https://elsewhere.example/x.json"},
                       "nowhere": {"$ref": "#/$defs/missing"}},
        "required": ["root"],
        "$defs": {"node": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string", "minLength": 1},
            "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}},
            "colour": {"$anchor": "colour", "enum": ["red", "green"]}}}
DRAFT07 = {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
           "$id": "http://a.example/draft07.json",
           "definitions": {"point": {"type": "array", "items": [{"type": "number"},
                                                               {"type": "number"}],
                                     "additionalItems": False}},
           "properties": {"from": {"$ref": "#/definitions/point"},
                          "to": {"$ref": "draft07.json#/definitions/point"},
                          "x": {"$ref": "#/definitions/point/items/0"}},
           "required": ["from", "to"]}
WIDE = schema("p00", **{f"p{i:02}": {"type": ("string", "integer", "boolean")[i % 3],
                                     "description": f"Property number {i}"} for i in range(60)})
DOCSTRING = """Looks up the weather.

    Give a city.
    One per call.

    Args:
        city: its name
    """
HOSTILE = ('Words <img src="x" onerror="document.title=1"> <script>document.title=2</script> '
           '[link](javascript:document.title=3) ![picture](https://elsewhere.example/p.png) '
           '`List<T>` in code')
server = Server("schemas")


def echoing(name, input_schema, description=None, **more):
    @server.tool(name, input_schema, **more)
    def echo(call):
        return {"content": [{"type": "text", "text": "echo"}],
                "structuredContent": {"args": call.args}}
    server.tools[name][0]["description"] = description or f"Called {name}"


for odd in NAMES:
    echoing(odd, schema(text="string"))
echoing("tree", TREE, outputSchema={**TREE, "required": [], "properties": {
    "args": {"type": "object", "properties": {"root": {"$ref": "#/$defs/node"}}}}})
echoing("draft07", DRAFT07)
echoing("wide", WIDE)
echoing("weather", schema("city", city={"type": "string", "examples": ["Oslo"]}), DOCSTRING)
echoing("hostile", schema(text={"type": "string", "description": HOSTILE}), HOSTILE)
server.main(arguments_parser(__doc__))
