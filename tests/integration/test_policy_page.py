# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of resources/docs/policy.md work and mean what the page says."""
import json
import os
import re
import unittest

from bridge import ROOT, Bridge
from reloading import entry

with open(os.path.join(ROOT, "resources", "docs", "policy.md"), encoding="utf-8") as page:
    EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", page.read(), re.S)]
TOOLS = "read_file,write_file,delete_file,query,read_files,deploy,search_all"


class Page(unittest.TestCase):
    def serve(self, settings, env=None):
        servers = {name: entry("counter", "--tools", TOOLS) for name in ("files", "web")}
        bridge = Bridge(args=["--config", "{home}/config.json"], env=env or {}, files={
            "config.json": json.dumps({"mcpServers": servers, "bridge": settings})})
        bridge.start()
        self.addCleanup(bridge.directory.cleanup)
        self.addCleanup(bridge.stop)
        return bridge

    def example(self, key, number, **env):
        inner = [one.get("bridge", one) for one in EXAMPLES]
        return self.serve([one for one in inner if key in one][number], env)

    def check(self, bridge, table, **how):
        for person, what, decision, rule in table:
            with self.subTest(person=person, what=what):
                answer = bridge.post("/admin/policy/explain", {"principal": person, **what},
                                     **how)
                self.assertEqual(answer.status, 200, answer)
                told = answer.json
                self.assertEqual((told["decision"], told["rule"]), (decision, rule))

    def test_every_example_is_known_to_this_test(self):
        self.assertEqual([list(one) for one in EXAMPLES],
                         [["mcpServers"], ["mcpServers", "bridge"], ["policy"], ["policy"],
                          ["policy"], ["limits"]])

    def test_rules(self):
        alice = {"user_id": "alice", "groups": ["staff"]}
        readOnly = {"annotations": {"readOnlyHint": True}}
        bridge = self.example("policy", 0)
        self.check(bridge, (
            (alice, {"tool": "delete_file"}, "deny", 0),
            ({}, {"tool": "anything", **readOnly}, "allow", 1),
            (alice, {"tool": "write_file", "arguments": {"path": "/data/x"}}, "allow", 2),
            (alice, {"tool": "write_file", "arguments": {"path": "/data/../etc/x"}}, "deny", None),
            ({"user_id": "bob"}, {"tool": "write_file"}, "deny", None),
            ({"client_id": "ci-7"}, {"tool": "read_file"}, "allow", 3),
            ({"client_id": "ci-7"}, {"server": "web", "tool": "read_file"}, "deny", None),
            ({"user_id": "bob"}, {"resource": "file:///public/x"}, "allow", 4),
            ({}, {"resource": "file:///public/x"}, "deny", None),
            ({"user_id": "bob"}, {"prompt": "any"}, "allow", 4)))
        self.assertEqual(bridge.get("/tools").json, [])

    def test_issuers(self):
        """Nobody asks the issuers, so there need be none."""
        admin = "0123456789abcdef0123456789abcdef"
        partner = "https://id.partner.example/realms/main"
        bridge = self.example("policy", 1, OAUTH_ISSUER_URL="http://127.0.0.1:9/own",
                              OAUTH_AUDIENCE="bridge", ADMIN_TOKEN=admin,
                              AUTH_ISSUERS=json.dumps([{"issuer": partner}]))
        theirs = {"user_id": "eve", "issuer": partner}
        self.check(bridge, (
            ({"user_id": "alice", "groups": ["staff"]}, {"tool": "write_file"}, "allow", 0),
            ({**theirs, "groups": ["staff"]}, {"tool": "write_file"}, "deny", None),
            ({**theirs, "groups": ["guests"]}, {"tool": "read_file"}, "allow", 1),
            ({"user_id": "alice", "groups": ["guests"]}, {"tool": "read_file"}, "deny", None),
            ({**theirs, "user_id": "5f0c1b9a"}, {"tool": "write_file"}, "allow", 2),
            ({"user_id": "5f0c1b9a"}, {"tool": "write_file"}, "deny", None)), token=admin)

    def test_arguments(self):
        self.check(self.example("policy", 2), tuple(
            ({}, {"tool": tool, "arguments": arguments}, decision, rule)
            for tool, arguments, decision, rule in (
                ("query", {"sql": " DROP table x", "limit": 5}, "deny", 0),
                ("query", {"sql": "select 1", "limit": 5}, "allow", 1),
                ("query", {"sql": "select 1", "limit": 500}, "deny", None),
                ("query", {"sql": "select 1"}, "deny", None),
                ("read_files", {"paths": ["/data/x", "/tmp/y"]}, "allow", 2),
                ("read_files", {"paths": ["/data/x", "/etc/y"]}, "deny", None),
                ("deploy", {"stage": "test"}, "allow", 3),
                ("deploy", {"stage": "test", "force": True}, "deny", None),
                ("deploy", {"stage": "live"}, "deny", None))))

    def test_scopes(self):
        staff = {"user_id": "alice", "groups": ["staff"]}
        self.check(self.example("policy", 3), (
            (staff, {"tool": "write_file"}, "insufficient_scope", 1),
            ({**staff, "scopes": ["files:write"]}, {"tool": "write_file"}, "allow", 1),
            ({"user_id": "bob"}, {"tool": "write_file"}, "deny", None),
            ({"user_id": "bob"}, {"tool": "read_file"}, "allow", 0),
            ({}, {"tool": "read_file"}, "deny", None)))

    def test_limits(self):
        bridge = self.example("limits", 0)
        answer = bridge.post("/servers/web/tools/search_all", {})
        self.assertEqual(answer.headers["RateLimit-Policy"],
                         '"burst";q=60;w=60, "daily";q=1000;w=86400, "search";q=20;w=3600')
        self.assertRegex(answer.headers["RateLimit"], r'^"burst";r=9;t=1, "daily";r=999;t=\d+, ')
        for _ in range(9):
            self.assertEqual(bridge.post("/tools/read_file", {}).status, 200)
        self.assertEqual(bridge.post("/tools/read_file", {}).status, 429)


if __name__ == "__main__":
    unittest.main()
