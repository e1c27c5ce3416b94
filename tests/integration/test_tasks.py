# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks between clients and servers (resources/docs/mcp.md, "Tasks"): the experimental form of
2025-11-25, the extension of the modern era, and the one seen as the other."""
import json
import os
import threading
import unittest

from bridge import SLOW, Bridge, methods, parallel, records, wait_for
from mcpclient import META, LegacyClient, ModernClient
from recorder import Recorder
from reloading import ReloadCase, entry

EXTENSION = META + "tasks"
RELATED = META + "related-task"
DECLARED = {"extensions": {EXTENSION: {}}, "elicitation": {"form": {}}}
FORMS = {"old": entry("tasks", "--gate", "gate", "--record", "old"),
         "new": entry("tasks", "--modern-only", "--gate", "gate", "--record", "new"),
         "none": entry("counter", "--tools", "count")}


class TasksCase(ReloadCase):
    servers = FORMS
    checks = True  # messages against the schemas, through a proxy

    def setUp(self):
        super().setUp()
        self.recorder = None
        if self.checks:
            self.recorder = Recorder(self.bridge)
            self.addCleanup(self.check_messages)

    def check_messages(self):
        with self.recorder:
            self.recorder.check(self)

    def client(self, kind=ModernClient, path="/mcp", **how):
        how.setdefault("capabilities", DECLARED if kind is ModernClient
                       else {"elicitation": {"form": {}}})
        made = kind(self.through(), path, **how)
        self.addCleanup(made.close)
        if kind is LegacyClient:
            made.initialize()
        return made

    def through(self):
        """The bridge, or the proxy before it."""
        if not self.recorder or not self.recorder.service:
            return self.bridge
        from client import Client
        host, port = self.recorder.url.split("//")[1].split(":")
        return Client(host, int(port), timeout=self.bridge.timeout)

    def end(self, label, how="ok"):
        with open(self.bridge.path("gate.part"), "w") as file:
            file.write(how)
        os.rename(self.bridge.path("gate.part"), self.bridge.path("gate." + label))

    def error(self, client, method, params, **how):
        answer = client.post(method, params, **how)
        body = answer.json if hasattr(answer, "text") else answer.messages()[-1]
        self.assertIn("error", body)
        return body["error"]

    def begin(self, client, tool, label, **task):
        if isinstance(client, LegacyClient):
            result = client.result("tools/call", {"name": tool, "arguments": {"label": label},
                                                  "task": task})
            return result["task"]
        result = client.call(tool, {"label": label})
        self.assertEqual(result["resultType"], "task", result)
        return result

    def get(self, client, task):
        return client.result("tasks/get", {"taskId": task})

    def until(self, client, task, *statuses):
        def reached():
            told = self.get(client, task)
            return told if told["status"] in statuses else None
        return wait_for(reached, what=f"the task to be {statuses}")


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


class Ends(TasksCase):
    checks = False
    settings = {"SESSION_TIMEOUT_SECONDS": 2, "SESSION_CLEANUP_INTERVAL_SECONDS": 1}

    def test_tasks_end_with_their_time(self):
        self.change(short=entry("tasks", "--modern-only", "--gate", "gate", "--task-ttl", "300",
                                warmPoolSize=0))
        client = self.client()
        task = self.begin(client, "short__work", "a")
        self.assertEqual(task["ttlMs"], 300)
        wait_for(lambda: "error" in client.post("tasks/get", {"taskId": task["taskId"]}).json,
                 what="its end")
        wait_for(lambda: self.bridge.get("/servers/short").json["instances"] == 0,
                 what="the end of its process")

    def test_tasks_nobody_asks_about_are_given_up(self):
        client = self.client()
        self.change(new=entry("tasks", "--modern-only", "--gate", "gate", warmPoolSize=0))
        task = self.begin(client, "new__work", "b")["taskId"]
        self.assertGreater(self.bridge.get("/servers/new").json["instances"], 0)
        wait_for(lambda: self.bridge.get("/servers/new").json["instances"] == 0,
                 what="the end of its process")
        self.assertEqual(self.error(client, "tasks/get", {"taskId": task})["code"], -32602)

    def test_tasks_of_a_removed_server_are_gone(self):
        client = self.client()
        task = self.begin(client, "new__work", "c")["taskId"]
        self.change(new=None)
        self.assertEqual(self.error(client, "tasks/get", {"taskId": task})["code"], -32602)

    def test_a_dead_server_is_no_hang(self):
        client = self.client()
        task = self.begin(client, "new__work", "d")["taskId"]
        for pid in self.bridge.children():
            try:
                with open(f"/proc/{pid}/cmdline") as file:
                    if "modern-only" in file.read():
                        os.kill(pid, 9)
            except OSError:
                pass  # ended meanwhile
        wait_for(lambda: "error" in client.post("tasks/get", {"taskId": task}).json)
        wait_for(lambda: "result" in client.post("tools/call", {
            "name": "new__work", "arguments": {"label": "d"}}).json, what="another process")

    def test_there_are_only_so_many(self):
        client = self.client(LegacyClient, path="/servers/old/mcp")
        ids = [self.begin(client, "work", "e")["taskId"] for _ in range(8)]
        self.assertEqual(len(set(ids)), 8)
        self.assertEqual(len(client.result("tasks/list")["tasks"]), 8)


if __name__ == "__main__":
    unittest.main()
