# SPDX-License-Identifier: GPL-3.0-or-later
"""Real MCP servers from npm behind the bridge."""
import json
import os
import time
import unittest

from bridge import SLOW, Bridge, wait_for
from case import BridgeCase

NPM = os.environ.get("BRIDGE_NPM_DIR", "")
needs_npm = unittest.skipUnless(os.path.isdir(os.path.join(NPM, "node_modules")),
                                "the npm servers are not installed (is the registry out of reach?)")


def npm_server(name, *args):
    return [os.path.join(NPM, "node_modules", ".bin", "mcp-server-" + name), *args]


@needs_npm
class Everything(BridgeCase):
    server = npm_server("everything")
    env = {"MCP_ENV_BRIDGE_TEST": "given"}

    def setUp(self):
        self.session = self.bridge.start_session()

    def tearDown(self):
        self.bridge.post("/session/close", session=self.session)

    def test_every_tool_is_listed_and_documented(self):
        names = {tool["name"] for tool in self.bridge.get("/tools").json}
        self.assertLessEqual({"echo", "get-sum", "get-tiny-image", "get-structured-content"}, names)
        paths = self.bridge.get("/openapi.json").json["paths"]
        self.assertIn("/tools/get-sum", paths)

    def test_ordinary_tools_work_with_and_without_a_session(self):
        for session in (None, self.session):
            def call(tool, arguments=None):
                return self.assertStatus(self.bridge.call(tool, arguments, session=session), 200).json
            self.assertEqual(call("echo", {"message": "hi"})["content"][0]["text"], "Echo: hi")
            self.assertIn("5", call("get-sum", {"a": 2, "b": 3})["content"][0]["text"])
            images = [block for block in call("get-tiny-image")["content"]
                      if block["type"] == "image"]
            self.assertEqual(images[0]["mimeType"], "image/png")
            links = call("get-resource-links", {"count": 2})["content"]
            self.assertEqual([b["type"] for b in links].count("resource_link"), 2)
            reference = call("get-resource-reference", {"resourceType": "Blob", "resourceId": 1})
            self.assertIn("resource", [block["type"] for block in reference["content"]])
            weather = call("get-structured-content", {"location": "Chicago"})
            self.assertIn("temperature", weather["structuredContent"])
            message = call("get-annotated-message", {"messageType": "error"})
            self.assertIn("annotations", message["content"][0])

    def test_the_environment_of_the_child_is_least(self):
        """K7"""
        text = self.bridge.call("get-env", session=self.session).json["content"][0]["text"]
        environment = json.loads(text)
        self.assertEqual(environment["BRIDGE_TEST"], "given")
        self.assertNotIn("MCP_ENV_BRIDGE_TEST", environment)

    def test_wrong_calls_are_told_before_and_by_the_server(self):
        self.assertError(self.bridge.call("nope"), 404)
        self.assertError(self.bridge.call("get-sum", {"a": 1}), 400)
        self.assertError(self.bridge.call("get-structured-content", {"location": "Mars"}), 400)

    def test_a_long_operation_streams_its_progress(self):
        events = self.bridge.stream("trigger-long-running-operation", {"duration": 1, "steps": 4},
                                    session=self.session).events()
        progress = [event["progress"] for event in events if event["type"] == "progress"]
        self.assertEqual(progress, [1, 2, 3, 4])
        self.assertEqual(events[-1]["type"], "result")

    def test_a_question_is_asked_and_answered(self):
        """F2 with a server we did not write: it offers the tool once it knows the client asks"""
        def offered():
            tools = self.bridge.get("/tools", session=self.session).json
            return "trigger-elicitation-request" in [tool["name"] for tool in tools]
        wait_for(offered, what="the tool that asks")
        tool = "trigger-elicitation-request"
        detail = self.assertError(self.bridge.call(tool, session=self.session), 409)["detail"]
        self.assertIn("name", detail["elicitation"]["requestedSchema"]["properties"])
        answer = {"name": "Ann", "untitledMultipleSelectEnum": ["Piano", "Bass"], "integer": 7,
                  "titledSingleSelectEnum": "hero-2"}
        answer = self.bridge.call(tool, {"_user_feedback": answer}, session=self.session)
        self.assertStatus(answer, 200)
        self.assertIn("Ann", answer.text)
        self.assertIn("Piano", answer.text)

    def test_prompts_are_rendered(self):
        names = [prompt["name"] for prompt in self.bridge.get("/prompts").json["prompts"]]
        self.assertIn("args-prompt", names)
        answer = self.bridge.post("/prompts/args-prompt", {"city": "Oslo"}, session=self.session)
        self.assertIn("Oslo", self.assertStatus(answer, 200).text)
        self.assertError(self.bridge.post("/prompts/args-prompt"), 400)
        self.assertError(self.bridge.post("/prompts/nope"), 404)

    def test_resources_are_served(self):
        listed = self.bridge.get("/resources").json["resources"]
        names = [entry["name"] for entry in listed]
        self.assertIn("architecture.md", names)
        page = self.assertStatus(self.bridge.get("/resources/architecture.md"), 200)
        self.assertTrue(page.headers["Content-Type"].startswith("text/markdown"))
        uri = "demo://resource/dynamic/blob/1"
        blob = self.bridge.get("/resources?uri=" + uri, session=self.session)
        self.assertStatus(blob, 200)
        self.assertGreater(len(blob.body), 5)


@needs_npm
class Memory(BridgeCase):
    server = npm_server("memory")
    env = {"MCP_ENV_MEMORY_FILE_PATH": "{home}/memory.jsonl"}

    def test_remembers_within_a_session(self):
        session = self.bridge.start_session()
        entity = {"name": "Ann", "entityType": "person", "observations": ["likes tea"]}
        answer = self.bridge.call("create_entities", {"entities": [entity]}, session=session)
        self.assertStatus(answer, 200)
        graph = self.bridge.call("read_graph", session=session).json["structuredContent"]
        self.assertEqual(graph["entities"], [entity])
        found = self.bridge.call("search_nodes", {"query": "tea"}, session=session)
        self.assertEqual(found.json["structuredContent"]["entities"][0]["name"], "Ann")
        self.assertError(self.bridge.call("create_entities", {"entities": "Ann"}), 400)
        self.bridge.post("/session/close", session=session)

    def test_the_file_is_the_one_named_in_the_environment(self):
        self.bridge.call("create_entities", {"entities": [
            {"name": "Bo", "entityType": "person", "observations": []}]})
        with open(self.bridge.path("memory.jsonl")) as file:
            self.assertIn("Bo", file.read())


@needs_npm
class Filesystem(BridgeCase):
    server = npm_server("filesystem", "{home}")
    files = {"note.txt": "gr\u00fc\u00df dich\n"}

    def test_files_are_read_and_written(self):
        answer = self.bridge.call("read_text_file", {"path": self.bridge.path("note.txt")})
        self.assertEqual(self.assertStatus(answer, 200).json["content"][0]["text"],
                         "gr\u00fc\u00df dich\n")
        path = self.bridge.path("new.txt")
        answer = self.bridge.call("write_file", {"path": path, "content": "new"})
        self.assertStatus(answer, 200)
        with open(path) as file:
            self.assertEqual(file.read(), "new")

    def test_an_error_of_the_tool_is_422(self):
        answer = self.bridge.call("read_text_file", {"path": self.bridge.path("none.txt")})
        self.assertIn("ENOENT", self.assertError(answer, 422)["detail"])

    def test_a_path_outside_is_refused_by_the_server_and_told(self):
        answer = self.bridge.call("read_text_file", {"path": "/etc/hostname"})
        self.assertIn("outside allowed directories", self.assertError(answer, 422)["detail"])


@needs_npm
class Many(unittest.TestCase):
    """Several servers from one file."""

    def test_each_server_has_its_own_routes(self):
        config = {"mcpServers": {
            "memory": {"command": npm_server("memory")[0],
                       "env": {"MEMORY_FILE_PATH": "{home}/memory.jsonl"}},
            "everything": {"command": npm_server("everything")[0]}}}
        bridge = Bridge(args=["--config", "{home}/config.json", "--default-server", "memory"])
        with open(bridge.path("config.json"), "w") as file:
            file.write(json.dumps(config).replace("{home}", bridge.home))
        with bridge:
            servers = bridge.get("/servers")
            self.assertEqual(servers.status, 200, servers)
            self.assertIn("everything", servers.text)
            answer = bridge.post("/servers/everything/tools/echo", {"message": "x"})
            self.assertEqual(answer.json["content"][0]["text"], "Echo: x")
            self.assertEqual(bridge.post("/servers/memory/tools/read_graph").status, 200)
            self.assertEqual(bridge.post("/tools/read_graph").status, 200)
            self.assertEqual(bridge.get("/servers/nope/tools").status, 404)
            started = bridge.post("/servers/everything/session/start")
            self.assertEqual(started.status, 200, started)
            session = started.json["session_id"]
            path = f"/servers/everything/session/{session}"
            self.assertEqual(bridge.post(path + "/tools/echo", {"message": "y"}).status, 200)
            self.assertEqual(bridge.post("/tools/read_graph", session=session).status, 404)
            self.assertEqual(bridge.post(path + "/close").status, 200)


@needs_npm
class Speed(unittest.TestCase):
    def test_the_warm_pool_hides_the_start_of_a_node_process(self):
        """Design §6: a stateless call takes an initialised child"""
        with Bridge(npm_server("everything"), args=["--warm-pool", "2"]) as bridge:
            bridge.get("/tools")
            time.sleep(3 * SLOW)
            began = time.monotonic()
            answer = bridge.call("echo", {"message": "quick"})
            self.assertEqual(answer.status, 200, answer)
            self.assertLess(time.monotonic() - began, 0.25 * SLOW)
