# SPDX-License-Identifier: GPL-3.0-or-later
"""What the access log tells of who called, which server was meant and why he was refused: the
same over REST and over MCP (resources/docs/operating.md, "Logs")."""
import json
import time
import unittest

from bridge import Bridge, wait_for
from idp import Idp, bearer, needs_idp
from mcpclient import LegacyClient, ModernClient, SseClient
from reloading import entry


@needs_idp
class AccessLog(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.idp = Idp().start()
        cls.addClassCleanup(cls.idp.__exit__)
        config = {"mcpServers": {"one": entry("counter", "--tools", "read"),
                                 "two": entry("counter", "--tools", "read")}}
        cls.bridge = Bridge(args=["--config", "{home}/config.json"],
                            env=cls.idp.env(LOG_FORMAT="json"),
                            files={"config.json": json.dumps(config)})
        cls.bridge.start()
        cls.addClassCleanup(cls.bridge.directory.cleanup)
        cls.addClassCleanup(cls.bridge.stop)

    def setUp(self):
        self.before = len(self.bridge.log())

    def entries(self, path, count=1):
        """The entries about `path` since the test began."""
        def find():
            lines = self.bridge.log()[self.before:].splitlines()
            found = [json.loads(line) for line in lines if line.startswith("{")]
            found = [one for one in found if one.get("path") == path]
            return found if len(found) >= count else None
        return wait_for(find, what=f"{count} entries about {path}")

    def call_everywhere(self, token):
        """A call over REST and in both eras of MCP; the entries about them."""
        headers = bearer(token) if token else {}
        self.bridge.post("/servers/one/tools/read", {}, token=token)
        modern = ModernClient(self.bridge)
        modern.extra = headers
        modern.call("one__read")
        legacy = LegacyClient(self.bridge)
        legacy.extra = headers
        legacy.initialize()
        legacy.call("one__read")
        calls = [one for one in self.entries("/mcp", 4) if one.get("mcp_method") == "tools/call"]
        return self.entries("/servers/one/tools/read") + calls

    def test_names_the_server_and_who_called(self):
        found = self.call_everywhere(self.idp.mint(sub="ada-lovelace"))
        self.assertEqual(len(found), 3)
        self.assertEqual([one["server"] for one in found], ["one"] * 3)
        self.assertEqual([one["tool"] for one in found], ["read", "one__read", "one__read"])
        self.assertEqual(len({one["user"] for one in found}), 1)
        self.assertRegex(found[0]["user"], r"^len=\d+ sha256=[0-9a-f]{12}$")
        self.assertNotIn("ada-lovelace", json.dumps(found))
        self.bridge.post("/servers/two/tools/read", {}, token=self.idp.mint(sub="bob"))
        other = self.entries("/servers/two/tools/read")[0]
        self.assertEqual(other["server"], "two")
        self.assertNotEqual(other["user"], found[0]["user"])

    def test_names_nobody_who_is_not_known(self):
        found = self.call_everywhere(None)
        self.assertEqual(len(found), 3)
        for one in found:
            self.assertNotIn("user", one)
            self.assertEqual(one["server"], "one")

    def test_tells_why_a_token_was_refused(self):
        old = self.idp.mint(sub="ada", exp=int(time.time()) - 60)
        self.bridge.get("/tools", token=old)
        refused = self.entries("/tools")[0]
        modern = ModernClient(self.bridge)
        modern.extra = bearer(old)
        modern.post("tools/list")
        for one in (refused, self.entries("/mcp")[0]):
            self.assertEqual((one["status"], one["error"]), (401, "token_expired"))
            self.assertIn("expired", one["reason"])
            self.assertEqual(one["error_type"], "authorization_error")
            self.assertNotIn("user", one)
            self.assertNotIn(old, json.dumps(one))

    def test_tells_what_a_refused_caller_came_with(self):
        env = self.idp.env(LOG_FORMAT="json", OAUTH_AUDIENCE="bridge",
                           BRIDGE_REQUIRED_GROUPS="ops")
        with Bridge(env=env) as bridge:
            for status, field, value, claims in (
                    (401, "audience", "other, account", {"aud": ["other", "account"]}),
                    (401, "audience", "none", {"aud": None}),
                    (403, "groups", 2, {"aud": "bridge", "groups": ["dev", "qa"]}),
                    (403, "groups", 0, {"aud": "bridge"})):
                with self.subTest(claims):
                    before = len(bridge.log())
                    answer = bridge.get("/tools", token=self.idp.mint(sub="ada", **claims))
                    self.assertEqual(answer.status, status)
                    self.assertNotIn(field, str(answer.headers))
                    self.assertNotIn("other", answer.text)
                    line = wait_for(lambda: [one for one in bridge.log()[before:].splitlines()
                                             if '"path":"/tools"' in one],
                                    what="the line of the request")[0]
                    self.assertEqual(json.loads(line)[field], value)
                    self.assertNotIn("dev", line)

    def test_tells_where_an_issuer_was_asked(self):
        env = self.idp.env(OAUTH_JWKS_URL=self.idp.url + "/nokeys?a=secret")
        with Bridge(env=env) as bridge:
            line = wait_for(lambda: [one for one in bridge.log().splitlines()
                                     if "cannot be asked" in one], what="the warning")[0]
            self.assertIn(f"{self.idp.url}/nokeys: check OAUTH_JWKS_URL", line)
            self.assertNotIn("secret", line)

    def test_tells_it_of_messages_of_the_old_transport(self):
        token = self.idp.mint(sub="ada")
        client = SseClient(self.bridge, headers=bearer(token))
        self.addCleanup(client.close)
        client.initialize()
        self.assertIn("user", self.entries("/sse/messages", 2)[0])
        self.bridge.post(client.endpoint, {}, token="garbage")
        refused = self.entries("/sse/messages", 3)[2]
        self.assertEqual(refused["status"], 401)
        self.assertIn("three parts", refused["reason"])
        self.assertNotIn("garbage", json.dumps(refused))


if __name__ == "__main__":
    unittest.main()
