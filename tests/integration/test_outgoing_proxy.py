# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTPS_PROXY, HTTP_PROXY and NO_PROXY: the way to identity providers and remote MCP servers where
everything goes through a proxy. Nobody but the proxy of these tests knows the names in .example."""
import socket
import threading
import unittest

from bridge import DEMO, Bridge, fixture, run_once
from case import BridgeCase
from certificates import needs_openssl
from connectproxy import ConnectProxy
from idp import Idp, needs_idp
from remote import Remote

SECRET = "proxy-secret-577"


@needs_idp
@needs_openssl
class IdentityProvider(BridgeCase):
    @classmethod
    def setUpClass(cls):
        cls.idp = Idp(tls=True).start()
        cls.base = f"https://idp.example:{cls.idp.port}"
        cls.token = cls.idp.mint(sub="alice", iss=f"{cls.base}/realms/test")

    @classmethod
    def tearDownClass(cls):
        cls.idp.__exit__()

    def behind(self, **env):
        return Bridge(DEMO, {"AUTH_BASE_URL": self.base, "KEYCLOAK_REALM": "test",
                             "EGRESS_CA_BUNDLE": self.idp.certificate(), **env})

    def test_keys_are_fetched_through_a_tunnel(self):
        for name in ("HTTPS_PROXY", "https_proxy"):
            with self.subTest(name), ConnectProxy(user="ann:" + SECRET) as proxy, \
                    self.behind(**{name: proxy.url}) as bridge:
                answer = self.assertStatus(bridge.get("/oauth/userinfo", token=self.token), 200)
                self.assertEqual(answer.json["sub"], "alice")
                self.assertIn(f"CONNECT idp.example:{self.idp.port}", proxy.seen)
                self.assertNotIn(SECRET, bridge.log())

    def test_the_lower_case_name_wins(self):
        with ConnectProxy() as proxy, ConnectProxy() as other, \
                self.behind(https_proxy=proxy.url, HTTPS_PROXY=other.url) as bridge:
            self.assertStatus(bridge.get("/oauth/userinfo", token=self.token), 200)
            self.assertEqual(other.seen, [])

    def test_no_proxy_is_obeyed(self):
        for entry in ("idp.example", ".example", "other.test, *"):
            with self.subTest(entry), ConnectProxy() as proxy, \
                    self.behind(HTTPS_PROXY=proxy.url, NO_PROXY=entry) as bridge:
                self.assertError(bridge.get("/oauth/userinfo", token=self.token), 503)
                self.assertEqual(proxy.seen, [])

    def test_this_machine_is_never_asked_for_through_a_proxy(self):
        with ConnectProxy() as proxy, Bridge(DEMO, {
                **self.idp.env(), "EGRESS_CA_BUNDLE": self.idp.certificate(),
                "HTTPS_PROXY": proxy.url, "HTTP_PROXY": proxy.url}) as bridge:
            self.assertStatus(bridge.get("/oauth/userinfo", token=self.idp.mint(sub="bob")), 200)
            self.assertEqual(proxy.seen, [])

    def test_a_refusal_of_the_proxy_is_told_in_the_log(self):
        for how, env, words in (
                ({"user": "ann:" + SECRET}, {}, ("407", "HTTPS_PROXY")),
                ({"refuse": "403 Forbidden"}, {}, ("refuses", "NO_PROXY"))):
            with self.subTest(words), ConnectProxy(**how) as proxy:
                url = proxy.url.replace("ann:" + SECRET, "ann:wrong-" + SECRET)
                with self.behind(HTTPS_PROXY=url, **env) as bridge:
                    answer = bridge.get("/oauth/userinfo", token=self.token)
                    self.assertError(answer, 503, "idp_unavailable")
                    for word in (*words, f"127.0.0.1:{proxy.port}"):
                        self.assertIn(word, bridge.log())
                    self.assertNotIn(SECRET, bridge.log() + answer.text)

    def test_a_wrong_setting_ends_the_start_without_showing_the_password(self):
        for value in (f"socks5://u:{SECRET}@proxy.example", f"http://u:{SECRET}@p.example/x"):
            for name in ("HTTPS_PROXY", "http_proxy"):
                with self.subTest(value=value, name=name):
                    status, text = run_once(env={name: value})
                    self.assertEqual(status, 2, text)
                    self.assertIn(name.upper(), text)
                    self.assertNotIn(SECRET, text)

    def test_administrators_do_not_see_it(self):
        with ConnectProxy(user="ann:" + SECRET) as proxy, \
                self.behind(HTTPS_PROXY=proxy.url, ADMIN_TOKEN="admin-token-0123456789") as bridge:
            answer = bridge.get("/admin/config", token="admin-token-0123456789")
            self.assertStatus(answer, 200)
            self.assertIn("HTTPS_PROXY", answer.text)
            self.assertNotIn(SECRET, answer.text)


class RemoteServer(BridgeCase):
    @classmethod
    def setUpClass(cls):
        cls.remote = Remote(fixture("probe"))
        cls.port = cls.remote.url.rpartition(":")[2]

    @classmethod
    def tearDownClass(cls):
        cls.remote.stop()

    def test_calls_go_through_the_proxy(self):
        for route in ("/mcp", "/sse"):
            with self.subTest(route), ConnectProxy(user="ann:" + SECRET) as proxy, Bridge(DEMO, {
                    "MCP_REMOTE_SERVER": f"http://mcp.example:{self.port}{route}",
                    "HTTP_PROXY": proxy.url}) as bridge:
                self.assertStatus(bridge.call("argv"), 200)
                self.assertTrue(any(line.endswith(f"http://mcp.example:{self.port}{route}")
                                    for line in proxy.seen), proxy.seen)
                self.assertNotIn(SECRET, bridge.log())

    def test_a_refusal_of_the_proxy_is_told(self):
        for url, name in (("http://mcp.example", "HTTP_PROXY"),
                          ("https://mcp.example", "HTTPS_PROXY")):
            with self.subTest(url), ConnectProxy(user="ann:" + SECRET) as proxy, Bridge(DEMO, {
                    "MCP_REMOTE_SERVER": f"{url}:{self.port}/mcp",
                    name: f"http://127.0.0.1:{proxy.port}"}) as bridge:
                body = self.assertError(bridge.call("argv"), 502)
                self.assertIn("407", body["detail"])
                self.assertIn(name, body["detail"])


    def test_a_proxy_that_hangs_up_or_is_not_there_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]

            def hang_up():
                while True:
                    try:
                        server.accept()[0].close()
                    except OSError:
                        return
            threading.Thread(target=hang_up, daemon=True).start()
            self.named("http", port)
            server.shutdown(socket.SHUT_RDWR)
        self.named("http", port)
        self.named("https", port)

    def named(self, scheme, port):
        with self.subTest(scheme), Bridge(DEMO, {
                "MCP_REMOTE_SERVER": f"{scheme}://mcp.example:{self.port}/mcp",
                f"{scheme.upper()}_PROXY": f"http://127.0.0.1:{port}"}) as bridge:
            answer = bridge.call("argv")
            self.assertIn(answer.status, (502, 504), answer)
            self.assertIn(f"proxy 127.0.0.1:{port}", answer.detail)
            self.assertNotIn("Allow it there", answer.detail)


class Children(BridgeCase):
    """They see the variables of the proxy only where that is configured."""

    def of_child(self, **env):
        env = {"HTTPS_PROXY": "http://u:" + SECRET + "@proxy.example:1", "NO_PROXY": "a.test", **env}
        with Bridge(fixture("probe"), env) as bridge:
            return [bridge.call("read_env", {"name": name}).text
                    for name in ("HTTPS_PROXY", "NO_PROXY")]

    def test_they_see_nothing_of_it(self):
        for text in self.of_child():
            self.assertNotIn("proxy.example", text)
            self.assertNotIn("a.test", text)

    def test_they_see_it_when_told_so(self):
        for globs in ("HTTPS_PROXY,NO_PROXY", "*_PROXY", "*"):
            with self.subTest(globs):
                proxy, none = self.of_child(MCP_CHILD_ENV_PASSTHROUGH=globs)
                self.assertIn("proxy.example", proxy)
                self.assertIn("a.test", none)


if __name__ == "__main__":
    unittest.main()
