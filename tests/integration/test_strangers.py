# SPDX-License-Identifier: GPL-3.0-or-later
"""What callers whom nobody knows, or knows no more, may take and learn."""
import http.client
import json
import time
import unittest

from bridge import Bridge, fixture, wait_for
from idp import Idp, bearer
from mcpclient import LegacyClient, ModernClient, SseClient

INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize",
              "params": {"protocolVersion": "2025-06-18", "capabilities": {},
                         "clientInfo": {"name": "t", "version": "1"}}}
MCP = {"Accept": "application/json, text/event-stream"}


class Places(unittest.TestCase):
    def test_strangers_leave_members_their_sessions(self):
        with Idp() as idp, Bridge(env=idp.env(MAX_TOTAL_SESSIONS="6")) as bridge:
            def strangers(post):
                return [post().status for _ in range(6)].count(200)

            member = bearer(idp.mint(sub="alice"))
            self.assertEqual(strangers(lambda: bridge.post("/mcp", INITIALIZE, headers=MCP)), 3)
            self.assertLessEqual(strangers(lambda: bridge.post("/session/start", {})), 3)
            self.assertEqual(
                bridge.post("/mcp", INITIALIZE, headers={**MCP, **member}).status, 200)
            self.assertEqual(bridge.post("/session/start", {}, headers=member).status, 200)

    def test_a_session_of_any_kind_counts(self):
        """Those of clients, by any transport and as handles, are one count; those with MCP servers,
        of REST and of clients alike, are another with the same limits."""
        with Idp() as idp, Bridge(fixture("counter"), env=idp.env(
                MAX_TOTAL_SESSIONS="6", MCP_SESSION_TOOLS="true")) as bridge:
            sse = SseClient(bridge)
            self.addCleanup(sse.close)
            legacy = LegacyClient(bridge)
            legacy.initialize()
            modern = ModernClient(bridge)
            handle = {"name": "bridge__start_session", "arguments": {}}
            self.assertIn("result", modern.post("tools/call", handle).json)
            refused = modern.post("tools/call", handle).json
            self.assertIn("Too many sessions", refused["error"]["message"])
            self.assertEqual(LegacyClient(bridge).raw(INITIALIZE).status, 429)
            self.assertEqual(bridge.get("/sse").status, 429)
            call = {"name": "call_counter", "arguments": {}}
            self.assertIn("result", legacy.post("tools/call", call).json)
            taken = [bridge.post("/session/start", {}).status for _ in range(3)]
            self.assertEqual(taken, [200, 200, 429])
            legacy.send("DELETE", None, legacy.fields())
            wait_for(lambda: bridge.post("/session/start", {}).status == 200, what="room")

    def test_those_of_a_bridge_without_authentication_have_all_of_them(self):
        with Bridge(env={"MAX_TOTAL_SESSIONS": "4"}) as bridge:
            taken = [bridge.post("/mcp", INITIALIZE, headers=MCP).status for _ in range(5)]
            self.assertEqual(taken, [200, 200, 200, 200, 429])


class Streams(unittest.TestCase):
    def test_end_with_the_token_of_who_opened_them(self):
        with Idp() as idp, Bridge(env=idp.env(BRIDGE_REQUIRED_GROUPS="staff")) as bridge:
            # A token that has ended is taken for half a minute more, as clocks differ.
            token = idp.mint(sub="alice", groups=["staff"], exp=int(time.time()) - 25)
            mine = {**MCP, **bearer(token)}
            started = bridge.post("/mcp", INITIALIZE, headers=mine)
            session = {"Mcp-Session-Id": started.headers["Mcp-Session-Id"]}
            meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
                    "io.modelcontextprotocol/clientCapabilities": {}}
            listen = {"jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen",
                      "params": {"notifications": {}, "_meta": meta}}
            modern = {"Mcp-Method": "subscriptions/listen", "MCP-Protocol-Version": "2026-07-28",
                      "Content-Type": "application/json"}
            streams = [self.open(bridge, "GET", "/sse", mine),
                       self.open(bridge, "GET", "/mcp", {**mine, **session}),
                       self.open(bridge, "POST", "/mcp", {**mine, **modern}, listen)]
            for stream in streams:
                stream.read()  # until it ends, or the connection's time is up

    def open(self, bridge, method, path, headers, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", bridge.port, timeout=14)
        self.addCleanup(connection.close)
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        self.assertIn("text/event-stream", answer.headers["Content-Type"])
        return answer


class Policy(unittest.TestCase):
    def test_says_nothing_of_a_default_server_that_is_not_for_the_caller(self):
        config = json.dumps({
            "bridge": {"policy": {"default": "allow",
                                  "rules": [{"effect": "deny", "servers": ["secret"]}]}},
            "mcpServers": {"pub": {"command": fixture("counter")[0],
                                   "args": fixture("counter")[1:]},
                           "secret": {"command": fixture("counter")[0],
                                      "args": fixture("counter")[1:]}}})
        with Idp() as idp, Bridge(env={**idp.env(), "MCP_DEFAULT_SERVER": "secret"},
                                  files={"c.json": config},
                                  args=["--config", "{home}/c.json"]) as bridge:
            member = bearer(idp.mint(sub="bob"))
            self.assertEqual(bridge.post("/session/start", {}, headers=member).status, 404)
            self.assertEqual(bridge.get("/tools", headers=member).json, [])
            self.assertEqual(bridge.get("/servers/pub/tools", headers=member).status, 200)
            self.assertEqual(bridge.get("/healthz/child").status, 200)


class Limits(unittest.TestCase):
    def test_a_refusal_says_once_when_to_come_again(self):
        with Bridge(env={"RATE_LIMIT_PER_TOOL": "1/h"}) as bridge:
            answers = [bridge.call("add", {"a": 1, "b": 1}) for _ in range(2)]
            self.assertEqual([answer.status for answer in answers], [200, 429])
            self.assertEqual(len(answers[1].headers.get_all("Retry-After")), 1)
            self.assertTrue(answers[1].headers.get_all("RateLimit"))


class Probes(unittest.TestCase):
    def test_tell_no_command_line(self):
        with Bridge(["/nonexistent/hidden-name", "--key=hidden-value"],
                    args=["--start-timeout", "2", "--warm-pool", "0"]) as bridge:
            child = bridge.get("/healthz/child")
            self.assertEqual(child.status, 503)
            wait_for(lambda: bridge.get("/healthz/child").status == 503
                     and bridge.get("/readyz").status == 503, what="a server that only fails")
            for text in (child.text, bridge.get("/readyz").text):
                self.assertNotIn("hidden", text)
                self.assertIn("could not be started", text)

    def test_a_server_that_starts_per_user_is_well(self):
        with Idp() as idp, Bridge(fixture("counter") + ["--x={user_id}"],
                                  env=idp.env()) as bridge:
            answer = bridge.get("/healthz/child")
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(answer.json["status"], "ok")
            self.assertIsNone(answer.json["tools"])


class AccessLog(unittest.TestCase):
    def test_says_who_called_which_server(self):
        env = {"LOG_FORMAT": "json", "LOG_LEVEL": "info"}
        with Idp() as idp, Bridge(env={**idp.env(), **env}) as bridge:
            token = idp.mint(sub="alice-of-the-test")
            bridge.call("add", {"a": 1, "b": 1}, headers=bearer(token))
            bridge.call("add", {"a": 1, "b": 1})

            def lines():
                found = [json.loads(line) for line in bridge.log().splitlines()
                         if line.startswith("{")]
                return [line for line in found if line.get("path") == "/tools/add"]
            wait_for(lambda: len(lines()) == 2, what="both lines")
            known, unknown = lines()
            self.assertTrue(known["user"])
            self.assertNotIn("alice", known["user"])
            self.assertNotIn("user", unknown)
            self.assertTrue(known["server"])
            self.assertEqual(known["server"], unknown["server"])


if __name__ == "__main__":
    unittest.main()
