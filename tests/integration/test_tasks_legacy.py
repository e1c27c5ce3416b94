# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks between clients and servers in the experimental form of 2025-11-25."""
import json
import threading
import unittest

from bridge import SLOW, methods, records, wait_for
from mcpclient import LegacyClient
from reloading import entry
from taskscase import FORMS, RELATED, TasksCase


class Legacy(TasksCase):
    def test_they_are_announced_where_a_server_has_them(self):
        tasks = self.client(LegacyClient).server["capabilities"]["tasks"]
        self.assertEqual(tasks, {"list": {}, "cancel": {},
                                 "requests": {"tools": {"call": {}}}})
        for path in ("/servers/new/mcp", "/servers/none/mcp"):
            self.assertNotIn("tasks", self.client(LegacyClient, path).server["capabilities"])
        older = self.client(LegacyClient, revision="2025-06-18")
        self.assertNotIn("tasks", older.server["capabilities"])
        for method in ("tasks/get", "tasks/result", "tasks/list"):
            self.assertEqual(self.error(older, method, {"taskId": "x"})["code"], -32601)

    def test_a_call_becomes_a_task_and_brings_its_result(self):
        client = self.client(LegacyClient)
        answer = client.result("tools/call", {"name": "old__work", "task": {"ttl": 60000},
                                              "arguments": {"label": "a"}})
        task = answer["task"]
        self.assertNotIn("task-1", json.dumps(answer))
        self.assertEqual(answer["_meta"], {RELATED: {"taskId": task["taskId"]}, "kept": True})
        self.assertEqual((task["status"], task["pollInterval"]), ("working", 50))
        self.assertEqual(self.get(client, task["taskId"])["taskId"], task["taskId"])
        self.end("a")
        done = self.until(client, task["taskId"], "completed")
        self.assertEqual(done["statusMessage"], "done")
        result = client.result("tasks/result", {"taskId": task["taskId"]})
        self.assertEqual(result["content"][0]["text"], "a done")
        self.assertEqual(result["_meta"], {RELATED: {"taskId": task["taskId"]}})
        sent = [entry for entry in records(self.bridge.path("old"))
                if entry.get("method") == "tools/call"]
        self.assertEqual(sent[0]["params"]["task"], {"ttl": 60000})

    def test_the_result_is_waited_for(self):
        client = self.client(LegacyClient)
        task = self.begin(client, "old__work", "b")["taskId"]
        results = []
        waiting = threading.Thread(target=lambda: results.append(
            client.result("tasks/result", {"taskId": task})))
        waiting.start()
        wait_for(lambda: "tasks/result" in methods(self.bridge.path("old")))
        self.assertEqual((self.get(client, task)["status"], results), ("working", []))
        self.end("b", "fault")
        waiting.join(20 * SLOW)
        self.assertTrue(results[0]["isError"])
        self.assertEqual(self.get(client, task)["status"], "failed")

    def test_an_error_of_the_call_is_the_error_of_its_result(self):
        client = self.client(LegacyClient)
        task = self.begin(client, "old__work", "c")["taskId"]
        self.end("c", "error")
        error = self.error(client, "tasks/result", {"taskId": task})
        self.assertEqual((error["code"], error["message"], error["data"]),
                         (-32050, "the task broke", {"why": "told to"}))

    def test_a_question_comes_with_the_wait_and_is_answered(self):
        client = self.client(LegacyClient)
        task = self.begin(client, "old__work", "d")["taskId"]
        self.end("d", "ask")
        self.until(client, task, "input_required")
        stream = client.post("tasks/result", {"taskId": task})
        question = stream.next_message().json
        self.assertEqual(question["method"], "elicitation/create")
        self.assertEqual(question["params"]["_meta"], {RELATED: {"taskId": task}})
        client.answer(question["id"], {"action": "accept", "content": {"pick": "x"},
                                       "_meta": {RELATED: {"taskId": task}}})
        result = stream.messages()[-1]["result"]
        self.assertEqual(result["content"][0]["text"], "d got accept: {'pick': 'x'}")
        answers = [entry for entry in records(self.bridge.path("old")) if "result" in entry]
        self.assertEqual(answers[-1]["result"]["_meta"], {RELATED: {"taskId": "task-1"}})

    def test_status_is_told(self):
        client = self.client(LegacyClient)
        stream = client.listen()
        task = self.begin(client, "old__work", "e")["taskId"]
        self.end("e")
        while True:
            told = stream.next_message().json
            if told["method"] == "notifications/tasks/status":
                break
        self.assertEqual((told["params"]["taskId"], told["params"]["status"]),
                         (task, "completed"))

    def test_the_token_of_the_call_is_good_for_its_task(self):
        client = self.client(LegacyClient)
        stream = client.listen()
        task = client.result("tools/call", {
            "name": "old__work", "arguments": {"label": "p"}, "task": {},
            "_meta": {"progressToken": "mine"}})["task"]["taskId"]
        self.end("p", "slow")
        told = []
        while len(told) < 3:
            message = stream.next_message().json
            if message["method"] == "notifications/progress":
                told.append(message["params"])
        self.assertEqual([(step["progressToken"], step["progress"]) for step in told],
                         [("mine", 1), ("mine", 2), ("mine", 3)])
        self.assertEqual(told[0]["_meta"], {RELATED: {"taskId": task}})

    def test_tasks_are_listed_and_cancelled(self):
        client = self.client(LegacyClient)
        self.assertEqual(client.result("tasks/list")["tasks"], [])
        ids = [self.begin(client, "old__work", label)["taskId"] for label in ("f", "g")]
        listed = client.result("tasks/list")
        self.assertEqual([task["taskId"] for task in listed["tasks"]], ids)
        self.assertNotIn("nextCursor", listed)
        cancelled = client.result("tasks/cancel", {"taskId": ids[0]})
        self.assertEqual((cancelled["taskId"], cancelled["status"]), (ids[0], "cancelled"))
        self.assertEqual([task["status"] for task in client.result("tasks/list")["tasks"]],
                         ["cancelled", "working"])
        self.assertEqual(self.error(client, "tasks/cancel", {"taskId": ids[0]})["code"], -32602)
        self.assertEqual(self.error(client, "tasks/list", {"cursor": "x"})["code"], -32602)

    def test_tools_decide_whether_they_are_tasks(self):
        client = self.client(LegacyClient)
        for name in ("old__plain", "none__count", "new__plain"):
            error = self.error(client, "tools/call", {"name": name, "task": {}})
            self.assertEqual(error["code"], -32601, name)
        self.assertEqual(self.error(client, "tools/call", {"name": "old__work"})["code"], -32601)
        self.assertEqual(client.call("old__maybe")["content"][0]["text"], "at once")
        self.assertIn("taskId", self.begin(client, "old__maybe", "h"))
        self.assertEqual(self.error(client, "tools/call", {"name": "old__work", "task": 5})["code"],
                         -32602)
        # Where none are announced the parameter means nothing.
        alone = self.client(LegacyClient, "/servers/none/mcp")
        answer = alone.result("tools/call", {"name": "count", "arguments": {}, "task": {}})
        self.assertIn("content", answer)

    def test_a_task_belongs_to_its_session_and_place(self):
        client = self.client(LegacyClient)
        task = self.begin(client, "old__work", "i")["taskId"]
        unknown = self.error(client, "tasks/get", {"taskId": "nothing"})
        self.assertEqual(unknown["code"], -32602)
        for other in (self.client(LegacyClient), self.client(LegacyClient, "/servers/old/mcp"),
                      self.client()):
            for method in ("tasks/get", "tasks/cancel"):
                self.assertEqual(self.error(other, method, {"taskId": task}), unknown)
        stranger = self.client(LegacyClient)
        self.assertEqual(self.error(stranger, "tasks/result", {"taskId": task}), unknown)
        self.assertEqual(stranger.result("tasks/list")["tasks"], [])
        # The server's own name of a task is nobody's.
        self.assertEqual(self.error(client, "tasks/get", {"taskId": "task-1"}), unknown)
        self.assertEqual(self.get(client, task)["status"], "working")
        self.assertEqual(self.error(client, "tasks/get", {})["code"], -32602)
        self.assertEqual(self.error(client, "tasks/get", {"taskId": 1})["code"], -32602)
        self.assertEqual(self.error(client, "tasks/update", {"taskId": task})["code"], -32601)

    def test_servers_with_equal_ids_are_told_apart(self):
        self.change(twin=entry("tasks", "--gate", "gate"))
        client = self.client(LegacyClient)
        mine = self.begin(client, "old__work", "j")["taskId"]
        twins = self.begin(client, "twin__work", "k")["taskId"]
        self.end("k")
        self.until(client, twins, "completed")
        self.assertEqual(self.get(client, mine)["status"], "working")
        result = client.result("tasks/result", {"taskId": twins})
        self.assertEqual(result["content"][0]["text"], "k done")

    def test_tasks_that_cannot_be_cancelled_are_not_announced_so(self):
        self.reload({"old": entry("tasks", "--gate", "gate", "--no-cancel"),
                     "none": FORMS["none"]})
        client = self.client(LegacyClient)
        self.assertNotIn("cancel", client.server["capabilities"]["tasks"])
        task = self.begin(client, "old__work", "l")["taskId"]
        self.assertEqual(self.error(client, "tasks/cancel", {"taskId": task})["code"], -32601)


if __name__ == "__main__":
    unittest.main()
