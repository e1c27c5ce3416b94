# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §8, TLS: remote servers over https, in both transports."""
import json

from bridge import DEMO, Bridge, fixture, run_once
from case import BridgeCase
from certificates import Authority, needs_openssl
from remote import Remote, values

ROUTES = ("/mcp", "/sse")
TOKEN = "tls-secret-2718"


@needs_openssl
class Tls(BridgeCase):
    @classmethod
    def setUpClass(cls):
        cls.authority = cls.enterClassContextOf(Authority())
        cls.stranger = cls.enterClassContextOf(Authority("Somebody else"))
        sign = cls.authority.sign
        cls.good = cls.serve(sign("good"))
        cls.elsewhere = cls.serve(sign("elsewhere", ["DNS:elsewhere.example", "IP:10.0.0.1"]))
        cls.expired = cls.serve(sign("old", dates=("20200101000000Z", "20200201000000Z")))

    @classmethod
    def tearDownClass(cls):
        pass

    @classmethod
    def enterClassContextOf(cls, context):
        cls.addClassCleanup(context.__exit__)
        return context

    @classmethod
    def serve(cls, certificate):
        remote = Remote(fixture("probe"), ["--tls", *certificate])
        cls.addClassCleanup(remote.stop)
        return remote

    def behind(self, remote, route, **env):
        remote.forget()
        url = remote.url + route
        return Bridge(DEMO, {"MCP_REMOTE_SERVER": url, "MCP_REMOTE_BEARER_TOKEN": TOKEN, **env})

    def refuses(self, remote, *words, **env):
        """Nothing is sent, and the answer tells what to do."""
        for route in ROUTES:
            with self.subTest(route), self.behind(remote, route, **env) as bridge:
                body = self.assertError(bridge.call("argv"), 502)
                for word in ("is not trusted", *words):
                    self.assertIn(word, body["detail"])
                self.assertNotIn(self.authority.directory.name, body["detail"])
                self.assertError(bridge.post("/session/start"), 502)
                self.assertEqual(remote.seen(), [])
                self.assertGreaterEqual(
                    bridge.metric("mcp_remote_errors_total", error_type="connection")
                    + bridge.metric("mcp_remote_errors_total", error_type="closed"), 1)

    def works(self, remote, route, bridge):
        self.assertIn("argv", [tool["name"] for tool in
                               self.assertStatus(bridge.get("/tools"), 200).json])
        self.assertStatus(bridge.call("argv"), 200)
        session = bridge.start_session()
        self.assertStatus(bridge.call("argv", session=session), 200)
        self.assertStatus(bridge.post("/session/close", session=session), 200)
        calls = remote.seen(rpc="tools/call")
        self.assertEqual(len(calls), 2)
        self.assertEqual(values(calls[0], "Authorization"), ["Bearer " + TOKEN])

    def test_an_unknown_authority_is_not_trusted(self):
        self.refuses(self.good, "MCP_REMOTE_CA_BUNDLE")

    def test_a_bundle_replaces_the_systems_authorities(self):
        self.refuses(self.good, "MCP_REMOTE_CA_BUNDLE",
                     MCP_REMOTE_CA_BUNDLE=self.stranger.file)

    def test_an_authority_of_the_bundle_is_trusted(self):
        for route in ROUTES:
            bundle = {"MCP_REMOTE_CA_BUNDLE": self.authority.file}
            with self.subTest(route), self.behind(self.good, route, **bundle) as bridge:
                self.works(self.good, route, bridge)
                self.assertNotIn("is not checked", bridge.log())

    def test_a_certificate_for_another_host_is_refused(self):
        self.refuses(self.elsewhere, "another host name",
                     MCP_REMOTE_CA_BUNDLE=self.authority.file)

    def test_an_expired_certificate_is_refused(self):
        self.refuses(self.expired, "has expired", MCP_REMOTE_CA_BUNDLE=self.authority.file)

    def test_without_verification_anything_goes_and_the_start_warns(self):
        for remote in (self.good, self.elsewhere, self.expired):
            for route in ROUTES:
                off = {"MCP_REMOTE_VERIFY_TLS": "false"}
                with self.subTest(route), self.behind(remote, route, **off) as bridge:
                    self.assertIn("is not checked (MCP_REMOTE_VERIFY_TLS is off)", bridge.log())
                    self.works(remote, route, bridge)

    def test_nothing_is_warned_of_without_tls(self):
        remote = Remote(fixture("probe"))
        self.addCleanup(remote.stop)
        with self.behind(remote, "/mcp", MCP_REMOTE_VERIFY_TLS="false") as bridge:
            self.assertStatus(bridge.call("argv"), 200)
            self.assertNotIn("is not checked", bridge.log())

    def test_servers_of_the_file_are_checked_too(self):
        entries = {"far": {"url": self.good.url + "/mcp"},
                   "old": {"type": "sse", "url": self.good.url + "/sse"},
                   "wrong": {"url": self.elsewhere.url + "/mcp"}}
        files = {"mcp.json": json.dumps({"mcpServers": entries})}
        env = {"MCP_REMOTE_CA_BUNDLE": self.authority.file}
        with Bridge(DEMO, env, ["--config", "{home}/mcp.json"], files=files) as bridge:
            for name, status in (("far", 200), ("old", 200), ("wrong", 502)):
                self.assertStatus(bridge.post(f"/servers/{name}/tools/argv", {}), status)

    def test_a_server_without_tls_is_told_from_one_that_lies(self):
        remote = Remote(fixture("probe"))
        self.addCleanup(remote.stop)
        env = {"MCP_REMOTE_SERVER": remote.url.replace("http:", "https:") + "/mcp"}
        with Bridge(DEMO, env) as bridge:
            self.assertIn("https", self.assertError(bridge.call("argv"), 502)["detail"])

    def test_a_bundle_that_is_none_stops_the_start(self):
        status, output = run_once(env={"MCP_REMOTE_SERVER": self.good.url + "/mcp",
                                       "MCP_REMOTE_CA_BUNDLE": self.good.record})
        self.assertEqual(status, 2)
        self.assertIn("MCP_REMOTE_CA_BUNDLE", output)
