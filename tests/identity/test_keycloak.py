# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Keycloak as the identity provider: bearer calls, groups, keys, exchange, introspection,
users who are locked out."""
import unittest

from bridge import Bridge, fixture, wait_for
from keycloak import CLIENT, REALM, SECRET, Keycloak
from openid import OpenIdProvider
from test_login import Person


class WithKeycloak(unittest.TestCase):
    keycloak = None

    @classmethod
    def setUpClass(cls):
        if WithKeycloak.keycloak is None:
            WithKeycloak.keycloak = Keycloak().__enter__()
            unittest.addModuleCleanup(WithKeycloak.keycloak.__exit__)

    def env(self, **more):
        return {"AUTH_BASE_URL": self.keycloak.base, "KEYCLOAK_REALM": REALM,
                "OAUTH_AUDIENCE": CLIENT, **more}

    def token(self, user, **how):
        return self.keycloak.token(user, **how)["access_token"]


class Calls(WithKeycloak):
    def test_a_token_of_the_realm_opens_the_door(self):
        with Bridge(env=self.env()) as bridge:
            me = bridge.get("/oauth/userinfo", token=self.token("alice")).json
            self.assertEqual(me["preferred_username"], "alice")
            self.assertEqual(sorted(me["groups"]), ["bridge-admins", "engineering", "operators"])
            answer = bridge.post("/tools/add", {"a": 2, "b": 3}, token=self.token("alice"))
            self.assertEqual(answer.result, 5)

    def test_a_changed_token_does_not(self):
        with Bridge(env=self.env()) as bridge:
            token = self.token("alice")
            head, body, signature = token.split(".")
            forged = ".".join([head, body, signature[:-8] + "AAAAAAAA"])
            answer = bridge.get("/tools", token=forged)
            self.assertEqual((answer.status, answer.json["error"]), (401, "invalid_token"))

    def test_a_token_for_another_audience_does_not(self):
        with Bridge(env=self.env()) as bridge:
            answer = bridge.get("/tools", token=self.token("alice", client="stranger", secret=None))
            self.assertEqual((answer.status, answer.json["error"]), (401, "invalid_token"))

    def test_required_groups_are_those_of_the_token(self):
        with Bridge(env=self.env(BRIDGE_REQUIRED_GROUPS="engineering")) as bridge:
            self.assertEqual(bridge.get("/tools", token=self.token("alice")).status, 200)
            self.assertEqual(bridge.get("/tools", token=self.token("bob")).status, 403)
            self.assertEqual(bridge.get("/tools").status, 401)

    def test_realm_roles_count_as_groups(self):
        with Bridge(env=self.env(BRIDGE_REQUIRED_GROUPS="operators")) as bridge:
            self.assertEqual(bridge.get("/tools", token=self.token("alice")).status, 200)
            self.assertEqual(bridge.get("/tools", token=self.token("bob")).status, 403)

    def test_children_get_the_folder_of_their_user_or_group(self):
        env = self.env(MCP_ENV_PLACE="/data/{data_path}.json")
        with Bridge(fixture("probe"), env=env) as bridge:
            subject = self.keycloak.user_id("alice")
            token = self.token("alice")
            place = bridge.post("/tools/read_env", {"name": "PLACE"}, token=token)
            self.assertIn(f"/data/u/{subject}.json", place.text)
            place = bridge.post("/tools/read_env?group=engineering", {"name": "PLACE"}, token=token)
            self.assertIn("/data/g/engineering.json", place.text)
            self.assertEqual(bridge.post("/tools/read_env?group=finance", {"name": "PLACE"},
                                         token=token).status, 403)

    def test_introspection_sees_a_logout_at_once(self):
        env = self.env(OAUTH_CLIENT_ID=CLIENT, OAUTH_CLIENT_SECRET=SECRET,
                       AUTH_INTROSPECTION="always", AUTH_INTROSPECTION_CACHE_SECONDS="0")
        with Bridge(env=env) as bridge:
            token = self.token("bob")
            self.assertEqual(bridge.get("/tools", token=token).status, 200)
            self.keycloak.admin("POST", f"/users/{self.keycloak.user_id('bob')}/logout")
            answer = wait_for(lambda: (lambda a: a.status != 200 and a)(
                bridge.get("/tools", token=token)), 20, "the end of the session")
            self.assertEqual((answer.status, answer.json["error"]), (401, "invalid_token"))


class Exchange(WithKeycloak):
    def test_the_child_gets_a_token_for_its_own_audience(self):
        env = self.env(OAUTH_CLIENT_ID=CLIENT, OAUTH_CLIENT_SECRET=SECRET, OAUTH_ENV="ACCESS_TOKEN",
                       OAUTH_ENABLE_TOKEN_EXCHANGE="true",
                       OAUTH_TOKEN_EXCHANGE_AUDIENCE="records")
        with Bridge(fixture("probe"), env=env) as bridge:
            token = self.token("alice")
            answer = bridge.post("/tools/read_env", {"name": "ACCESS_TOKEN"}, token=token)
            self.assertEqual(answer.status, 200, answer)
            self.assertNotIn(token, answer.text)
            self.assertIn("eyJ", answer.text)
            self.assertNotIn("eyJ", bridge.log())


class Rotation(WithKeycloak):
    def test_new_keys_are_learned_and_withdrawn_ones_forgotten(self):
        env = self.env(AUTH_JWKS_CACHE_SECONDS="2")
        with Bridge(env=env) as bridge:
            old = self.token("alice")
            self.assertEqual(bridge.get("/tools", token=old).status, 200)
            self.keycloak.rotate_keys()
            new = self.token("alice")
            wait_for(lambda: bridge.get("/tools", token=new).status == 200, 30, "the new key")


class LoginAtKeycloak(WithKeycloak):
    def test_a_person_logs_in_with_the_real_form(self):
        env = self.env(OAUTH_CLIENT_ID=CLIENT, OAUTH_CLIENT_SECRET=SECRET)
        with Bridge(env=env) as bridge:
            person = Person(bridge)
            begun = person.get("/oauth/login?redirect_url=/docs")
            self.assertEqual(begun.status, 302, begun)
            back = walk(begun.headers["Location"], self.keycloak.base, "alice")
            answer = person.get(person.path_of(back))
            self.assertEqual((answer.status, answer.headers["Location"]), (303, "/docs"), answer)
            me = person.get("/oauth/userinfo").json
            self.assertEqual(me["preferred_username"], "alice")
            self.assertIn("operators", me["groups"])


def walk(address, base, user):
    """Keycloak's login form, as OpenIdProvider.walk() does it."""
    provider = OpenIdProvider()
    provider.issuer = base
    provider.fields = {"username": user, "password": user + "-password"}
    return provider.walk(address, user)


if __name__ == "__main__":
    unittest.main()
