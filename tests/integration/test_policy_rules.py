# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules and limits of the configuration file for callers nobody knows, on every way in."""
import json
import os
import unittest

from bridge import run_once
from mcpclient import Events, LegacyClient, ModernClient, SseClient
from reloading import ReloadCase, entry

TOOLS = "read_one,read_two,write,purge"


def last(answer):
    return answer.messages()[-1] if isinstance(answer, Events) else answer.json


def bare(answer):
    """An answer without what differs between any two requests."""
    body = answer.json
    for key in ("request_id", "id"):
        body.pop(key, None)
    return answer.status, body


class PolicyCase(ReloadCase):
    policy = {}
    limits = []

    @property
    def settings(self):
        found = {}
        if self.policy:
            found["policy"] = self.policy
        if self.limits:
            found["limits"] = self.limits
        return found

    servers = {"one": entry("counter", "--tools", TOOLS),
               "two": entry("watched", "--changes", os.devnull)}

    def names(self, path="/tools"):
        return sorted(tool["name"] for tool in self.bridge.get(path).json)


class Rules(PolicyCase):
    policy = {"default": "deny", "rules": [
        {"name": "no purging", "effect": "deny", "servers": "one", "tools": "purge"},
        {"effect": "allow", "servers": "one", "tools": "read_*"},
        {"effect": "allow", "servers": "one", "tools": "write",
         "arguments": {"/text": {"glob": "/data/*"}}},
        {"effect": "allow", "servers": "two", "prompts": "greeting", "resources": "test://a"},
    ]}

    def test_listings_show_what_may_be_used(self):
        self.assertEqual(self.names(), ["read_one", "read_two", "write"])
        self.assertEqual(self.names("/servers/two/tools"), [])
        prompts = self.bridge.get("/servers/two/prompts").json["prompts"]
        self.assertEqual([prompt["name"] for prompt in prompts], ["greeting"])
        resources = self.bridge.get("/servers/two/resources").json["resources"]
        self.assertEqual([resource["uri"] for resource in resources], ["test://a"])
        document = self.bridge.get("/openapi.json").text
        self.assertIn("read_one", document)
        self.assertNotIn("purge", document)
        self.assertNotIn("/tools/first", document)

    def test_a_hidden_tool_looks_like_a_missing_one(self):
        for way in ("/tools/{}", "/tools/{}/stream", "/servers/one/tools/{}"):
            with self.subTest(way=way):
                hidden = self.bridge.post(way.format("purge"), {"a": "wrong type"})
                self.assertEqual(bare(hidden), bare(self.bridge.post(way.format("missing"), {})))
                self.assertEqual(hidden.status, 404)
        for way in ("/tools/{}", "/tools/{}/schema"):
            self.assertEqual(bare(self.bridge.get(way.format("purge"))),
                             bare(self.bridge.get(way.format("missing"))))
        dry = {"X-Inxm-Dry-Run": "true"}
        self.assertEqual(bare(self.bridge.post("/tools/purge", {}, headers=dry)),
                         bare(self.bridge.post("/tools/missing", {}, headers=dry)))

    def test_sessions_show_nothing_more(self):
        id = self.bridge.start_session()
        names = sorted(tool["name"] for tool in self.bridge.get(f"/session/{id}/tools").json)
        self.assertEqual(names, ["read_one", "read_two", "write"])
        self.assertEqual(bare(self.bridge.post(f"/session/{id}/tools/purge", {})),
                         bare(self.bridge.post(f"/session/{id}/tools/missing", {})))
        self.assertEqual(self.bridge.post(f"/session/{id}/tools/read_one", {}).status, 200)

    def test_prompts_and_resources_are_hidden_too(self):
        self.assertEqual(self.bridge.post("/servers/two/prompts/greeting",
                                          {}).status, 200)
        self.assertEqual(self.bridge.get("/servers/two/resources?uri=test://a").status, 200)
        self.assertEqual(self.bridge.get("/servers/two/resources/a").status, 200)
        for hidden, missing in (("/b", "/missing"), ("?uri=test://b", "?uri=test://missing")):
            answer = self.bridge.get("/servers/two/resources" + hidden)
            self.assertEqual(answer.status, 404)
            self.assertEqual(bare(answer),
                             bare(self.bridge.get("/servers/two/resources" + missing)))

    def test_arguments_decide(self):
        for text, status in (("/data/x", 200), ("/etc/x", 404), ("/data/../etc/x", 404)):
            with self.subTest(text=text):
                self.assertEqual(self.bridge.post("/tools/write", {"text": text}).status, status)
        self.assertEqual(bare(self.bridge.post("/tools/write", {"text": "/etc/x"})),
                         bare(self.bridge.post("/tools/missing", {})))
        self.assertEqual(self.bridge.post("/tools/write", {"a": "x"}).status, 400)

    def check_mcp(self, client):
        names = [tool["name"] for tool in client.result("tools/list")["tools"]]
        self.assertEqual(sorted(names), ["one__read_one", "one__read_two", "one__write"])
        prompts = client.result("prompts/list")["prompts"]
        self.assertEqual([prompt["name"] for prompt in prompts], ["two__greeting"])
        resources = client.result("resources/list")["resources"]
        self.assertEqual([resource["uri"] for resource in resources], ["test://a"])
        self.assertEqual(client.result("resources/read", {"uri": "test://a"})["contents"][0]
                         ["text"], "content")
        hidden = last(client.post("tools/call", {"name": "one__purge", "arguments": {"a": "x"}}))
        missing = last(client.post("tools/call", {"name": "one__missing", "arguments": {}}))
        self.assertEqual(hidden["error"], missing["error"])
        denied = last(client.post("tools/call", {"name": "one__write",
                                                 "arguments": {"text": "/etc/x"}}))
        self.assertEqual(denied["error"], missing["error"])
        allowed = client.call("one__write", {"text": "/data/x"})
        self.assertEqual(allowed["structuredContent"]["args"], {"text": "/data/x"})
        hidden = last(client.post("resources/read", {"uri": "test://b"}))
        missing = last(client.post("resources/read", {"uri": "test://missing"}))
        self.assertEqual(hidden["error"], missing["error"])

    def test_modern_clients_see_the_same(self):
        client = ModernClient(self.bridge)
        self.check_mcp(client)
        self.assertEqual(client.result("tools/list")["cacheScope"], "private")

    def test_legacy_clients_see_the_same(self):
        client = LegacyClient(self.bridge)
        client.initialize()
        self.check_mcp(client)

    def test_clients_of_one_server_see_the_same(self):
        for client in (ModernClient(self.bridge, "/servers/two/mcp"),
                       LegacyClient(self.bridge, "/servers/two/mcp")):
            if isinstance(client, LegacyClient):
                client.initialize()
            with self.subTest(client=type(client).__name__):
                self.assertEqual(client.result("tools/list")["tools"], [])
                for method, key, hidden, missing in (
                        ("tools/call", "name", "first", "nothing"),
                        ("resources/read", "uri", "test://b", "test://nothing")):
                    first = last(client.post(method, {key: hidden}))
                    second = last(client.post(method, {key: missing}))
                    self.assertEqual(first["error"], second["error"])

    def test_sse_clients_see_the_same(self):
        client = SseClient(self.bridge)
        self.addCleanup(client.close)
        client.initialize()
        tools = client.request("tools/list")[0]["result"]["tools"]
        self.assertNotIn("one__purge", [tool["name"] for tool in tools])
        hidden, _ = client.request("tools/call", {"name": "one__purge", "arguments": {}})
        missing, _ = client.request("tools/call", {"name": "one__missing", "arguments": {}})
        self.assertEqual(hidden.get("error"), missing.get("error"))
        self.assertEqual(hidden.get("result"), missing.get("result"))

    def test_a_member_given_twice_is_the_one_that_was_checked(self):
        client = ModernClient(self.bridge)
        params = json.dumps({"name": "one__write", "arguments": {"text": "@"},
                             "_meta": client.meta()})
        params = params.replace('"text": "@"', '"text": "/etc/x", "text": "/data/x"')
        body = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":%s}' % params
        answer = client.send("POST", body.encode(),
                             client.headers("tools/call", {"name": "one__write"}))
        shown = last(answer)
        if "result" in shown and not shown["result"].get("isError"):
            self.assertEqual(shown["result"]["structuredContent"]["args"], {"text": "/data/x"})

    def test_a_reload_puts_another_policy_into_force(self):
        client = LegacyClient(self.bridge)
        client.initialize()
        stream = client.listen()
        self.assertNotIn("purge", self.names())
        report = self.reload(settings={"policy": {"default": "allow"}})
        self.assertEqual(report["policy"], "changed")
        self.assertIn("purge", self.names())
        self.assertIn("purge", self.bridge.get("/openapi.json").text)
        told = stream.next_message()
        self.assertRegex(told.json["method"], "list_changed$")
        answer = self.bridge.post("/admin/reload")
        self.assertEqual(answer.json["status"], "unchanged")

    def test_mistakes_leave_the_policy_as_it_is(self):
        self.write(settings={"policy": {"default": "allow", "rules": [
            {"effect": "allow", "tool": "x"}, {"effect": "no", "servers": "onee"}]}})
        answer = self.bridge.post("/admin/reload")
        self.assertEqual(answer.status, 422)
        told = {problem["path"]: problem["message"] for problem in answer.json["errors"]}
        self.assertIn("Did you mean tools?", told["file: bridge.policy.rules[0].tool"])
        self.assertIn("Did you mean one?", told["file: bridge.policy.rules[1].servers"])
        self.assertIn("file: bridge.policy.rules[1].effect", told)
        self.assertNotIn("purge", self.names())

    def test_administrators_get_decisions_explained(self):
        def explain(**body):
            answer = self.bridge.post("/admin/policy/explain", body)
            self.assertEqual(answer.status, 200, answer)
            return answer.json
        self.bridge.get("/tools")
        told = explain(tool="purge")
        self.assertEqual((told["decision"], told["rule"], told["rule_name"], told["listed"],
                          told["exists"]), ("deny", 0, "no purging", False, True))
        told = explain(server="one", tool="write", arguments={"text": "/etc/x"})
        self.assertEqual((told["decision"], told["rule"], told["listed"]), ("deny", None, True))
        self.assertEqual([skipped["does_not_fit"] for skipped in told["passed_over"]],
                         ["tools", "tools", "/text", "servers"])
        told = explain(server="two", prompt="greeting",
                       principal={"user_id": "alice", "groups": ["staff"]})
        self.assertEqual((told["decision"], told["principal"]["user_id"]), ("allow", "alice"))
        for body, path in (({"tool": "x", "prompt": "y"}, ""), ({"tool": 1}, "/tool"),
                           ({"tool": "x", "principal": {"group": "a"}}, "/principal/group"),
                           ({"tool": "x", "token": "t", "principal": {}}, "/token"),
                           ({"tool": "x", "whom": "a"}, "/whom")):
            answer = self.bridge.post("/admin/policy/explain", body)
            self.assertEqual(answer.status, 400, answer)
            self.assertEqual(answer.json["errors"][0]["path"], path)
        self.assertEqual(self.bridge.post("/admin/policy/explain",
                                          {"server": "no", "tool": "x"}).status, 404)
        self.assertIn("/admin/policy/explain", self.bridge.get("/openapi.json").text)
        through = self.bridge.post("/admin/policy/explain", {"tool": "x"},
                                   headers={"X-Forwarded-For": "192.0.2.1"})
        self.assertEqual(through.status, 403)


class Limits(PolicyCase):
    limits = [{"name": "reading", "quota": "2/h", "per": ["user", "tool"], "tools": "read_*"},
              {"name": "greetings", "quota": "1/h", "prompts": "*", "resources": "*"}]

    def test_too_many_calls_are_refused_with_the_time_to_wait(self):
        first = self.bridge.post("/tools/read_one", {})
        self.assertEqual(first.status, 200)
        self.assertEqual(first.headers["RateLimit-Policy"], '"reading";q=2;w=3600')
        self.assertRegex(first.headers["RateLimit"], r'^"reading";r=1;t=(3600|359\d)$')
        self.assertEqual(self.bridge.post("/tools/read_one/stream", {}).status, 200)
        refused = self.bridge.post("/tools/read_one", {})
        self.assertEqual((refused.status, refused.json["error"]), (429, "too_many_requests"))
        self.assertIn(int(refused.headers["Retry-After"]), range(3500, 3601))
        self.assertEqual(self.bridge.post("/tools/read_one/stream", {}).status, 429)
        self.assertEqual(self.bridge.post("/tools/read_two", {}).status, 200)
        free = self.bridge.post("/tools/write", {})
        self.assertEqual((free.status, free.headers["RateLimit"]), (200, None))

    def test_what_is_refused_for_other_reasons_is_not_counted(self):
        for _ in range(3):
            self.assertEqual(self.bridge.post("/tools/read_one", {"a": "x"}).status, 400)
        self.assertEqual(self.bridge.post("/tools/read_one", {}).status, 200)

    def test_mcp_and_rest_share_the_counts(self):
        modern = ModernClient(self.bridge)
        legacy = LegacyClient(self.bridge)
        legacy.initialize()
        params = {"name": "one__read_one", "arguments": {}}
        answer = modern.post("tools/call", params)
        self.assertEqual(answer.headers["RateLimit-Policy"], '"reading";q=2;w=3600')
        self.assertIn("result", last(legacy.post("tools/call", params)))
        refused = modern.post("tools/call", params)
        self.assertEqual(refused.status, 429)
        self.assertTrue(refused.headers["Retry-After"])
        self.assertGreater(refused.json["error"]["data"]["retry_after"], 3500)
        old = legacy.post("tools/call", params)
        self.assertIn("used up", last(old)["error"]["message"])
        self.assertEqual(self.bridge.post("/tools/read_one", {}).status, 429)

    def test_prompts_and_resources_count(self):
        self.assertEqual(self.bridge.post("/servers/two/prompts/greeting",
                                          {}).status, 200)
        self.assertEqual(self.bridge.get("/servers/two/resources?uri=test://a").status, 429)
        self.assertEqual(self.bridge.get("/servers/two/resources").status, 200)

    def test_a_reload_keeps_the_counts_of_limits_that_stay(self):
        for _ in range(2):
            self.assertEqual(self.bridge.post("/tools/read_one", {}).status, 200)
        report = self.reload(settings={"limits": self.limits[:1]})
        self.assertEqual(report["limits"], "changed")
        self.assertEqual(self.bridge.post("/tools/read_one", {}).status, 429)
        self.reload(settings={"limits": []})
        self.assertEqual(self.bridge.post("/tools/read_one", {}).status, 200)


class Start(unittest.TestCase):
    def test_mistakes_are_told_together_at_start(self):
        config = json.dumps({"mcpServers": {"one": entry("counter")}, "bridge": {
            "policy": {"rules": [{"effect": "allow", "annotations": {"readOnly": True}}]},
            "limits": [{"rate": "often"}]}})
        status, output = run_once(["--config", "{home}/config.json", "--rate-limit-per-user", "x"],
                                  files={"config.json": config})
        self.assertEqual(status, 2, output)
        for words in ("file: bridge.policy.default", "bridge.policy.rules[0].annotations.readOnly",
                      "file: bridge.limits[0].rate", "RATE_LIMIT_PER_USER"):
            self.assertIn(words, output)


if __name__ == "__main__":
    unittest.main()
