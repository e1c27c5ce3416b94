# SPDX-License-Identifier: GPL-3.0-or-later
"""Walks over every route of the router as a stranger, as somebody else and with a token that has
expired. A route that lets any of them in and is not listed here fails the test."""
import re
import subprocess
import unittest

from bridge import SF, Bridge
from client import token
from idp import IdpCase, needs_idp
from mcpclient import message

#: Everybody may ask for these, with whatever credential or none. A route belongs here only after
#: somebody has thought about what it shows to the whole internet.
PUBLIC = {
    "GET /", "GET /health", "GET /readyz", "GET /healthz/child", "GET /metrics",
    "GET /docs", "GET /redoc", "GET /openapi.json", "GET /web/{file}",
    "GET /oauth/client-metadata.json", "GET /.well-known/agent.json",
    "GET /.well-known/agent-card.json",
    "GET /oauth/login", "GET /oauth/callback", "POST /oauth/logout",
    "GET /oauth/upstream/connect", "POST /oauth/upstream/connect",
    "GET /oauth/upstream/callback", "GET /oauth/upstream/callback/{place}",
    "GET /oauth/client-metadata/{place}",
}
for document in ("oauth-protected-resource", "oauth-authorization-server"):
    for behind in ("", "/mcp", "/sse", "/servers/{server}/mcp", "/views/{view}/mcp"):
        PUBLIC.add(f"GET /.well-known/{document}{behind}")

#: A session that is somebody else's is not there: 404, and 400 where MCP says so.
OF_A_SESSION = re.compile(r"/session/")
INITIALIZE = message("initialize", {"protocolVersion": "2025-06-18", "capabilities": {},
                                    "clientInfo": {"name": "t", "version": "1"}}, id=1)
ACCEPT = {"Accept": "application/json, text/event-stream"}


def routes_of(bridge):
    """(method, pattern, access) as the program lists them."""
    done = subprocess.run([bridge.command[0], "routes", *bridge.command[1:]], env=bridge.env,
                          cwd=bridge.home, capture_output=True, text=True, timeout=60, check=True)
    return [tuple(line.split(" ")) for line in done.stdout.splitlines()]


class Walk:
    """Asks for every route of `self.bridge`."""
    session = "nothing"

    def ask(self, method, pattern, **how):
        path = pattern.replace("{session}", self.session).replace("{server}", "default")
        path = re.sub(r"\{\w+\}", "add", path)
        body = None
        if method == "POST":
            body = INITIALIZE if path.endswith("/mcp") else {"a": 1, "b": 2}
            if "/prompts/" in path:
                body = {"name": "x"}
        headers = {**ACCEPT, **how.pop("headers", {})}
        return self.bridge.request("GET" if method == "*" else method, path, body,
                                   headers=headers, **how)

    def closed(self):
        return [(method, pattern) for method, pattern, _ in self.routes
                if f"{method} {pattern}" not in PUBLIC]


class WithAMadeUpToken(unittest.TestCase, Walk):
    """Where nothing verifies tokens, a made-up one is as good as none."""

    def walk(self, **env):
        with Bridge(env={"HOST": "0.0.0.0", "ADMIN_TOKEN": "an admin token of good length",
                         **env}) as self.bridge:
            self.routes = routes_of(self.bridge)
            for made_up in ("x", token("alice", groups=["staff"])):
                for method, pattern in self.closed():
                    with self.subTest(f"{method} {pattern}", token=made_up[:1]):
                        answer = self.ask(method, pattern, token=made_up)
                        self.assertEqual(answer.status, 401, answer)
                        self.assertRegex(answer.headers["WWW-Authenticate"], "^Bearer ")

    def test_on_a_bridge_for_holders_of_keys(self):
        self.walk(API_KEYS="a-key-of-good-length-4711")
        self.walk(API_KEYS="a-key-of-good-length-4711", AUTH_STRATEGIES="api-key,bearer")

    def test_around_the_proxy(self):
        self.walk(AUTH_TRUST_PROXY_HEADERS="true", AUTH_TRUSTED_PROXIES="10.9.9.9")

    def test_through_the_proxy(self):
        self.walk(AUTH_TRUST_PROXY_HEADERS="true", AUTH_TRUSTED_PROXIES="127.0.0.1")


@needs_idp
class EveryRoute(IdpCase, Walk):
    env = {"BRIDGE_REQUIRED_GROUPS": "staff", "ADMIN_TOKEN": "an admin token of good length",
           "MCP_OAUTH_SCOPES": "openid"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice = cls.idp.mint(sub="alice", groups=["staff"])
        cls.bob = cls.idp.mint(sub="bob", groups=["staff"])
        cls.expired = cls.idp.mint(sub="alice", groups=["staff"], exp=1_000_000_000)
        cls.session = cls.bridge.start_session(token=cls.alice)
        cls.routes = routes_of(cls.bridge)

    def test_the_list_is_complete(self):
        self.assertGreater(len(self.routes), 90)
        documented = set()
        for path, item in self.bridge.get("/openapi.json", token=self.alice).json["paths"].items():
            documented |= {(method.upper(), path) for method in item}
        known = {(method, pattern) for method, pattern, _ in self.routes}
        missing = {route for route in documented - known
                   if not re.match(r"/tools/[^{/]+$", route[1])}
        self.assertEqual(missing, set())

    def test_what_the_gate_holds_public_is_what_is_listed_here(self):
        open_ones = {f"{method} {pattern}" for method, pattern, access in self.routes
                     if access in ("public", "optional")}
        self.assertEqual(open_ones - PUBLIC, set())

    def test_without_a_token(self):
        for method, pattern in self.closed():
            with self.subTest(f"{method} {pattern}"):
                answer = self.ask(method, pattern)
                if pattern.endswith("/close"):  # not gated, but a stranger has no session
                    self.assertIn(answer.status, (400, 404))
                    continue
                self.assertStatus(answer, 401)
                self.assertRegex(answer.headers["WWW-Authenticate"], "^Bearer ")

    def test_with_an_expired_token(self):
        for method, pattern in self.closed():
            with self.subTest(f"{method} {pattern}"):
                answer = self.ask(method, pattern, token=self.expired)
                self.assertStatus(answer, 401)
                self.assertIn("invalid_token", answer.headers["WWW-Authenticate"])

    def test_with_a_forged_token(self):
        forged = self.idp.mint(how={"spoil": "signature"}, sub="alice", groups=["staff"])
        for method, pattern in self.closed():
            with self.subTest(f"{method} {pattern}"):
                self.assertStatus(self.ask(method, pattern, token=forged), 401)

    def test_as_somebody_outside(self):
        eve = self.idp.mint(sub="eve", groups=["guests"])
        for method, pattern in self.closed():
            with self.subTest(f"{method} {pattern}"):
                answer = self.ask(method, pattern, token=eve, session=self.session)
                known = next(access for one, other, access in self.routes
                             if (one, other) == (method, pattern))
                if known == "known":  # her own business, which is none
                    self.assertIn(answer.status, (200, 404))
                    self.assertNotIn("alice", answer.text)
                else:
                    self.assertStatus(answer, 403)

    def test_as_somebody_else(self):
        """Nothing of alice's session is reached by bob, who may use the bridge."""
        for method, pattern in self.closed():
            if not OF_A_SESSION.search(pattern) or pattern.endswith("/session/start"):
                continue
            for session in (self.session, f"{self.session}:{self.bob}"):
                with self.subTest(f"{method} {pattern}"):
                    answer = self.ask(method, pattern, token=self.bob, session=session)
                    self.assertError(answer, 404, "session_not_found")
        status = self.bridge.get(f"/session/{self.session}/status", token=self.alice)
        self.assertEqual(self.assertStatus(status, 200).json["total_requests"], 0)

    def test_as_somebody_else_by_header(self):
        for method, pattern in (("POST", "/tools/add"), ("GET", "/tools"), ("GET", "/prompts"),
                                ("GET", "/resources"), ("POST", "/session/ping"),
                                ("GET", "/session/status"), ("POST", "/tools/add/stream")):
            with self.subTest(f"{method} {pattern}"):
                answer = self.ask(method, pattern, token=self.bob, session=self.session)
                self.assertError(answer, 404, "session_not_found")
                cookie = f"{SF}={self.session}"
                answer = self.ask(method, pattern, token=self.bob, cookie=cookie)
                self.assertError(answer, 404, "session_not_found")

    def test_administration_is_for_administrators(self):
        admin = [(method, pattern) for method, pattern, access in self.routes if access == "admin"]
        self.assertGreaterEqual(len(admin), 3)
        for method, pattern in admin:
            with self.subTest(f"{method} {pattern}"):
                self.assertError(self.ask(method, pattern, token=self.alice), 403, "forbidden")
                right = {"X-Admin-Token": self.env["ADMIN_TOKEN"]}
                answer = self.ask(method, pattern, headers=right)
                self.assertNotIn(answer.status, (401, 403), answer)
                wrong = {"X-Admin-Token": "another token of good length"}
                self.assertStatus(self.ask(method, pattern, headers=wrong), 401)

    def test_the_public_ones_answer_strangers(self):
        for route in sorted(PUBLIC):
            with self.subTest(route):
                answer = self.ask(*route.split(" "))
                self.assertNotIn(answer.status, (401, 403, 500), answer)


if __name__ == "__main__":
    unittest.main()
