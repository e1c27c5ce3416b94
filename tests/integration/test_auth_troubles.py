# SPDX-License-Identifier: GPL-3.0-or-later
"""Sick identity providers, rotation of keys with time, introspection, several issuers and discovery,
through the finished program (issue "Identity", bad input; J2 to J4)."""
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))

from bridge import SLOW, Bridge, parallel, run_once, wait_for  # noqa: E402
from case import BridgeCase  # noqa: E402
from idp import Idp, IdpCase, bearer, needs_idp  # noqa: E402


def status(bridge, token):
    return bridge.get("/tools", headers=bearer(token)).status


@needs_idp
class Sick(IdpCase):
    """A new bridge for each trouble, which is there when it starts: one that has the keys would not
    need the provider."""

    def fails(self, mode, **how):
        token = self.idp.mint(sub="alice")
        self.idp.mode("jwks", mode, **how)
        with Bridge(env=self.idp.env()) as bridge:
            began = time.monotonic()
            answer = bridge.get("/tools", headers=bearer(token))
            self.assertError(answer, 503, "idp_unavailable")
            self.assertEqual(answer.headers["Retry-After"], "5")
            self.assertLess(time.monotonic() - began, 13 * SLOW)
            self.assertStatus(bridge.get("/tools"), 200)  # nobody else is troubled
            self.idp.well()
            wait_for(lambda: status(bridge, token) == 200, what="the provider's recovery")
            self.assertNotIn(token, bridge.log())
            self.assertEqual(bridge.log().count("cannot be asked: "), 1)
            wait_for(lambda: "can be asked again" in bridge.log(), what="the line of the recovery")
            return bridge

    def test_it_answers_with_an_error(self):
        self.fails("down", status=500)

    def test_who_wants_to_log_in_is_told_in_the_form_he_asked_for(self):
        env = {"OAUTH_ISSUER_URL": self.idp.issuer(), "OAUTH_CLIENT_ID": "bridge"}
        self.idp.mode("all", "down", status=500)
        with Bridge(env=env) as bridge:
            page = bridge.get("/oauth/login", headers={"Accept": "text/html"})
            self.assertStatus(page, 503)
            self.assertIn("text/html", page.headers["Content-Type"])
            self.assertIn("nobody can log in", page.text)
            self.assertIn("style-src 'sha256-", page.headers["Content-Security-Policy"])
            self.assertError(bridge.get("/oauth/login"), 503, "idp_unavailable")

    def test_it_drops_connections(self):
        self.fails("drop")

    def test_it_serves_garbage(self):
        self.fails("garbage")

    def test_it_serves_a_hundred_megabytes(self):
        self.fails("huge", megabytes=100)

    def test_it_redirects_for_ever(self):
        self.fails("redirect-loop")

    def test_it_redirects_elsewhere(self):
        with Idp() as evil:
            self.fails("redirect",
                       location=evil.issuer() + "/protocol/openid-connect/certs")
            self.assertEqual(evil.seen(), [])

    def test_it_is_silent_and_others_are_served_meanwhile(self):
        token = self.idp.mint(sub="alice")
        self.idp.mode("jwks", "hang")
        with Bridge(env=self.idp.env()) as bridge:
            def waiting():
                return bridge.get("/tools", headers=bearer(token)).status

            def others():
                began = time.monotonic()
                for _ in range(20):
                    self.assertStatus(bridge.get("/tools"), 200)
                return time.monotonic() - began

            first, took = parallel([waiting, others])
            self.assertEqual(first, 503)
            self.assertLess(took, 5 * SLOW)

    def test_it_is_slow(self):
        self.idp.mode("jwks", "slow", delayMs=1000)
        self.idp.forget()
        with Bridge(env=self.idp.env()) as bridge:
            tokens = [self.idp.mint(sub=name) for name in ("alice", "bob", "carol")]
            answers = parallel([lambda token=token: status(bridge, token) for token in tokens])
            self.assertEqual(answers, [200, 200, 200])
            self.assertEqual(len(self.idp.seen("jwks")), 1)


@needs_idp
class Rotation(IdpCase):
    """J3 with time: short lives instead of a clock."""

    env = {"AUTH_JWKS_CACHE_SECONDS": "1", "AUTH_JWKS_STALE_SECONDS": "0"}

    def becomes(self, expected, token):
        wait_for(lambda: status(self.bridge, token) == expected, what=f"status {expected}")

    def test_a_withdrawn_key_is_trusted_no_longer_than_the_set(self):
        old = self.idp.mint(sub="alice")
        self.becomes(200, old)
        self.idp.rotate()
        self.becomes(200, self.idp.mint(sub="alice"))
        self.becomes(401, old)

    def test_a_key_that_stays_published_stays_good(self):
        old = self.idp.mint(sub="alice")
        self.becomes(200, old)
        self.idp.rotate(keep=True)
        self.idp.forget()
        wait_for(lambda: status(self.bridge, old) == 200 and len(self.idp.seen("jwks")) > 1,
                 what="another fetch of the keys")
        self.becomes(200, self.idp.mint(sub="alice"))

    def test_without_leave_stale_keys_do_not_serve(self):
        token = self.idp.mint(sub="alice")
        self.becomes(200, token)
        self.idp.mode("jwks", "down")
        self.becomes(503, token)
        self.idp.well()
        self.becomes(200, token)


@needs_idp
class Algorithms(IdpCase):
    def test_all_that_are_listed_are_taken(self):
        for alg in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
                    "ES512", "EdDSA"):
            with self.subTest(alg):
                self.assertEqual(status(self.bridge, self.idp.mint(how={"alg": alg})), 200)

    def test_no_forgery_is(self):
        for how in ({"alg": "none"}, {"alg": "HS256"}, {"alg": "HS256", "secret": "secret"},
                    {"key": "stranger"}, {"spoil": True}, {"header": {"jku": "http://evil/"}},
                    {"header": {"crit": ["x"]}}, {"kid": "other"},
                    {"rawPayload": '{"sub":"a","sub":"b"}'}, {"expires_in": -60}):
            with self.subTest(how):
                answer = self.bridge.get("/tools", headers=bearer(self.idp.mint(how=how)))
                self.assertStatus(answer, 401)
        for claims in ({"iss": "https://evil.example"}, {"exp": None},
                       {"nbf": int(time.time()) + 3600}, {"iat": int(time.time()) + 3600}):
            with self.subTest(claims):
                self.assertEqual(status(self.bridge, self.idp.mint(**claims)), 401)


@needs_idp
class Audience(IdpCase):
    env = {"OAUTH_AUDIENCE": "bridge", "AUTH_ALGORITHMS": "ES256"}

    def test_tokens_for_others_are_refused(self):
        for audience, expected in (("bridge", 200), (["x", "bridge"], 200), ("x", 401),
                                   (None, 401)):
            with self.subTest(audience):
                token = self.idp.mint(aud=audience, how={"alg": "ES256"})
                self.assertEqual(status(self.bridge, token), expected)
        self.assertEqual(status(self.bridge, self.idp.mint(aud="bridge")), 401)  # RS256


@needs_idp
class Introspection(IdpCase):
    env = {"OAUTH_CLIENT_ID": "the bridge", "OAUTH_CLIENT_SECRET": "se:cret-4711",
           "AUTH_INTROSPECTION": "always", "AUTH_INTROSPECTION_CACHE_SECONDS": "1"}

    @classmethod
    def idp_env(cls, idp):
        idp.client("the bridge", "se:cret-4711")
        return idp.env()

    def test_opaque_tokens_are_known(self):
        token = self.idp.opaque(sub="carol")
        self.assertEqual(status(self.bridge, token), 200)
        self.assertEqual(status(self.bridge, "opaque-of-nobody"), 401)

    def test_a_revoked_token_ends(self):
        for token in (self.idp.opaque(sub="carol"), self.idp.mint(sub="carol")):
            self.assertEqual(status(self.bridge, token), 200)
            self.idp.revoke(token)
            wait_for(lambda token=token: status(self.bridge, token) == 401,
                     what="the end of the token")

    def test_a_provider_that_is_down_is_not_the_callers_fault(self):
        self.idp.mode("introspect", "down")
        self.assertError(self.bridge.get("/tools", headers=bearer(self.idp.opaque(sub="dave"))),
                         503, "idp_unavailable")


@needs_idp
class WrongSecret(IdpCase):
    env = {"OAUTH_CLIENT_ID": "bridge", "OAUTH_CLIENT_SECRET": "wrong-secret-4711",
           "ADMIN_TOKEN": "admin-token-of-tests"}

    @classmethod
    def idp_env(cls, idp):
        idp.client("bridge", "right")
        return idp.env()

    def test_the_log_says_what_to_do_and_keeps_the_secret(self):
        answer = self.bridge.get("/tools", headers=bearer(self.idp.opaque(sub="carol")))
        self.assertError(answer, 503, "idp_unavailable")
        self.bridge.get("/tools", headers=bearer(self.idp.opaque(sub="dave")))
        self.assertEqual(self.bridge.log().count("client id or secret"), 1)
        state, = self.bridge.get("/admin/config", token="admin-token-of-tests").json["issuers"]
        self.assertEqual(state["introspection"]["state"], "failing")
        self.assertIn("OAUTH_CLIENT_SECRET", state["introspection"]["detail"])
        self.assertNotIn("wrong-secret-4711",
                         self.bridge.log() + answer.text + json.dumps(state))


@needs_idp
class Discovered(IdpCase):
    """OAUTH_ISSUER_URL alone, and a second issuer."""

    @classmethod
    def idp_env(cls, idp):
        return {"OAUTH_ISSUER_URL": idp.issuer("one"),
                "AUTH_ISSUERS": json.dumps([{"issuer": idp.issuer("two"), "audience": "two"}])}

    def test_each_issuer_is_believed_with_its_own_keys(self):
        self.assertEqual(status(self.bridge, self.idp.mint(realm="one")), 200)
        self.assertEqual(status(self.bridge, self.idp.mint(realm="two", aud="two")), 200)
        self.assertEqual(status(self.bridge, self.idp.mint(realm="two")), 401)
        self.assertEqual(status(self.bridge, self.idp.mint(realm="three")), 401)
        forged = self.idp.mint(realm="two", iss=self.idp.issuer("one"))
        self.assertEqual(status(self.bridge, forged), 401)

    def test_a_user_of_one_is_not_that_user_of_the_other(self):
        session = self.bridge.start_session(headers=bearer(self.idp.mint(realm="one", sub="alice")))
        other = bearer(self.idp.mint(realm="two", sub="alice", aud="two"))
        self.assertStatus(self.bridge.call("call_counter", session=session, headers=other), 404)


@needs_idp
class Lying(IdpCase):
    """Its document is about another issuer."""

    @classmethod
    def idp_env(cls, idp):
        idp.set(realm="liar", metadata={"issuer": "https://evil.example"})
        return {"OAUTH_ISSUER_URL": idp.issuer("liar")}

    def test_it_is_not_believed(self):
        answer = self.bridge.get("/tools", headers=bearer(self.idp.mint(realm="liar")))
        self.assertError(answer, 503, "idp_unavailable")
        self.assertIn("is about another one", self.bridge.log())
        self.assertEqual(self.idp.seen("jwks"), [])


@needs_idp
class Inward(IdpCase):
    """Its document leads into a private network."""

    @classmethod
    def idp_env(cls, idp):
        idp.set(realm="inward", metadata={"jwks_uri": "http://127.0.0.1:1/certs"})
        return {"OAUTH_ISSUER_URL": idp.issuer("inward")}

    def test_nobody_goes_there(self):
        answer = self.bridge.get("/tools", headers=bearer(self.idp.mint(realm="inward")))
        self.assertError(answer, 503, "idp_unavailable")


@needs_idp
class Tls(BridgeCase):
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def test_a_certificate_nobody_vouches_for_is_refused_unless_that_is_allowed(self):
        with Idp(tls=True) as idp:
            token = idp.mint(sub="alice")
            for more, expected in (({}, 503), ({"AUTH_ALLOW_UNSAFE_CERT": "true"}, 200),
                                   ({"EGRESS_CA_BUNDLE": idp.certificate()}, 200)):
                with self.subTest(more), Bridge(env=idp.env(**more)) as bridge:
                    self.assertEqual(status(bridge, token), expected)
                    self.assertEqual("AUTH_ALLOW_UNSAFE_CERT is true" in bridge.log(),
                                     "AUTH_ALLOW_UNSAFE_CERT" in more)


class Startup(Tls):
    test_a_certificate_nobody_vouches_for_is_refused_unless_that_is_allowed = None

    def test_all_wrong_settings_are_named_at_once(self):
        code, output = run_once(env={
            "AUTH_VERIFY_TOKENS": "true", "AUTH_ALGORITHMS": "RS256,none",
            "AUTH_TRUST_PROXY_HEADERS": "true", "ADMIN_TOKEN": "short",
            "AUTH_STRATEGIES": "bearer,magic", "AUTH_ISSUERS": '[{"isuer":"https://x"}]'})
        self.assertEqual(code, 2, output)
        for word in ("AUTH_ALGORITHMS", "AUTH_TRUSTED_PROXIES", "ADMIN_TOKEN", "AUTH_STRATEGIES",
                     "AUTH_ISSUERS[0].issuer", "AUTH_ISSUERS[0].isuer"):
            self.assertIn(word, output)

    def test_the_admin_token_is_made_once(self):
        with Bridge(env={"OAUTH_ISSUER_URL": "https://idp.example"}) as bridge:
            path = bridge.path(".local/share/mcp-bridge/admin-token")
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
            with open(path) as file:
                token = file.read().strip()
            self.assertStatus(bridge.get("/admin/config", headers=bearer(token)), 200)
            self.assertStatus(bridge.get("/admin/config", headers={"X-Admin-Token": token}), 200)
            refused = bridge.get("/admin/config", headers={"X-Admin-Token": token + "x"})
            self.assertStatus(refused, 401)
            self.assertNotIn(token, bridge.log())
