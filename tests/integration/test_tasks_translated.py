# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks in one form seen as the other, and behind another bridge."""
import json
import unittest

from bridge import Bridge
from taskscase import EXTENSION, FORMS, TasksCase


class Driven(TasksCase):
    """Tasks of a 2025-11-25 server for modern clients."""

    def test_a_tool_that_is_a_task_only_is_one_for_modern_clients(self):
        client = self.client()
        begun = self.begin(client, "old__work", "a")
        self.assertEqual((begun["status"], begun["ttlMs"], begun["pollIntervalMs"]),
                         ("working", None, 50))
        self.assertEqual(self.get(client, begun["taskId"])["statusMessage"], "begun")
        self.end("a")
        done = self.until(client, begun["taskId"], "completed")
        self.assertEqual(done["result"], {"resultType": "complete", "isError": False,
                                          "content": [{"type": "text", "text": "a done"}]})
        self.assertEqual(self.get(client, begun["taskId"]), done)
        self.assertEqual(client.call("old__maybe")["resultType"], "complete")

    def test_an_error_in_the_result_is_a_result(self):
        client = self.client()
        task = self.begin(client, "old__work", "b")["taskId"]
        self.end("b", "fault")
        self.assertTrue(self.until(client, task, "completed")["result"]["isError"])
        task = self.begin(client, "old__work", "c")["taskId"]
        self.end("c", "error")
        failed = self.until(client, task, "failed")
        self.assertEqual((failed["error"]["code"], failed["error"]["message"]),
                         (-32050, "the task broke"))

    def test_a_question_is_answered_by_an_update(self):
        client = self.client()
        task = self.begin(client, "old__work", "d")["taskId"]
        self.end("d", "ask")
        asked = self.until(client, task, "input_required")["inputRequests"]
        (key, question), = asked.items()
        self.assertEqual(question["method"], "elicitation/create")
        self.assertNotIn("_meta", question["params"])
        self.assertEqual(self.get(client, task)["inputRequests"], asked)
        wrong = {"taskId": task, "inputResponses": {key: {"action": "perhaps"}}}
        self.assertEqual(self.error(client, "tasks/update", wrong)["code"], -32602)
        for responses in ({"nothing": {}}, {key: {"action": "accept", "content": {"pick": "z"}}}):
            client.result("tasks/update", {"taskId": task, "inputResponses": responses})
        done = self.until(client, task, "completed")
        self.assertEqual(done["result"]["content"][0]["text"], "d got accept: {'pick': 'z'}")

    def test_clients_that_cannot_be_asked_are_not(self):
        client = self.client(capabilities={"extensions": {EXTENSION: {}}})
        task = self.begin(client, "old__work", "e")["taskId"]
        self.end("e", "ask")
        self.assertIn("error", self.until(client, task, "failed"))

    def test_a_task_is_cancelled(self):
        client = self.client()
        task = self.begin(client, "old__work", "f")["taskId"]
        self.assertEqual(client.result("tasks/cancel", {"taskId": task}),
                         {"resultType": "complete"})
        self.until(client, task, "cancelled")
        self.assertEqual(self.get(client, task)["status"], "cancelled")

    def test_in_a_session_the_task_runs_there(self):
        session = self.start("old")
        client = self.client()
        begun = client.call("old__work", {"label": "g"}, headers={"Mcp-Bridge-Session": session})
        self.end("g")
        self.until(client, begun["taskId"], "completed")
        self.assertEqual(self.bridge.post("/session/close", session=session).status, 200)
        self.assertEqual(self.error(client, "tasks/get", {"taskId": begun["taskId"]})["code"],
                         -32602)


class Remote(TasksCase):
    """A bridge behind a bridge: the extension over HTTP, on both sides of it."""

    def setUp(self):
        super().setUp()
        behind = Bridge(args=["--config", "{home}/config.json"], files={
            "config.json": json.dumps({"mcpServers": FORMS})})
        behind.start()
        self.addCleanup(behind.directory.cleanup)
        self.addCleanup(behind.stop)
        self.behind = behind
        url = f"http://127.0.0.1:{behind.port}/servers/"
        self.reload({name: {"url": f"{url}{name}/mcp"} for name in ("old", "new")})

    def end(self, label, how="ok"):
        self.bridge, before = self.behind, self.bridge
        super().end(label, how)
        self.bridge = before

    def test_tasks_run_at_remote_servers(self):
        client = self.client()
        for tool in ("new__work", "old__work"):
            with self.subTest(tool):
                label = tool[:3]
                task = self.begin(client, tool, label)["taskId"]
                self.assertEqual(self.get(client, task)["status"], "working")
                self.end(label, "ask")
                asked = self.until(client, task, "input_required")["inputRequests"]
                key, = asked
                client.result("tasks/update", {"taskId": task, "inputResponses": {
                    key: {"action": "accept", "content": {"pick": "far"}}}})
                done = self.until(client, task, "completed")
                self.assertEqual(done["result"]["content"][0]["text"],
                                 f"{label} got accept: {{'pick': 'far'}}")
        task = self.begin(client, "new__work", "x")["taskId"]
        client.result("tasks/cancel", {"taskId": task})
        self.until(client, task, "cancelled")


if __name__ == "__main__":
    unittest.main()
