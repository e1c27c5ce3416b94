# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of tasks (resources/docs/mcp.md, "Tasks"): two servers that have them, one in each form, and
one that has none. Every message is checked against the schema of its revision."""
import os

from bridge import wait_for
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
