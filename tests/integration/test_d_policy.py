# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 D: include and exclude globs, effect tools and dry runs."""
import unittest

from bridge import Bridge, fixture
from case import BridgeCase, ModesMixin

TOOLS = "test_one,test_two,other,create_user,file_write,exact,call_counter"
DRY = {"X-Inxm-Dry-Run": "true"}


def counter(*flags):
    return fixture("counter", "--tools", TOOLS, "--file", "{home}/calls", *flags)


class PolicyCase(ModesMixin, BridgeCase):
    server = counter()

    def setUp(self):
        super().setUp()
        open(self.bridge.path("calls"), "w").close()

    def calls(self):
        with open(self.bridge.path("calls")) as file:
            return file.read().split()

    def names(self):
        return sorted(tool["name"] for tool in self.get("/tools").json)


class Include(PolicyCase):
    env = {"INCLUDE_TOOLS": "test_*"}

    def test_only_included_tools_are_offered(self):
        """D1"""
        self.assertEqual(self.names(), ["test_one", "test_two"])

    def test_a_hidden_tool_looks_exactly_like_a_missing_one(self):
        """D1"""
        def shown(answer):
            body = answer.json
            del body["request_id"]
            return answer.status, body
        hidden, missing = shown(self.call("other")), shown(self.call("missing"))
        self.assertEqual(hidden, missing)
        self.assertEqual(hidden[0], 404)
        self.assertEqual(shown(self.get("/tools/other")), shown(self.get("/tools/missing")))
        self.assertEqual(shown(self.get("/tools/other/schema")),
                         shown(self.get("/tools/missing/schema")))
        self.assertEqual(self.calls(), [])
        self.assertStatus(self.call("test_one"), 200)
        self.assertEqual(self.calls(), ["test_one"])

    def test_the_openapi_document_does_not_tell_of_hidden_tools(self):
        self.get("/tools")
        self.assertNotIn("file_write", self.bridge.get("/openapi.json").text)

    def test_child_health_counts_all_tools(self):
        """§3.1"""
        self.assertEqual(self.bridge.get("/healthz/child").json["tools"], len(TOOLS.split(",")))


class IncludeInSession(Include):
    in_session = True


class Exclude(PolicyCase):
    env = {"INCLUDE_TOOLS": " test_* , other ", "EXCLUDE_TOOLS": " *_two , o[st]her"}

    def test_exclude_wins_and_blanks_do_not_matter(self):
        """D2"""
        self.assertEqual(self.names(), ["test_one"])


class Globs(unittest.TestCase):
    def test_globs_are_shell_globs_and_mind_the_case(self):
        """§3.1"""
        for globs, names in (("test_???", ["test_one", "test_two"]), ("TEST_*", []),
                             ("[!a-s]*", ["test_one", "test_two"]), ("exact", ["exact"]),
                             ("*_write,create_*", ["create_user", "file_write"])):
            with self.subTest(globs), Bridge(counter(), env={"INCLUDE_TOOLS": globs}) as bridge:
                listed = sorted(tool["name"] for tool in bridge.get("/tools").json)
                self.assertEqual(listed, names)


class DryRun(PolicyCase):
    server = counter("--output-schema")
    env = {"EFFECT_TOOLS": "create_*, *_write ,exact"}

    def test_an_effect_tool_never_runs_in_a_dry_run(self):
        """D4, D7: without an LLM the answer is a sample that satisfies the schema"""
        for tool in ("create_user", "file_write", "exact"):
            answer = self.assertStatus(self.call(tool, {"a": 1}, headers=DRY), 200)
            structured = answer.json["structuredContent"]
            self.assertIsInstance(structured["count"], int)
            self.assertIsInstance(structured["args"], dict)
        self.assertEqual(self.calls(), [])
        self.assertStatus(self.call("create_user", {"a": 1}), 200)
        self.assertEqual(self.calls(), ["create_user"])

    def test_other_tools_run_for_real(self):
        """D5"""
        self.assertStatus(self.call("call_counter", headers=DRY), 200)
        self.assertEqual(self.calls(), ["call_counter"])

    def test_wrong_arguments_fail_the_dry_run_without_reaching_the_tool(self):
        """§3.3"""
        answer = self.call("create_user", {"a": "x"}, headers=DRY)
        self.assertIn(answer.status, (400, 422))
        self.assertEqual(self.calls(), [])

    def test_streams_honour_it(self):
        """D6"""
        stream = self.bridge.stream("create_user", {"a": 1}, session=self.session, headers=DRY)
        (event,) = stream.events()
        self.assertEqual(event["type"], "result")
        self.assertIsInstance(event["data"]["structuredContent"]["count"], int)
        self.assertEqual(self.calls(), [])

    def test_only_true_switches_it_on(self):
        """D8"""
        self.call("exact", headers={"X-Inxm-Dry-Run": "TRUE"})
        self.assertEqual(self.calls(), [])
        for value in ("1", "yes", "false", ""):
            self.call("exact", headers={"X-Inxm-Dry-Run": value})
        self.assertEqual(self.calls(), ["exact"] * 4)

    def test_a_missing_tool_is_404_in_a_dry_run_too(self):
        """§3.3 [P]"""
        self.assertError(self.call("create_nothing", headers=DRY), 404)


class DryRunInSession(DryRun):
    in_session = True


class DryRunWithoutSchema(PolicyCase):
    env = {"EFFECT_TOOLS": "*"}

    def test_a_tool_without_an_output_schema_gets_a_text(self):
        """§3.3"""
        answer = self.assertStatus(self.call("other", headers=DRY), 200)
        self.assertTrue(answer.json["content"][0]["text"])
        self.assertEqual(self.calls(), [])
