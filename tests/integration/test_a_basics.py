# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 A: the basics, on the embedded demo server."""
import time
import unittest

from bridge import SLOW, Bridge, fixture, parallel, records
from case import BridgeCase


class Basics(BridgeCase):
    def test_lists_the_demo_tools_with_their_addresses(self):
        """A1"""
        tools = self.assertStatus(self.bridge.get("/tools"), 200).json
        self.assertIsInstance(tools, list)
        by_name = {tool["name"]: tool for tool in tools}
        self.assertLessEqual({"add", "hello", "error", "call_counter", "report_progress_and_logs"},
                             set(by_name))
        for name, tool in by_name.items():
            self.assertEqual(tool["url"], f"/tools/{name}")
            for key in ("title", "description", "inputSchema", "outputSchema", "annotations",
                        "meta"):
                self.assertIn(key, tool)
        self.assertEqual(by_name["add"]["inputSchema"]["properties"]["a"]["type"], "integer")
        self.assertEqual(set(by_name["add"]["inputSchema"]["required"]), {"a", "b"})

    def test_lists_the_tools_as_an_object_on_request(self):
        """§1.3: the documented form"""
        body = self.bridge.get("/tools?format=object").json
        self.assertIn("add", [tool["name"] for tool in body["tools"]])

    def test_adds_two_numbers(self):
        """A2"""
        answer = self.assertStatus(self.bridge.call("add", {"a": 2, "b": 3}), 200)
        self.assertEqual(answer.json["structuredContent"]["result"], 5)
        self.assertEqual(answer.json["content"][0]["text"], "5")
        self.assertEqual(answer.json["content"][0]["type"], "text")
        self.assertIs(answer.json["isError"], False)
        self.assertTrue(answer.headers["Content-Type"].startswith("application/json"))

    def test_accepts_a_body_without_a_content_type(self):
        """§1.1"""
        answer = self.bridge.post("/tools/add", b'{"a":2,"b":3}', headers={"Content-Type": ""})
        self.assertEqual(answer.result, 5, answer)

    def test_answers_parallel_calls_each_with_its_own_sum(self):
        """A3"""
        calls = [lambda n=n: self.bridge.call("add", {"a": n, "b": 100 * n}) for n in range(5)]
        self.assertEqual([answer.result for answer in parallel(calls)],
                         [0, 101, 202, 303, 404])

    def test_refuses_missing_and_wrong_arguments(self):
        """A4"""
        for arguments in ({"a": 1}, {"a": "x", "b": 2}):
            with self.subTest(arguments):
                self.assertError(self.bridge.call("add", arguments), 400)

    def test_treats_no_body_as_no_arguments(self):
        """A5"""
        for body in (None, b"", b"null", {}):
            with self.subTest(body):
                self.assertError(self.bridge.post("/tools/add", body), 400)
                self.assertStatus(self.bridge.post("/tools/hello", body), 200)

    def test_refuses_a_body_that_is_no_object(self):
        """A6"""
        for body in (b"[1]", b'{"a":', b'"text"', b"7", b"{'a': 1}", b"\xff\xfe"):
            with self.subTest(body):
                problem = self.assertError(self.bridge.post("/tools/add", body), 422)
                self.assertIsInstance(problem["detail"], list)
                self.assertLessEqual({"type", "loc", "msg"}, set(problem["detail"][0]))

    def test_answers_404_for_an_unknown_tool(self):
        """A7"""
        self.assertError(self.bridge.call("doesnotexist"), 404)

    def test_passes_the_text_of_a_failing_tool_on(self):
        """A8"""
        answer = self.bridge.call("error", {"message": "boom"})
        self.assertIn("boom", self.assertError(answer, 422)["detail"])
        self.assertIs(answer.json["result"]["isError"], True)

    def test_describes_one_tool(self):
        """A9"""
        tool = self.assertStatus(self.bridge.get("/tools/add"), 200).json
        self.assertEqual(tool["name"], "add")
        schema = self.assertStatus(self.bridge.get("/tools/add/schema"), 200).json
        self.assertEqual(schema["inputSchema"], tool["inputSchema"])
        self.assertLessEqual({"name", "description", "inputSchema", "outputSchema"}, set(schema))
        self.assertError(self.bridge.get("/tools/unknown"), 404)
        self.assertError(self.bridge.get("/tools/unknown/schema"), 404)

    def test_introduces_itself_at_the_root(self):
        """A10"""
        body = self.assertStatus(self.bridge.get("/"), 200).json
        self.assertLessEqual({"message", "urls", "name", "version", "documentation"}, set(body))
        for label in ("list_tools", "[POST] run_tool", "[POST] start_session"):
            self.assertIn(label, body["urls"])

    def test_serves_docs_and_an_operation_for_every_tool(self):
        """A12"""
        for page in ("/docs", "/redoc"):
            answer = self.assertStatus(self.bridge.get(page), 200)
            self.assertTrue(answer.headers["Content-Type"].startswith("text/html"))
            self.assertIn("<title>MCP Bridge</title>", answer.text)
            for part in answer.text.split('src="')[1:] + answer.text.split('stylesheet" href="')[1:]:
                self.assertStatus(self.bridge.get("/" + part.split('"')[0]), 200)
        document = self.assertStatus(self.bridge.get("/openapi.json"), 200).json
        self.assertTrue(document["openapi"].startswith("3.1"))
        operation = document["paths"]["/tools/add"]["post"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        self.assertIn("a", schema["properties"])
        self.assertIn("200", operation["responses"])
        ids = [op["operationId"] for path in document["paths"].values()
               for op in path.values() if isinstance(op, dict) and "operationId" in op]
        self.assertEqual(len(ids), len(set(ids)))

    def test_answers_unknown_paths_and_methods_in_the_error_shape(self):
        """A13"""
        self.assertError(self.bridge.get("/nowhere"), 404)
        answer = self.bridge.request("DELETE", "/tools/add")
        self.assertError(answer, 405)
        self.assertIn("POST", answer.headers["Allow"])

    def test_answers_head_like_get_without_a_body(self):
        head = self.assertStatus(self.bridge.request("HEAD", "/tools"), 200)
        self.assertEqual(head.body, b"")
        self.assertGreater(int(head.headers["Content-Length"]), 100)

    def test_gives_every_answer_a_request_id(self):
        first, second = (self.bridge.get("/health").headers["X-Request-Id"] for _ in range(2))
        self.assertTrue(first)
        self.assertNotEqual(first, second)

    def test_reports_health(self):
        """A14"""
        body = self.assertStatus(self.bridge.get("/health"), 200).json
        self.assertEqual(body["status"], "healthy")
        self.assertLessEqual({"version", "uptime"}, set(body))
        self.assertStatus(self.bridge.get("/readyz"), 200)
        child = self.assertStatus(self.bridge.get("/healthz/child"), 200).json
        self.assertEqual(child, {"status": "ok", "tools": 5})


class WithoutInputValidation(BridgeCase):
    args = ["--validate-input", "false"]

    def test_the_demo_server_accepts_integers_written_as_text(self):
        """§3.9"""
        answer = self.assertStatus(self.bridge.call("add", {"a": "2", "b": 3}), 200)
        self.assertEqual(answer.result, 5)

    def test_its_own_validation_errors_are_400_too(self):
        """A4, §3.9"""
        for arguments in ({"a": 1}, {"a": "x", "b": 2}):
            with self.subTest(arguments):
                self.assertError(self.bridge.call("add", arguments), 400)


class BasePaths(unittest.TestCase):
    def test_every_route_is_reachable_under_the_normalised_prefix(self):
        """A11"""
        for given, prefix in (("/api/v1/mcp", "/api/v1/mcp"), ("/", ""), ("api/", "/api")):
            with self.subTest(given), Bridge(env={"MCP_BASE_PATH": given}) as bridge:
                tools = bridge.get(prefix + "/tools")
                self.assertEqual(tools.status, 200, tools)
                self.assertIn(prefix + "/tools/add", [tool["url"] for tool in tools.json])
                self.assertEqual(bridge.post(prefix + "/tools/add", {"a": 1, "b": 1}).result, 2)
                for path in ("/", "/prompts", "/resources", "/healthz/child"):
                    self.assertEqual(bridge.get(prefix + path).status, 200, path)
                started = bridge.post(prefix + "/session/start")
                self.assertIn(f"Path={prefix or '/'};", started.headers["Set-Cookie"] + ";")
                closed = bridge.post(prefix + "/session/close", session=started.json["session_id"])
                self.assertEqual(closed.status, 200)
                for path in ("/docs", "/redoc", "/openapi.json", "/metrics", "/health"):
                    for where in {"", prefix}:
                        self.assertEqual(bridge.get(where + path).status, 200, where + path)
                if prefix:
                    self.assertEqual(bridge.get("/tools").status, 404)


class Health(unittest.TestCase):
    def test_health_starts_no_child(self):
        """A14"""
        server = fixture("probe", "--record", "{home}/record")
        with Bridge(server, args=["--warm-pool", "0"]) as bridge:
            for _ in range(3):
                self.assertEqual(bridge.get("/health").status, 200)
            self.assertEqual(bridge.children(), [])
            self.assertEqual(records(bridge.path("record")), [])

    def test_child_health_fails_in_bounded_time_when_the_command_is_broken(self):
        """A14"""
        commands = (["/nonexistent/server"], fixture("crash", "--how", "exit"),
                    fixture("crash", "--how", "silent"), fixture("crash", "--how", "garbage"))
        for command in commands:
            with self.subTest(command[-1]), Bridge(command, args=["--start-timeout", "2"]) as bridge:
                began = time.monotonic()
                answer = bridge.get("/healthz/child")
                self.assertEqual(answer.status, 503, answer)
                self.assertLess(time.monotonic() - began, 6 * SLOW)
                self.assertEqual(bridge.get("/health").status, 200)
