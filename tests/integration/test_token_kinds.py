# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens that issuers sign and that are still no access tokens of the caller for this bridge, and
tokens that say who he is in a way that could be another's name."""
import json
import unittest

from bridge import PROGRAM, Bridge, fixture
from idp import Idp, bearer, needs_idp

CLIENT = {"OAUTH_CLIENT_ID": "bridge", "OAUTH_CLIENT_SECRET": "xxxxxxxxxxxxxxxx"}


@needs_idp
class Cookies(unittest.TestCase):
    def test_of_foreign_pages_are_refused_however_short_answers_are_kept(self):
        with Idp() as idp:
            env = idp.env(**CLIENT, TOKEN_SOURCE="cookie", TOKEN_COOKIE_NAME="tok",
                          AUTH_INTROSPECTION="always", AUTH_INTROSPECTION_CACHE_SECONDS="0")
            with Bridge(env=env) as bridge:
                cookie = "tok=" + idp.mint(sub="alice")
                foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
                for headers, status in ((foreign, 403), ({"Content-Type": "text/plain"}, 403),
                                        ({"X-Requested-With": "test"}, 200)):
                    answer = bridge.post("/session/start", cookie=cookie, headers=headers)
                    self.assertEqual(answer.status, status, answer)
                who = bridge.get("/oauth/userinfo", cookie=cookie).json
                self.assertEqual((who["sub"], who["strategy"]), ("alice", "cookie"))


@needs_idp
class Kinds(unittest.TestCase):
    def test_that_are_no_access_tokens_or_bound_to_a_key_are_refused(self):
        introspected = ({"token_use": "refresh_token"}, {"token_type": "refresh_token"},
                        {"token_type": "N_A"}, {"typ": "Refresh"},
                        {"token_type": "DPoP", "cnf": {"jkt": "x"}})
        signed = ({"cnf": {"jkt": "x"}}, {"cnf": {"x5t#S256": "x"}}, {"token_use": "id"},
                  {"nonce": "n", "aud": "bridge"}, {"typ": "DPoP"}, {"at_hash": "x"})
        with Idp() as idp, Bridge(env=idp.env(**CLIENT)) as bridge:
            for tokens in ([(more, idp.opaque(sub="alice", **more)) for more in introspected],
                           [(more, idp.mint(sub="alice", **more)) for more in signed]):
                for more, text in tokens:
                    with self.subTest(more):
                        answer = bridge.get("/tools", headers=bearer(text))
                        self.assertEqual((answer.status, answer.json["error"]),
                                         (401, "invalid_token"))
                        self.assertEqual("bound to a key" in answer.detail,
                                         "cnf" in more or more.get("typ") == "DPoP")
            after_login = {"nonce": "n", "aud": "bridge", "at_hash": "x"}
            for good in (idp.mint(sub="alice", token_use="access", typ="Bearer"),
                         idp.mint(sub="alice", typ="Bearer", **after_login),
                         idp.mint(sub="alice", how={"header": {"typ": "at+jwt"}}, **after_login),
                         idp.opaque(sub="alice", token_type="BearerToken"),
                         idp.opaque(sub="alice", token_type="Bearer"), idp.opaque(sub="alice"),
                         idp.mint(sub="alice", nonce="n", aud="bridge", scope="openid")):
                self.assertEqual(bridge.get("/tools", headers=bearer(good)).status, 200)
            self.assertEqual(bridge.log().count("is refused for being an ID token"), 1)
            self.assertIn("as Dex does, set AUTH_ACCEPT_ID_TOKENS=true", bridge.log())
            id_token = idp.mint(sub="alice", nonce="n", aud="bridge")
            with Bridge(env=idp.env(**CLIENT, AUTH_ACCEPT_ID_TOKENS="true")) as lenient:
                self.assertEqual(lenient.get("/tools", headers=bearer(id_token)).status, 200)


@needs_idp
class Opaque(unittest.TestCase):
    def test_tokens_are_shown_to_those_they_may_be_of(self):
        with Idp() as idp:
            def bridge(**more):
                entry = {"issuer": idp.issuer("partner"), "client_id": "x",
                         "client_secret": "yyyyyyyyyyyyyyyy", **more}
                return Bridge(env=idp.env(**CLIENT, AUTH_ISSUERS=json.dumps([entry])))

            def asked(running, text, status):
                idp.forget()
                answer = running.get("/tools", headers=bearer(text))
                self.assertEqual(answer.status, status, answer)
                return ["partner" in one["path"] for one in idp.seen("introspect")]
            with bridge() as running:
                self.assertEqual(asked(running, "unknown", 401), [False])
            asks = idp.issuer("partner") + "/protocol/openid-connect/token/introspect"
            with bridge(introspection_endpoint=asks) as running:
                self.assertEqual(asked(running, idp.opaque(realm="partner", sub="eve"), 200),
                                 [False, True])
            with bridge(introspection="opaque") as running:
                partners = idp.opaque(realm="partner", sub="eve")
                self.assertEqual(asked(running, partners, 200), [False, True])
                idp.mode("introspect", "down")
                self.assertEqual(asked(running, idp.opaque(sub="alice"), 503), [False])


@needs_idp
class Names(unittest.TestCase):
    """A claim that says less of who somebody is than `sub` gives nobody that one's place."""
    NAMELESS = ({"preferred_username": "alice"}, {"email": "alice"}, {"uid": "alice"},
                {"email": "alice", "email_verified": True}, {"user_id": "alice"})

    def place(self, bridge, headers):
        answer = bridge.post("/tools/read_env", {"name": "PLACE"}, headers=headers)
        self.assertEqual(answer.status, 200, answer)
        return answer.result

    def test_are_places_of_their_own(self):
        proxy = {"AUTH_TRUST_PROXY_HEADERS": "true", "AUTH_TRUSTED_PROXIES": "127.0.0.1"}
        with Idp() as idp, Bridge(fixture("probe"),
                                  env=idp.env(MCP_ENV_PLACE="{data_path} {user_id}", **proxy)) as bridge:
            self.assertEqual(self.place(bridge, bearer(idp.mint(sub="alice"))), "u/alice alice")
            callers = [bearer(idp.mint(sub=None, **claims)) for claims in self.NAMELESS]
            callers += [{"X-Forwarded-User": "alice"}, {"X-Forwarded-Email": "alice"},
                        bearer(idp.mint(sub="alice"))]
            places = {self.place(bridge, headers) for headers in callers}
            self.assertEqual(len(places), len(callers) - 1, places)  # two are `email`

    def test_fit_no_rule_for_a_user_of_that_name(self):
        def config(*users):
            return json.dumps({
                "bridge": {"policy": {"default": "deny",
                                      "rules": [{"effect": "allow", "users": users}]}},
                "mcpServers": {"pub": {"command": PROGRAM, "args": ["demo-server"]}}})
        with Idp() as idp:
            def status(env, **claims):
                users = ["alice"] if env else ["alice", "*#alice"]
                with Bridge(None, idp.env(**env), files={"c.json": config(*users)},
                            args=["--config", "{home}/c.json"]) as bridge:
                    return bridge.post("/servers/pub/tools/add", {"a": 1, "b": 2},
                                       headers=bearer(idp.mint(**claims))).status
            self.assertEqual(status({}, sub="alice"), 200)
            for claims in self.NAMELESS:
                with self.subTest(claims):
                    self.assertEqual(status({}, sub=None, **claims), 404)
            own = {"OAUTH_USER_CLAIM": "preferred_username"}
            self.assertEqual(status(own, sub="4711", preferred_username="alice"), 200)
            self.assertEqual(status(own, sub="alice", preferred_username="mallory"), 404)
            self.assertEqual(status(own, sub="alice"), 401)


if __name__ == "__main__":
    unittest.main()
