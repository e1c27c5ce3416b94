# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 M3 to M5 with verified callers, and accounts that users connect at remote servers
(MCP 2026-07-28 "Authorization")."""
import re
import unittest
import urllib.parse

from bridge import wait_for
from farcase import AccountCase, Browser, FarCase
from idp import needs_idp
from mcpclient import LegacyClient, ModernClient
from remote import values

SHARED = "shared-token-4711"
ANONYMOUS = "anon-token-0815"


@needs_idp
class Retrieved(FarCase):
    @classmethod
    def settings(cls):
        return {"KEYCLOAK_PROVIDER_ALIAS": "github", "MCP_REMOTE_BEARER_TOKEN": SHARED,
                "MCP_REMOTE_SERVER_FORWARD_HEADERS": "Authorization, X-Tenant"}

    def setUp(self):
        super().setUp()
        self.idp.broker("github")

    def test_it_beats_everything_else(self):
        """M3, M5"""
        token = self.idp.mint(sub="bob")
        self.assertEqual(self.shown(token=token, headers={"X-Tenant": "blue"}),
                         ["Bearer broker-github-bob"])
        self.assertEqual(values(self.last(), "X-Tenant"), ["blue"])

    def test_whoever_has_no_token_gets_the_shared_one(self):
        """M5"""
        self.assertEqual(self.shown(), ["Bearer " + SHARED])

    def test_a_failure_ends_with_neither_the_shared_nor_the_callers_token(self):
        """§7.7"""
        self.idp.mode("broker", "down")
        self.assertError(self.bridge.call("argv", token=self.idp.mint(sub="eve")), 503,
                         "idp_unavailable")
        self.assertEqual(self.remote.seen(), [])

    def test_callers_never_share_a_connection(self):
        for name in ("carol", "dave", "carol"):
            self.assertEqual(self.shown(token=self.idp.mint(sub=name)),
                             [f"Bearer broker-github-{name}"])


@needs_idp
class Fallback(FarCase):
    @classmethod
    def settings(cls):
        return {"KEYCLOAK_PROVIDER_ALIAS": "github", "MCP_REMOTE_BEARER_TOKEN": SHARED,
                "MCP_REMOTE_ALLOW_TOKEN_FALLBACK": "true"}

    def test_the_shared_token_may_take_its_place(self):
        self.idp.mode("broker", "down")
        self.assertEqual(self.shown(token=self.idp.mint(sub="bob")), ["Bearer " + SHARED])
        self.idp.well()
        self.idp.broker("github", status=401)
        self.assertError(self.bridge.call("argv", token=self.idp.mint(sub="carol")), 401)


@needs_idp
class Passed(FarCase):
    @classmethod
    def settings(cls):
        return {"MCP_REMOTE_ANON_BEARER_TOKEN": ANONYMOUS,
                "MCP_REMOTE_AUTH_HEADER_NAME": "X-Remote-Key",
                "MCP_REMOTE_AUTH_HEADER_VALUE_TEMPLATE": "key={token}; type={token_type}"}

    def test_a_header_of_its_own_carries_the_token_and_nothing_else_does(self):
        """M4"""
        token = self.idp.mint(sub="bob")
        self.assertEqual(self.shown(token=token), [])
        self.assertEqual(values(self.last(), "X-Remote-Key"), [f"key={token}; type=Bearer"])

    def test_without_a_token_the_anonymous_one_is_shown(self):
        """M5"""
        self.assertEqual(self.shown(), [])
        self.assertEqual(values(self.last(), "X-Remote-Key"), [f"key={ANONYMOUS}; type=Bearer"])

    def test_a_token_that_does_not_verify_is_not_passed_on(self):
        self.assertError(self.bridge.call("argv", token="garbage"), 401, "invalid_token")
        self.assertEqual(self.remote.seen(), [])


@needs_idp
class UserKeys(FarCase):
    @classmethod
    def settings(cls):
        return {"AUTH_PROVIDER": "user-api-key", "AUTH_TOKENS_INTERNAL_URL": cls.idp.url,
                "MCP_CONNECTION_ID": "mail", "INTERNAL_API_SECRET": "internal",
                "USER_API_KEY_ALLOWED_CLIENTS": "test-client", "MCP_REMOTE_BEARER_TOKEN": SHARED,
                "MCP_REMOTE_ALLOW_TOKEN_FALLBACK": "true"}

    def test_only_the_users_own_key_is_shown(self):
        """L7"""
        self.idp.store_key("b@x.org", "mail", "key-of-b")
        token = self.idp.mint(sub="b", email="b@x.org", email_verified=True)
        self.assertEqual(self.shown(token=token), ["Bearer key-of-b"])
        self.remote.forget()
        self.assertError(self.bridge.call("argv"), 401)  # nobody's key is nobody else's
        self.idp.mode("store", "down", status=500)
        unknown = self.idp.mint(sub="c", email="c@x.org", email_verified=True)
        self.assertError(self.bridge.call("argv", token=unknown),
                         502)
        self.assertEqual(self.remote.seen(), [])


@needs_idp
class Rejected(FarCase):
    """The server stops accepting a token that had been fine."""

    @classmethod
    def flags(cls):
        return ["--token-file", "{remote}/token"]

    @classmethod
    def settings(cls):
        with open(cls.remote.path("token"), "w") as file:
            file.write("broker-1")
        return {"KEYCLOAK_PROVIDER_ALIAS": "github"}

    def accept(self, token):
        with open(self.remote.path("token"), "w") as file:
            file.write(token)
        self.idp.broker("github", tokens={"access_token": token, "expires_in": 3600})

    def test_a_call_is_made_once_more_with_a_new_one(self):
        """§8, last row"""
        self.accept("broker-1")
        token = self.idp.mint(sub="bob")
        session = self.bridge.start_session(token=token)
        self.assertStatus(self.bridge.call("argv", token=token, session=session), 200)
        self.accept("broker-2")
        answer = self.bridge.call("argv", token=token, session=session)
        self.assertStatus(answer, 200)
        self.assertNotIn("X-Session-Restarted", answer.headers)
        self.assertEqual(values(self.last(), "Authorization"), ["Bearer broker-2"])
        self.bridge.post("/session/close", session=session, token=token)

    def test_a_server_that_accepts_nothing_is_not_asked_for_ever(self):
        self.accept("broker-9")
        self.idp.broker("github", tokens={"access_token": "wrong", "expires_in": 3600})
        self.assertError(self.bridge.call("argv", token=self.idp.mint(sub="carol")), 401)
        self.assertLessEqual(len(self.idp.seen("broker")), 3)


@needs_idp
class Accounts(AccountCase):
    def test_a_user_connects_his_account_and_calls_again(self):
        token = self.idp.mint(sub="bob")
        self.assertIn("Connected", self.connect(token))
        shown = self.shown(token=token)[0].partition("Bearer ")[2]
        self.assertNotEqual(shown, token)
        asked = self.idp.seen("auth")[0]["path"]
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(asked).query)
        self.assertEqual(query["resource"], [self.remote.url + "/mcp"])
        self.assertEqual(query["scope"], ["files:read"])
        self.assertEqual(query["code_challenge_method"], ["S256"])
        # Nobody else has it, and the log and the vault's file know nothing of it.
        self.invitation(self.idp.mint(sub="eve"))
        self.assertNotIn(shown, self.bridge.log())
        with open(self.bridge.path("vault.db"), "rb") as file:
            self.assertNotIn(shown.encode(), file.read())

    def test_the_account_is_renewed_when_the_server_refuses_it(self):
        token = self.idp.mint(sub="carol")
        self.connect(token)
        first = self.shown(token=token)[0].partition("Bearer ")[2]
        with open(self.remote.path("revoked"), "a") as file:
            file.write(first)
        second = self.shown(token=token)[0].partition("Bearer ")[2]
        self.assertNotEqual(first, second)
        self.assertEqual(len([one for one in self.idp.seen("token")
                              if one["form"]["grant_type"] == "refresh_token"]), 1)

    def test_another_browser_cannot_bring_the_answer(self):
        token = self.idp.mint(sub="dave")
        answer, _ = Browser().confirm(self.invitation(token))
        consent, _ = Browser().open(answer.headers["Location"])
        page, text = Browser().open(consent.headers["Location"])
        self.assertEqual(page.status, 400, text)
        self.invitation(token)

    def test_a_page_of_somebody_else_cannot_press_the_button(self):
        url = self.invitation(self.idp.mint(sub="erin"))
        answer, _ = Browser().confirm(url, headers={"Origin": "https://evil.example"})
        self.assertEqual(answer.status, 403)
        page, text = Browser().open(url)
        self.assertIn("frame-ancestors 'none'", page.headers["Content-Security-Policy"])
        self.assertIn("127.0.0.1", text)

    def test_whoever_is_signed_in_as_somebody_else_is_stopped(self):
        url = self.invitation(self.idp.mint(sub="frank"))
        mallory = {"Authorization": "Bearer " + self.idp.mint(sub="mallory")}
        answer, text = Browser().open(url, headers=mallory)
        self.assertEqual(answer.status, 403, text)
        frank = {"Authorization": "Bearer " + self.idp.mint(sub="frank")}
        self.assertEqual(Browser().open(url, headers=frank)[0].status, 200)

    def test_an_address_serves_once(self):
        url = self.invitation(self.idp.mint(sub="gina"))
        browser = Browser()
        self.assertEqual(browser.sign_in(url)[0].status, 200)
        self.assertEqual(browser.open(url)[0].status, 400)
        self.assertEqual(browser.open(url.replace("ticket=", "ticket=x"))[0].status, 400)

    def test_an_answer_of_another_issuer_is_refused(self):
        url = self.invitation(self.idp.mint(sub="henry"))
        browser = Browser()
        answer, _ = browser.confirm(url)
        consent, _ = browser.open(answer.headers["Location"])
        back = re.sub(r"iss=[^&]*", "iss=https%3A%2F%2Fevil.example", consent.headers["Location"])
        page, text = browser.open(back)
        self.assertEqual(page.status, 400, text)
        self.assertEqual(self.idp.seen("token"), [])

    def test_a_user_who_does_not_agree_is_in_the_log(self):
        url = self.invitation(self.idp.mint(sub="hedy"))
        browser = Browser()
        answer, _ = browser.confirm(url)
        consent, _ = browser.open(answer.headers["Location"])
        back = re.sub(r"code=[^&]*", "error=access_denied", consent.headers["Location"])
        page, text = browser.open(back)
        self.assertEqual(page.status, 401, text)
        line = wait_for(lambda: [one for one in self.bridge.log().splitlines()
                                 if "provider_error=access_denied" in one], what="its line")[0]
        self.assertIn('reason="The sign-in was not completed', line)

    def test_a_modern_client_is_asked_to_open_the_address(self):
        token = self.idp.mint(sub="ivy")
        headers = {"Authorization": "Bearer " + token}
        client = ModernClient(self.bridge, capabilities={"elicitation": {"url": {}}})
        self.addCleanup(client.close)
        result = client.result("tools/call", {"name": "argv", "arguments": {}}, headers=headers)
        self.assertEqual(result["resultType"], "input_required")
        request, = result["inputRequests"].values()
        self.assertEqual(request["params"]["mode"], "url")
        self.assertEqual(Browser().sign_in(request["params"]["url"])[0].status, 200)
        result = client.result("tools/call", {
            "name": "argv", "arguments": {},
            "inputResponses": {name: {"action": "accept"} for name in result["inputRequests"]}},
            headers=headers)
        self.assertEqual(result["resultType"], "complete")

    def test_an_older_client_gets_the_error_for_it(self):
        token = self.idp.mint(sub="judy")
        headers = {"Authorization": "Bearer " + token}
        client = LegacyClient(self.bridge, capabilities={"elicitation": {"form": {}, "url": {}}})
        self.addCleanup(client.close)
        fields = client.fields
        client.fields = lambda: {**fields(), **headers}
        client.initialize()
        answer = client.post("tools/call", {"name": "argv", "arguments": {}})
        error = (answer.messages()[-1] if hasattr(answer, "messages") else answer.json)["error"]
        self.assertEqual(error["code"], -32042)
        self.assertEqual(error["data"]["elicitations"][0]["mode"], "url")
        self.assertIn("ticket=", error["data"]["elicitations"][0]["url"])

    def test_whoever_nobody_knows_is_not_invited(self):
        answer = self.bridge.call("argv")
        self.assertEqual(answer.status, 401)
        self.assertNotIn("authorization_url", answer.json)


@needs_idp
class Restarted(Accounts):
    """The account is there after a restart of the bridge."""

    def test_the_vault_keeps_it(self):
        token = self.idp.mint(sub="kept")
        self.connect(token)
        shown = self.shown(token=token)
        self.bridge.stop()
        open(self.bridge.log_path, "w").close()  # the port is looked for there
        self.bridge.start()
        self.assertEqual(self.shown(token=token), shown)


for name in [one for one in dir(Accounts) if one.startswith("test_")]:
    setattr(Restarted, name, None)  # theirs ran already


if __name__ == "__main__":
    unittest.main()
