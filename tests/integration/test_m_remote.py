# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 M: remote MCP servers (§8). M1 to M5 are in test_m_headers, https in test_m_tls, C
through a remote server in test_m_errors."""
import time

from bridge import SLOW, Bridge, fixture, run_once, wait_for
from case import BridgeCase
from remote import Remote, RemoteCase, values

SECRET = "shared-token-4711"


class Basics(RemoteCase):
    """One server, every way to reach it."""

    upstream = fixture("probe")

    def test_tools_are_listed_and_called(self):
        names = [tool["name"] for tool in self.bridge.get("/tools").json]
        self.assertIn("argv", names)
        self.assertStatus(self.bridge.call("argv"), 200)

    def test_a_session_keeps_its_server_and_ends_it(self):
        session = self.bridge.start_session()
        pids = {self.bridge.call("pid", session=session).text for _ in range(3)}
        self.assertEqual(len(pids), 1)
        self.assertStatus(self.bridge.post("/session/close", session=session), 200)

    def test_the_session_list_shows_the_server(self):
        servers = self.assertStatus(self.bridge.get("/servers"), 200)
        self.assertNotIn("/mcp", servers.text.replace('"/mcp', ""))


class BasicsModern(Basics):
    remote_flags = ["--era", "modern"]

    def test_a_session_keeps_its_server_and_ends_it(self):
        session = self.bridge.start_session()
        self.assertStatus(self.bridge.call("pid", session=session), 200)

    def test_requests_carry_the_modern_headers(self):
        self.bridge.call("argv")
        call = self.remote.seen(rpc="tools/call")[-1]
        self.assertEqual(values(call, "MCP-Protocol-Version"), ["2026-07-28"])
        self.assertEqual(values(call, "Mcp-Method"), ["tools/call"])
        self.assertEqual(values(call, "Mcp-Name"), ["argv"])
        self.assertEqual(values(call, "Mcp-Session-Id"), [])


class BasicsModernJson(BasicsModern):
    remote_flags = ["--era", "modern", "--json"]


class BasicsLegacy(Basics):
    remote_flags = ["--era", "legacy"]

    def test_every_request_of_a_session_names_it_and_the_end_deletes_it(self):
        self.remote.forget()
        session = self.bridge.start_session()
        self.bridge.call("argv", session=session)
        call = self.remote.seen(rpc="tools/call")[-1]
        ident = values(call, "Mcp-Session-Id")
        self.assertEqual(len(ident), 1)
        self.assertEqual(values(call, "MCP-Protocol-Version"), ["2025-11-25"])
        self.bridge.post("/session/close", session=session)
        wait_for(lambda: ident in [values(one, "Mcp-Session-Id")
                                   for one in self.remote.seen("DELETE")], what="the DELETE")

    def test_sessionless_calls_use_one_session_again(self):
        self.bridge.call("argv")
        self.remote.forget()
        for _ in range(3):
            self.assertStatus(self.bridge.call("argv"), 200)
        self.assertEqual(self.remote.seen(rpc="initialize"), [])


class BasicsLegacyJson(BasicsLegacy):
    remote_flags = ["--era", "legacy", "--json"]


class Sse(Basics):
    """M6"""

    route = "/sse"

    def test_an_address_that_ends_in_sse_is_never_posted_to(self):
        self.bridge.call("argv")
        self.assertEqual([one for one in self.remote.seen("POST") if one["path"] == "/sse"], [])
        self.assertTrue(self.remote.seen("GET"))


class Fallback(Basics):
    """An HTTP+SSE server whose address does not say so: POST is refused with 405."""

    route = "/events"

    def test_the_server_is_posted_to_until_it_is_known(self):
        self.bridge.call("argv")
        self.remote.forget()
        self.bridge.start_session()
        self.assertEqual([one for one in self.remote.seen("POST") if one["path"] == "/events"], [])


class NamedSse(RemoteCase):
    """§8 transport: the setting goes before what the address looks like."""

    upstream = fixture("probe")
    env = {"MCP_REMOTE_TRANSPORT": "sse"}
    route = "/events"

    def test_the_setting_saves_the_attempt(self):
        self.assertStatus(self.bridge.call("argv"), 200)
        self.assertEqual([one for one in self.remote.seen("POST") if one["path"] == "/events"], [])


class NamedHttp(RemoteCase):
    upstream = fixture("probe")
    env = {"MCP_REMOTE_TRANSPORT": "http"}
    route = "/sse"

    def test_the_older_transport_is_not_tried(self):
        self.assertError(self.bridge.call("argv"), 404, "upstream_status")
        self.assertEqual([one for one in self.remote.seen("GET") if one["path"] == "/sse"], [])


class ForeignEndpoint(RemoteCase):
    upstream = fixture("probe")
    remote_flags = ["--sse-origin", "http://127.0.0.2:9"]
    route = "/sse"

    def test_messages_never_go_to_another_origin(self):
        self.assertError(self.bridge.call("argv"), 502)


class HangingClose(RemoteCase):
    upstream = fixture("probe")
    remote_flags = ["--era", "legacy", "--hang-close", "60"]
    env = {"MCP_REMOTE_TEARDOWN_TIMEOUT_SECONDS": "1"}

    def test_closing_waits_for_nobody_and_the_bridge_only_so_long(self):
        """M7"""
        session = self.bridge.start_session()
        began = time.monotonic()
        self.assertStatus(self.bridge.post("/session/close", session=session), 200)
        self.assertLess(time.monotonic() - began, 0.9 * SLOW)
        other = Bridge((), {**self.env, "MCP_REMOTE_SERVER": self.remote.url + "/mcp"})
        with other:
            other.start_session()
            began = time.monotonic()
            other.stop()
            self.assertLess(time.monotonic() - began, 4 * SLOW)
            self.assertIn("did not end its session", other.log())


class Startup(BridgeCase):
    """M8 and other wrong settings."""

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def refuses(self, env, *words):
        status, output = run_once(env={"MCP_REMOTE_SERVER": "http://127.0.0.1:9/mcp", **env})
        self.assertNotEqual(status, 0)
        for word in words:
            self.assertIn(word, output)

    def test_a_local_and_a_remote_server_are_too_much(self):
        self.refuses({"MCP_SERVER_COMMAND": "cat"}, "MCP_REMOTE_SERVER", "Keep one")

    def test_wrong_values_are_named(self):
        self.refuses({"MCP_REMOTE_AUTH_HEADER_VALUE_TEMPLATE": "{tokn}"}, "{tokn}")
        self.refuses({"MCP_REMOTE_CA_BUNDLE": "/nowhere/ca.pem"}, "MCP_REMOTE_CA_BUNDLE")
        self.refuses({"MCP_REMOTE_TRANSPORT": "carrier pigeon"}, "MCP_REMOTE_TRANSPORT")
        self.refuses({"MCP_REMOTE_SERVER": "ftp://x"}, "MCP_REMOTE_SERVER")


class Redirects(BridgeCase):
    @classmethod
    def setUpClass(cls):
        cls.other = Remote(fixture("probe"))
        cls.first = Remote(fixture("probe"), ["--redirect", cls.other.url + "/mcp"])
        cls.same = Remote(fixture("probe"))

    @classmethod
    def tearDownClass(cls):
        for one in (cls.other, cls.first, cls.same):
            one.stop()

    def test_a_redirect_to_another_origin_is_not_followed(self):
        """M9"""
        env = {"MCP_REMOTE_SERVER": self.first.url + "/redirect",
               "MCP_REMOTE_BEARER_TOKEN": SECRET}
        with Bridge((), env) as bridge:
            self.assertError(bridge.call("argv"), 502)
        self.assertEqual(self.other.seen(), [])

    def test_a_redirect_within_the_origin_is(self):
        with Bridge((), {"MCP_REMOTE_SERVER": self.same.url + "/redirect"}) as bridge:
            self.assertStatus(bridge.call("argv"), 200)

    def test_streams_are_redirected_by_the_same_rule(self):
        """M9 over HTTP+SSE"""
        env = {"MCP_REMOTE_BEARER_TOKEN": SECRET, "MCP_REMOTE_TRANSPORT": "sse"}
        self.other.forget()
        with Bridge((), {**env, "MCP_REMOTE_SERVER": self.first.url + "/redirect"}) as bridge:
            self.assertError(bridge.call("argv"), 502)
        self.assertEqual(self.other.seen(), [])
        with Bridge((), {**env, "MCP_REMOTE_SERVER": self.same.url + "/redirect"}) as bridge:
            self.assertStatus(bridge.call("argv"), 200)


class Paged(RemoteCase):
    upstream = fixture("paged")

    def test_all_pages_are_fetched(self):
        """M10"""
        self.assertEqual(len(self.bridge.get("/tools").json), 25)


class PagedLegacy(Paged):
    remote_flags = ["--era", "legacy"]


class PagedSse(Paged):
    route = "/sse"


class Retries(RemoteCase):
    upstream = fixture("probe")
    remote_flags = ["--era", "legacy", "--refuse", 503, "--refuse-times", 1, "--retry-after", 1,
                    "--refuse-methods", "tools/list"]

    def test_a_listing_is_tried_again_when_the_server_says(self):
        began = time.monotonic()
        self.assertStatus(self.bridge.get("/tools"), 200)
        self.assertGreaterEqual(time.monotonic() - began, 0.9)
        self.assertEqual(len(self.remote.seen(rpc="tools/list")), 2)


class Unreachable(BridgeCase):
    server = ()
    env = {"MCP_REMOTE_SERVER": "http://127.0.0.1:9/secret-path"}

    def test_a_server_that_is_not_there_is_502_without_its_path(self):
        answer = self.bridge.call("argv")
        self.assertError(answer, 502)
        self.assertNotIn("secret-path", answer.text)
        self.assertStatus(self.bridge.get("/health"), 200)


class ManyServers(BridgeCase):
    server = ()

    @classmethod
    def setUpClass(cls):
        cls.remote = Remote(fixture("probe"))
        text = ('{"mcpServers":{"far":{"type":"streamableHttp","url":"%s/mcp","headers":'
                '{"Authorization":"Bearer file-secret-99"}},"old":{"type":"sse","url":"%s/sse"}}}'
                % (cls.remote.url, cls.remote.url))
        cls.files = {"mcp.json": text}
        cls.args = ["--config", "{home}/mcp.json"]
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        try:
            super().tearDownClass()
        finally:
            cls.remote.stop()

    def test_entries_with_url_are_remote_servers(self):
        for name in ("far", "old"):
            self.assertStatus(self.bridge.post(f"/servers/{name}/tools/argv", {}), 200)
        call = self.remote.seen(rpc="tools/call")[0]
        self.assertEqual(values(call, "Authorization"), ["Bearer file-secret-99"])
        self.assertNotIn("file-secret-99", self.bridge.log())
