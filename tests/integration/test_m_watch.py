# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §8 and §9.1: time limits of remote servers, what is counted and what is logged."""
import json
import socket
import struct
import time

from bridge import DEMO, SLOW, Bridge, fixture, wait_for
from case import BridgeCase
from remote import WAYS, Remote, RemoteCase

SECRET = "canary-31415"


class Limits(BridgeCase):
    """What hangs is given up in time, with 504, and the bridge goes on."""

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def check(self, hanging, way, ask, **env):
        remote = Remote(fixture("probe"), ["--hang", *hanging, *way.get("remote_flags", ())])
        self.addCleanup(remote.stop)
        env["MCP_REMOTE_SERVER"] = remote.url + way.get("route", "/mcp")
        with Bridge(DEMO, env) as bridge:
            began = time.monotonic()
            self.assertError(ask(bridge), 504)
            self.assertLess(time.monotonic() - began, 6 * SLOW)
            self.assertStatus(bridge.get("/health"), 200)

    def test_a_handshake(self):
        for name, way in WAYS.items():
            with self.subTest(name):
                self.check(["server/discover", "initialize"], way, lambda bridge: bridge.call("argv"),
                           MCP_REMOTE_TIMEOUT=SLOW, MCP_START_TIMEOUT_SECONDS=2 * SLOW)

    def test_a_listing(self):
        for name, way in WAYS.items():
            with self.subTest(name):
                self.check(["tools/list"], way, lambda bridge: bridge.get("/tools"),
                           MCP_REMOTE_TIMEOUT=SLOW)

    def test_a_call_that_stays_silent(self):
        for name in ("legacy", "modern"):
            with self.subTest(name):
                self.check(["tools/call"], WAYS[name], lambda bridge: bridge.call("argv"),
                           MCP_REMOTE_IDLE_TIMEOUT=SLOW)

    def test_a_connection_that_is_never_made(self):
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            # Linux lets so many in without being asked; the others hear nothing.
            pending = [socket.socket() for _ in range(4)]
            for one in pending:
                self.addCleanup(one.close)
                one.setblocking(False)
                one.connect_ex(full.getsockname())
            env = {"MCP_REMOTE_SERVER": "http://127.0.0.1:%d/mcp" % full.getsockname()[1],
                   "MCP_REMOTE_CONNECT_TIMEOUT": SLOW}
            with Bridge(DEMO, env) as bridge:
                began = time.monotonic()
                self.assertError(bridge.call("argv"), 504)
                self.assertLess(time.monotonic() - began, 6 * SLOW)


class Counted(BridgeCase):
    """N4: the mcp_remote_* metrics."""

    @classmethod
    def setUpClass(cls):
        cls.remote = Remote(fixture("dialects"), ["--refuse", 503, "--refuse-methods",
                                                  "prompts/get"])
        cls.addClassCleanup(cls.remote.stop)
        servers = {"far": {"url": cls.remote.url + "/mcp"}, "old": {"url": cls.remote.url + "/sse"}}
        cls.files = {"mcp.json": json.dumps({"mcpServers": servers})}
        cls.args = ["--config", "{home}/mcp.json"]
        super().setUpClass()

    def count(self, name, **labels):
        return self.bridge.metric("mcp_remote_" + name, **labels)

    def test_requests_errors_and_times_by_server_and_method(self):
        for server in ("far", "old"):
            with self.subTest(server):
                base = f"/servers/{server}"
                call = {"server": server, "method": "tools/call"}
                self.bridge.post(base + "/tools/obeys", {})
                self.bridge.post(base + "/tools/rpc_internal", {})
                self.assertEqual(self.count("requests_total", **call, status="success"), 1)
                self.assertEqual(self.count("requests_total", **call, status="error"), 1)
                self.assertEqual(self.count("errors_total", **call, error_type="rpc_error"), 1)
                self.assertEqual(self.count("request_duration_seconds_count", **call), 2)
                self.assertGreater(self.count("request_duration_seconds_sum", **call), 0)
                self.bridge.post(base + "/prompts/strict", {"name": "x", "a": "x", "text": "x"})
                self.assertEqual(self.count("errors_total", server=server, method="prompts/get",
                                            error_type="http_503"), 1)

    def test_servers_and_methods_are_the_only_names(self):
        self.bridge.post("/servers/far/tools/invented_one", {})
        text = self.bridge.get("/metrics").text
        self.assertNotIn("invented_one", text)
        self.assertNotIn(self.remote.url.split(":")[-1], text)


class Given(RemoteCase):
    """A call that is given up counts as cancelled, one that took too long as timed out."""

    upstream = fixture("slow", "--events", "{remote}/events")
    args = ["--tool-timeout", "1"]

    def test_time_limits_are_told_from_departures(self):
        call = {"method": "tools/call"}
        self.assertError(self.bridge.call("sleep", {"seconds": 30, "label": "a"}), 504)
        self.assertEqual(self.bridge.metric("mcp_remote_errors_total", **call,
                                            error_type="timeout"), 1)
        connection = self.bridge.send("POST", "/tools/sleep", {"seconds": 0.9, "label": "b"})
        wait_for(lambda: len(self.remote.seen(rpc="tools/call")) == 2, what="the call")
        # A reset: who only stops sending may still wait for the answer.
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        wait_for(lambda: self.bridge.metric("mcp_remote_requests_total", **call,
                                            status="cancelled") == 1, what="the departure")


class Logged(RemoteCase):
    """Shapes only, of what goes out, comes back, and is logged over there."""

    upstream = fixture("logs")
    remote_flags = ["--era", "legacy"]  # a modern server logs for those only who ask it to
    env = {"MCP_REMOTE_LOG_REQUESTS": "true", "MCP_REMOTE_LOG_RESPONSES": "true",
           "LOG_LEVEL": "debug", "LOG_FORMAT": "json"}

    def entries(self, word):
        found = []
        for line in self.bridge.log().splitlines():
            entry = json.loads(line)
            if entry["message"] == word:
                found.append(entry)
        return found

    def test_requests_and_answers(self):
        self.bridge.call("all_levels", {"secret": SECRET})
        wait_for(lambda: any(one["method"] == "tools/call"
                             for one in self.entries("remote response")), what="the entry")
        asked = [one for one in self.entries("remote request") if one["method"] == "tools/call"]
        self.assertRegex(asked[0]["params"], r"^type=dict items=\d$")
        told = [one for one in self.entries("remote response") if one["method"] == "tools/call"][0]
        self.assertEqual((told["status"], told["server"]), ("success", "default"))
        self.assertRegex(told["result"], r"^type=dict items=\d$")
        self.assertGreater(told["duration_ms"], 0)
        self.assertNotIn(SECRET, self.bridge.log())

    def test_levels_of_the_server_become_ours(self):
        """§8: notice is info, alert and emergency are critical; the logger is MCP without a name"""
        word = "message of a remote server"
        before = len(self.entries(word))
        self.bridge.call("all_levels", {"secret": SECRET})
        wait_for(lambda: len(self.entries(word)) == before + 8, what="the entries")
        told = self.entries(word)[before:]
        self.assertEqual([one["server_level"] for one in told],
                         ["debug", "info", "info", "warning", "error", "critical", "critical",
                          "critical"])
        self.assertEqual({one["logger"] for one in told}, {"fixture"})
        self.assertEqual({one["data"] for one in told}, {"type=dict items=2"})
        self.bridge.call("texts")
        wait_for(lambda: len(self.entries(word)) == before + 11, what="the entries")
        told = self.entries(word)[-3:]
        self.assertEqual([one["data"] for one in told],
                         ["type=str chars=5", "type=number", "type=none"])
        self.assertEqual({one["logger"] for one in told}, {"MCP"})
        self.assertNotIn(SECRET, self.bridge.log())
        self.assertNotIn("words", self.bridge.log())


class NotLogged(RemoteCase):
    upstream = fixture("logs")

    def test_requests_are_not_logged_unasked(self):
        self.bridge.call("texts")
        self.assertNotIn("remote request", self.bridge.log())
        self.assertNotIn("remote response", self.bridge.log())
