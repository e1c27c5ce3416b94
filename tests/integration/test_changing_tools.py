# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers whose tools change while they run (resources/docs/rest.md, "Tools that change")."""
import unittest

from bridge import fixture
from case import SessionCase
from mcpclient import LegacyClient


class OneSessionChanges(SessionCase):
    """A tool of one session's server adds another one: it exists in that session only."""

    server = fixture("logs")

    def names(self, session=None):
        answer = self.assertStatus(self.bridge.get("/tools", session=session), 200)
        return {tool["name"] for tool in answer.json}

    def add(self, name, session):
        self.assertStatus(self.bridge.call("add_tool", {"name": name}, session=session), 200)

    def test_the_session_sees_and_calls_its_new_tool_at_once(self):
        self.names()  # what everybody shares is known already
        session = self.start()
        self.add("mine", session)
        self.assertEqual(self.bridge.call("mine", session=session).json["content"][0]["text"],
                         "added")
        self.assertIn("mine", self.names(session))
        self.assertStatus(self.bridge.get("/tools/mine/schema", session=session), 200)
        stream = self.bridge.post("/tools/mine/stream", {}, session=session)
        self.assertIn("added", stream.text)

    def test_nobody_else_does_whoever_lists_first(self):
        session, other = self.start(), self.start()
        for name, first in (("secret_1", session), ("secret_2", other), ("secret_3", None)):
            with self.subTest(name):
                self.add(name, session)
                self.names(first)
                self.assertIn(name, self.names(session))
                self.assertNotIn(name, self.names(other))
                self.assertNotIn(name, self.names())
                self.assertError(self.bridge.call(name, session=other), 404, "tool_not_found")
                self.assertError(self.bridge.call(name), 404, "tool_not_found")
                self.assertNotIn(name, self.bridge.get("/openapi.json").text)

    def test_two_sessions_differ(self):
        one, two = self.start(), self.start()
        self.add("alpha", one)
        self.add("beta", two)
        self.assertEqual(self.names(one) - self.names(), {"alpha"})
        self.assertEqual(self.names(two) - self.names(), {"beta"})

    def test_mcp_sessions_differ_too(self):
        one, two = LegacyClient(self.bridge), LegacyClient(self.bridge)
        for client in (one, two):
            client.initialize()
            self.addCleanup(client.close)
        one.call("add_tool", {"name": "gamma"})
        self.assertEqual(one.call("gamma")["content"][0]["text"], "added")
        self.assertNotIn("gamma", [tool["name"] for tool in two.result("tools/list")["tools"]])
        self.assertNotIn("gamma", self.names())


if __name__ == "__main__":
    unittest.main()
