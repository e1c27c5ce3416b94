# SPDX-License-Identifier: GPL-3.0-or-later
"""What the people who run the bridge rely on at three in the morning."""
import json
import os
import signal
import unittest

from bridge import Bridge, fixture, wait_for
from case import BridgeCase
from mcpclient import LegacyClient, ModernClient, message


class Probes(BridgeCase):
    args = ("--allowed-hosts", "bridge.example")

    def test_health_is_answered_for_any_host(self):
        for path in ("/health", "/readyz"):
            answer = self.bridge.get(path, headers={"Host": "192.0.2.7:8000"})
            self.assertStatus(answer, 200)

    def test_everything_else_is_not(self):
        for path in ("/tools", "/metrics", "/nowhere"):
            answer = self.bridge.get(path, headers={"Host": "192.0.2.7:8000"})
            self.assertError(answer, 403, "forbidden")

    def test_a_foreign_page_cannot_use_the_exception(self):
        answer = self.bridge.get("/health", headers={"Host": "192.0.2.7:8000",
                                                     "Origin": "http://evil.example"})
        self.assertStatus(answer, 403)


class LogRotation(unittest.TestCase):
    def test_a_hangup_opens_the_log_anew_and_ends_nothing(self):
        with Bridge(env={"LOG_OUTPUT": "{home}/stderr.log"}) as bridge:
            os.rename(bridge.log_path, bridge.path("rotated.log"))
            bridge.process.send_signal(signal.SIGHUP)
            wait_for(lambda: os.path.exists(bridge.log_path))
            self.assertEqual(bridge.get("/tools").status, 200)
            wait_for(lambda: "path=/tools" in bridge.log())


class EarlyStatus(BridgeCase):
    def test_bad_arguments_of_a_stream_are_400(self):
        self.assertStatus(self.bridge.get("/tools"), 200)
        answer = self.bridge.post("/tools/add/stream", {"a": "x"})
        self.assertError(answer, 400, "invalid_arguments")

    def test_bad_arguments_are_400_also_when_the_tools_are_not_known_yet(self):
        with Bridge(env={"MCP_WARM_POOL_SIZE": "0"}) as fresh:
            self.assertEqual(fresh.post("/tools/add/stream", {"a": "x"}).status, 400)


class Broken(BridgeCase):
    server = ("sh", "-c", "echo 'no licence key' >&2; exit 3")

    def test_a_stream_of_a_server_that_cannot_start_has_its_status(self):
        self.assertIn(self.bridge.post("/tools/add/stream").status, (502, 503))

    def test_readiness_sees_a_repaired_server_without_any_call(self):
        with Bridge(("sh", "-c", "test -e {home}/repaired && exec " + " ".join(fixture("counter"))
                     + "; exit 3"), env={"MCP_WARM_POOL_SIZE": "0"}) as bridge:
            bridge.get("/tools")
            self.assertEqual(bridge.get("/readyz").status, 503)
            open(bridge.path("repaired"), "w").close()
            wait_for(lambda: bridge.get("/readyz").status == 200, 30)

    def test_metrics_show_the_server_that_is_down(self):
        self.bridge.post("/tools/x")
        self.assertEqual(self.bridge.metric("mcp_server_up", server="default"), 0)
        self.assertGreaterEqual(
            self.bridge.metric("mcp_server_start_failures_total", server="default"), 1)

    def test_the_log_tells_the_code_and_the_reason_of_a_5xx(self):
        self.bridge.post("/tools/x", headers={"X-Request-Id": "find-me"})
        wait_for(lambda: "find-me" in self.bridge.log())
        line = next(line for line in self.bridge.log().splitlines() if "find-me" in line)
        self.assertIn("error=upstream_", line)
        self.assertIn("no licence key", line)


class AccessLog(BridgeCase):
    server = fixture("dialects")

    def line(self, mark):
        wait_for(lambda: f"request_id={mark}" in self.bridge.log())
        found = [line for line in self.bridge.log().splitlines() if f"request_id={mark}" in line]
        self.assertEqual(len(found), 1)
        return found[0]

    def mark(self, name):
        return {"X-Request-Id": name}

    def test_refusals_of_both_eras_tell_their_error(self):
        modern, legacy = ModernClient(self.bridge), LegacyClient(self.bridge)
        legacy.initialize()
        for name, _, words in (
                ("header", modern.post("tools/list", headers={
                    **self.mark("header"), "Mcp-Method": "x"}), ("rpc_code=-32020", "status=400")),
                ("body", modern.send("POST", b"{", self.mark("body")), ("rpc_code=-32700",)),
                ("method", modern.post("no/such", headers=self.mark("method")),
                 ("rpc_code=-32601", "status=404")),
                ("tool", modern.post("tools/call", {"name": "none"}, self.mark("tool")),
                 ("rpc_code=-32602", "error=tool_not_found", "status=200")),
                ("session", legacy.raw(message("tools/list", None, 1), {
                    **self.mark("session"), "Mcp-Session-Id": "gone"}),
                 ("rpc_code=-32600", "status=404")),
                ("legacy", legacy.post("no/such", headers=self.mark("legacy")),
                 ("rpc_code=-32601", "status=200"))):
            with self.subTest(name):
                line = self.line(name)
                for word in ("error_type=validation_error",) + words:
                    self.assertIn(word, line)

    def test_refusals_of_the_old_transport_do_too(self):
        self.assertStatus(self.bridge.post("/sse/messages?session_id=x", {},
                                           headers=self.mark("sse")), 400)
        self.assertIn("error_type=validation_error", self.line("sse"))

    def test_what_went_well_tells_none(self):
        client = ModernClient(self.bridge)
        self.assertStatus(client.post("tools/list", headers=self.mark("fine")), 200)
        self.assertNotIn("error", self.line("fine"))


class Many(BridgeCase):
    files = {"bridge.json": json.dumps({"mcpServers": {
        "good": {"command": fixture("counter")[0], "args": list(fixture("counter")[1:])},
        "bad": {"command": "/nonexistent/program"}}})}
    args = ("--config", "{home}/bridge.json")

    def test_metrics_tell_the_servers_apart(self):
        self.assertStatus(self.bridge.get("/tools"), 200)
        self.bridge.get("/servers/bad/tools")
        self.assertEqual(self.bridge.metric("mcp_server_up", server="good"), 1)
        self.assertEqual(self.bridge.metric("mcp_server_up", server="bad"), 0)


class NoServers(BridgeCase):
    files = {"bridge.json": "{}"}
    args = ("--config", "{home}/bridge.json")

    def test_the_log_says_that_only_the_demo_is_served(self):
        line = next(line for line in self.bridge.log().splitlines() if "demo server" in line)
        self.assertIn("WARN", line)
        self.assertIn("bridge.json", line)


class AnonymousSessions(BridgeCase):
    def test_all_callers_nobody_identified_are_not_one_user(self):
        for _ in range(12):
            self.bridge.start_session()


class AnonymousSessionsWithALimit(BridgeCase):
    env = {"MAX_SESSIONS_PER_USER": "2"}

    def test_a_limit_that_is_set_counts_for_them_too(self):
        for _ in range(2):
            self.bridge.start_session()
        self.assertError(self.bridge.post("/session/start"), 429, "too_many_requests")
