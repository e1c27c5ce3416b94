# SPDX-License-Identifier: GPL-3.0-or-later
"""Entra leaves the groups of people in many out of their tokens; the bridge asks Graph for them."""
import unittest

from bridge import Bridge, parallel
from idp import IdpCase, needs_idp

OVERAGE = {"_claim_names": {"groups": "src1"},
           "_claim_sources": {"src1": {"endpoint": "https://graph.windows.net/t/users/u/x"}}}
SECRET = "client-secret-9157"


class EntraCase(IdpCase):
    @classmethod
    def idp_env(cls, idp):
        return {"OAUTH_ISSUER_URL": idp.issuer(), "OAUTH_CLAIMS_PRESET": "entra",
                "BRIDGE_REQUIRED_GROUPS": "staff-id", "ENTRA_GRAPH_URL": idp.url + "/graph/test"}

    def setUp(self):
        self.idp.forget()
        self.idp.set(memberObjects={"alice": ["x-id", "staff-id"], "eve": ["x-id"]},
                     exchangeError=None)

    def get(self, who, bridge=None, **claims):
        claims = claims or OVERAGE
        self.token = self.idp.mint(sub=who, **claims)
        return (bridge or self.bridge).get("/tools", token=self.token)


@needs_idp
class Resolved(EntraCase):
    env = {"OAUTH_CLIENT_ID": "bridge", "OAUTH_CLIENT_SECRET": SECRET}

    def test_groups_are_asked_for_on_behalf_of_the_user(self):
        for claims in (OVERAGE, {"hasgroups": True}, {"hasgroups": "true"}):
            with self.subTest(claims):
                self.idp.forget()
                self.assertStatus(self.get("alice", **claims), 200)
                exchange, = self.idp.seen("token")
                self.assertEqual(exchange["form"]["assertion"], self.token)
                self.assertEqual(exchange["form"]["requested_token_use"], "on_behalf_of")
                self.assertEqual(exchange["form"]["scope"], self.idp.url + "/graph/test/.default")
                asked, = self.idp.seen("graph")
                self.assertEqual(asked["json"], {"securityEnabledOnly": False})
                # Once for a token.
                for _ in range(3):
                    self.assertStatus(self.bridge.get("/tools", token=self.token), 200)
                who = self.bridge.get("/oauth/userinfo", token=self.token).json
                self.assertEqual(who["groups"], ["x-id", "staff-id"])
                self.assertEqual(len(self.idp.seen("graph")), 1)

    def test_many_calls_at_once_ask_once(self):
        self.idp.mode("graph", "slow", delayMs=500)
        token = self.idp.mint(sub="alice", **OVERAGE)
        answers = parallel([lambda: self.bridge.get("/tools", token=token).status] * 8)
        self.assertEqual(answers, [200] * 8)
        self.assertEqual(len(self.idp.seen("graph")), 1)

    def test_who_is_in_none_of_the_groups_stays_outside(self):
        body = self.assertError(self.get("eve"), 403, "forbidden")
        self.assertIn("none of the groups", body["detail"])

    def test_a_token_with_groups_is_believed(self):
        self.assertStatus(self.get("alice", groups=["staff-id"]), 200)
        self.assertEqual(self.idp.seen("graph"), [])

    def test_graph_that_cannot_be_asked_is_503(self):
        for mode, how in (("down", {"status": 500}), ("drop", {}), ("garbage", {}),
                          ("huge", {"megabytes": 20}), ("redirect-loop", {})):
            with self.subTest(mode):
                self.idp.mode("graph", mode, **how)
                answer = self.get("alice")
                body = self.assertError(answer, 503, "idp_unavailable")
                self.assertIn("Microsoft Graph", body["detail"])
                self.assertEqual(answer.headers["Retry-After"], "5")
        self.idp.well()

    def test_what_microsoft_refuses_is_403_and_tells_the_operator_what_to_do(self):
        for break_it in (lambda: self.idp.set(memberObjects={}),
                         lambda: self.idp.set(exchangeError={
                             "status": 400, "body": {"error": "invalid_grant",
                                                     "error_description": "AADSTS65001 alice?"}})):
            break_it()
            body = self.assertError(self.get("alice"), 403, "forbidden")
            self.assertIn("may not ask Microsoft Graph", body["detail"])
        self.assertIn("GroupMember.Read.All", self.bridge.log())
        self.assertIn("invalid_grant", self.bridge.log())
        for secret in ("alice?", SECRET, self.token):
            self.assertNotIn(secret, self.bridge.log())


@needs_idp
class Unresolved(EntraCase):
    def test_without_a_client_they_are_refused_and_the_operator_is_told_once(self):
        for _ in range(3):
            body = self.assertError(self.get("alice"), 403, "forbidden")
            self.assertIn("not set up to ask Microsoft Graph", body["detail"])
        self.assertStatus(self.get("alice", groups=["staff-id"]), 200)
        self.assertEqual(self.bridge.log().count("OAUTH_CLIENT_ID and OAUTH_CLIENT_SECRET"), 1)
        self.assertEqual(self.idp.seen("graph"), [])

    def test_where_groups_are_app_roles_nothing_is_missing(self):
        env = {**self.idp_env(self.idp), "OAUTH_GROUPS_CLAIM": "roles"}
        with Bridge(env=env) as bridge:
            self.assertStatus(self.get("alice", bridge, roles=["staff-id"], **OVERAGE), 200)
            self.assertError(self.get("eve", bridge, roles=["x"], **OVERAGE), 403, "forbidden")
            self.assertNotIn("leaves out the groups", bridge.log())

    def test_with_another_preset_nobody_passes_for_a_member_of_no_groups(self):
        env = {**self.idp_env(self.idp), "OAUTH_CLAIMS_PRESET": "contract"}
        del env["BRIDGE_REQUIRED_GROUPS"]
        with Bridge(env=env) as bridge:
            self.assertError(self.get("alice", bridge), 403, "forbidden")
            self.assertStatus(self.get("alice", bridge, groups=["x"]), 200)
            self.assertEqual(bridge.log().count("set OAUTH_CLAIMS_PRESET=entra"), 1)

    def test_where_groups_do_not_matter_nobody_asks(self):
        env = {**self.idp_env(self.idp), "OAUTH_EXTRACT_GROUPS": "false"}
        del env["BRIDGE_REQUIRED_GROUPS"]
        with Bridge(env=env) as bridge:
            self.assertStatus(self.get("alice", bridge), 200)


if __name__ == "__main__":
    unittest.main()
