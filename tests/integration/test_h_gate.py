# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 H3 to H5 with callers who are known: who may open /sse, and whose stream it is. The
server behind it is a remote one, which must not hear of those who are refused."""
from bridge import DEMO, fixture
from idp import IdpCase, bearer, needs_idp
from mcpclient import SseClient, message
from remote import Remote, values


@needs_idp
class Gate(IdpCase):
    server = DEMO

    @classmethod
    def setUpClass(cls):
        cls.remote = Remote(fixture("probe"))
        cls.addClassCleanup(cls.remote.stop)
        cls.env = {"MCP_REMOTE_SERVER": cls.remote.url + "/mcp", "BRIDGE_REQUIRED_GROUPS": "crew"}
        super().setUpClass()

    def member(self, name="ada"):
        return self.idp.mint(sub=name, groups=["crew"])

    def open(self, token):
        client = SseClient(self.bridge, headers=bearer(token))
        self.addCleanup(client.close)
        return client

    def refuse(self, status, path="/sse", headers=None):
        self.remote.forget()
        answer = self.bridge.get(path, headers=headers or {})
        self.assertStatus(answer, status)
        self.assertNotIn("event-stream", answer.headers["Content-Type"] or "")
        self.assertEqual(self.remote.seen(), [])
        return answer

    def test_h3_a_bearer_token_opens_the_stream_and_reaches_the_server(self):
        token = self.member()
        client = self.open(token)
        for body in (message("initialize", {
                "protocolVersion": "2024-11-05", "capabilities": {},
                "clientInfo": {"name": "t", "version": "1"}}, 1),
                message("notifications/initialized"),
                message("tools/call", {"name": "argv", "arguments": {}}, 2)):
            self.assertStatus(self.bridge.post(client.endpoint, body, token=token), 202)
        self.assertEqual(client.next().json["id"], 1)
        self.assertIn("result", client.next().json)
        self.assertEqual(values(self.remote.seen(rpc="tools/call")[-1], "Authorization"),
                         ["Bearer " + token])

    def test_h4_nobody_gets_in_without_a_good_token(self):
        challenge = self.refuse(401).headers["WWW-Authenticate"]
        self.assertTrue(challenge.startswith("Bearer"), challenge)
        self.refuse(401, headers=bearer("garbage"))
        self.refuse(401, headers=bearer(self.member() + "x"))
        self.refuse(401, headers=bearer(self.idp.mint(sub="ada", groups=["crew"], exp=1)))

    def test_h4_outsiders_and_foreign_groups_are_refused(self):
        self.refuse(403, headers=bearer(self.idp.mint(sub="eve", groups=["other"])))
        self.refuse(403, "/sse?group=other", headers=bearer(self.member()))

    def test_h5_a_stream_belongs_to_who_opened_it(self):
        client = self.open(self.member())
        ping = message("ping", id=1)
        for status, token in ((401, None), (403, self.idp.mint(sub="eve", groups=["other"]))):
            self.assertStatus(self.bridge.post(client.endpoint, ping, token=token), status)
        other = self.bridge.post(client.endpoint, ping, token=self.member("bob"))
        self.assertIn(other.status, (403, 404), other)
        self.assertStatus(self.bridge.post(client.endpoint, ping, token=self.member()), 202)
        self.assertEqual(client.next().json, {"jsonrpc": "2.0", "id": 1, "result": {}})
