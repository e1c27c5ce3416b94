# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about people: what somebody may see and do depends on who he is."""
import json
import os
import unittest

from bridge import Bridge, wait_for
from idp import Idp, bearer, needs_idp
from mcpclient import Events, LegacyClient, ModernClient
from reloading import entry

POLICY = {"default": "deny", "rules": [
    {"effect": "deny", "users": "mallory"},
    {"effect": "allow", "tools": "read", "users": ["*", "anonymous"]},
    {"effect": "allow", "tools": "write", "groups": "staff", "requireScope": "files:write"},
    {"effect": "allow", "tools": "admin_*", "roles": "admin"},
    {"effect": "allow", "tools": "build", "clients": "ci"},
    {"effect": "allow", "servers": "two", "groups": "/staff"}]}


def last(answer):
    return answer.messages()[-1] if isinstance(answer, Events) else answer.json


ADMIN = "0123456789abcdef0123456789abcdef"


def explained(bridge, admin, **body):
    answer = bridge.post("/admin/policy/explain", body, token=admin)
    if answer.status != 200:
        raise AssertionError(answer)
    return answer.json


class PeopleCase(unittest.TestCase):
    settings = {"policy": POLICY}
    env = {}
    idp = None

    @classmethod
    def setUpClass(cls):
        cls.idp = cls.idp or Idp().start()
        config = {"mcpServers": cls.servers(cls), "bridge": cls.settings}
        cls.bridge = Bridge(args=["--config", "{home}/config.json"], env=cls.idp.env(**cls.env),
                            files={"config.json": json.dumps(config)})
        cls.bridge.start()

    def servers(self):
        return {"one": entry("counter", "--tools", "read,write,admin_reset,build"),
                "two": entry("watched", "--changes", os.devnull)}

    @classmethod
    def tearDownClass(cls):
        try:
            cls.bridge.stop()
        finally:
            cls.bridge.directory.cleanup()
            cls.idp.__exit__()

    def mint(self, sub="alice", **claims):
        return self.idp.mint(sub=sub, **claims)

    def names(self, token=None, path="/tools"):
        return sorted(tool["name"] for tool in self.bridge.get(path, token=token).json)


@needs_idp
class Rules(PeopleCase):
    env = {"AUDIT_LOG": "{home}/audit.jsonl"}

    def audited(self):
        with open(self.bridge.path("audit.jsonl")) as file:
            return [json.loads(line) for line in file]

    def test_refused_calls_are_in_the_audit_log(self):
        token = self.mint("mallory")
        before = self.bridge.post("/tools/read", {}, token=token)
        self.assertEqual(before.status, 404)
        client = ModernClient(self.bridge)
        client.post("tools/call", {"name": "one__build", "arguments": {}}, headers=bearer(token))
        client.post("resources/read", {"uri": "two:secret-uri"}, headers=bearer(token))
        wait_for(lambda: len([line for line in self.audited() if line.get("target") == "one/build"]),
                 what="the audit line")
        lines = [line for line in self.audited() if "policy_decision" in line.values()]
        targets = [(line["action"], line["target"], line["reason"]) for line in lines]
        self.assertIn(("tools/call", "one/read", "rule 0"), targets)
        self.assertIn(("tools/call", "one/build", "rule 0"), targets)
        text = json.dumps(lines)
        self.assertNotIn("mallory", text)
        self.assertNotIn("secret-uri", text)

    def people(self):
        return (({}, ["read"]), ({"groups": ["staff"]}, ["read", "write"]),
                ({"groups": ["/staff"]}, ["read", "write"]),
                ({"realm_access": {"roles": ["admin"]}}, ["admin_reset", "read"]),
                ({"azp": "ci"}, ["build", "read"]), ({"sub": "mallory"}, []))

    def test_everybody_sees_what_he_may_use(self):
        self.assertEqual(self.names(), ["read"])
        for claims, names in self.people():
            with self.subTest(claims=claims):
                token = self.mint(**claims)
                self.assertEqual(self.names(token), names)
                headers = bearer(token)
                listed = ModernClient(self.bridge).result("tools/list", headers=headers)["tools"]
                self.assertEqual(sorted(tool["name"].removeprefix("one__") for tool in listed
                                        if tool["name"].startswith("one__")), names)
                document = self.bridge.get("/openapi.json", token=token).json
                self.assertEqual(sorted(path.removeprefix("/tools/") for path in document["paths"]
                                        if path.startswith("/tools/") and "{" not in path), names)

    def test_what_is_hidden_cannot_be_called(self):
        for claims, names in self.people():
            token = self.mint(**claims)
            for tool in ("read", "admin_reset", "build"):
                with self.subTest(claims=claims, tool=tool):
                    answer = self.bridge.post("/tools/" + tool, {}, token=token)
                    self.assertEqual(answer.status, 200 if tool in names else 404, answer)
                    client = ModernClient(self.bridge)
                    got = last(client.post("tools/call", {"name": "one__" + tool, "arguments": {}},
                                           headers=bearer(token)))
                    self.assertEqual("result" in got, tool in names, got)

    def test_two_callers_at_once_see_each_his_own(self):
        """What is remembered of a server is not who may see it."""
        staff, other = self.mint(groups=["staff"]), self.mint("bob")
        for _ in range(3):
            self.assertEqual(self.names(staff), ["read", "write"])
            self.assertEqual(self.names(other), ["read"])
            self.assertIn("/tools/write", self.bridge.get("/openapi.json", token=staff).json["paths"])
            self.assertNotIn("/tools/write", self.bridge.get("/openapi.json").json["paths"])

    def test_a_bad_token_reads_the_document_of_strangers(self):
        answer = self.bridge.get("/openapi.json", token=self.idp.mint(
            sub="alice", groups=["staff"], how={"key": "stranger"}))
        self.assertEqual(answer.status, 200)
        self.assertNotIn("/tools/write", answer.json["paths"])

    def test_prompts_and_resources_are_of_groups_too(self):
        staff, other = self.mint(groups=["staff"]), self.mint("bob")
        for path, member in (("/servers/two/prompts", "prompts"),
                             ("/servers/two/resources", "resources")):
            self.assertTrue(self.bridge.get(path, token=staff).json[member])
            self.assertEqual(self.bridge.get(path, token=other).json[member], [])
        self.assertEqual(self.bridge.post("/servers/two/prompts/greeting", {},
                                          token=other).status, 404)
        self.assertEqual(self.bridge.get("/servers/two/resources?uri=test://a",
                                         token=other).status, 404)

    def test_a_missing_scope_is_told(self):
        token = self.mint(groups=["staff"])
        answer = self.bridge.post("/tools/write", {}, token=token)
        self.assertEqual((answer.status, answer.json["error"]), (403, "insufficient_scope"))
        self.assertEqual(answer.json["scope"], "files:write")
        challenge = answer.headers["WWW-Authenticate"]
        self.assertIn('error="insufficient_scope"', challenge)
        self.assertIn('scope="files:write"', challenge)
        stream = self.bridge.post("/tools/write/stream", {}, token=token)
        self.assertEqual(stream.status, 403)
        params = {"name": "one__write", "arguments": {}}
        modern = ModernClient(self.bridge).post("tools/call", params, headers=bearer(token))
        legacy = LegacyClient(self.bridge)
        legacy.fields = lambda plain=legacy.fields: {**plain(), **bearer(token)}
        legacy.initialize()
        for answer in (modern, legacy.post("tools/call", params)):
            self.assertEqual(answer.status, 403)
            self.assertIn('scope="files:write"', answer.headers["WWW-Authenticate"])
            self.assertIn("files:write", answer.json["error"]["message"])
        scoped = self.mint(groups=["staff"], scope="openid files:write")
        self.assertEqual(self.bridge.post("/tools/write", {}, token=scoped).status, 200)
        legacy.fields = lambda plain=LegacyClient.fields: {**plain(legacy), **bearer(scoped)}
        self.assertIn("result", last(legacy.post("tools/call", params)))

    def test_decisions_are_explained_for_tokens(self):
        token = self.mint(groups=["staff"])
        answer = self.bridge.post("/admin/policy/explain", {"token": token, "tool": "write"},
                                  token=self.mint("root"))
        self.assertEqual(answer.status, 403)
        self.assertEqual(self.bridge.post("/admin/policy/explain", {"tool": "x"}).status, 401)


@needs_idp
class Admin(PeopleCase):
    env = {"ADMIN_TOKEN": ADMIN}

    def test_decisions_are_explained_for_tokens(self):
        def explain(**body):
            answer = self.bridge.post("/admin/policy/explain", body, token=self.env["ADMIN_TOKEN"])
            self.assertEqual(answer.status, 200, answer)
            return answer.json
        told = explain(token=self.mint(groups=["staff"]), tool="write")
        self.assertEqual((told["decision"], told["rule"], told["scope"], told["listed"]),
                         ("insufficient_scope", 2, "files:write", True))
        self.assertEqual(told["principal"]["groups"], ["staff"])
        told = explain(token=self.mint("mallory"), tool="read")
        self.assertEqual((told["decision"], told["rule"]), ("deny", 0))

    def test_a_bad_token_of_somebody_else_is_no_bad_credential(self):
        for token, error in ((self.idp.mint(sub="x", how={"key": "stranger"}), "invalid_token"),
                             (self.mint("x", exp=1_000_000_000), "token_expired"),
                             ("no-token", "invalid_token")):
            told = explained(self.bridge, ADMIN, token=token, tool="read")
            self.assertEqual((told["decision"], told["decided_by"], told["error"], told["status"],
                              told["listed"], told["principal"]),
                             ("deny", "token", error, 401, False, None))
            self.assertIn("token in the body", told["reason"])

    def test_names_are_those_that_clients_see(self):
        admin = self.bridge.get("/servers/one/tools", token=ADMIN)
        self.assertEqual(admin.status, 200)
        staff = {"user_id": "alice", "groups": ["staff"]}
        shown = [tool["name"] for tool in ModernClient(self.bridge).result(
            "tools/list", headers=bearer(self.mint(groups=["staff"])))["tools"]]
        self.assertIn("one__read", shown)
        for name in shown:
            told = explained(self.bridge, ADMIN, tool=name, principal=staff)
            server, own = name.split("__")
            self.assertEqual((told["server"], told["name"], told["listed"]), (server, own, True))
        told = explained(self.bridge, ADMIN, server="one", tool="one__build", principal=staff)
        self.assertEqual((told["name"], told["exists"], told["decision"]), ("build", True, "deny"))
        told = explained(self.bridge, ADMIN, tool="read", principal=staff)
        self.assertEqual((told["server"], told["name"]), ("one", "read"))
        told = explained(self.bridge, ADMIN, prompt="two__greeting", principal=staff)
        self.assertEqual((told["server"], told["name"], told["decision"]),
                         ("two", "greeting", "allow"))
        told = explained(self.bridge, ADMIN, resource="bridge://two/test://a", principal=staff)
        self.assertEqual((told["server"], told["name"], told["decision"]),
                         ("two", "test://a", "allow"))


@needs_idp
class ProviderDown(PeopleCase):
    env = {"ADMIN_TOKEN": ADMIN}

    @classmethod
    def setUpClass(cls):
        cls.idp = Idp().start()
        cls.idp.mode("jwks", "down")
        super().setUpClass()

    def test_a_token_that_cannot_be_checked_is_named(self):
        answer = self.bridge.post("/admin/policy/explain",
                                  {"token": self.mint("new"), "tool": "read"}, token=ADMIN)
        self.assertEqual((answer.status, answer.json["error"]), (503, "idp_unavailable"))
        self.assertIn("token in the body", answer.json["detail"])


@needs_idp
class Issuers(PeopleCase):
    """What another issuer calls its groups and users is not what a rule means by them."""
    settings = {"policy": {"default": "deny", "rules": [
        {"effect": "allow", "tools": "read", "issuers": "*", "groups": "staff"},
        {"effect": "allow", "tools": "write", "groups": "staff"},
        {"effect": "allow", "tools": "admin_*", "users": "alice"},
        {"effect": "allow", "tools": "build", "roles": "staff"}]},
        "limits": [{"name": "staff", "quota": "1/h", "groups": "staff", "tools": "read"}]}

    @classmethod
    def setUpClass(cls):
        cls.idp = Idp().start()
        cls.env = {"ADMIN_TOKEN": ADMIN, "AUTH_ISSUERS": json.dumps([{"issuer": cls.idp.issuer("two"),
                                                "audience": "two"}])}
        super().setUpClass()

    def test_names_of_another_issuer_do_not_count(self):
        roles = {"groups": ["staff"], "realm_access": {"roles": ["staff"]}}
        self.assertEqual(self.names(self.mint("alice", **roles)),
                         ["admin_reset", "build", "read", "write"])
        other = self.idp.mint(realm="two", sub="alice", aud="two", **roles)
        self.assertEqual(self.names(other), ["read"])
        for tool in ("write", "admin_reset", "build"):
            self.assertEqual(self.bridge.post("/tools/" + tool, {}, token=other).status, 404)

    def test_callers_of_another_issuer_escape_no_limit_of_a_group(self):
        other = self.idp.mint(realm="two", sub="eve", aud="two", groups=["staff"])
        for status in (200, 429):
            answer = self.bridge.post("/tools/read", {}, token=other)
            self.assertEqual((answer.status, answer.headers["RateLimit-Policy"]),
                             (status, '"staff";q=1;w=3600'))
        own = self.mint("eve", groups=["staff"])
        self.assertEqual(self.bridge.post("/tools/read", {}, token=own).status, 200)

    def test_explanations_know_whose_names_they_are(self):
        def told(**principal):
            return explained(self.bridge, ADMIN, tool="write", principal=principal)
        two = self.idp.issuer("two")
        self.assertEqual(told(user_id="bob", groups=["staff"])["decision"], "allow")
        for principal in ({"user_id": "bob", "issuer": two, "groups": ["staff"]},
                          {"owner": two + "#bob", "groups": ["staff"]}):
            answer = told(**principal)
            self.assertEqual(answer["decision"], "deny")
            self.assertEqual(answer["passed_over"][1]["does_not_fit"], "issuers")
        token = self.idp.mint(realm="two", sub="alice", aud="two", groups=["staff"])
        answer = explained(self.bridge, ADMIN, tool="write", token=token)
        self.assertEqual((answer["decision"], answer["passed_over"][1]["does_not_fit"]),
                         ("deny", "issuers"))
        bad = self.bridge.post("/admin/policy/explain", {
            "tool": "write", "principal": {"user_id": "x", "issuer": "https://nobody"}},
            token=ADMIN)
        self.assertEqual((bad.status, bad.json["errors"][0]["path"]), (400, "/principal/issuer"))


@needs_idp
class ScopesOfIssuers(PeopleCase):
    """What needs a scope is not open to those whose scopes do not count."""
    settings = {"policy": {"default": "allow", "rules": [
        {"effect": "allow", "tools": "write", "requireScope": "files:write"},
        {"effect": "allow", "servers": "two", "requireScope": "files:write"}]}}

    @classmethod
    def setUpClass(cls):
        cls.idp = Idp().start()
        cls.env = {"ADMIN_TOKEN": ADMIN, "AUTH_ISSUERS": json.dumps([
            {"issuer": cls.idp.issuer("two"), "audience": "two"}])}
        super().setUpClass()

    def test_no_rule_is_escaped_by_coming_from_another_issuer(self):
        scope = "openid files:write"
        own = self.mint(scope=scope)
        self.assertEqual(self.bridge.post("/tools/write", {}, token=own).status, 200)
        self.assertEqual(self.bridge.post("/tools/write", {}, token=self.mint()).status, 403)
        for claims in ({}, {"scope": scope}):
            other = self.idp.mint(realm="two", sub="eve", aud="two", **claims)
            self.assertEqual(self.names(other), ["admin_reset", "build", "read"])
            self.assertEqual(self.bridge.post("/tools/write", {}, token=other).status, 404)
            refused = last(ModernClient(self.bridge).post(
                "tools/call", {"name": "one__write", "arguments": {}}, headers=bearer(other)))
            self.assertNotIn("result", refused)
            servers = [server["name"] for server in self.bridge.get(
                "/servers", token=other).json["servers"]]
            self.assertEqual(servers, ["one"])
            told = explained(self.bridge, ADMIN, tool="write", token=other)
            self.assertEqual((told["decision"], told["rule"], told["listed"]), ("deny", 0, False))
            self.assertIn("issuers", told["reason"])


@needs_idp
class Data(PeopleCase):
    """Whose data a call works on is a part of what is explained."""
    settings = {}
    env = {"ADMIN_TOKEN": ADMIN}

    def servers(self):
        return {"one": entry("counter"),
                "own": {**entry("counter"), "env": {"PLACE": "/srv/{data_path}"}}}

    def test_places_are_told_and_what_keeps_from_them(self):
        def told(server="own", **body):
            return explained(self.bridge, ADMIN, server=server, tool="add", **body)
        alice = {"user_id": "alice", "groups": ["ops"]}
        answer = told(principal=alice)
        self.assertEqual((answer["decision"], answer["data"]["data_path"]), ("allow", "u/alice"))
        self.assertEqual(told(principal=alice, group="ops")["data"]["data_path"], "g/ops")
        answer = told(principal=alice, group="finance")
        self.assertEqual((answer["decision"], answer["decided_by"], answer["status"],
                          answer["policy"]), ("deny", "data_access", 403, "allow"))
        answer = told()
        self.assertEqual((answer["decision"], answer["decided_by"], answer["status"]),
                         ("deny", "data_access", 401))
        self.assertEqual(told("one")["decision"], "allow")
        self.assertNotIn("data", told("one"))


@needs_idp
class MembersOnly(PeopleCase):
    settings = {}
    env = {"BRIDGE_REQUIRED_GROUPS": "staff", "ADMIN_TOKEN": ADMIN}

    def test_explanations_begin_at_the_door(self):
        told = explained(self.bridge, ADMIN, tool="read", token=self.mint("bob"))
        self.assertEqual((told["decision"], told["decided_by"], told["status"], told["listed"],
                          told["policy"]), ("deny", "required_groups", 403, False, "allow"))
        self.assertIn("BRIDGE_REQUIRED_GROUPS (staff)", told["reason"])
        told = explained(self.bridge, ADMIN, tool="read")
        self.assertEqual((told["decision"], told["decided_by"], told["status"]),
                         ("deny", "required_groups", 401))
        told = explained(self.bridge, ADMIN, tool="read",
                         principal={"user_id": "alice", "groups": ["staff"]})
        self.assertEqual((told["decision"], told["decided_by"], told["listed"]),
                         ("allow", "policy", True))

    def test_administrators_list_all_sessions(self):
        session = self.bridge.start_session(token=self.mint(groups=["staff"]))
        answer = self.bridge.get("/sessions?scope=all", token=ADMIN)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(len(answer.json["sessions"]), 1)
        self.assertNotIn(session, answer.text)
        self.assertEqual(self.bridge.get("/sessions?scope=all", token=self.mint("bob")).status, 403)
        self.assertEqual(self.bridge.get("/tools", token=ADMIN).status, 403)

    def test_strangers_learn_of_no_tool(self):
        member = self.mint(groups=["staff"])
        self.assertIn("/tools/read", self.bridge.get("/openapi.json", token=member).json["paths"])
        for token in (None, self.mint("bob")):
            answer = self.bridge.get("/openapi.json", token=token)
            self.assertEqual(answer.status, 200)
            self.assertNotIn("admin_reset", answer.text)
            self.assertNotIn("/tools/read", answer.json["paths"])


@needs_idp
class Limits(PeopleCase):
    settings = {"limits": [{"name": "each", "quota": "2/h"},
                           {"name": "staff", "quota": "1/h", "groups": "staff", "tools": "write"}]}
    env = {"RATE_LIMIT_PER_TOOL": "50/h"}

    def test_everybody_has_his_own_count(self):
        for sub in ("carol", "dave"):
            token = self.mint(sub)
            statuses = [self.bridge.post("/tools/read", {}, token=token).status for _ in range(3)]
            self.assertEqual(statuses, [200, 200, 429])
            # Another token of the same person is no other person.
            again = self.mint(sub, jti="other")
            self.assertEqual(self.bridge.post("/tools/read", {}, token=again).status, 429)
        answer = self.bridge.post("/tools/read", {}, token=self.mint("erin"))
        self.assertEqual(answer.headers["RateLimit-Policy"],
                         '"each";q=2;w=3600, "tool";q=50;w=3600')
        self.assertRegex(answer.headers["RateLimit"], r'^"each";r=1;t=\d+, "tool";r=45;t=\d+$')

    def test_limits_may_be_those_of_a_group(self):
        staff = self.mint("frank", groups=["staff"])
        self.assertEqual(self.bridge.post("/tools/write", {}, token=staff).status, 200)
        refused = self.bridge.post("/tools/write", {}, token=staff)
        self.assertEqual(refused.status, 429)
        self.assertIn('"staff"', refused.json["detail"])
        self.assertEqual(self.bridge.post("/tools/write", {}, token=self.mint("gina")).status, 200)


if __name__ == "__main__":
    unittest.main()
