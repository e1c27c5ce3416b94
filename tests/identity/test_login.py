# SPDX-License-Identifier: GPL-3.0-or-later
"""People log in: against the certified OpenID provider of npm, step by step and in Chromium."""
import json
import os
import re
import unittest
import urllib.parse

import browser
from bridge import BIN_DIR, Bridge, wait_for
from openid import CLIENT, SECRET, OpenIdProvider, needs_provider


SHOTS = os.environ.get("BRIDGE_SCREENSHOTS",
                       os.path.join(os.path.dirname(BIN_DIR), "screenshots"))


def settings(provider, **more):
    return {"OAUTH_ISSUER_URL": provider.issuer, "OAUTH_CLIENT_ID": CLIENT,
            "OAUTH_CLIENT_SECRET": SECRET, "OAUTH_AUDIENCE": CLIENT,
            "OAUTH_SCOPE": "openid email profile groups offline_access", **more}


def cookies_of(answer):
    return dict(cookie.split(";")[0].split("=", 1)
                for cookie in answer.headers.get_all("Set-Cookie") or [])


class Person:
    """A browser's worth of cookies."""

    def __init__(self, bridge):
        self.bridge, self.cookies = bridge, {}

    def request(self, method, path, body=None, headers=None):
        if self.cookies:
            headers = {"Cookie": "; ".join(f"{n}={v}" for n, v in self.cookies.items()),
                       **(headers or {})}
        answer = self.bridge.request(method, path, body, headers=headers)
        for name, value in cookies_of(answer).items():
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer

    def get(self, path, **how):
        return self.request("GET", path, **how)

    def path_of(self, address):
        parts = urllib.parse.urlsplit(address)
        assert parts.netloc == f"127.0.0.1:{self.bridge.port}", address
        return parts.path + "?" + parts.query

    def log_in(self, provider, user, path="/oauth/login"):
        """The answer of the callback."""
        begun = self.get(path)
        assert begun.status == 302, begun
        return self.get(self.path_of(provider.walk(begun.headers["Location"], user)))


@needs_provider
class Login(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.provider = OpenIdProvider().__enter__()
        cls.addClassCleanup(cls.provider.__exit__)
        cls.bridge = Bridge(env=settings(cls.provider))
        cls.bridge.start()
        cls.addClassCleanup(cls.bridge.directory.cleanup)
        cls.addClassCleanup(cls.bridge.stop)

    def setUp(self):
        self.person = Person(self.bridge)

    def test_a_login_ends_with_a_session_of_that_person(self):
        answer = self.person.log_in(self.provider, "alice", "/oauth/login?redirect_url=/docs")
        self.assertEqual((answer.status, answer.headers["Location"]), (303, "/docs"))
        cookie = next(c for c in answer.headers.get_all("Set-Cookie") if c.startswith("mcp-bridge="))
        self.assertIn("HttpOnly", cookie)
        self.assertIn("SameSite=Lax", cookie)
        me = self.person.get("/oauth/userinfo").json
        self.assertEqual((me["sub"], me["email"], me["groups"]),
                         ("alice", "alice@example.org", ["engineering", "bridge-admins"]))

    def test_nobody_is_logged_in_without_the_cookie(self):
        answer = self.person.get("/oauth/userinfo")
        self.assertEqual((answer.status, answer.json["error"]), (401, "unauthorized"))
        self.assertIn("Bearer", answer.headers["WWW-Authenticate"])

    def test_a_login_leads_to_pages_of_the_bridge_only(self):
        for target in ("https://evil.example/", "//evil.example/", "/%5Cevil.example", "javascript:1"):
            with self.subTest(target=target):
                answer = Person(self.bridge).log_in(
                    self.provider, "alice", "/oauth/login?redirect_url=" + urllib.parse.quote(target))
                self.assertEqual(answer.headers["Location"], "/")

    def test_the_answer_of_another_browser_is_refused(self):
        begun = self.person.get("/oauth/login")
        back = self.person.path_of(self.provider.walk(begun.headers["Location"], "alice"))
        stranger = Person(self.bridge)
        self.assertEqual(stranger.get(back).status, 400)
        stranger.get("/oauth/login")
        answer = stranger.get(back)
        self.assertEqual((answer.status, answer.json["error"]), (400, "bad_request"))
        self.assertNotIn("mcp-bridge", stranger.cookies)

    def test_a_code_is_redeemed_once(self):
        begun = self.person.get("/oauth/login")
        pending = dict(self.person.cookies)
        back = self.person.path_of(self.provider.walk(begun.headers["Location"], "alice"))
        self.assertEqual(self.person.get(back).status, 303)
        again = Person(self.bridge)
        again.cookies = pending
        answer = again.get(back)
        self.assertEqual((answer.status, answer.json["error"]), (401, "token_expired"))

    def test_a_forged_issuer_is_refused(self):
        begun = self.person.get("/oauth/login")
        back = self.person.path_of(self.provider.walk(begun.headers["Location"], "alice"))
        forged = re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fevil.example", back)
        self.assertNotEqual(forged, back)
        self.assertEqual(self.person.get(forged).status, 400)
        # The true answer still counts.
        self.assertEqual(self.person.get(back).status, 303)

    def test_a_person_who_declines_is_told_so_on_a_page(self):
        begun = self.person.get("/oauth/login")
        state = urllib.parse.parse_qs(urllib.parse.urlsplit(begun.headers["Location"]).query)["state"][0]
        answer = self.person.get("/oauth/callback?" + urllib.parse.urlencode(
            {"error": "access_denied", "state": state, "iss": self.provider.issuer}),
            headers={"Accept": "text/html"})
        self.assertEqual(answer.status, 403)
        self.assertIn("text/html", answer.headers["Content-Type"])
        self.assertIn("Log in again", answer.text)

    def test_logging_out_ends_the_session_and_tells_where_to_go_on(self):
        self.person.log_in(self.provider, "alice")
        kept = Person(self.bridge)
        kept.cookies = dict(self.person.cookies)
        answer = self.person.request("POST", "/oauth/logout", {})
        self.assertEqual((answer.status, answer.json["status"]), (200, "logged_out"))
        self.assertTrue(answer.json["logout_url"].startswith(self.provider.issuer))
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.json["logout_url"]).query)
        self.assertNotIn(query["id_token_hint"][0].split(".")[1], self.bridge.log())
        self.assertNotIn("mcp-bridge", self.person.cookies)
        self.assertEqual(kept.get("/oauth/userinfo").status, 401)

    def test_another_page_cannot_log_a_person_out(self):
        self.person.log_in(self.provider, "alice")
        answer = self.person.request("POST", "/oauth/logout", b"",
                                     headers={"Origin": "https://evil.example"})
        self.assertEqual(answer.status, 403)
        self.assertEqual(self.person.get("/oauth/userinfo").status, 200)

    def test_two_people_have_sessions_of_their_own(self):
        alice, bob = Person(self.bridge), Person(self.bridge)
        alice.log_in(self.provider, "alice")
        bob.log_in(self.provider, "bob")
        started = alice.request("POST", "/session/start", {})
        self.assertEqual(started.status, 200, started)
        session = started.json["session_id"]
        self.assertEqual(alice.request("POST", f"/session/{session}/tools/call_counter", {}).status, 200)
        self.assertEqual(bob.request("POST", f"/session/{session}/tools/call_counter", {}).status, 404)

    def test_another_page_cannot_call_tools_with_the_cookie(self):
        self.person.log_in(self.provider, "alice")
        answer = self.person.request("POST", "/tools/add", {"a": 1, "b": 2},
                                     headers={"Origin": "https://evil.example"})
        self.assertEqual(answer.status, 403)

    def test_nothing_of_the_login_stands_in_the_log(self):
        self.person.log_in(self.provider, "alice")
        log = self.bridge.log()
        for secret in (SECRET, *self.person.cookies.values()):
            self.assertNotIn(secret, log)
        self.assertNotRegex(log, r"code=[A-Za-z0-9_-]{10}")


@needs_provider
class ShortTokens(unittest.TestCase):
    def test_a_session_outlives_its_access_token(self):
        with OpenIdProvider("--short") as provider:
            with Bridge(env=settings(provider, OAUTH_REFRESH_BUFFER_SECONDS="2")) as bridge:
                person = Person(bridge)
                person.log_in(provider, "alice")
                first = person.get("/oauth/userinfo").json["expires_at"]

                def is_renewed():
                    answer = person.get("/oauth/userinfo")
                    self.assertEqual(answer.status, 200, answer)
                    return answer.json["expires_at"] != first
                wait_for(is_renewed, 20, "a new access token")


@needs_provider
@browser.needs_browser
class InABrowser(unittest.TestCase):
    def test_alice_logs_in_uses_a_tool_and_logs_out(self):
        with OpenIdProvider() as provider, Bridge(env=settings(provider)) as bridge, \
                browser.Browser() as window:
            root = f"http://127.0.0.1:{bridge.port}"
            window.open(root + "/oauth/login?redirect_url=/docs")
            window.fill("input[name=login]", "alice")
            window.fill("input[name=password]", "any")
            window.screenshot(os.path.join(SHOTS, "login-provider.png"))
            window.click("button[type=submit]")
            if self.path(window) != "/docs":
                window.click("button[type=submit]")  # consent
            wait_for(lambda: self.path(window) == "/docs", 20, "the way back")
            self.assertEqual(self.ask(window, "/oauth/userinfo")["sub"], "alice")
            result = self.ask(window, "/tools/add", {"a": 2, "b": 3})
            self.assertEqual(result["structuredContent"], {"result": 5})
            window.screenshot(os.path.join(SHOTS, "login-docs.png"))
            self.assertEqual(self.ask(window, "/oauth/logout", {})["status"], "logged_out")
            self.assertEqual(self.ask(window, "/oauth/userinfo")["error"], "unauthorized")

    def path(self, window):
        return window.run("return location.pathname")

    def ask(self, window, path, body=None):
        """What a script of the page gets."""
        window.run("""window.got = null;
            const how = arguments[1] === null ? {} : {method: 'POST',
                headers: {'Content-Type': 'application/json'}, body: JSON.stringify(arguments[1])};
            fetch(arguments[0], how).then((answer) => answer.text()).then((got) => window.got = got);
            """, path, body)
        return json.loads(wait_for(lambda: window.run("return window.got"), 20, path))


if __name__ == "__main__":
    unittest.main()
