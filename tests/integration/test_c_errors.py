# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 C: errors are told the same way without a session and in one (§1.5)."""
import time

from bridge import SLOW, fixture, records, wait_for
from case import BridgeCase, ModesMixin

RESULTS = {
    "unknown_tool": 404,
    "unknown_tool_lower": 422,
    "validation": 400,
    "input_validation": 400,
    "node_arguments": 400,
    "output_validation": 502,
    "timed_out": 504,
    "timed_out_shout": 504,
    "terminal": 422,
    "contains_404": 422,
    "empty": 422,
    "image_error": 422,
}
RPC_ERRORS = {
    "rpc_unknown_tool": 404,
    "rpc_node_not_found": 404,
    "rpc_invalid_params": 400,
    "rpc_invalid_plain": 400,
    "rpc_method_not_found": 404,
    "rpc_timeout": 504,
}
OTHER_RPC_ERRORS = ("rpc_internal", "rpc_contains_404", "rpc_own_code")


class Dialects(ModesMixin, BridgeCase):
    server = fixture("dialects")

    def test_error_results_are_classified_by_their_text(self):
        """C1–C5, C9"""
        for tool, status in RESULTS.items():
            with self.subTest(tool):
                body = self.assertError(self.call(tool), status)
                self.assertIs(body["result"]["isError"], True)

    def test_json_rpc_errors_are_classified_by_their_code(self):
        """C1–C3, §3.9: Python and Node dialects"""
        for tool, status in RPC_ERRORS.items():
            with self.subTest(tool):
                self.assertError(self.call(tool), status)

    def test_numbers_in_a_text_never_become_a_status(self):
        """C9"""
        for tool in OTHER_RPC_ERRORS:
            with self.subTest(tool):
                answer = self.call(tool)
                self.assertIn(answer.status, (500, 502), answer)
                self.assertError(answer, answer.status)
        for text in ("HTTP 401", "status 429", "404", "error 503 happened"):
            with self.subTest(text):
                body = self.assertError(self.call("custom", {"text": text}), 422)
                self.assertEqual(body["detail"], text)

    def test_the_detail_is_the_text_of_the_tool(self):
        """§1.1"""
        self.assertEqual(self.call("terminal").detail, "The account is closed")

    def test_a_result_that_breaks_its_schema_is_502(self):
        """C11"""
        for tool in ("violates", "lacks"):
            with self.subTest(tool):
                self.assertError(self.call(tool), 502)
        self.assertStatus(self.call("obeys"), 200)

    def test_prompt_errors_have_their_own_statuses(self):
        """C17 of §11, §1.6"""
        self.assertError(self.post("/prompts/unknown"), 404)
        self.assertError(self.post("/prompts/strict"), 400)
        self.assertIn(self.post("/prompts/broken").status, (500, 502))

    def test_nothing_fails_after_all_that(self):
        """§2.6: errors leave no answer behind for the next caller"""
        for tool in (*RESULTS, *RPC_ERRORS):
            self.call(tool)
            self.assertEqual(self.call("obeys").json["structuredContent"], {"n": 1})


class DialectsInSession(Dialects):
    in_session = True


class Ceiling(ModesMixin, BridgeCase):
    server = fixture("huge", "--resource-bytes", 500)
    env = {"MCP_MAX_RESPONSE_BYTES": "436"}
    added = 0  # bytes that the revision adds to each result

    def refused(self, answer):
        detail = self.assertError(answer, 422)["detail"]
        self.assertIn("436", detail)
        self.assertNotIn("xxxxx", answer.text)

    def test_a_larger_result_is_refused_and_never_relayed(self):
        """C6"""
        self.refused(self.call("bytes", {"n": 500}))
        self.refused(self.call("exact", {"n": 437}))
        self.refused(self.post("/prompts/big", {"n": "500"}))
        self.refused(self.get("/resources/big"))

    def test_the_ceiling_counts_bytes_of_utf8(self):
        """C6, §3.6"""
        self.refused(self.call("accents", {"n": 300}))

    def test_a_result_of_just_the_ceiling_passes(self):
        """C6"""
        self.assertStatus(self.call("exact", {"n": 436 - self.added}), 200)
        self.assertStatus(self.call("bytes", {"n": 200}), 200)

    def test_listings_have_no_ceiling(self):
        """§3.6"""
        self.assertStatus(self.get("/tools"), 200)


class CeilingInSession(Ceiling):
    in_session = True


class TinyCeiling(ModesMixin, BridgeCase):
    server = fixture("huge")
    env = {"MCP_MAX_RESPONSE_BYTES": "64"}

    def test_a_result_of_500_bytes_is_refused(self):
        """C6"""
        answer = self.call("bytes", {"n": 500})
        self.assertError(answer, 422)
        self.assertNotIn("xxxxx", answer.text)


class TinyCeilingInSession(TinyCeiling):
    in_session = True


class Timeouts(ModesMixin, BridgeCase):
    server = fixture("slow", "--events", "{home}/events", "--delay-prompt", 30)
    args = ["--tool-timeout", "1", "--mcp-request-timeout", "1"]

    def test_a_tool_that_takes_too_long_is_504_and_cancelled(self):
        """C7"""
        label = f"C7 {self.in_session}"
        began = time.monotonic()
        self.assertError(self.call("sleep", {"seconds": 30, "label": label}), 504)
        self.assertLess(time.monotonic() - began, 4 * SLOW)
        if self.in_session:
            wait_for(lambda: {"cancelled": label} in records(self.bridge.path("events")),
                     what="the cancel")
        self.assertStatus(self.call("echo", {"text": "still here"}), 200)

    def test_a_prompt_that_takes_too_long_is_504(self):
        """§3.6"""
        self.assertError(self.post("/prompts/slow"), 504)


class TimeoutsInSession(Timeouts):
    in_session = True


class Blocks(ModesMixin, BridgeCase):
    server = fixture("image")

    def test_blocks_that_are_not_text_pass_unchanged(self):
        """C10"""
        for tool, kind in (("image", "image"), ("audio", "audio"), ("link", "resource_link"),
                           ("embedded", "resource"), ("unknown", "hologram")):
            with self.subTest(tool):
                answer = self.assertStatus(self.call(tool), 200)
                self.assertEqual(answer.json["content"][0]["type"], kind)
        block = self.call("image").json["content"][0]
        self.assertEqual(block["mimeType"], "image/png")
        self.assertEqual(block["annotations"], {"audience": ["user"], "priority": 0.5})
        self.assertTrue(block["data"].startswith("iVBORw0KGgo"))
        self.assertEqual(self.call("link").json["content"][0]["_meta"], {"example/key": 1})

    def test_several_blocks_keep_their_order(self):
        """C10"""
        content = self.call("mixed").json["content"]
        self.assertEqual([block["type"] for block in content], ["text", "image", "resource_link"])
        self.assertIn("structuredContent", content[0])

    def test_a_prompt_may_hold_a_picture(self):
        """§1.4"""
        answer = self.assertStatus(self.post("/prompts/picture"), 200)
        self.assertEqual(answer.json["messages"][0]["content"]["type"], "image")


class BlocksInSession(Blocks):
    in_session = True


class Broken(ModesMixin, BridgeCase):
    """Children that break the protocol in the middle of a call."""

    server = fixture("crash")
    args = ["--tool-timeout", "5"]

    def test_what_a_broken_child_does_is_502_or_504(self):
        """§1.5 [P]: transport closed is 502; O5"""
        cases = {"exit": (502,), "kill": (502,), "garbage": (502, 504), "utf8": (502, 504),
                 "long_line": (502,)}
        for tool, statuses in cases.items():
            with self.subTest(tool):
                answer = self.call(tool)
                self.assertIn(answer.status, statuses, answer)
                self.assertError(answer, answer.status)
                self.assertStatus(self.call("ok"), 200)

    def test_noise_around_an_answer_does_not_spoil_it(self):
        for tool in ("wrong_id", "split_utf8"):
            with self.subTest(tool):
                self.assertStatus(self.call(tool), 200)
        self.assertEqual(self.call("split_utf8").json["content"][0]["text"], "caf\u00e9")


class BrokenInSession(Broken):
    in_session = True


class Deaf(BridgeCase):
    server = fixture("crash")
    args = ["--tool-timeout", "3"]

    def test_a_child_that_closed_its_output_does_not_hold_a_call_for_ever(self):
        """O5"""
        answer = self.bridge.call("close_stdout")
        self.assertIn(answer.status, (502, 504), answer)
        self.assertStatus(self.bridge.call("ok"), 200)
