# SPDX-License-Identifier: GPL-3.0-or-later
"""How many event streams, and what else of them, one user may have (issue 3: caps)."""
import unittest

from bridge import wait_for
from case import BridgeCase
from mcpclient import Events, LegacyClient, ModernClient


class Limited(BridgeCase):
    env = {"MCP_MAX_SUBSCRIPTIONS_PER_USER": "2"}

    def client(self, kind):
        client = kind(self.bridge, "/mcp")
        self.addCleanup(client.close)
        return client

    def refused(self, answer):
        self.assertStatus(answer, 429)
        self.assertEqual(answer.json["error"]["code"], -32603)
        self.assertIn("MCP_MAX_SUBSCRIPTIONS_PER_USER", answer.json["error"]["message"])

    def test_subscriptions_of_modern_clients(self):
        client = self.client(ModernClient)

        def listen():
            return client.post("subscriptions/listen", {"notifications": {}}, id=1)
        streams = [listen(), listen()]
        for stream in streams:
            self.assertIsInstance(stream, Events)
            stream.next_message()
        answer = listen()
        self.refused(answer)
        self.assertEqual(answer.json["id"], 1)
        streams[0].close()
        wait_for(lambda: listen().status == 200, what="room for a subscription")

    def test_streams_of_legacy_clients_whatever_their_session(self):
        one, two = self.client(LegacyClient), self.client(LegacyClient)
        one.initialize()
        two.initialize()
        streams = [one.listen(), two.listen()]
        self.assertEqual([stream.status for stream in streams], [200, 200])
        self.refused(one.listen())
        self.refused(two.listen())
        streams[0].close()
        wait_for(lambda: two.listen().status == 200, what="room for a stream")


class Default(BridgeCase):
    def test_callers_nobody_identified_are_not_one_user(self):
        client = ModernClient(self.bridge, "/mcp")
        self.addCleanup(client.close)
        for _ in range(110):  # more than one user may have
            stream = client.post("subscriptions/listen", {"notifications": {}}, id=1)
            self.assertIsInstance(stream, Events)


if __name__ == "__main__":
    unittest.main()
