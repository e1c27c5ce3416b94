# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 B5–B8, F10, F11, H5: what a caller began is his, on every way into the bridge."""
import json
import unittest

from bridge import PROGRAM, SF, Bridge, fixture
from idp import IdpCase, bearer, needs_idp
from mcpclient import LegacyClient, ModernClient, SseClient, message


class OwnersCase(IdpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice = cls.idp.mint(sub="alice", groups=["team"])
        cls.bob = cls.idp.mint(sub="bob", groups=["team"])


@needs_idp
class RestSessions(OwnersCase):
    def count(self, session, token):
        return self.bridge.call("call_counter", session=session, token=token)

    def test_b5_the_token_is_no_part_of_anything_that_comes_back(self):
        answer = self.bridge.post("/session/start", token=self.alice)
        session = answer.json["session_id"]
        for part in self.alice.split("."):
            self.assertNotIn(part, answer.text + str(answer.headers) + self.bridge.log())
        self.assertEqual(answer.json["user_id"], "alice")
        self.assertEqual(self.count(session, self.alice).result, 1)
        self.assertNotIn(self.alice.split(".")[2], self.bridge.log())

    def test_b6_a_refreshed_token_of_the_same_user_goes_on(self):
        session = self.bridge.start_session(token=self.alice)
        self.assertEqual(self.count(session, self.alice).result, 1)
        renewed = self.idp.mint(sub="alice", groups=["team"], jti="another")
        self.assertNotEqual(renewed, self.alice)
        self.assertEqual(self.count(session, renewed).result, 2)

    def test_b7_it_is_not_there_for_anybody_else(self):
        session = self.bridge.start_session(token=self.alice)
        self.count(session, self.alice)
        for token in (self.bob, None):
            self.assertError(self.count(session, token), 404, "session_not_found")
            self.assertError(self.bridge.post(f"/session/{session}/ping", token=token), 404)
            self.assertError(self.bridge.post(f"/session/{session}/close", token=token), 404)
        self.assertEqual(self.count(session, self.alice).result, 2)

    def test_b7_an_anonymous_session_is_not_a_users(self):
        session = self.bridge.start_session()
        self.assertError(self.count(session, self.alice), 404)
        self.assertEqual(self.count(session, None).result, 1)

    def test_b8_values_of_old_clients_are_understood(self):
        session = self.bridge.start_session(token=self.alice)
        self.assertEqual(self.count(f"{session}:{self.alice}", self.alice).result, 1)
        self.assertError(self.count(f"{session}:{self.alice}", self.bob), 404)
        self.assertError(self.count(f"{session}:{self.alice}", None), 404)

    def test_b9_two_users_may_use_one_name(self):
        wanted = {"session_id": "mine"}
        for token in (self.alice, self.bob):
            self.assertStatus(self.bridge.post("/session/start", wanted, token=token), 200)
        self.assertEqual(self.count("mine", self.alice).result, 1)
        self.assertEqual(self.count("mine", self.bob).result, 1)

    def test_everybody_lists_his_own(self):
        mine = self.bridge.start_session(token=self.bob)
        listed = self.bridge.get("/sessions", token=self.bob).json["sessions"]
        self.assertIn(mine, [entry["session_id"] for entry in listed])
        self.assertEqual({entry["user_id"] for entry in listed}, {"bob"})
        listed = self.bridge.get("/sessions", token=self.alice).json["sessions"]
        self.assertNotIn(mine, [entry["session_id"] for entry in listed])
        self.assertError(self.bridge.get("/sessions?scope=all", token=self.alice), 403)

    def test_the_limit_of_sessions_is_each_users(self):
        with Bridge(env={**self.idp.env(), "MAX_SESSIONS_PER_USER": "1"}) as bridge:
            for token in (self.alice, self.bob):
                self.assertStatus(bridge.post("/session/start", token=token), 200)
                self.assertError(bridge.post("/session/start", token=token), 429)


@needs_idp
class Administrators(OwnersCase):
    env = {"BRIDGE_ADMIN_GROUPS": "root"}

    def test_they_see_whose_sessions_there_are_but_not_their_ids(self):
        session = self.bridge.start_session(token=self.alice)
        admin = self.idp.mint(sub="carol", groups=["root"])
        answer = self.assertStatus(self.bridge.get("/sessions?scope=all", token=admin), 200)
        self.assertTrue(any("alice" in entry["owner"] for entry in answer.json["sessions"]))
        self.assertNotIn(session, answer.text)
        self.assertError(self.bridge.call("call_counter", session=session, token=admin), 404)

    def test_the_settings_are_shown_to_them_without_secrets(self):
        self.assertError(self.bridge.get("/admin/config", token=self.alice), 403)
        self.assertError(self.bridge.get("/admin/config"), 401)
        admin = self.idp.mint(sub="carol", groups=["root"])
        answer = self.assertStatus(self.bridge.get("/admin/config", token=admin), 200)
        values = {one["name"]: one for one in answer.json["options"]}
        self.assertEqual(values["BRIDGE_ADMIN_GROUPS"]["value"], ["root"])
        self.assertEqual(answer.headers["Cache-Control"], "no-store")

    def test_a_reload_is_theirs(self):
        self.assertError(self.bridge.post("/admin/reload", token=self.alice), 403)
        admin = self.idp.mint(sub="carol", groups=["root"])
        self.assertStatus(self.bridge.post("/admin/reload", token=admin), 200)


@needs_idp
class Questions(OwnersCase):
    server = fixture("elicit")

    def ask(self, session, token, **answer):
        return self.bridge.call("ask_name", answer, session=session, token=token)

    def test_f11_an_answer_to_somebody_elses_question_is_404_and_changes_nothing(self):
        tools = [tool["name"] for tool in self.bridge.get("/tools", token=self.alice).json]
        tool = next(name for name in tools if "string" in name or "name" in name)
        session = self.bridge.start_session(token=self.alice)
        asked = self.bridge.call(tool, {}, session=session, token=self.alice)
        self.assertStatus(asked, 409)
        feedback = {"_user_feedback": "x"}
        for token in (self.bob, None):
            answer = self.bridge.call(tool, feedback, session=session, token=token)
            self.assertError(answer, 404, "session_not_found")
        answer = self.bridge.call(tool, feedback, session=session, token=self.alice)
        self.assertStatus(answer, 200)


@needs_idp
class Groups(OwnersCase):
    """Contract §2.4, §2.7: a session is for one group, and its caller has to stay a member."""

    def test_a_group_is_for_members(self):
        self.assertError(self.bridge.get("/tools?group=team"), 400)
        self.assertError(self.bridge.get("/tools?group=other", token=self.alice), 403)
        self.assertStatus(self.bridge.get("/tools?group=team", token=self.alice), 200)
        for path in ("/sse?group=other", "/mcp?group=other"):
            self.assertStatus(self.bridge.get(path, token=self.alice), 403)

    def test_the_group_of_a_session_stays(self):
        answer = self.bridge.post("/session/start?group=team", token=self.alice)
        self.assertEqual(self.assertStatus(answer, 200).json["group"], "team")
        session = answer.json["session_id"]
        call = "/tools/call_counter"
        self.assertStatus(self.bridge.post(call, {}, session=session, token=self.alice), 200)
        both = self.idp.mint(sub="alice", groups=["team", "other"])
        answer = self.bridge.post(call + "?group=other", {}, session=session, token=both)
        self.assertError(answer, 409, "session_conflict")
        self.assertStatus(self.bridge.post(call + "?group=team", {}, session=session, token=both),
                          200)
        gone = self.idp.mint(sub="alice", groups=[])
        self.assertError(self.bridge.post(call, {}, session=session, token=gone), 403)


@needs_idp
class McpSessions(OwnersCase):
    def test_a_legacy_session_is_its_openers(self):
        client = LegacyClient(self.bridge)
        self.addCleanup(client.close)
        client.extra = bearer(self.alice)
        client.initialize()
        client.result("tools/list")
        ident = {"Mcp-Session-Id": client.session, "Accept": "application/json, text/event-stream"}
        listing = message("tools/list", id=7)
        for token in (self.bob, None):
            answer = self.bridge.post("/mcp", listing, headers=ident, token=token)
            self.assertStatus(answer, 404)
            answer = self.bridge.request("DELETE", "/mcp", headers=ident, token=token)
            self.assertStatus(answer, 404)
        renewed = self.idp.mint(sub="alice", groups=["team"], jti="another")
        self.assertStatus(self.bridge.post("/mcp", listing, headers=ident, token=renewed), 200)

    def test_a_handle_of_the_session_tools_is_its_openers(self):
        with Bridge(env={**self.idp.env(), "MCP_SESSION_TOOLS": "true"}) as bridge:
            client = ModernClient(bridge)
            self.addCleanup(client.close)
            session = bridge.start_session(token=self.alice)
            handle = {"Mcp-Bridge-Session": session}
            client.extra = bearer(self.alice)
            call = ("tools/call", {"name": "call_counter", "arguments": {}})
            self.assertEqual(client.post(*call, headers=handle).status, 200)
            for extra in (bearer(self.bob), {}):
                client.extra = extra
                self.assertEqual(client.post(*call, headers=handle).status, 400)

    def test_h5_messages_of_an_sse_stream_are_its_openers(self):
        client = SseClient(self.bridge, "/sse", headers=bearer(self.alice))
        self.addCleanup(client.close)
        listing = message("ping", id=1)
        for token in (self.bob, None):
            self.assertStatus(self.bridge.post(client.endpoint, listing, token=token), 404)
        self.assertStatus(self.bridge.post(client.endpoint, listing, token=self.alice), 202)


@needs_idp
class HiddenServers(OwnersCase):
    """Of a server somebody may use nothing of, he does not learn that there is one."""
    args = ("--config", "{home}/config.json")
    files = {"config.json": json.dumps({
        "mcpServers": {"open": {"command": "{demo}", "args": ["demo-server"]},
                       "secret": {"command": "{demo}", "args": ["demo-server"]}},
        "bridge": {"policy": {"default": "allow", "rules": [
                       {"effect": "allow", "servers": "secret", "tools": "add", "users": "alice"},
                       {"effect": "deny", "servers": "secret"}]},
                   "views": {"only": {"servers": ["secret"]},
                             "both": {"servers": ["open", "secret"]}}}}).replace("{demo}", PROGRAM)}

    def everywhere(self, token):
        """Status of each way to the server `secret`."""
        ways = [("GET", "/servers/secret", None), ("GET", "/servers/secret/tools", None),
                ("POST", "/servers/secret/tools/hello", {}),
                ("POST", "/servers/secret/session/start", None),
                ("POST", "/servers/secret/mcp", message("ping", id=1)),
                ("GET", "/views/only", None)]
        return [self.bridge.request(*way, token=token).status for way in ways]

    def test_it_is_missing_like_one_that_does_not_exist(self):
        for token in (self.bob, None):
            listed = self.bridge.get("/servers", token=token).json["servers"]
            self.assertEqual([entry["name"] for entry in listed], ["open"])
            self.assertEqual(self.everywhere(token), [404] * 6)
            views = self.bridge.get("/views", token=token).json["views"]
            self.assertEqual([(view["name"], view["servers"]) for view in views],
                             [("both", ["open"])])
            there = self.bridge.get("/servers/secret/tools", token=token)
            missing = self.bridge.get("/servers/nothing/tools", token=token)
            self.assertEqual(there.json["detail"], missing.json["detail"])

    def test_who_may_use_any_of_it_sees_it(self):
        listed = self.bridge.get("/servers", token=self.alice).json["servers"]
        self.assertEqual([entry["name"] for entry in listed], ["open", "secret"])
        tools = self.bridge.get("/servers/secret/tools", token=self.alice).json
        self.assertEqual([tool["name"] for tool in tools], ["add"])


@needs_idp
class Cookies(OwnersCase):
    """A cookie goes along with whatever request a page makes a browser send."""
    env = {"TOKEN_SOURCE": "cookie", "CORS_ORIGINS": "https://app.example"}

    def start(self, **headers):
        return self.bridge.post("/session/start", cookie=f"_oauth2_proxy={self.alice}",
                                headers=headers)

    def test_requests_of_foreign_pages_are_refused(self):
        own = f"http://127.0.0.1:{self.bridge.port}"
        for headers, status in (
                ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403),
                ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403),
                ({}, 403),  # as an old browser sends a form
                ({"Content-Type": "text/plain"}, 403), ({"Origin": own}, 200),
                ({"Origin": "https://app.example", "Sec-Fetch-Site": "cross-site"}, 200),
                ({"Sec-Fetch-Site": "same-origin"}, 200), ({"Sec-Fetch-Site": "none"}, 200),
                ({"X-Requested-With": "test"}, 200)):
            with self.subTest(headers):
                self.assertStatus(self.start(**headers), status)

    def test_looking_is_refused_only_where_a_page_would_see_it(self):
        def get(**headers):
            return self.bridge.get("/tools", cookie=f"_oauth2_proxy={self.alice}", headers=headers)
        self.assertStatus(get(), 200)
        self.assertStatus(get(**{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}), 403)
        self.assertStatus(get(**{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}),
                          200)

    def test_a_token_in_a_header_is_no_cookie(self):
        answer = self.bridge.post("/session/start", token=self.alice)
        self.assertStatus(answer, 200)

    def test_a_star_in_cors_origins_lets_nobody_act_for_others(self):
        with Bridge(env={**self.idp.env(), "TOKEN_SOURCE": "cookie",
                         "CORS_ORIGINS": "*"}) as bridge:
            answer = bridge.post("/session/start", cookie=f"_oauth2_proxy={self.alice}",
                                 headers={"Origin": "https://evil.example"})
            self.assertError(answer, 403)


if __name__ == "__main__":
    unittest.main()
