# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials that end while something is going on: streams end soon after, questions wait for
their own user, what runs may finish, and nobody gets what was another's."""
import json
import time
import unittest

from bridge import SLOW, Bridge, wait_for
from idp import Idp, bearer, needs_idp
from mcpclient import Events, LegacyClient, ModernClient
from reloading import entry

LEEWAY = 30  # seconds a token is taken longer, as clocks differ


@needs_idp
class ExpiryCase(unittest.TestCase):
    settings = {"mcpServers": {"ask": entry("elicit"), "slow": entry("slow"),
                               "told": entry("watched", "--changes", "{changes}")}}

    @classmethod
    def setUpClass(cls):
        cls.idp = Idp().start()
        cls.addClassCleanup(cls.idp.__exit__)
        config = json.dumps(cls.settings).replace("{changes}", cls.idp.path("changes"))
        open(cls.idp.path("changes"), "w").close()
        cls.bridge = Bridge(args=["--config", "{home}/config.json"],
                            env=cls.idp.env(BRIDGE_REQUIRED_GROUPS="crew", LOG_FORMAT="json"),
                            files={"config.json": config})
        cls.bridge.start()
        cls.addClassCleanup(cls.bridge.directory.cleanup)
        cls.addClassCleanup(cls.bridge.stop)

    def mint(self, sub="ada", left=None, **claims):
        """With `left`, one that is taken for that many seconds more."""
        if left is not None:
            claims["exp"] = int(time.time()) - LEEWAY + left
        return self.idp.mint(sub=sub, groups=["crew"], **claims)

    def legacy(self, path, token, **how):
        client = LegacyClient(self.bridge, path, **how)
        client.extra = bearer(token)
        self.addCleanup(client.close)
        client.initialize()
        return client

    def modern(self, path, token, **how):
        client = ModernClient(self.bridge, path, **how)
        client.extra = bearer(token)
        self.addCleanup(client.close)
        return client

    def refused(self, answer, status=401):
        self.assertNotIsInstance(answer, Events)
        self.assertEqual(answer.status, status, answer)

    def wait_until_refused(self, token):
        wait_for(lambda: self.bridge.get("/tools", token=token).status == 401, 15 * SLOW,
                 "the end of the token")


class Questions(ExpiryCase):
    def test_of_a_session_wait_for_their_user_with_a_new_token(self):
        token = self.mint(left=4)
        client = self.legacy("/servers/ask/mcp", token, capabilities={"elicitation": {}})
        call = client.post("tools/call", {"name": "ask_name", "arguments": {}})
        question = call.next_message().json
        answer = {"action": "accept", "content": {"name": "Ada"}}
        self.wait_until_refused(token)
        self.refused(client.answer(question["id"], answer))
        client.extra = bearer(self.mint("bob"))
        self.refused(client.answer(question["id"], answer), 404)
        client.extra = bearer(self.mint())
        self.assertEqual(client.answer(question["id"], answer).status, 202)
        self.assertIn("Ada", call.next_message().text)

    def test_of_a_modern_client_are_his_alone(self):
        token = self.mint(left=4)
        client = self.modern("/servers/ask/mcp", token, capabilities={"elicitation": {"form": {}}})
        first = client.call("ask_name")
        self.assertEqual(first["resultType"], "input_required")
        (key, _), = first["inputRequests"].items()
        again = {"name": "ask_name", "arguments": {}, "requestState": first["requestState"],
                 "inputResponses": {key: {"action": "accept", "content": {"name": "Ada"}}}}
        self.wait_until_refused(token)
        self.refused(client.post("tools/call", again))
        client.extra = bearer(self.mint("bob"))
        stolen = client.post("tools/call", again)
        last = stolen.messages()[-1] if isinstance(stolen, Events) else stolen.json
        self.assertNotIn("Ada", json.dumps(last))
        client.extra = bearer(self.mint())
        self.assertIn("Ada", json.dumps(client.result("tools/call", again)))


class Calls(ExpiryCase):
    def test_that_run_may_finish(self):
        for kind in (self.modern, self.legacy):
            client = kind("/servers/slow/mcp", self.mint(left=3))
            result = client.call("sleep", {"seconds": 4})
            self.assertFalse(result.get("isError"), result)
            self.refused(client.post("ping"))


class Streams(ExpiryCase):
    def test_end_and_tell_the_log_why(self):
        self.modern("/servers/told/mcp", self.mint()).result("tools/list")  # it runs
        token = self.mint(left=8)
        client = self.legacy("/servers/told/mcp", token)
        listening = client.listen()
        subscribed = self.modern("/servers/told/mcp", token).post(
            "subscriptions/listen", {"notifications": {"toolsListChanged": True}})
        begun = time.monotonic()
        self.assertEqual([event for event in listening.messages() if "method" in event], [])
        last = subscribed.messages()[-1]
        self.assertEqual(last["result"]["resultType"], "complete")
        self.assertLess(time.monotonic() - begun, 12 * SLOW)
        self.refused(client.listen())
        # The session is still his, and nobody else's.
        client.extra = bearer(self.mint("bob"))
        self.refused(client.listen(), 404)
        client.extra = bearer(self.mint())
        self.assertIsInstance(client.listen(), Events)
        ended = [json.loads(line) for line in self.bridge.log().splitlines()
                 if line.startswith("{") and "credential" in line]
        told = [one for one in ended if "/servers/told/mcp" == one.get("path")]
        self.assertEqual(len(told), 2, ended)


if __name__ == "__main__":
    unittest.main()
