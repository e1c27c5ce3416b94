#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tools that ask the user something while they run (elicitation/create)."""
import json

from mcpserver import Server, ToolError, arguments_parser, schema

server = Server("elicit")
state = {"effects": 0, "last": None}


def form(*required, **properties):
    return schema(*required, **properties)


def report(answer):
    """What came back, as text and as structure, so that tests can look at types."""
    state["last"] = answer
    if answer.get("action") == "accept":
        return {"content": [{"type": "text", "text": json.dumps(answer.get("content"))}],
                "structuredContent": {"action": "accept", "content": answer.get("content")}}
    return {"content": [{"type": "text", "text": f"The user answered {answer.get('action')}"}],
            "structuredContent": {"action": answer.get("action")}}


def asking(name, message, requested, **more):
    @server.tool(name)
    def ask(call):
        return report(call.elicit(message, requested, **more))


asking("ask_name", "What is your name?", form("name", name="string"))
asking("ask_color", "Which colour?",
       form("color", color={"type": "string", "enum": ["red", "green", "blue"]}))
asking("ask_number_enum", "Which size?", form("size", size={"enum": [1, 2, 3]}))
asking("ask_integer", "How many?", form("count", count="integer"))
asking("ask_number", "How much?", form("amount", amount="number"))
asking("ask_boolean", "Sure?", form("sure", sure="boolean"))
asking("ask_one_of", "How long?",
       form("length", length={"oneOf": [{"type": "integer"}, {"enum": ["short", "long"]}]}))
asking("ask_any_of", "When?",
       form("when", when={"anyOf": [{"type": "boolean"}, {"type": "number"}, {"type": "string"}]}))
asking("ask_titled", "Which plan?",
       form("plan", plan={"type": "string", "oneOf": [{"const": "s", "title": "Small"},
                                                      {"const": "l", "title": "Large"}]}))
asking("ask_two", "Who are you?", form("name", name="string", age="integer"))
asking("ask_empty", "Go on?", form())
asking("ask_array", "Which numbers?",
       form("numbers", numbers={"type": "array", "items": {"type": "object"}}))
asking("ask_object", "Where?", form("place", place={"type": "object", "properties": {}}))
asking("ask_multi", "Which toppings?",
       form("toppings", toppings={"type": "array", "minItems": 1, "maxItems": 2, "items": {
           "type": "string", "enum": ["cheese", "olives", "rocket"]}}))
asking("ask_silently", "", form("name", name="string"))


@server.tool("ask_url")
def ask_url(call):
    """Sends the user to a page (URL mode)."""
    answer = call.ask("elicitation/create", {
        "mode": "url", "message": "Please sign in", "elicitationId": "sign-in-1",
        "url": "https://login.example/start"})
    return report(answer)


@server.tool("pay", schema("amount", amount="integer"))
def pay(call):
    """Has a side effect before it asks."""
    if "inputResponses" not in call.params:
        state["effects"] += 1
    answer = call.elicit(f"Pay {call.args.get('amount')}?", form("confirm", confirm="string"))
    if answer.get("action") != "accept":
        raise ToolError(f"Not paid: {answer.get('action')}")
    return {"content": [{"type": "text", "text": f"Paid: {answer['content']['confirm']}"}],
            "structuredContent": {"effects": state["effects"]}}


@server.tool("ask_twice")
def ask_twice(call):
    """Two questions in a row within one call (legacy revisions only)."""
    first = call.elicit("First?", form("a", a="string"))
    second = call.elicit("Second?", form("b", b="string"))
    return json.dumps({"a": first["content"]["a"], "b": second["content"]["b"]})


@server.tool("effects")
def effects(call):
    """How often pay had its side effect, and the last answer any tool got."""
    return json.dumps(state)


@server.tool("plain")
def plain(call):
    """Asks nothing."""
    return "plain"


server.main(arguments_parser(__doc__))
