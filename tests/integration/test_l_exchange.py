# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 L1 to L7, K6 and K8: whose credential an MCP server gets, and where it comes from."""
import base64
import json
import time
import unittest

from bridge import Bridge, fixture, parallel, run_once, wait_for
from idp import IdpCase, bearer, needs_idp

CONNECTION = "acme/mail box"
INTERNAL = "internal-secret-4711"
CLIENT = "bridge-client"
CLIENT_SECRET = "bridge-secret-0815"


class Env(IdpCase):
    """A child that gets the credential in GITHUB_TOKEN."""

    server = fixture("probe")
    env = {"OAUTH_ENV": "GITHUB_TOKEN"}

    def setUp(self):
        self.idp.forget()

    def token_of(self, token, name="GITHUB_TOKEN", **how):
        return self.bridge.call("read_env", {"name": name}, token=token, **how)


@needs_idp
class PassThrough(Env):
    def test_without_an_alias_the_callers_token_is_passed_on(self):
        """L1, K8"""
        token = self.idp.mint(sub="alice")
        self.assertEqual(self.assertStatus(self.token_of(token), 200).result, token)
        self.assertEqual(self.token_of(token, "MCP_BEARER_TOKEN").result, token)
        self.assertEqual(self.idp.seen("broker") + self.idp.seen("token"), [])

    def test_without_a_token_nothing_is_started(self):
        """K8"""
        before = set(self.bridge.children())
        self.assertError(self.bridge.call("read_env", {"name": "HOME"}), 400)
        self.assertEqual(set(self.bridge.children()) - before, set())

    def test_two_callers_never_share_a_server(self):
        def ask(name):
            token = self.idp.mint(sub=name)
            return token, self.token_of(token).result
        for token, seen in parallel([lambda n=n: ask(f"user-{n}") for n in range(6)]):
            self.assertEqual(seen, token)


@needs_idp
class Brokered(Env):
    env = {**Env.env, "KEYCLOAK_PROVIDER_ALIAS": "github",
           "MCP_ENV_DATA": "{data_path}"}

    def setUp(self):
        super().setUp()
        self.idp.broker("github")

    def test_the_brokered_token_takes_the_place_of_the_callers(self):
        """L2, K8"""
        token = self.idp.mint(sub="bob")
        self.assertEqual(self.assertStatus(self.token_of(token), 200).result, "broker-github-bob")
        asked = self.idp.seen("broker")[0]
        self.assertEqual(asked["headers"]["authorization"], f"Bearer {token}")
        self.assertEqual(asked["headers"]["accept"], "application/json")

    def test_a_form_is_an_answer_too(self):
        """L2"""
        self.idp.broker("github", format="form")
        self.assertEqual(self.token_of(self.idp.mint(sub="carol")).result, "broker-github-carol")

    def test_data_belongs_to_the_caller_not_to_his_account_elsewhere(self):
        """K6"""
        other = self.idp.mint(sub="evil", groups=["all"])
        self.idp.broker("github", tokens={"access_token": other})
        token = self.idp.mint(sub="dora")
        self.assertEqual(self.token_of(token, "DATA").result, "u/dora")
        self.assertEqual(self.token_of(token).result, other)

    def test_it_is_asked_once_for_calls_at_the_same_time_and_after(self):
        """L5"""
        self.idp.mode("broker", "slow", delayMs=300)
        token = self.idp.mint(sub="emil")
        answers = parallel([lambda: self.token_of(token) for _ in range(4)])
        self.assertEqual({one.result for one in answers}, {"broker-github-emil"})
        self.token_of(token)
        self.assertEqual(len(self.idp.seen("broker")), 1)

    def test_an_expired_token_is_refreshed_by_exactly_these_fields(self):
        """L3"""
        old = self.idp.mint(sub="x", exp=int(time.time()) + 30)
        self.idp.refresh_token("refresh-1", sub="fred-far")
        self.idp.broker("github", tokens={"access_token": old, "refresh_token": "refresh-1"})
        got = self.assertStatus(self.token_of(self.idp.mint(sub="fred")), 200).result
        self.assertNotEqual(got, old)
        post = self.idp.seen("token")[0]
        self.assertEqual(post["form"], {"grant_type": "refresh_token", "client_id": "github",
                                        "refresh_token": "refresh-1"})
        self.assertNotIn("authorization", post["headers"])

    def test_an_opaque_token_is_not_refreshed(self):
        """L3"""
        self.idp.broker("github", tokens={"access_token": "opaque", "refresh_token": "r"})
        self.assertEqual(self.token_of(self.idp.mint(sub="gina")).result, "opaque")
        self.assertEqual(self.idp.seen("token"), [])

    def test_a_refusal_is_401_and_a_sick_provider_is_not(self):
        """L4, K8"""
        for status, wanted, error in ((401, 401, "invalid_token"), (403, 401, "not_connected"),
                                      (500, 502, "idp_unavailable")):
            with self.subTest(status=status):
                self.idp.broker("github", status=status)
                token = self.idp.mint(sub=f"refused-{status}")
                answer = self.token_of(token)
                self.assertError(answer, wanted, error)
                self.assertNotIn(token, answer.text)
        self.idp.mode("broker", "drop")
        self.assertError(self.token_of(self.idp.mint(sub="late")), 503, "idp_unavailable")
        self.assertNotIn("broker-github", self.bridge.log())

    def test_what_needs_no_credential_does_not_wait_for_it(self):
        """O4"""
        self.idp.mode("broker", "hang")
        begun = time.monotonic()
        self.assertStatus(self.bridge.get("/health"), 200)
        self.assertLess(time.monotonic() - begun, 5)


@needs_idp
class BrokerMode(Env):
    env = {**Env.env, "KEYCLOAK_PROVIDER_ALIAS": "github",
           "KEYCLOAK_PROVIDER_REFRESH_MODE": "broker"}

    def test_the_broker_is_asked_again(self):
        """L3"""
        old = self.idp.mint(sub="x", exp=int(time.time()) + 30)
        self.idp.broker("github", tokens={"access_token": old, "refresh_token": "r"})
        self.assertStatus(self.token_of(self.idp.mint(sub="bob")), 200)
        first, second = self.idp.seen("broker")
        self.assertNotIn("cache-control", first["headers"])
        self.assertEqual(second["headers"]["cache-control"], "no-cache")
        self.assertEqual(self.idp.seen("token"), [])


@needs_idp
class Short(Env):
    """Brokered tokens that end while the session lives."""

    env = {**Env.env, "KEYCLOAK_PROVIDER_ALIAS": "github"}

    def test_a_session_gets_a_server_with_a_new_token(self):
        token = self.idp.mint(sub="bob")
        self.idp.broker("github", tokens={"access_token": "short-1", "expires_in": 2})
        session = self.bridge.start_session(token=token)
        first = self.token_of(token, session=session)
        self.assertEqual(first.result, "short-1")
        self.assertNotIn("X-Session-Restarted", first.headers)
        self.idp.broker("github", tokens={"access_token": "long-2", "expires_in": 300})

        def renewed():
            answer = self.token_of(token, session=session)
            self.assertStatus(answer, 200)
            return answer if answer.result == "long-2" else None
        answer = wait_for(renewed, 10, "the new token")
        self.assertEqual(answer.headers["X-Session-Restarted"], "true")
        self.bridge.post("/session/close", session=session, token=token)


@needs_idp
class Exchanged(Env):
    @classmethod
    def idp_env(cls, idp):
        idp.client(CLIENT, CLIENT_SECRET)
        partner = json.dumps([{"issuer": idp.issuer("partner")}])
        return idp.env(OAUTH_ENABLE_TOKEN_EXCHANGE="true", OAUTH_CLIENT_ID=CLIENT,
                       AUTH_ISSUERS=partner,
                       OAUTH_CLIENT_SECRET=CLIENT_SECRET, KEYCLOAK_PROVIDER_ALIAS="github",
                       OAUTH_TOKEN_EXCHANGE_AUDIENCE="far-api",
                       OAUTH_TOKEN_EXCHANGE_SCOPE="read write")

    def test_the_request_is_that_of_the_standard(self):
        """L6"""
        token = self.idp.mint(sub="bob")
        got = self.assertStatus(self.token_of(token), 200).result
        claims = json.loads(base64.urlsafe_b64decode(got.split(".")[1] + "=="))
        self.assertTrue(claims["exchanged"])
        self.assertEqual(claims["aud"], "far-api")
        post = self.idp.seen("token")[0]
        kind = "urn:ietf:params:oauth:token-type:access_token"
        self.assertEqual(post["form"], {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": token, "subject_token_type": kind, "requested_token_type": kind,
            "audience": "far-api", "scope": "read write", "requested_issuer": "github"})
        pair = base64.b64decode(post["headers"]["authorization"].split()[1]).decode()
        self.assertEqual(pair, f"{CLIENT}:{CLIENT_SECRET}")

    def test_the_token_of_another_issuer_is_handed_to_nobody(self):
        stranger = self.idp.mint(realm="partner", sub="eve")
        self.assertError(self.token_of(stranger), 401, "invalid_token")
        self.assertEqual(self.idp.seen("token"), [])

    def test_a_refusal_never_ends_with_the_callers_token(self):
        """K8"""
        self.idp.set(exchangeError={"status": 400, "body": {"error": "access_denied"}})
        self.addCleanup(self.idp.set, exchangeError=None)
        self.assertError(self.token_of(self.idp.mint(sub="no")), 401, "not_connected")

    def test_the_credential_is_in_no_log(self):
        token = self.idp.mint(sub="quiet")
        got = self.token_of(token).result
        log = self.bridge.log()
        for secret in (token, got, CLIENT_SECRET):
            self.assertNotIn(secret, log)


@needs_idp
class Entra(Env):
    @classmethod
    def idp_env(cls, idp):
        return idp.env(AUTH_PROVIDER="entra", ENTRA_AUTHORITY=idp.url, ENTRA_TENANT_ID="test",
                       OAUTH_CLIENT_ID=CLIENT, OAUTH_CLIENT_SECRET=CLIENT_SECRET,
                       OAUTH_TOKEN_EXCHANGE_SCOPE="api://far/.default")

    def test_the_bridge_acts_on_behalf_of_the_caller(self):
        """L6"""
        token = self.idp.mint(sub="bob")
        self.assertStatus(self.token_of(token), 200)
        post = self.idp.seen("entra")[0]
        self.assertEqual(post["path"], "/test/oauth2/v2.0/token")
        self.assertEqual(post["form"], {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": token,
            "requested_token_use": "on_behalf_of", "scope": "api://far/.default",
            "client_id": CLIENT, "client_secret": CLIENT_SECRET})

    def test_what_the_user_has_to_do_is_passed_on(self):
        """L6"""
        claims = '{"access_token":{"polids":{"essential":true}}}'
        self.idp.set(exchangeError={"status": 400, "body": {"error": "interaction_required",
                                                            "claims": claims}})
        self.addCleanup(self.idp.set, exchangeError=None)
        answer = self.token_of(self.idp.mint(sub="mfa"))
        self.assertError(answer, 401)
        self.assertEqual(answer.json["claims"], claims)
        challenge = answer.headers["WWW-Authenticate"]
        self.assertIn('error="insufficient_claims"', challenge)
        self.assertIn(f'claims="{base64.b64encode(claims.encode()).decode()}"', challenge)


@needs_idp
class Keys(Env):
    @classmethod
    def idp_env(cls, idp):
        partner = json.dumps([{"issuer": idp.issuer("partner")}])
        return idp.env(AUTH_PROVIDER="user-api-key", AUTH_TOKENS_INTERNAL_URL=idp.url,
                       MCP_CONNECTION_ID=CONNECTION, INTERNAL_API_SECRET=INTERNAL,
                       AUTH_ISSUERS=partner,
                       USER_API_KEY_ALLOWED_CLIENTS="other, test-client", SERVICE_NAME="the bridge")

    def test_a_listed_client_gets_the_key_of_its_user(self):
        """L7"""
        self.idp.store_key("b@x.org", CONNECTION, "key-of-b")
        token = self.idp.mint(sub="b", email="b@x.org", email_verified=True)
        self.assertEqual(self.assertStatus(self.token_of(token), 200).result, "key-of-b")
        asked = self.idp.seen("store")[0]
        self.assertEqual(asked["path"],
                         "/api/internal/connection-key/b%40x.org/acme%2Fmail%20box")
        self.assertEqual(asked["headers"]["x-service-id"], "the bridge")
        self.assertEqual(asked["headers"]["x-internal-secret"], INTERNAL)

    def test_whoever_is_not_listed_gets_none(self):
        """L7"""
        token = self.idp.mint(sub="c", email="c@x.org", azp="evil")
        self.assertError(self.token_of(token), 401, "invalid_token")
        self.assertEqual(self.idp.seen("store"), [])

    def test_a_name_nobody_vouches_for_opens_nothing(self):
        self.idp.store_key("ceo@x.org", CONNECTION, "key-of-ceo")
        partner = self.idp.mint(realm="partner", sub="eve", email="ceo@x.org")
        unchecked = self.idp.mint(sub="mallory", email="ceo@x.org", email_verified=False)
        unsaid = self.idp.mint(sub="mallory", email="ceo@x.org")
        named = self.idp.mint(sub="trudy", email="", preferred_username="ceo@x.org")
        for token in (partner, unchecked, unsaid, named):
            self.assertError(self.token_of(token), 401, "invalid_token")
        self.assertEqual(self.idp.seen("store"), [])
        good = self.idp.mint(sub="ceo", email="ceo@x.org", email_verified=True)
        self.assertEqual(self.token_of(good).result, "key-of-ceo")

    def test_a_missing_key_names_the_connection(self):
        """L7"""
        answer = self.token_of(self.idp.mint(sub="d", email="d@x.org", email_verified=True))
        self.assertError(answer, 401, "not_connected")
        self.assertIn(CONNECTION, answer.detail)

    def test_a_store_that_fails_is_not_the_users_fault(self):
        """L7"""
        self.idp.mode("store", "down", status=500)
        token = self.idp.mint(sub="e", email="e@x.org", email_verified=True)
        self.assertError(self.token_of(token), 502, "idp_unavailable")


@needs_idp
class NoClients(Env):
    @classmethod
    def idp_env(cls, idp):
        return idp.env(AUTH_PROVIDER="user-api-key", AUTH_TOKENS_INTERNAL_URL=idp.url,
                       MCP_CONNECTION_ID="c", INTERNAL_API_SECRET=INTERNAL)

    def test_an_empty_list_lets_nobody_in(self):
        """L7"""
        self.idp.store_key("b@x.org", "c", "key-of-b")
        token = self.idp.mint(sub="b", email="b@x.org", email_verified=True)
        self.assertError(self.token_of(token), 401)
        self.assertEqual(self.idp.seen("store"), [])


@needs_idp
class Arguments(IdpCase):
    """`oauth_token` of a tool is the exchanged token too, in and out of sessions."""

    server = fixture("oauthtool")
    env = {"KEYCLOAK_PROVIDER_ALIAS": "github"}

    def setUp(self):
        self.idp.forget()
        self.idp.broker("github")

    def given(self, token, **how):
        answer = self.bridge.call("whoami", {"oauth_token": "mine"}, token=token, **how)
        return json.loads(self.assertStatus(answer, 200).json["content"][0]["text"])["args"]

    def test_it_is_the_exchanged_one(self):
        token = self.idp.mint(sub="bob")
        self.assertEqual(self.given(token)["oauth_token"], "broker-github-bob")

    def test_a_session_gets_the_one_of_the_moment(self):
        token = self.idp.mint(sub="carol")
        session = self.bridge.start_session(token=token)
        self.idp.broker("github", tokens={"access_token": "one", "expires_in": 2})
        self.assertEqual(self.given(token, session=session)["oauth_token"], "one")
        self.idp.broker("github", tokens={"access_token": "two", "expires_in": 300})
        wait_for(lambda: self.given(token, session=session)["oauth_token"] == "two", 10)
        self.bridge.post("/session/close", session=session, token=token)

    def test_tools_that_do_not_need_it_do_not_ask_for_it(self):
        """weakness C16"""
        token = self.idp.mint(sub="dora")
        self.assertStatus(self.bridge.call("plain", {"text": "x"}, token=token), 200)
        self.assertEqual(self.idp.seen("broker"), [])

    def test_a_refusal_is_told(self):
        self.idp.broker("github", status=401)
        answer = self.bridge.call("whoami", {}, token=self.idp.mint(sub="eva"))
        self.assertError(answer, 401, "invalid_token")


class Settings(unittest.TestCase):
    def test_what_a_provider_needs_is_asked_for_at_start(self):
        status, text = run_once(env={"AUTH_PROVIDER": "entra"})
        self.assertEqual(status, 2, text)
        for name in ("ENTRA_TENANT_ID", "OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET",
                     "OAUTH_TOKEN_EXCHANGE_SCOPE"):
            self.assertIn(name, text)
        status, text = run_once(env={"AUTH_PROVIDER": "google"})
        self.assertEqual(status, 2, text)

    def test_an_entry_may_want_none(self):
        config = {"mcpServers": {"a": {"command": "true", "auth": {"provider": "none"}}}}
        with Bridge(env={"AUTH_PROVIDER": "entra"}, args=["--config", "{home}/c.json"],
                    files={"c.json": json.dumps(config)}):
            pass


if __name__ == "__main__":
    unittest.main()
