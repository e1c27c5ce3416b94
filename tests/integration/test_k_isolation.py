# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 K: whose data a call works on. (K6 and K8 are in test_l_exchange.py.)"""
import json
import unittest

from bridge import fixture
from idp import IdpCase, bearer, needs_idp
from mcpclient import LegacyClient, ModernClient

HOSTILE = ("../../etc/passwd", "a b", "a'b\"c", "a;rm -rf b", "$(id)", "-rf", "a/b", "..", "~",
           "a\nb", "Jürgen", "名前", "{group_id}", "x" * 300)


class DataCase(IdpCase):
    """A child that shows its arguments and environment."""

    server = fixture("probe", "--", "{data_path}")
    env = {"MCP_ENV_DATA": "{data_path}", "MCP_ENV_WHO": "{user_id}@{group_id}"}

    def setUp(self):
        self.before = self.starts()

    def starts(self):
        return self.bridge.get("/servers", token=self.idp.mint(sub="watcher")).json[
            "servers"][0]["starts"]

    def mint(self, sub="alice", **claims):
        return self.idp.mint(sub=sub, **claims)

    def read(self, name="DATA", path="/tools/read_env", **how):
        answer = self.bridge.post(path, {"name": name}, **how)
        return self.assertStatus(answer, 200).json["structuredContent"]["result"]

    def refused(self, status, path="/tools/read_env", **how):
        """The call is refused and no server was started for it."""
        before = self.starts()
        body = self.assertError(self.bridge.post(path, {"name": "DATA"}, **how), status)
        self.assertEqual(self.starts(), before)
        return body


@needs_idp
class Places(DataCase):
    def test_a_user_works_in_a_place_of_his_own(self):
        """K1"""
        self.assertEqual(self.read(token=self.mint()), "u/alice")
        self.assertEqual(self.read("WHO", token=self.mint()), "alice@default")

    def test_a_member_works_in_the_place_of_the_group(self):
        """K1"""
        token = self.mint(groups=["/ops"])
        for group in ("ops", "/ops", "%2Fops"):
            self.assertEqual(self.read(path="/tools/read_env?group=" + group, token=token), "g/ops")
        self.assertEqual(self.read("WHO", path="/tools/read_env?group=ops", token=token),
                         "alice@ops")

    def test_others_are_refused_before_anything_is_started(self):
        """K1"""
        token = self.mint(groups=["ops"])
        for path in ("/tools/read_env", "/tools/read_env/stream", "/prompts/x"):
            body = self.refused(403, path + "?group=finance", token=token)
            self.assertIn("alice", body["detail"])
            self.assertIn("finance", body["detail"])
        for path in ("/tools", "/prompts", "/resources", "/sse"):
            answer = self.bridge.get(path + "?group=finance", token=token)
            self.assertEqual(answer.status, 403, answer)
        self.assertError(self.bridge.post("/session/start?group=finance", {}, token=token), 403)

    def test_mcp_clients_have_the_same_places(self):
        """K1"""
        headers = bearer(self.mint(groups=["ops"]))
        for path, place in (("/mcp", "u/alice"), ("/mcp?group=ops", "g/ops")):
            modern = ModernClient(self.bridge, path)
            got = modern.call("read_env", {"name": "DATA"}, headers=headers)
            self.assertEqual(got["structuredContent"]["result"], place)
            legacy = LegacyClient(self.bridge, path)
            legacy.fields = lambda plain=legacy.fields: {**plain(), **headers}
            legacy.initialize()
            got = legacy.call("read_env", {"name": "DATA"})
            self.assertEqual(got["structuredContent"]["result"], place)
            legacy.close()
        refused = ModernClient(self.bridge, "/mcp?group=finance").post("tools/list",
                                                                       headers=headers)
        self.assertEqual(refused.status, 403)

    def test_a_group_needs_a_caller(self):
        """K2"""
        for path in ("/tools/read_env", "/session/start"):
            self.assertError(self.bridge.post(path + "?group=ops", {}), 400)
        self.assertError(self.bridge.get("/tools?group=ops"), 400)

    def test_a_session_stays_in_the_place_it_was_started_for(self):
        """K1"""
        token = self.mint(groups=["ops", "hr"])
        started = self.assertStatus(
            self.bridge.post("/session/start?group=ops", {}, token=token), 200).json
        self.assertEqual(started["group"], "ops")
        id = started["session_id"]
        self.assertEqual(self.read(session=id, token=token), "g/ops")
        self.assertError(self.bridge.post("/tools/read_env?group=hr", {"name": "DATA"},
                                          session=id, token=token), 409)
        left = self.mint(groups=["hr"])
        self.assertError(self.bridge.post("/tools/read_env", {"name": "DATA"}, session=id,
                                          token=left), 403)
        other = self.mint("bob", groups=["ops"])
        self.assertError(self.bridge.post("/tools/read_env", {"name": "DATA"}, session=id,
                                          token=other), 404)
        self.bridge.post("/session/close", session=id, token=token)

    def test_no_name_leads_out_of_its_place(self):
        """K3"""
        places = set()
        for sub in HOSTILE:
            with self.subTest(sub=sub):
                token = self.mint(sub)
                place = self.read(token=token)
                argv = json.loads(self.bridge.call("argv", token=token).json["content"][0]["text"])
                self.assertEqual(argv["argv"][-1], place)
                self.assertEqual(len(argv["argv"]), len(self.server) - 3)
                self.assertRegex(place, r"^u/[^/\\\s]+$")
                self.assertNotIn("..", place)
                self.assertLessEqual(len(place.encode()), 2 + 120)
                places.add(place)
        self.assertEqual(len(places), len(HOSTILE))

    def test_names_that_resemble_each_other_stay_apart(self):
        """K3"""
        names = ("a/b", "ab", "a%2Fb", "a%252Fb", "A/B", "a\u0308", "\u00e4", "x" * 299, "x" * 300,
                 "x" * 299 + "/")
        self.assertEqual(len({self.read(token=self.mint(name)) for name in names}), len(names))

    def test_groups_with_hostile_names_are_places_like_others(self):
        """K3"""
        from urllib.parse import quote
        for group in HOSTILE:
            with self.subTest(group=group):
                place = self.read(path="/tools/read_env?group=" + quote(group, safe=""),
                                  token=self.mint(groups=[group, "other"]))
                self.assertRegex(place, r"^g/[^/\\\s]+$")

    def test_without_a_caller_nothing_is_started(self):
        """K4"""
        before = self.starts()
        self.assertError(self.bridge.post("/tools/read_env", {"name": "DATA"}), 401)
        self.assertError(self.bridge.get("/tools"), 401)
        answer = ModernClient(self.bridge).post("tools/call", {"name": "read_env",
                                                               "arguments": {"name": "DATA"}})
        self.assertEqual(answer.status, 401)
        self.assertEqual(self.starts(), before)

    def test_a_token_that_does_not_say_whose_it_is_starts_nothing(self):
        """K4"""
        token = self.idp.mint(sub=None, groups=["ops"])
        answer = self.bridge.post("/tools/read_env", {"name": "DATA"}, token=token)
        self.assertIn(answer.status, (401, 403))

    def test_forged_tokens_reach_no_place(self):
        """K5"""
        for how in ({"alg": "none"}, {"key": "stranger"}, {"expires_in": -3600}):
            with self.subTest(how=how):
                token = self.idp.mint(sub="alice", groups=["finance"], how=how)
                self.refused(401, "/tools/read_env?group=finance", token=token)
                self.refused(401, token=token)

    def test_children_know_nothing_of_the_bridge(self):
        """K7"""
        text = self.bridge.call("env_names", token=self.mint()).json["content"][0]["text"]
        names = json.loads(text)["names"]
        self.assertEqual([name for name in names
                          if name.startswith(("AUTH_", "OAUTH_", "KEYCLOAK_", "MCP_", "BRIDGE_"))],
                         [])


@needs_idp
class Membership(DataCase):
    def test_who_is_a_member(self):
        """K9"""
        def claims(**given):
            return given
        roles = {"realm_access": {"roles": ["ops"]}}
        for given, isMember in (
                (claims(groups=["ops"]), True), (claims(groups=["/ops"]), True),
                (claims(groups="ops"), True), (claims(groups=["/a/ops"]), False),
                (claims(groups=["devops"]), False), (claims(groups=["OPS"]), False),
                (claims(**roles), True), (claims(roles=["ops"]), True),
                (claims(resource_access={"app": {"roles": ["ops"]}}), True),
                (claims(resource_access={"ops": {"roles": ["reader"]}}), True),
                (claims(wids=["ops"]), True),
                (claims(groups=[None, "", 7, {"a": ["ops"]}]), True),
                (claims(groups=None), False), (claims(groups={}), False), (claims(groups=17), False),
                (claims(realm_access="ops", resource_access=["ops"]), False),
                (claims(realm_access={"roles": "opsy"}), False),
                (claims(resource_access={"app": "ops"}), False), (claims(), False)):
            with self.subTest(claims=given):
                answer = self.bridge.post("/tools/read_env?group=ops", {"name": "DATA"},
                                          token=self.mint(**given))
                self.assertEqual(answer.status, 200 if isMember else 403, answer)


@needs_idp
class StrictMembership(DataCase):
    env = {**DataCase.env, "GROUP_MATCH_CLIENT_ROLES": "false",
           "BRIDGE_REQUIRED_GROUPS": "ops,staff"}

    def starts(self):
        return self.bridge.get("/servers", token=self.idp.mint(sub="w", groups=["staff"])).json[
            "servers"][0]["starts"]

    def test_roles_of_clients_open_nothing(self):
        """K9"""
        foreign = self.mint(resource_access={"app": {"roles": ["ops"]}})
        self.refused(403, token=foreign)
        self.assertError(self.bridge.get("/tools"), 401)
        member = self.mint(groups=["staff"], resource_access={"app": {"roles": ["hr"]}})
        self.assertEqual(self.read(token=member), "u/alice")
        self.refused(403, "/tools/read_env?group=hr", token=member)


@needs_idp
class OtherTemplates(DataCase):
    env = {**DataCase.env, "MCP_USER_DATA_ACCESS_TEMPLATE": "people/{user_id}/own",
           "MCP_GROUP_DATA_ACCESS_TEMPLATE": "teams/{group_id}", "MCP_DEFAULT_GROUP_MODE": "primary",
           "MCP_IDENTIFIER_ENCODING": "legacy", "LOG_GROUP_ACCESS": "true"}

    def test_templates_encoding_and_default_group_are_settings(self):
        token = self.mint("a b/c", groups=["/hr", "ops"])
        self.assertEqual(self.read(token=token), "people/abc/own")
        self.assertEqual(self.read("WHO", token=token), "abc@hr")
        self.assertEqual(self.read(path="/tools/read_env?group=ops", token=token), "teams/ops")
        self.refused(403, "/tools/read_env?group=finance", token=token)
        log = self.bridge.log()
        self.assertRegex(log, r"Access to the data of a group .*group=ops")
        self.assertRegex(log, r"Access to the data of a group was refused .*group=finance")


if __name__ == "__main__":
    unittest.main()
