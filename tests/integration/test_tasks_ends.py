# SPDX-License-Identifier: GPL-3.0-or-later
"""How tasks end that nobody finishes."""
import os
import unittest

from bridge import wait_for
from mcpclient import LegacyClient
from reloading import entry
from taskscase import TasksCase


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
