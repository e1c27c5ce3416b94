# SPDX-License-Identifier: GPL-3.0-or-later
"""What remote servers are shown of MCP clients: the same as of REST callers (contract §7.7, §8)."""
from bridge import fixture
from mcpclient import LegacyClient, ModernClient, SseClient, message
from remote import RemoteCase, values

MINE = {"X-Tenant": "blue", "X-Other": "no", "Authorization": "Bearer mine"}


class Forwarding(RemoteCase):
    upstream = fixture("probe")
    env = {"MCP_REMOTE_SERVER_FORWARD_HEADERS": "X-Tenant"}

    def assertShown(self, tenant, authorization, rpc="tools/call"):
        seen = self.remote.seen(rpc=rpc)[-1]
        self.assertEqual(values(seen, "X-Tenant"), tenant)
        self.assertEqual(values(seen, "X-Other"), [])
        self.assertEqual(values(seen, "Authorization"), authorization)

    def test_each_modern_request_shows_its_own(self):
        client = ModernClient(self.bridge)
        client.call("argv", headers=MINE)
        self.assertShown(["blue"], ["Bearer mine"])
        client.call("argv", headers={"X-Tenant": "green"})
        self.assertShown(["green"], [])
        client.call("argv")
        self.assertShown([], [])

    def test_lists_are_asked_for_with_them(self):
        client = ModernClient(self.bridge)
        self.remote.forget()
        first = client.result("tools/list", headers={**MINE, "X-Tenant": "red"})
        self.assertShown(["red"], ["Bearer mine"], "tools/list")
        self.assertEqual(first["cacheScope"], "private")
        client.result("tools/list", headers={"X-Tenant": "white"})
        self.assertShown(["white"], [], "tools/list")
        self.assertEqual(client.result("tools/list")["cacheScope"], "public")

    def test_a_legacy_session_shows_those_it_began_with(self):
        client = LegacyClient(self.bridge)
        client.extra = {"Authorization": MINE["Authorization"]}
        answer = client.raw(message("initialize", {
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "t", "version": "1"}}, 0), MINE)
        client.session = answer.headers["Mcp-Session-Id"]
        client.raw(message("notifications/initialized"))
        client.call("argv", headers={"X-Tenant": "green"})
        self.assertShown(["blue"], ["Bearer mine"])

    def test_so_does_a_stream_of_2024(self):
        client = SseClient(self.bridge, headers=MINE)
        client.initialize()
        client.request("tools/call", {"name": "argv", "arguments": {}})
        self.assertShown(["blue"], ["Bearer mine"])
        client.close()


class SharedToken(Forwarding):
    """Everybody is served with the configured token; the caller's own goes nowhere."""

    env = {"MCP_REMOTE_SERVER_FORWARD_HEADERS": "X-Tenant",
           "MCP_REMOTE_BEARER_TOKEN": "shared"}

    def assertShown(self, tenant, authorization, rpc="tools/call"):
        super().assertShown(tenant, ["Bearer shared"], rpc)
