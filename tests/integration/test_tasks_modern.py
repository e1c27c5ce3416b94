# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks between clients and servers as the extension of the modern era."""
import unittest

from bridge import parallel, wait_for
from mcpclient import LegacyClient
from taskscase import EXTENSION, TasksCase


class Modern(TasksCase):
    def test_the_extension_is_announced_where_a_server_has_tasks(self):
        for path, has in (("/mcp", True), ("/servers/new/mcp", True), ("/servers/old/mcp", True),
                          ("/servers/none/mcp", False)):
            told = self.client(path=path).result("server/discover")["capabilities"]
            self.assertEqual(told.get("extensions"), {EXTENSION: {}} if has else None, path)
            self.assertNotIn("tasks", told)

    def test_a_call_without_a_session_becomes_a_task(self):
        client = self.client()
        begun = self.begin(client, "new__work", "a")
        self.assertNotEqual(begun["taskId"], "task-1")
        self.assertEqual((begun["status"], begun["ttlMs"], begun["pollIntervalMs"]),
                         ("working", None, 50))
        told = self.get(client, begun["taskId"])
        self.assertEqual((told["resultType"], told["taskId"], told["status"]),
                         ("complete", begun["taskId"], "working"))
        self.end("a")
        done = self.until(client, begun["taskId"], "completed")
        self.assertEqual(done["result"]["content"][0]["text"], "a done")
        self.assertEqual(self.get(client, begun["taskId"]), done)

    def test_all_who_ask_at_once_are_told_the_end(self):
        clients = [self.client() for _ in range(6)]
        for tool in ("new__work", "old__work"):
            task = self.begin(clients[0], tool, "many")["taskId"]
            self.end("many")
            for _ in range(20):
                told = parallel([lambda c=client: self.get(c, task)["status"]
                                 for client in clients])
                if set(told) == {"completed"}:
                    break
            self.assertEqual(set(told), {"completed"})

    def test_what_ran_a_task_goes_when_it_is_over(self):
        client = self.client()
        before = self.bridge.get("/servers/new").json["instances"]
        begun = self.begin(client, "new__work", "b")
        self.end("b", "fault")
        done = self.until(client, begun["taskId"], "completed")
        self.assertTrue(done["result"]["isError"])
        wait_for(lambda: self.bridge.get("/servers/new").json["instances"] <= before,
                 what="the end of its process")
        self.assertEqual(self.get(client, begun["taskId"]), done)
        for method, more in (("tasks/cancel", {}), ("tasks/update", {"inputResponses": {}})):
            self.assertEqual(client.result(method, {"taskId": begun["taskId"], **more}),
                             {"resultType": "complete"})

    def test_an_error_of_the_call_is_in_the_task(self):
        client = self.client()
        begun = self.begin(client, "new__work", "c")
        self.end("c", "error")
        failed = self.until(client, begun["taskId"], "failed")
        self.assertEqual(failed["error"], {"code": -32050, "message": "the task broke",
                                           "data": {"why": "told to"}})

    def test_a_question_is_answered_by_an_update(self):
        client = self.client()
        task = self.begin(client, "new__work", "d")["taskId"]
        self.end("d", "ask")
        asked = self.until(client, task, "input_required")["inputRequests"]
        self.assertEqual(asked["which"]["method"], "elicitation/create")
        client.result("tasks/update", {"taskId": task, "inputResponses": {
            "which": {"action": "accept", "content": {"pick": "y"}}, "other": {}}})
        done = self.until(client, task, "completed")
        self.assertEqual(done["result"]["content"][0]["text"], "d got accept: {'pick': 'y'}")
        self.assertEqual(self.error(client, "tasks/update", {"taskId": task})["code"], -32602)

    def test_a_task_is_cancelled(self):
        client = self.client()
        task = self.begin(client, "new__work", "e")["taskId"]
        client.result("tasks/cancel", {"taskId": task})
        self.until(client, task, "cancelled")

    def test_clients_that_do_not_declare_it_get_none(self):
        client = self.client(capabilities={})
        for tool in ("new__work", "old__work"):
            error = self.error(client, "tools/call", {"name": tool, "arguments": {}})
            self.assertEqual((error["code"], error["data"]["requiredCapabilities"]),
                             (-32021, {"extensions": {EXTENSION: {}}}))
        self.assertEqual(client.call("new__plain")["content"][0]["text"], "plain")
        for method in ("tasks/get", "tasks/cancel", "tasks/update"):
            error = self.error(client, method, {"taskId": "x", "inputResponses": {}})
            self.assertEqual((error["code"], error["data"]["requiredCapabilities"]),
                             (-32021, {"extensions": {EXTENSION: {}}}))
        answer = client.post("subscriptions/listen", {"notifications": {"taskIds": ["x"]}})
        self.assertEqual((answer.status, answer.json["error"]["code"]), (400, -32021))
        # Legacy servers are not told of the extension, whatever the client declares.
        self.assertEqual(self.client().call("old__plain")["content"][0]["text"], "plain")
        self.assertNotIn(EXTENSION, open(self.bridge.path("old")).read())

    def test_methods_of_the_older_form_are_not_there(self):
        client = self.client()
        for method in ("tasks/result", "tasks/list"):
            answer = client.post(method, {"taskId": "x"})
            self.assertEqual((answer.status, answer.json["error"]["code"]), (404, -32601))
        # Nor is its parameter.
        result = client.result("tools/call", {"name": "none__count", "task": {"ttl": 1}})
        self.assertEqual(result["resultType"], "complete")

    def test_headers_name_the_task(self):
        client = self.client()
        for name in (None, "other"):
            answer = client.post("tasks/get", {"taskId": "x"}, headers={"Mcp-Name": name})
            self.assertEqual((answer.status, answer.json["error"]["code"]), (400, -32020))

    def test_a_task_is_unknown_elsewhere(self):
        client = self.client()
        task = self.begin(client, "new__work", "f")["taskId"]
        for other in (self.client(path="/servers/new/mcp"), self.client(LegacyClient)):
            self.assertEqual(self.error(other, "tasks/get", {"taskId": task})["code"], -32602)
        self.assertEqual(self.get(client, task)["status"], "working")
        self.assertEqual(self.error(client, "tasks/get", {"taskId": "task-1"})["code"], -32602)

    def test_subscriptions_take_no_tasks(self):
        client = self.client()
        task = self.begin(client, "new__work", "g")["taskId"]
        stream = client.post("subscriptions/listen", {"notifications": {
            "taskIds": [task], "toolsListChanged": True}})
        told = stream.next_message().json["params"]["notifications"]
        self.assertEqual(told, {"toolsListChanged": True})


if __name__ == "__main__":
    unittest.main()
