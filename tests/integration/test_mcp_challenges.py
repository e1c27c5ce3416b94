# SPDX-License-Identifier: GPL-3.0-or-later
"""What MCP clients are told when a request is refused for who sends it: the HTTP status and the
challenge that the authorization pages of 2025-06-18, 2025-11-25 and 2026-07-28 ask for, at every
endpoint, in both eras, and in the middle of a session."""
import json
import time
import unittest

from bridge import DEMO, Bridge
from idp import Idp, bearer, needs_idp
from mcpclient import BOTH, Events, LegacyClient, ModernClient, SseClient, message
from reloading import entry

POLICY = {"default": "allow", "rules": [{"effect": "allow", "tools": "write", "requireScope": "files:write"},
                    {"effect": "allow", "prompts": "*", "requireScope": "prompts:use"}]}
ENDPOINTS = (("/mcp", "one__"), ("/servers/one/mcp", ""), ("/views/some/mcp", "one__"))
GROUP = {"groups": ["crew"]}
LEGACY = ("2025-11-25", "2025-06-18", "2025-03-26")
STREAM_ONLY = {"Accept": "text/event-stream"}


class ChallengeCase(unittest.TestCase):
    @classmethod
    def more_env(cls):
        return {}

    env = {"BRIDGE_REQUIRED_GROUPS": "crew", "MCP_OAUTH_SCOPES": "mcp:tools"}
    servers = {"one": entry("counter", "--tools", "read,write"),
               "two": entry("watched", "--changes", "/dev/null")}
    policy = POLICY

    @classmethod
    def setUpClass(cls):
        cls.idp = Idp().start()
        cls.addClassCleanup(cls.idp.__exit__)
        config = {"mcpServers": cls.servers,
                  "bridge": {"policy": cls.policy, "views": {"some": {"servers": ["one"]}}}}
        cls.bridge = Bridge(args=["--config", "{home}/config.json"], env=cls.idp.env(**cls.env, **cls.more_env()),
                            files={"config.json": json.dumps(config)})
        cls.bridge.start()
        cls.addClassCleanup(cls.bridge.directory.cleanup)
        cls.addClassCleanup(cls.bridge.stop)

    def mint(self, **claims):
        return self.idp.mint(**{"sub": "ada", **GROUP, **claims})

    def modern(self, path, token=None):
        client = ModernClient(self.bridge, path)
        client.extra = bearer(token) if token else {}
        self.addCleanup(client.close)
        return client

    def legacy(self, path, token, revision=LEGACY[0]):
        client = LegacyClient(self.bridge, path, revision)
        client.extra = bearer(token)
        self.addCleanup(client.close)
        client.initialize()
        return client

    def assertRefused(self, answer, status, *parts, without=()):
        self.assertNotIsInstance(answer, Events)
        self.assertEqual(answer.status, status, answer)
        challenge = answer.headers["WWW-Authenticate"] or ""
        metadata = f"http://127.0.0.1:{self.bridge.port}/.well-known/oauth-protected-resource"
        self.assertTrue(challenge.startswith("Bearer "), answer.headers.items())
        for part in (f'resource_metadata="{metadata}"', *parts):
            self.assertIn(part, challenge)
        for part in without:
            self.assertNotIn(part, challenge)


@needs_idp
class AtTheDoor(ChallengeCase):
    """Nothing of these reaches the gateway."""

    def everywhere(self, token, check):
        for path, _ in ENDPOINTS:
            with self.subTest(path=path, era="modern"):
                check(self.modern(path, token).post("tools/list"))
            for body in (message("initialize", {"protocolVersion": LEGACY[0], "capabilities": {}}, 1),
                         message("tools/list", id=2)):
                with self.subTest(path=path, era="legacy", method=body["method"]):
                    client = LegacyClient(self.bridge, path)
                    client.extra = bearer(token) if token else {}
                    check(client.raw(body))

    def test_without_a_token(self):
        self.everywhere(None, lambda answer: self.assertRefused(
            answer, 401, 'scope="mcp:tools"', without=("error=",)))

    def test_with_a_bad_or_an_old_token(self):
        for token in ("garbage", self.mint(exp=1_000_000_000)):
            self.everywhere(token, lambda answer: self.assertRefused(
                answer, 401, 'error="invalid_token"', 'scope="mcp:tools"'))

    def test_outside_the_groups(self):
        # Another token of the same person would not help: there is no scope to ask for.
        self.everywhere(self.mint(groups=["other"]), lambda answer: self.assertRefused(
            answer, 403, without=("error=", "scope=")))


@needs_idp
class InASession(ChallengeCase):
    def mint(self, **claims):
        return super().mint(**{"sub": self.id(), **claims})

    def each(self, check, token):
        """`check` with a client of each kind at each endpoint."""
        for path, prefix in ENDPOINTS:
            with self.subTest(path=path, era="modern"):
                check(self.modern(path, token), prefix)
            for revision in LEGACY:
                with self.subTest(path=path, revision=revision):
                    client = self.legacy(path, token, revision)
                    check(client, prefix)
                    client.extra = bearer(token)
                    client.send("DELETE", None, client.fields())

    def test_a_token_that_ends_in_the_middle(self):
        token = self.mint()
        old = self.mint(exp=int(time.time()) - 60)

        def check(client, prefix):
            client.call(prefix + "read")
            client.extra = bearer(old)
            for accept in (BOTH, "text/event-stream"):
                answer = client.post("tools/call", {"name": prefix + "read", "arguments": {}},
                                     headers={"Accept": accept})
                self.assertRefused(answer, 401, 'error="invalid_token"')
            client.extra = bearer(token)
            client.call(prefix + "read")
        self.each(check, token)

    def test_streams_of_legacy_sessions(self):
        token = self.mint()
        for path, _ in ENDPOINTS:
            client = self.legacy(path, token)
            for bad, status in ((self.mint(exp=1), 401), (self.mint(groups=["other"]), 403)):
                client.extra = bearer(bad)
                self.assertRefused(client.listen(), status)
                self.assertRefused(client.send("DELETE", None, client.fields()), status)

    def test_a_scope_the_policy_wants(self):
        """Step-up: told as HTTP, whatever kind of answer the client prefers."""
        token, scoped = self.mint(), self.mint(scope="files:write")

        def check(client, prefix):
            params = {"name": prefix + "write", "arguments": {}}
            for headers in ({}, STREAM_ONLY):
                answer = client.post("tools/call", params, headers=headers)
                self.assertRefused(answer, 403, 'error="insufficient_scope"',
                                   'scope="files:write"', "error_description=")
                self.assertIn("error", answer.json)
            client.extra = bearer(scoped)
            self.assertEqual(client.call(prefix + "write")["content"][0]["type"], "text")
        self.each(check, token)

    def test_a_scope_for_prompts(self):
        for client in (self.modern("/servers/two/mcp", self.mint()),
                       self.legacy("/servers/two/mcp", self.mint())):
            for headers in ({}, STREAM_ONLY):
                answer = client.post("prompts/get", {"name": "greeting"}, headers=headers)
                self.assertRefused(answer, 403, 'scope="prompts:use"')

    def test_all_of_a_batch(self):
        client = self.legacy("/servers/one/mcp", self.mint(), "2025-03-26")
        write = {"name": "write", "arguments": {}}
        both = [message("tools/call", write, 1), message("tools/call", write, 2)]
        self.assertRefused(client.raw(both), 403, 'scope="files:write"')
        mixed = client.raw([message("tools/call", write, 3), message("ping", id=4)])
        self.assertEqual(mixed.status, 200)

    def test_another_group_than_his(self):
        for path, _ in ENDPOINTS:
            answer = self.modern(path + "?group=other", self.mint()).post("tools/list")
            self.assertRefused(answer, 403, without=("error=",))
            made = LegacyClient(self.bridge, path + "?group=other")
            made.extra = bearer(self.mint())
            self.assertRefused(made.post("initialize", {"protocolVersion": LEGACY[0],
                                                        "capabilities": {}}),
                               403, without=("error=",))
            # A session has the group it was begun with, as long as he is in it.
            token = self.mint(groups=["crew", "other"])
            inside = self.legacy(path + "?group=other", token)
            inside.extra = bearer(self.mint())
            self.assertRefused(inside.post("tools/list"), 403, without=("error=",))


@needs_idp
class OverSse(ChallengeCase):
    """The transport of 2024-11-05: messages are refused by HTTP, calls on the stream."""
    servers = {"one": entry("counter", "--tools", "read,write")}

    def setUp(self):
        self.client = SseClient(self.bridge, headers=bearer(self.mint()))
        self.addCleanup(self.client.close)
        self.client.initialize()

    def test_messages(self):
        ping = message("ping", id=9)
        for token, status in ((None, 401), ("garbage", 401), (self.mint(exp=1), 401),
                              (self.mint(groups=["other"]), 403)):
            answer = self.bridge.post(self.client.endpoint, ping, token=token)
            self.assertRefused(answer, status)
        answer = self.bridge.post(self.client.endpoint + "&group=other", ping, token=self.mint())
        self.assertRefused(answer, 403)
        self.assertEqual(self.client.request("ping")[0]["result"], {})

    def test_a_missing_scope_is_told_on_the_stream(self):
        answer, _ = self.client.request("tools/call", {"name": "write", "arguments": {}})
        self.assertIn("files:write", answer["error"]["message"])

    def test_opening_one(self):
        for token, status in ((None, 401), (self.mint(exp=1), 401),
                              (self.mint(groups=["other"]), 403)):
            self.assertRefused(self.bridge.get("/sse", token=token), status)


@needs_idp
class WhenAServerIsAsked(ChallengeCase):
    """Refusals that come up only when a server is about to be asked."""
    env = {"AUTH_PROVIDER": "entra", "ENTRA_TENANT_ID": "test", "OAUTH_CLIENT_ID": "bridge",
           "OAUTH_CLIENT_SECRET": "a-secret", "OAUTH_TOKEN_EXCHANGE_SCOPE": "api://far/.default",
           "OAUTH_ENV": "TOKEN", "MCP_IDENTIFIER_ENCODING": "legacy"}
    policy = {"default": "allow", "rules": []}
    servers = {"one": entry("counter", "--tools", "read"),
               "his": {**entry("counter", "--tools", "read"), "env": {"WHO": "{user_id}"}},
               "named": entry("counter", "--tools", "read", "{user_id}")}

    @classmethod
    def more_env(cls):
        return {"ENTRA_AUTHORITY": cls.idp.url}

    def clients(self, path, token=None):
        made = LegacyClient(self.bridge, path)
        made.extra = bearer(token) if token else {}
        self.addCleanup(made.close)
        made.initialize()
        return self.modern(path, token), made

    def refuse(self, path, token, *expected, **how):
        for client in self.clients(path, token):
            for headers in ({}, STREAM_ONLY):
                with self.subTest(path=path, client=type(client).__name__, headers=headers):
                    answer = client.post("tools/call", {"name": "read", "arguments": {}},
                                         headers=headers)
                    self.assertRefused(answer, *expected, **how)

    def test_a_server_that_has_to_know_who_calls(self):
        for path in ("/servers/his/mcp", "/servers/one/mcp"):
            self.refuse(path, None, 401, without=("error=",))

    def test_one_server_that_cannot_be_used_by_him(self):
        """No other token would help, and the others serve him, so it is no answer of HTTP: clients
        of the legacy era forget a request whose answer has another status than 200."""
        modern, legacy = self.clients("/servers/named/mcp", self.mint(sub="-ada"))
        params = {"name": "read", "arguments": {}}
        for headers in ({}, STREAM_ONLY):
            self.assertRefused(modern.post("tools/call", params, headers=headers), 403,
                               without=("error=",))
        for answer in (legacy.post("tools/call", params), legacy.post("tools/list")):
            self.assertEqual(answer.status, 200)
            self.assertIn("begins with", answer.json["error"]["message"])
        told = legacy.post("tools/call", params, headers=STREAM_ONLY).messages()[-1]
        self.assertIn("begins with", told["error"]["message"])

    def test_what_the_identity_provider_wants_of_him(self):
        claims = '{"access_token":{"polids":{"essential":true}}}'
        self.idp.set(exchangeError={"status": 400, "body": {"error": "interaction_required",
                                                            "claims": claims}})
        self.addCleanup(self.idp.set, exchangeError=None)
        self.refuse("/servers/one/mcp", self.mint(), 401, 'error="insufficient_claims"')


if __name__ == "__main__":
    unittest.main()
