# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 B: how sessions are named, found and limited (without Redis, B23)."""
import datetime
import http.cookies
import re
import time
import unittest

from bridge import SF, fixture
from case import BridgeCase, SessionCase
from client import token

DEMO_LIMIT = ["--max-sessions-per-user", "1000"]


def cookie_of(answer):
    """The session cookie of an answer as a Morsel."""
    jar = http.cookies.SimpleCookie(answer.headers["Set-Cookie"] or "")
    return jar.get(SF)


class Addressing(SessionCase):
    args = DEMO_LIMIT
    # Tokens name callers without an issuer: behind a gateway that has checked them.
    env = {"AUTH_VERIFY_TOKENS": "false"}

    def test_start_without_a_body_gives_an_id_and_a_cookie(self):
        """B1"""
        answer = self.assertStatus(self.bridge.post("/session/start"), 200)
        body = answer.json
        self.opened.append(body["session_id"])
        self.assertEqual(body[SF], body["session_id"])
        self.assertEqual(body["status"], "started")
        self.assertGreaterEqual(len(body["session_id"]), 22)
        self.assertIn("user_id", body)
        created, expires = (datetime.datetime.fromisoformat(body[key].replace("Z", "+00:00"))
                            for key in ("created_at", "expires_at"))
        self.assertAlmostEqual((expires - created).total_seconds(), 1800, delta=2)
        cookie = cookie_of(answer)
        self.assertEqual(cookie.value, body["session_id"])
        self.assertTrue(cookie["httponly"])
        self.assertEqual(cookie["samesite"].lower(), "lax")
        self.assertEqual(cookie["path"], "/")
        self.assertFalse(cookie["secure"])

    def test_keeps_state_by_header_cookie_and_body(self):
        """B2"""
        session = self.start()
        self.assertEqual(self.count(session), 1)
        self.assertEqual(self.count(session), 2)
        self.assertEqual(self.count(), 1)
        self.assertEqual(self.count(cookie=f"{SF}={session}"), 3)
        answer = self.bridge.call("call_counter", {"inxm-session": session})
        self.assertEqual(answer.result, 4)

    def test_prefers_path_to_header_to_cookie_to_body(self):
        """B3"""
        by_path, by_header, by_cookie, by_body = (self.start() for _ in range(4))
        for index, session in enumerate((by_path, by_header, by_cookie, by_body)):
            for _ in range(10 * index):
                self.count(session)
        body, cookie = {"inxm-session": by_body}, f"{SF}={by_cookie}"
        post = self.bridge.post
        path = f"/session/{by_path}/tools/call_counter"
        self.assertEqual(post(path, body, session=by_header, cookie=cookie).result, 1)
        path = "/tools/call_counter"
        self.assertEqual(post(path, body, session=by_header, cookie=cookie).result, 11)
        self.assertEqual(post(path, body, cookie=cookie).result, 21)
        self.assertEqual(post(path, body).result, 31)

    def test_sessions_do_not_share_state(self):
        """B4"""
        first, second = self.start(), self.start()
        self.assertEqual([self.count(first), self.count(first), self.count(second)], [1, 2, 1])

    def test_a_token_does_not_get_in_the_way_of_the_session_it_started(self):
        """B5, B6, B8"""
        mine, renewed = token("alice"), token("alice", exp=int(time.time()) + 7200)
        answer = self.bridge.post("/session/start", token=mine)
        session = answer.json["session_id"]
        self.opened.append(session)
        secret = mine.split(".")[1]
        self.assertNotIn(secret, answer.text + str(answer.headers))
        self.assertEqual(self.count(session, token=mine), 1)
        self.assertEqual(self.count(session, token=renewed), 2)
        self.assertEqual(self.count(f"{session}:{mine}", token=mine), 3)
        self.assertNotIn(secret, self.bridge.log())
        self.assertStatus(self.bridge.post("/session/close", session=session, token=mine), 200)

    def test_a_session_is_useless_to_another_user(self):
        """B7"""
        session = self.start(token=token("alice"))
        for other in (None, token("bob")):
            self.assertError(self.bridge.call("call_counter", session=session, token=other), 404)

    def test_clients_may_choose_the_id(self):
        """B9"""
        body = {"session_id": "my-session", "unknown": True}
        answer = self.assertStatus(self.bridge.post("/session/start", body), 200)
        self.opened.append("my-session")
        self.assertEqual(answer.json["session_id"], "my-session")
        self.assertError(self.bridge.post("/session/start", body), 409)
        bad = ["start", "close", "ping", "status", "-x", ".x", "a b", "a/b", "a\u00e9", "x" * 200,
               "", 7, ["a"]]
        for value in bad:
            with self.subTest(value):
                self.assertError(self.bridge.post("/session/start", {"session_id": value}), 400)
        self.assertEqual(self.start({"session_id": "x" * 128}), "x" * 128)

    def test_addressing_by_path_and_by_header_share_state(self):
        """B10"""
        session = self.start()
        path = f"/session/{session}"
        self.assertEqual(self.bridge.post(path + "/tools/call_counter").result, 1)
        self.assertEqual(self.count(session), 2)
        for inner in ("/tools", "/tools/add", "/tools/add/schema", "/prompts", "/resources",
                      "/resources/get_html_index"):
            self.assertStatus(self.bridge.get(path + inner), 200)
        greeting = self.bridge.post(path + "/prompts/greeting", {"name": "Ann"})
        self.assertStatus(greeting, 200)
        events = self.bridge.stream(None, path=path + "/tools/call_counter/stream").events()
        self.assertEqual(events[-1]["data"]["structuredContent"]["result"], 3)

    def test_ping_and_status_tell_how_the_session_is(self):
        """B11"""
        session = self.start()
        before = self.bridge.get(f"/session/{session}/status").json
        self.count(session)
        time.sleep(1.1)
        answer = self.assertStatus(self.bridge.post(f"/session/{session}/ping"), 200).json
        self.assertEqual((answer["session_id"], answer["status"]), (session, "active"))
        self.assertIn("last_ping", answer)
        self.assertGreater(answer["expires_at"], before["expires_at"])
        self.assertStatus(self.bridge.post("/session/ping", session=session), 200)
        self.assertStatus(self.bridge.post("/session/ping", cookie=f"{SF}={session}"), 200)
        self.assertError(self.bridge.post("/session/unknown/ping"), 404)
        status = self.assertStatus(self.bridge.get(f"/session/{session}/status"), 200).json
        self.assertLessEqual({"session_id", "status", "created_at", "last_activity", "expires_at",
                              "group_id", "total_requests"}, set(status))
        self.assertGreaterEqual(status["total_requests"], 1)
        self.assertError(self.bridge.get("/session/unknown/status"), 404)

    def test_lists_the_callers_sessions(self):
        session = self.start()
        listed = self.assertStatus(self.bridge.get("/sessions"), 200).json
        entries = listed["sessions"] if isinstance(listed, dict) else listed
        self.assertIn(session, [entry["session_id"] for entry in entries])

    def test_close_ends_the_session_and_clears_the_cookie(self):
        """B12"""
        for path, header in (("/session/{}/close", False), ("/session/close", True)):
            with self.subTest(path):
                session = self.start()
                self.count(session)
                answer = self.bridge.post(path.format(session), session=session if header else None)
                self.assertStatus(answer, 200)
                self.assertEqual(answer.json["status"], "closed")
                self.assertEqual(answer.json["session_id"], session)
                self.assertEqual(answer.json["total_requests"], 1)
                self.assertRegex(answer.json["duration"], r"^\d")
                cookie = cookie_of(answer)
                self.assertEqual(cookie.value, "")
                self.assertTrue(cookie["max-age"] == "0" or "1970" in cookie["expires"])
                self.assertError(self.bridge.post(f"/session/{session}/close"), 404)
                self.assertError(self.bridge.call("hello", session=session), 404)
        self.assertError(self.bridge.post("/session/close"), 400)

    def test_an_unknown_session_is_404_on_every_route(self):
        """B24"""
        requests = [("POST", "/tools/add", {"a": 1, "b": 2}), ("GET", "/tools", None),
                    ("GET", "/tools/add", None), ("GET", "/prompts", None),
                    ("POST", "/prompts/greeting", {"name": "x"}), ("GET", "/resources", None),
                    ("GET", "/resources/get_html_index", None),
                    ("POST", "/tools/add/stream", {"a": 1, "b": 2}), ("POST", "/session/ping", None),
                    ("POST", "/session/close", None)]
        for method, path, body in requests:
            with self.subTest(path):
                answer = self.bridge.request(method, path, body, session="bogus")
                problem = self.assertError(answer, 404)
                self.assertIn("ession not found", problem["detail"])
                if not path.startswith("/session"):
                    answer = self.bridge.request(method, "/session/bogus" + path, body)
                    self.assertError(answer, 404)

    def test_the_stream_route_sees_the_session(self):
        """B22"""
        session = self.start()
        self.count(session)
        events = self.bridge.stream("call_counter", session=session).events()
        self.assertEqual(events[-1]["data"]["structuredContent"]["result"], 2)
        self.assertEqual(self.count(session), 3)

    def test_a_group_needs_a_token(self):
        """§2.7"""
        self.assertError(self.bridge.post("/session/start?group=a"), 400)
        self.assertError(self.bridge.post("/tools/hello?group=a"), 400)


class SecureCookie(BridgeCase):
    env = {"HTTPS_ENABLED": "true"}

    def test_the_cookie_is_secure_behind_https(self):
        """§2.5"""
        answer = self.bridge.post("/session/start")
        self.assertTrue(cookie_of(answer)["secure"])
        self.bridge.post("/session/close", session=answer.json["session_id"])


class BodyKeys(SessionCase):
    server = fixture("counter")

    def test_the_session_key_never_reaches_the_tool(self):
        """B2"""
        session = self.start()
        for how in ({}, {"session": session}):
            answer = self.bridge.call("call_counter", {"a": 1, "inxm-session": session}, **how)
            self.assertEqual(answer.json["structuredContent"]["args"], {"a": 1})


class Limits(SessionCase):
    args = ["--max-sessions-per-user", "2"]

    def test_the_number_of_sessions_of_a_user_is_limited(self):
        """B20"""
        first, _ = self.start(), self.start()
        self.assertError(self.bridge.post("/session/start"), 429)
        self.assertStatus(self.bridge.post("/session/close", session=first), 200)
        self.start()


class TotalLimit(SessionCase):
    args = ["--max-sessions", "1"]

    def test_the_number_of_all_sessions_is_limited(self):
        """B20"""
        self.start()
        self.assertError(self.bridge.post("/session/start"), 429)


class Names(SessionCase):
    args = DEMO_LIMIT

    def test_generated_ids_are_random_and_valid(self):
        """§2.1"""
        ids = [self.start() for _ in range(20)]
        self.assertEqual(len(set(ids)), 20)
        for session in ids:
            self.assertTrue(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", session))
