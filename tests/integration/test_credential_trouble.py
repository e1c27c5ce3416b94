# SPDX-License-Identifier: GPL-3.0-or-later
"""What callers are told when the credential for an MCP server cannot be had, for each provider
(resources/docs/credentials.md, "When there is none")."""
import time
import unittest

from bridge import SLOW, fixture, wait_for
from idp import Idp, IdpCase, needs_idp

CLIENT, SECRET = "bridge-client", "bridge-secret-0815"


class Trouble:
    """`endpoint` names what is asked at the identity provider double."""

    server = fixture("probe")
    env = {"OAUTH_ENV": "FAR_TOKEN"}
    endpoint = ""

    def setUp(self):
        self.idp.well()
        self.idp.forget()
        self.prepare()

    def prepare(self):
        pass

    def token(self):
        """Of somebody nobody has asked for yet: refusals are remembered for a moment."""
        Trouble.number = getattr(Trouble, "number", 0) + 1
        name = f"user-{Trouble.number}"
        self.idp.store_key(f"{name}@x.org", "mail", f"key-of-{name}")
        return self.idp.mint(sub=name, email=f"{name}@x.org", email_verified=True)

    def ask(self, token):
        return self.bridge.call("read_env", {"name": "FAR_TOKEN"}, token=token)

    def refused(self, status, error, again=None):
        token, before = self.token(), set(self.bridge.children())
        answer = self.ask(token)
        self.assertError(answer, status, error)
        self.assertEqual(again is not None, "Retry-After" in answer.headers, answer.headers)
        self.assertNotIn(token, answer.text)
        self.assertNotIn(token, self.bridge.log())
        self.assertEqual(set(self.bridge.children()) - before, set())
        return token, answer

    def logged(self, answer):
        """The line of the request in the log."""
        ident = answer.headers["X-Request-Id"]
        return wait_for(lambda: [line for line in self.bridge.log().splitlines()
                                 if ident in line and " error=" in line], what="its line")[0]

    def down(self, mode, **how):
        self.idp.mode(self.endpoint, mode, **how)
        return self.refused(503, "idp_unavailable", again=True)

    def test_all_is_well_without_trouble(self):
        token = self.token()
        got = self.assertStatus(self.ask(token), 200).result
        self.assertTrue(got)
        self.assertNotEqual(got, token)

    def test_a_provider_that_is_down_is_tried_again(self):
        token, answer = self.down("down")
        self.assertIn("Try again", answer.detail)
        self.idp.well()
        time.sleep(int(answer.headers["Retry-After"]))  # as a client does that is told so
        self.assertStatus(self.ask(token), 200)

    def test_lost_connections(self):
        _, answer = self.down("drop")
        self.assertIn("closed the connection", self.logged(answer))

    def test_a_hundred_megabytes(self):
        began = time.monotonic()
        self.down("huge", megabytes=100)
        self.assertLess(time.monotonic() - began, 10 * SLOW)

    def test_a_redirect_loop(self):
        self.down("redirect-loop")
        self.assertLess(len(self.idp.seen(self.endpoint)), 30)

    def test_a_redirect_elsewhere_takes_nothing_along(self):
        with Idp() as evil:
            self.down("redirect", location=evil.url + "/collect", status=307)
            self.assertEqual(evil.seen(), [])

    def test_silence_ends(self):
        began = time.monotonic()
        self.down("hang")
        self.assertLess(time.monotonic() - began, 15 * SLOW)

    def test_answers_that_make_no_sense(self):
        self.idp.mode(self.endpoint, "garbage")
        self.refused(502, "idp_unavailable")
        self.idp.mode(self.endpoint, "down", status=500)
        _, answer = self.refused(502, "idp_unavailable")
        self.assertIn("status 500", answer.detail)

    def test_others_are_served_meanwhile(self):
        token = self.token()
        self.assertStatus(self.ask(token), 200)
        self.idp.mode(self.endpoint, "down")
        self.refused(503, "idp_unavailable", again=True)
        self.assertStatus(self.ask(token), 200)


@needs_idp
class BrokerJson(Trouble, IdpCase):
    endpoint = "broker"
    format = "json"
    env = {**Trouble.env, "KEYCLOAK_PROVIDER_ALIAS": "github"}

    def prepare(self):
        self.idp.broker("github", format=self.format)

    def test_a_refused_token_is_the_callers_to_change(self):
        self.idp.broker("github", status=401)
        _, answer = self.refused(401, "invalid_token")
        self.assertIn("Sign in again", answer.detail)

    def test_an_account_that_is_not_connected_is_named(self):
        for status in (400, 403, 404):
            self.idp.broker("github", status=status)
            _, answer = self.refused(401, "not_connected")
            self.assertIn("github", answer.detail)
            self.assertIn("read-token", answer.detail)


@needs_idp
class BrokerForm(BrokerJson):
    format = "form"


class Endpoint(Trouble):
    """A token endpoint."""

    def refuses(self, error, status=400, **more):
        self.idp.set(exchangeError={"status": status, "body": {"error": error, **more}})
        self.addCleanup(self.idp.set, exchangeError=None)

    def test_a_refused_token_is_the_callers_to_change(self):
        self.refuses("invalid_grant")
        _, answer = self.refused(401, "invalid_token")
        self.assertIn("Sign in again", answer.detail)

    def test_what_the_user_has_to_do_is_told(self):
        for error in ("interaction_required", "login_required", "consent_required"):
            self.refuses(error)
            _, answer = self.refused(401, "invalid_token")
            self.assertIn("sign in again", answer.detail)

    def test_whoever_may_not_is_told_whom_to_ask(self):
        self.refuses("access_denied", 403)
        _, answer = self.refused(401, "not_connected")
        self.assertIn("Ask the operator", answer.detail)
        line = self.logged(answer)
        self.assertIn("provider_error=access_denied", line)
        self.assertIn("provider_status=403", line)
        self.assertIn('reason="The identity provider gives no credential', line)

    def test_what_the_bridge_is_set_up_wrongly_for_is_the_operators_to_mend(self):
        for error in ("unauthorized_client", "invalid_target", "invalid_scope"):
            self.refuses(error)
            _, answer = self.refused(502, "idp_unavailable")
            self.assertIn("operator", answer.detail)
            self.assertIn("provider_error=" + error, self.logged(answer))

    def test_a_client_that_is_not_known_is_the_operators_to_mend(self):
        self.refuses("invalid_client", 401)
        _, answer = self.refused(502, "idp_unavailable")
        self.assertIn("operator", answer.detail)
        self.assertNotIn(SECRET, self.bridge.log() + answer.text)

    def test_a_provider_that_says_later_means_later(self):
        self.refuses("temporarily_unavailable")
        self.refused(503, "idp_unavailable", again=True)


@needs_idp
class Exchange(Endpoint, IdpCase):
    endpoint = "token"

    @classmethod
    def idp_env(cls, idp):
        idp.client(CLIENT, SECRET)
        return idp.env(OAUTH_ENABLE_TOKEN_EXCHANGE="true", OAUTH_CLIENT_ID=CLIENT,
                       OAUTH_CLIENT_SECRET=SECRET, OAUTH_TOKEN_EXCHANGE_AUDIENCE="far-api")


@needs_idp
class Entra(Endpoint, IdpCase):
    endpoint = "entra"

    @classmethod
    def idp_env(cls, idp):
        return idp.env(AUTH_PROVIDER="entra", ENTRA_AUTHORITY=idp.url, ENTRA_TENANT_ID="test",
                       OAUTH_CLIENT_ID=CLIENT, OAUTH_CLIENT_SECRET=SECRET,
                       OAUTH_TOKEN_EXCHANGE_SCOPE="api://far/.default")


@needs_idp
class Keys(Trouble, IdpCase):
    endpoint = "store"

    @classmethod
    def idp_env(cls, idp):
        return idp.env(AUTH_PROVIDER="user-api-key", AUTH_TOKENS_INTERNAL_URL=idp.url,
                       MCP_CONNECTION_ID="mail", INTERNAL_API_SECRET=SECRET,
                       USER_API_KEY_ALLOWED_CLIENTS="test-client")

    def test_a_store_that_does_not_know_the_bridge_is_the_operators_to_mend(self):
        for status in (401, 403):
            self.idp.mode("store", "answer", status=status, body={})
            _, answer = self.refused(502, "idp_unavailable")
            self.assertIn("INTERNAL_API_SECRET", answer.detail)

    def test_why_a_caller_gets_no_key_is_in_the_log(self):
        for claims, words in (({"email_verified": False}, "verified"),
                              ({"azp": "another", "aud": "bridge-api"}, "not for this client")):
            token = self.idp.mint(**{"sub": "eve", "email": "eve@x.org", "email_verified": True,
                                     **claims})
            answer = self.ask(token)
            self.assertError(answer, 401, "invalid_token")
            self.assertIn(words, self.logged(answer).partition("reason=")[2])
            self.assertNotIn("eve@x.org", self.bridge.log())

    def test_a_missing_key_is_the_users_to_store(self):
        self.idp.mode("store", "answer", status=404, body={})
        _, answer = self.refused(401, "not_connected")
        self.assertIn("mail", answer.detail)


if __name__ == "__main__":
    unittest.main()
