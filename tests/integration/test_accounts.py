# SPDX-License-Identifier: GPL-3.0-or-later
"""/accounts: what a user does with the accounts he connected at remote MCP servers
(resources/docs/credentials.md)."""
import json
import threading
import time
import unittest

from bridge import Bridge, run_once, wait_for
from farcase import AccountCase, Browser
from idp import needs_idp

MEMBERS = {"server", "issuer", "scopes", "connected_at", "expires_at", "renewable", "needs_login"}


class Case(AccountCase):
    def setUp(self):
        super().setUp()
        self.idp.set(realm="far", lifetime=300)

    def accounts(self, token, **how):
        answer = self.assertStatus(self.bridge.get("/accounts", token=token, **how), 200)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        return answer.json["accounts"]

    def disconnect(self, token, server="default", **how):
        return self.bridge.request("DELETE", f"/accounts/{server}", token=token, **how)

    def revoked(self):
        return [one["form"] for one in self.idp.seen("revoke")]


@needs_idp
class Own(Case):
    def test_whoever_has_none_sees_an_empty_list(self):
        self.assertEqual(self.accounts(self.idp.mint(sub="new")), [])

    def test_an_account_is_listed_without_its_tokens(self):
        token, began = self.idp.mint(sub="bob"), time.time()
        self.connect(token)
        shown = self.shown(token=token)[0].partition("Bearer ")[2]
        answer = self.bridge.get("/accounts", token=token)
        for secret in (shown, "refresh-"):
            self.assertNotIn(secret, answer.text)
        one, = answer.json["accounts"]
        self.assertEqual(set(one), MEMBERS)
        self.assertEqual(one["server"], "default")
        self.assertEqual(one["issuer"], self.idp.issuer("far"))
        self.assertEqual(one["scopes"], ["files:read"])
        self.assertTrue(one["renewable"])
        self.assertFalse(one["needs_login"])
        stamp = "%Y-%m-%dT%H:%M:%SZ"
        for name, wanted in (("connected_at", began), ("expires_at", began + 300)):
            seconds = time.mktime(time.strptime(one[name], stamp)) - time.timezone
            self.assertAlmostEqual(seconds, wanted, delta=60)
        self.assertEqual(self.accounts(self.idp.mint(sub="eve")), [])

    def test_the_address_to_connect_is_given_without_a_call(self):
        token = self.idp.mint(sub="carol")
        answer = self.bridge.post("/accounts/default/connect", token=token)
        self.assertStatus(answer, 200)
        self.assertEqual(answer.json["server"], "default")
        self.assertGreater(answer.json["expires_at"], time.strftime("%Y-%m-%dT%H:%M:%SZ",
                                                                    time.gmtime()))
        self.assertEqual(self.remote.seen(rpc="tools/call"), [])
        page, text = Browser().sign_in(answer.json["authorization_url"])
        self.assertEqual(page.status, 200, text)
        self.assertEqual(len(self.accounts(token)), 1)
        self.assertStatus(self.bridge.call("argv", token=token), 200)

    def test_another_account_takes_the_place_of_the_first_at_once(self):
        token = self.idp.mint(sub="dora")
        self.connect(token)
        first = self.shown(token=token)
        url = self.bridge.post("/accounts/default/connect", token=token).json["authorization_url"]
        self.assertEqual(self.shown(token=token), first)
        self.assertEqual(Browser().sign_in(url)[0].status, 200)
        self.assertNotEqual(self.shown(token=token), first)

    def test_a_disconnected_account_is_gone_and_its_tokens_are_withdrawn(self):
        token = self.idp.mint(sub="emil")
        self.connect(token)
        shown = self.shown(token=token)[0].partition("Bearer ")[2]
        answer = self.assertStatus(self.disconnect(token), 200)
        self.assertEqual(answer.json, {"server": "default", "status": "disconnected",
                                       "tokens": "revoked"})
        hints = {form["token_type_hint"]: form["token"] for form in self.revoked()}
        self.assertEqual(set(hints), {"refresh_token", "access_token"})
        self.assertEqual(hints["access_token"], shown)
        self.assertEqual(self.accounts(token), [])
        self.invitation(token)
        self.assertError(self.disconnect(token), 404, "not_found")
        for secret in hints.values():
            self.assertNotIn(secret, self.bridge.log())

    def test_a_running_session_loses_it_too(self):
        token = self.idp.mint(sub="fred")
        self.connect(token)
        session = self.bridge.start_session(token=token)
        self.assertStatus(self.bridge.call("argv", token=token, session=session), 200)
        gone = self.shown(token=token)[0]
        self.assertStatus(self.disconnect(token), 200)
        self.remote.forget()
        answer = self.bridge.call("argv", token=token, session=session)
        self.assertError(answer, 401, "not_connected")
        self.assertIn("ticket=", answer.json["authorization_url"])
        for one in self.remote.seen():
            self.assertNotIn(gone, str(one["headers"]))
        self.assertEqual(Browser().sign_in(answer.json["authorization_url"])[0].status, 200)
        self.assertStatus(self.bridge.call("argv", token=token, session=session), 200)
        self.bridge.post("/session/close", session=session, token=token)

    def test_it_stays_gone_after_a_restart(self):
        token = self.idp.mint(sub="gina")
        self.connect(token)
        self.assertStatus(self.disconnect(token), 200)
        self.bridge.stop()
        open(self.bridge.log_path, "w").close()  # the port is looked for there
        self.bridge.start()
        self.assertEqual(self.accounts(token), [])
        self.invitation(token)

    def test_what_is_somebody_elses_is_not_there(self):
        alice, eve = self.idp.mint(sub="alice"), self.idp.mint(sub="eve2")
        self.connect(alice)
        self.assertError(self.disconnect(eve), 404, "not_found")
        self.assertError(self.disconnect(eve, "other"), 404, "not_found")
        self.assertError(self.bridge.post("/accounts/other/connect", token=eve), 404,
                         "server_not_found")
        self.assertEqual(len(self.accounts(alice)), 1)
        self.assertEqual(self.revoked(), [])

    def test_strangers_have_none(self):
        for method, path in (("GET", "/accounts"), ("DELETE", "/accounts/default"),
                             ("POST", "/accounts/default/connect")):
            self.assertError(self.bridge.request(method, path), 401, "unauthorized")

    def test_a_provider_that_does_not_withdraw_does_not_keep_the_account(self):
        for number, trouble in enumerate(({"mode": "down", "status": 500}, {"mode": "drop"},
                                          {"mode": "redirect-loop"}, {"mode": "huge"})):
            with self.subTest(**trouble):
                token = self.idp.mint(sub=f"sick-{number}")
                self.connect(token)
                self.idp.mode("revoke", **trouble)
                answer = self.assertStatus(self.disconnect(token), 200)
                self.idp.well()
                self.assertEqual(answer.json["tokens"], "not_revoked")
                self.assertIn("authorization server", answer.json["detail"])
                self.assertEqual(self.accounts(token), [])

    def test_an_account_whose_refresh_token_is_dead_says_so(self):
        token = self.idp.mint(sub="henry")
        self.idp.set(realm="far", lifetime=4)
        self.connect(token)
        self.assertFalse(self.accounts(token)[0]["needs_login"])
        self.idp.mode("token", "answer", status=400, body={"error": "invalid_grant"})

        def over():
            answer = self.bridge.call("argv", token=token)
            return answer if answer.status == 401 else None
        answer = wait_for(over, 15, "the end of the token")
        self.assertError(answer, 401, "not_connected")
        one, = self.accounts(token)
        self.assertTrue(one["needs_login"])
        self.assertFalse(one["renewable"])
        asked = len(self.idp.seen("token"))
        self.invitation(token)
        self.assertEqual(len(self.idp.seen("token")), asked)  # not tried for ever

    def test_a_disconnect_while_the_token_is_renewed_wins(self):
        token = self.idp.mint(sub="ivan")
        self.connect(token)
        with open(self.remote.path("revoked"), "a") as file:
            file.write(self.shown(token=token)[0].partition("Bearer ")[2])
        self.idp.mode("token", "slow", delayMs=1500)
        answers = []
        call = threading.Thread(target=lambda: answers.append(self.bridge.call("argv",
                                                                               token=token)))
        before = len(self.idp.seen("token"))
        call.start()
        wait_for(lambda: len(self.idp.seen("token")) > before, what="the renewal")
        self.assertStatus(self.disconnect(token), 200)
        call.join()
        self.assertError(answers[0], 401, "not_connected")
        self.assertEqual(self.accounts(token), [])

    def test_the_audit_of_the_document(self):
        paths = self.bridge.get("/openapi.json", token=self.idp.mint(sub="x")).json["paths"]
        for path, methods in (("/accounts", {"get"}), ("/accounts/{server}", {"delete"}),
                              ("/accounts/{server}/connect", {"post"}),
                              ("/oauth/upstream/connect", {"get", "post"}),
                              ("/oauth/upstream/callback", {"get"})):
            self.assertEqual(set(paths[path]), methods, path)


@needs_idp
class WithoutRevocation(Case):
    def test_it_is_told(self):
        self.idp.set(realm="far", metadata={"revocation_endpoint": None})
        token = self.idp.mint(sub="bob")
        self.connect(token)
        answer = self.assertStatus(self.disconnect(token), 200)
        self.assertEqual(answer.json["tokens"], "not_offered")
        self.assertEqual(self.revoked(), [])


@needs_idp
class ByCookie(Case):
    """A proxy's cookie is the credential: pages of others must not use it."""

    @classmethod
    def settings(cls):
        return {**super().settings(), "AUTH_STRATEGIES": "cookie,bearer"}

    def test_a_page_of_somebody_else_changes_nothing(self):
        token = self.idp.mint(sub="bob")
        self.connect(token)
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {}):
            for method, path in (("DELETE", "/accounts/default"),
                                 ("POST", "/accounts/default/connect")):
                with self.subTest(method=method, **headers):
                    answer = self.bridge.request(method, path, headers=headers,
                                                 cookie=f"_oauth2_proxy={token}")
                    self.assertError(answer, 403, "forbidden")
        self.assertEqual(len(self.accounts(token)), 1)
        answer = self.bridge.request("DELETE", "/accounts/default",
                                     headers={"X-Requested-With": "console"},
                                     cookie=f"_oauth2_proxy={token}")
        self.assertStatus(answer, 200)


@needs_idp
class NotOffered(Case):
    @classmethod
    def settings(cls):
        return {**super().settings(), "MCP_REMOTE_OAUTH": "never"}

    def test_there_is_nothing_to_connect(self):
        answer = self.bridge.post("/accounts/default/connect", token=self.idp.mint(sub="bob"))
        self.assertError(answer, 404, "not_found")


@needs_idp
class NotFetched(Case):
    @classmethod
    def settings(cls):
        return {**super().settings(), "EGRESS_ALLOWED_NETWORKS": ""}

    def test_what_no_waiting_changes_names_the_setting(self):
        answer = self.bridge.post("/accounts/default/connect", token=self.idp.mint(sub="bob"))
        self.assertError(answer, 502, "idp_unavailable")
        self.assertIn("EGRESS_ALLOWED_NETWORKS", answer.detail)
        self.assertNotIn("Retry-After", answer.headers)
        wait_for(lambda: "EGRESS_ALLOWED_NETWORKS" in self.bridge.log(), what="it in the log")


class Settings(unittest.TestCase):
    """A client id belongs to the authorization server it was registered at."""

    def test_a_client_of_no_issuer_is_refused_where_accounts_are_a_must(self):
        far = {"url": "https://far.example/mcp", "auth": {"provider": "oauth", "clientId": "x"}}
        config = {"mcpServers": {"far": far}}
        status, text = run_once(args=["--config", "{home}/c.json"], server=(),
                                files={"c.json": json.dumps(config)})
        self.assertEqual(status, 2, text)
        self.assertIn("MCP_REMOTE_SERVER_OAUTH_ISSUER", text)
        self.assertIn("`issuer`", text)

    def test_it_is_told_elsewhere(self):
        with Bridge(server=(), env={"MCP_REMOTE_SERVER": "http://127.0.0.1:9/mcp",
                                    "MCP_REMOTE_CLIENT_ID": "x"}) as bridge:
            self.assertIn("MCP_REMOTE_CLIENT_ID has no effect without "
                          "MCP_REMOTE_SERVER_OAUTH_ISSUER", bridge.log())


if __name__ == "__main__":
    unittest.main()
