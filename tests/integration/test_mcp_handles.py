# SPDX-License-Identifier: GPL-3.0-or-later
"""Session handles of modern clients that the bridge's own tools make (MCP_SESSION_TOOLS)."""
import json
import unittest

from bridge import fixture, wait_for
from mcpclient import LegacyClient, ModernClient
from case import BridgeCase
from reloading import ReloadCase, entry

START, END = "bridge__start_session", "bridge__end_session"
HEADER, KEY = "Mcp-Bridge-Session", "mcp-bridge/session"


class Handles:
    """For test cases that have a bridge."""

    def client(self, path="/mcp", kind=ModernClient, **how):
        made = kind(self.bridge, path, **how)
        self.addCleanup(made.close)
        if kind is LegacyClient:
            made.initialize()
        return made

    def mint(self, client):
        result = client.call(START)
        self.assertEqual(result["resultType"], "complete")
        self.assertEqual(json.loads(result["content"][0]["text"]), result["structuredContent"])
        return result["structuredContent"]["session"]

    def end(self, client, handle):
        return client.call(END, {"session": handle})["structuredContent"]["ended"]

    def names(self, client):
        return [tool["name"] for tool in client.result("tools/list")["tools"]]

    def assertRefused(self, answer, code, status=None):
        self.assertEqual(answer.json["error"]["code"], code, answer)
        if status:
            self.assertEqual(answer.status, status, answer)


class Many(Handles, ReloadCase):
    servers = {"one": entry("counter"), "two": entry("counter")}
    env = {"MCP_SESSION_TOOLS": "true", "MCP_WARM_POOL_SIZE": "0"}

    def count(self, client, server, handle=None, meta=False):
        how = {"meta": {KEY: handle}} if meta else {"headers": {HEADER: handle}}
        result = client.call(f"{server}__call_counter", **(how if handle else {}))
        return result["structuredContent"]["count"]

    def test_modern_clients_alone_are_shown_the_tools_and_at_mcp_alone(self):
        modern = self.client()
        self.assertEqual(self.names(modern),
                         [START, END, "one__call_counter", "two__call_counter"])
        self.assertIn("tools", modern.result("server/discover")["capabilities"])
        self.assertEqual(self.names(self.client("/servers/one/mcp")), ["call_counter"])
        legacy = self.client(kind=LegacyClient)
        self.assertNotIn(START, self.names(legacy))
        for other in (legacy, self.client("/servers/one/mcp")):
            self.assertRefused(other.post("tools/call", {"name": START}), -32602)
        self.assertNotIn(START, [tool["name"] for tool in self.bridge.get("/tools").json])
        self.assertEqual(self.bridge.call(START).status, 404)

    def test_what_the_tools_return_fits_their_schemas(self):
        client = self.client()
        tools = {tool["name"]: tool for tool in client.result("tools/list")["tools"]}
        started = client.call(START)["structuredContent"]
        for name, content in ((START, started),
                              (END, client.call(END, {"session": started["session"]})
                               ["structuredContent"])):
            schema = tools[name]["outputSchema"]
            self.assertEqual(set(content), set(schema["properties"]))
            self.assertEqual(set(content), set(schema["required"]))
        self.assertEqual((started["header"], started["meta"], started["idle_timeout_seconds"]),
                         (HEADER, KEY, 1800))

    def test_servers_keep_their_state_under_a_handle(self):
        client = self.client()
        handle, other = self.mint(client), self.mint(client)
        self.assertNotEqual(handle, other)
        self.assertEqual(self.bridge.children(), [])  # nothing runs before it is needed
        self.assertEqual([self.count(client, "one", handle) for _ in range(2)], [1, 2])
        self.assertEqual(self.count(client, "one", handle, meta=True), 3)
        self.assertEqual(self.count(client, "two", handle), 1)
        self.assertEqual(self.count(client, "one", other), 1)
        self.assertEqual(self.count(client, "one"), 1)
        self.assertEqual(self.count(client, "two", handle), 2)
        self.assertEqual(self.count(self.client(), "one", handle), 4)

    def test_an_ended_session_takes_its_servers_along(self):
        client = self.client()
        handle = self.mint(client)
        self.count(client, "one", handle)
        self.assertEqual(len(self.bridge.children()), 1)
        self.assertTrue(self.end(client, handle))
        wait_for(lambda: not self.bridge.children(), what="the end of the server")
        self.assertFalse(self.end(client, handle))
        for how in ({"headers": {HEADER: handle}}, {"meta": {KEY: handle}}):
            with self.subTest(how):
                self.assertRefused(client.post("tools/list", **how), -32602, 400)

    def test_a_session_can_be_ended_by_a_request_of_its_own(self):
        client = self.client()
        handle = self.mint(client)
        result = client.call(END, {"session": handle}, headers={HEADER: handle})
        self.assertEqual(result["structuredContent"], {"ended": True})

    def test_bad_handles_are_refused(self):
        client = self.client()
        handle = self.mint(client)
        for bad in ({KEY: "none"}, {KEY: ""}, {KEY: 7}, {KEY: None}, {KEY: [handle]}):
            with self.subTest(bad):
                self.assertRefused(client.post("tools/list", meta=bad), -32602, 400)
        two = client.post("tools/list", headers={HEADER: handle}, meta={KEY: "another"})
        self.assertRefused(two, -32020, 400)
        same = client.post("tools/list", headers={HEADER: handle}, meta={KEY: handle})
        self.assertEqual(same.status, 200, same)
        alone = self.client("/servers/one/mcp").post("tools/list", headers={HEADER: handle})
        self.assertRefused(alone, -32602, 400)

    def test_bad_arguments_are_refused(self):
        client = self.client()
        for name, arguments in ((START, {"x": 1}), (START, []), (END, {}), (END, {"session": 3}),
                                (END, {"session": "a", "x": 1}), (END, None)):
            with self.subTest(name, arguments=arguments):
                self.assertRefused(
                    client.post("tools/call", {"name": name, "arguments": arguments}), -32602)
        wrong = client.post("tools/call", {"name": START}, headers={"Mcp-Name": END})
        self.assertRefused(wrong, -32020, 400)

    def test_a_client_that_takes_only_events_gets_them(self):
        answer = self.client().post("tools/call", {"name": START},
                                    headers={"Accept": "text/event-stream"})
        self.assertIn("session", answer.messages()[-1]["result"]["structuredContent"])

    def test_a_changed_server_stays_as_it_was_in_a_session(self):
        client = self.client()
        handle = self.mint(client)
        self.count(client, "one", handle)
        self.change(one=entry("counter", "--tools", "call_counter,more"))
        self.assertEqual(self.count(client, "one", handle), 2)
        self.change(one=None, three=entry("counter"))
        self.assertEqual(self.count(client, "two", handle), 1)

    def test_a_server_that_has_the_same_name_for_a_tool_does_not_get_the_calls(self):
        self.change(bridge=entry("counter", "--tools", "start_session,more"))
        client = self.client()
        self.assertEqual(self.names(client).count(START), 1)
        self.assertIn("bridge__more", self.names(client))
        self.mint(client)


class Recorded(Handles, BridgeCase):
    server = fixture("elicit", "--record", "{home}/record")
    env = {"MCP_SESSION_TOOLS": "true"}

    def test_one_server_behind_the_endpoint_works_too(self):
        client = self.client(capabilities={"elicitation": {"form": {}}})
        self.assertIn(START, self.names(client))
        handle = self.mint(client)
        how = {"meta": {KEY: handle, "mine": 1}}
        first = client.call("pay", {"amount": 3}, **how)
        self.assertEqual(first["resultType"], "input_required", first)
        (key, _), = first["inputRequests"].items()
        paid = client.result("tools/call", {
            "name": "pay", "arguments": {"amount": 3}, "requestState": first["requestState"],
            "inputResponses": {key: {"action": "accept", "content": {"confirm": "yes"}}}}, **how)
        self.assertEqual(paid["structuredContent"], {"effects": 1})
        self.assertTrue(self.end(client, handle))
        with open(self.bridge.path("record")) as file:
            seen = file.read()
        self.assertIn('"mine"', seen)
        self.assertNotIn(handle, seen)  # servers never see it


class Limits(Handles, BridgeCase):
    server = fixture("slow")
    env = {"MCP_SESSION_TOOLS": "true", "SESSION_TIMEOUT_SECONDS": "1",
           "MAX_SESSIONS_PER_USER": "2", "MCP_WARM_POOL_SIZE": "0"}

    def gone(self, client, handle):
        return client.post("tools/call", {"name": END, "arguments": {"session": handle}}
                           ).json["result"]["structuredContent"] == {"ended": False}

    def test_a_session_nobody_uses_ends(self):
        client = self.client()
        handle = self.mint(client)
        client.call("echo", {"text": "x"}, headers={HEADER: handle})
        wait_for(lambda: not self.bridge.children(), what="the end of the session")
        wait_for(lambda: self.gone(client, handle), what="the end of the handle")

    def test_a_running_request_keeps_its_session(self):
        client = self.client()
        handle = self.mint(client)
        result = client.call("sleep", {"seconds": 2}, headers={HEADER: handle})
        self.assertEqual(result["content"][0]["text"], "Slept")
        self.assertTrue(self.end(client, handle))

    def test_sessions_are_limited(self):
        client = self.client()
        handles = [self.mint(client) for _ in range(2)]
        self.assertRefused(client.post("tools/call", {"name": START}), -32603)
        self.assertTrue(self.end(client, handles[0]))
        handles.append(self.mint(client))
        for handle in handles[1:]:
            self.end(client, handle)


class Off(Handles, BridgeCase):
    def test_the_tools_are_not_there_by_default(self):
        client = self.client()
        self.assertNotIn(START, self.names(client))
        self.assertRefused(client.post("tools/call", {"name": START}), -32602)


if __name__ == "__main__":
    unittest.main()
