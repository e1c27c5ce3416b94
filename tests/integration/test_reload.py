# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration changes while the bridge runs (resources/docs/operating.md, "Reload")."""
import json
import os
import signal
import threading
import unittest

from bridge import SLOW, records, wait_for
from mcpclient import LegacyClient, ModernClient
from reloading import ReloadCase, entry


class StartCommand(ReloadCase):
    watch = True
    servers = {"first": entry("counter", warmPoolSize=0)}
    settings = {"MCP_RUN_ON_START": """sed -i 's/"first"/"second"/' "$HOME/config.json" """}

    def test_what_the_command_writes_is_read(self):
        self.wait_for_names("second")


class Servers(ReloadCase):
    servers = {"keep": entry("counter", "--tools", "kept", warmPoolSize=0), "old": entry("probe"),
               "gone": entry("slow", "--events", "events")}

    def test_the_report_names_every_server_once(self):
        report = self.reload({"keep": self.servers["keep"], "old": entry("probe", "more"),
                              "new": entry("counter")})
        self.assertEqual(report, {
            "status": "reloaded", "added": ["new"], "changed": ["old"], "removed": ["gone"],
            "unchanged": ["keep"], "settings": [], "restart_required": []})
        self.assertEqual(self.names(), ["keep", "old", "new"])
        again = self.reload()
        self.assertEqual((again["status"], again["unchanged"]), ("unchanged", self.names()))

    def test_sessions_and_children_of_the_others_stay(self):
        session = self.start("keep")
        self.call("keep", "kept", session=session)
        starts = self.bridge.get("/servers/keep").json["starts"]
        self.change(old=entry("probe", "changed"), gone=None, new=entry("counter"))
        answer = self.call("keep", "kept", session=session)
        self.assertEqual(answer.json["structuredContent"]["count"], 2)
        self.assertEqual(self.bridge.get("/servers/keep").json["starts"], starts)

    def test_an_added_server_is_everywhere(self):
        client = LegacyClient(self.bridge)
        client.initialize()
        self.addCleanup(client.close)
        self.change(new=entry("counter", "--tools", "fresh"))
        self.assertEqual(self.text_of("new", "fresh"), "{}")
        self.assertIn("/servers/new/tools/fresh", self.bridge.get("/openapi.json").json["paths"])
        self.assertEqual(self.bridge.get("/servers/new").status, 200)
        self.assertEqual(self.bridge.metric("mcp_server_starts_total", server="new"),
                         self.bridge.get("/servers/new").json["starts"])
        self.assertIn("new__fresh", [tool["name"] for tool in client.result("tools/list")["tools"]])
        self.assertEqual(client.call("new__fresh")["content"][0]["text"], "{}")
        alone = LegacyClient(self.bridge, "/servers/new/mcp")
        alone.initialize()
        self.addCleanup(alone.close)
        self.assertEqual(alone.call("fresh")["content"][0]["text"], "{}")

    def test_sessions_with_an_earlier_definition_end_with_the_server(self):
        self.start("old")
        self.change(old=entry("probe", "changed"))
        self.assertEqual(self.bridge.metric("mcp_sessions_active"), 1)
        self.change(old=None)
        wait_for(lambda: self.bridge.metric("mcp_sessions_active") == 0, what="the session's end")

    def test_a_removed_server_is_nowhere(self):
        self.bridge.get("/openapi.json")
        self.bridge.get("/metrics")
        self.text_of("gone", "echo", {"text": "still here"})
        self.change(gone=None)
        for path in ("/servers/gone", "/servers/gone/tools"):
            self.assertEqual(self.bridge.get(path).json["error"], "server_not_found")
        self.assertNotIn("/servers/gone/", self.bridge.get("/openapi.json").text)
        self.assertNotIn('server="gone"', self.bridge.get("/metrics").text)
        self.assertEqual(LegacyClient(self.bridge, "/servers/gone/mcp").post("ping").status, 404)
        client = ModernClient(self.bridge)
        self.addCleanup(client.close)
        self.assertFalse([tool for tool in client.result("tools/list")["tools"]
                          if tool["name"].startswith("gone__")])
        wait_for(lambda: not self.bridge.metric("mcp_children_running")
                 or not [pid for pid in self.bridge.children() if self.is_slow(pid)],
                 what="the end of its processes")

    @staticmethod
    def is_slow(pid):
        try:
            with open(f"/proc/{pid}/cmdline") as file:
                return "slow.py" in file.read()
        except OSError:
            return False

    def test_sessions_of_a_removed_server_end_with_a_clear_error(self):
        session = self.start("gone")
        answers = []
        call = threading.Thread(target=lambda: answers.append(self.call(
            "gone", "sleep", {"seconds": 60, "label": "mine"}, session=session)))
        call.start()
        wait_for(lambda: {"started": "mine"} in records(self.bridge.path("events")),
                 what="the call")
        self.change(gone=None)
        call.join(10 * SLOW)
        self.assertEqual(answers[0].status, 404, answers)
        self.assertIn("taken out of the configuration", answers[0].detail)
        self.change(gone=self.servers["gone"])
        self.assertEqual(self.call("gone", "echo", {"text": "x"}, session=session).status, 404)
        self.assertIn('reason="removed"', self.bridge.get("/metrics").text)

    def test_a_disabled_server_is_like_a_removed_one(self):
        session = self.start("gone")
        report = self.change(gone={**self.servers["gone"], "disabled": True})
        self.assertEqual(report["changed"], ["gone"])
        self.assertEqual(self.bridge.get("/servers/gone").json["state"], "disabled")
        self.change(gone=self.servers["gone"])
        self.assertEqual(self.call("gone", "echo", {"text": "x"}, session=session).status, 404)
        self.assertEqual(self.text_of("gone", "echo", {"text": "back"}), "back")

    def test_disabled_tools_are_neither_listed_nor_called(self):
        legacy = LegacyClient(self.bridge)
        legacy.initialize()
        clients = [legacy, ModernClient(self.bridge)]
        for client in clients:
            self.addCleanup(client.close)

        def shown():
            names = [tool["name"] for tool in self.bridge.get("/servers/old/tools").json]
            for client in clients:
                listed = [tool["name"] for tool in client.result("tools/list")["tools"]]
                self.assertEqual([name for name in listed if name.startswith("old__")],
                                 [f"old__{name}" for name in names])
            return names
        everything = shown()
        self.assertTrue({"argv", "pid"} <= set(everything))
        for hidden, gone in ((["pid"], {"pid"}), (["a?gv", "p[ih]d"], {"argv", "pid"})):
            self.change(old=entry("probe", disabledTools=hidden))
            with self.subTest(hidden=hidden):
                self.assertEqual(shown(), [name for name in everything if name not in gone])
                for tool in gone:
                    answer = self.call("old", tool)
                    self.assertEqual((answer.status, answer.json["error"]),
                                     (404, self.call("old", "none").json["error"]))
                    for client in clients:
                        error = client.post("tools/call", {"name": f"old__{tool}"}).json["error"]
                        self.assertEqual(error["code"], -32602)
                self.assertNotIn("/servers/old/tools/pid",
                                 self.bridge.get("/openapi.json").json["paths"])
        self.change(old=entry("probe"))
        self.assertEqual(shown(), everything)
        self.assertEqual(self.call("old", "pid").status, 200)

    def test_each_server_has_its_own_timeouts(self):
        client = ModernClient(self.bridge)
        self.addCleanup(client.close)
        for timeouts, fails in (({"timeout": 0.3}, True), ({"timeout": 30}, False)):
            self.change(gone={**self.servers["gone"], **timeouts})
            with self.subTest(timeouts):
                answer = self.call("gone", "sleep", {"seconds": 1})
                self.assertEqual(answer.status, 504 if fails else 200, answer)
                called = client.post("tools/call", {"name": "gone__sleep",
                                                    "arguments": {"seconds": 1}}).json
                self.assertEqual("error" in called or called["result"].get("isError", False),
                                 fails, called)
        slow = entry("slow", "--delay-prompt", "1")
        for timeout, status in ((0.3, 504), (30, 200)):
            self.change(gone={**slow, "requestTimeout": timeout})
            self.assertEqual(self.bridge.post("/servers/gone/prompts/slow", {}).status, status)

    def test_sessions_of_a_changed_server_go_on_as_they_began(self):
        session = self.start("old")
        pid = json.loads(self.text_of("old", "pid", session=session))["pid"]
        self.change(old=entry("probe", "new-argument", exclude=["pid"]))
        self.assertEqual(json.loads(self.text_of("old", "pid", session=session))["pid"], pid)
        self.assertIn("pid", [tool["name"] for tool in self.bridge.get(
            "/servers/old/tools", session=session).json])
        self.assertEqual(self.call("old", "pid").status, 404)
        self.assertNotIn("pid", [tool["name"]
                                 for tool in self.bridge.get("/servers/old/tools").json])
        self.assertIn("new-argument", self.text_of("old", "argv"))
        self.assertIn("new-argument", self.text_of("old", "argv", session=self.start("old")))
        self.assertNotIn("new-argument", self.text_of("old", "argv", session=session))
        os.kill(pid, signal.SIGKILL)  # a restart within the session is one of the old kind, too
        wait_for(lambda: self.call("old", "argv", session=session).status == 200)
        self.assertNotIn("new-argument", self.text_of("old", "argv", session=session))
        self.assertEqual(self.bridge.post("/servers/old/session/close", session=session).status,
                         200)

    def test_a_call_without_a_session_ends_as_it_began(self):
        answers = []
        call = threading.Thread(target=lambda: answers.append(self.call(
            "gone", "sleep", {"seconds": 1.5, "label": "through"})))
        call.start()
        wait_for(lambda: self.bridge.get("/servers/gone").json["instances"] > 0)
        self.change(gone=entry("slow", "--progress"))
        call.join(20 * SLOW)
        self.assertEqual(answers[0].json["content"][0]["text"], "Slept through")

    def test_counts_of_a_changed_server_go_on(self):
        for _ in range(3):
            self.text_of("old", "argv")
        before = self.bridge.metric("mcp_server_starts_total", server="old")
        self.change(old=entry("probe", "changed"))
        self.text_of("old", "argv")
        self.assertGreater(self.bridge.metric("mcp_server_starts_total", server="old"), before)

    def test_another_default_server_costs_nobody_anything(self):
        session = self.start("keep")
        self.assertIn("/tools/kept", self.bridge.get("/openapi.json").json["paths"])
        report = self.reload(settings={"MCP_DEFAULT_SERVER": "old"})
        self.assertEqual((report["changed"], report["settings"]), ([], ["MCP_DEFAULT_SERVER"]))
        self.assertEqual(self.bridge.call("argv").status, 200)
        self.assertEqual(self.call("keep", "kept", session=session).status, 200)
        paths = self.bridge.get("/openapi.json").json["paths"]
        self.assertIn("/tools/argv", paths)
        self.assertIn("/servers/keep/tools/kept", paths)


class Mcp(ReloadCase):
    servers = {"logs": entry("logs"), "elicit": entry("elicit")}

    def client(self, path="/mcp", kind=LegacyClient, **how):
        made = kind(self.bridge, path, **how)
        self.addCleanup(made.close)
        if kind is LegacyClient:
            made.initialize()
        return made

    def test_clients_of_both_eras_hear_of_changed_lists(self):
        stream = self.client().listen()
        modern = self.client(kind=ModernClient).post("subscriptions/listen", {
            "notifications": {"toolsListChanged": True, "promptsListChanged": True}})
        modern.next()
        for change in ({"new": entry("counter")}, {"new": entry("probe")}, {"new": None}):
            with self.subTest(change):
                self.change(**change)
                heard = {stream.next_message().json["method"] for _ in range(3)}
                self.assertEqual(heard, {f"notifications/{what}/list_changed"
                                         for what in ("tools", "prompts", "resources")})
                self.assertEqual({modern.next_message().json["method"] for _ in range(2)},
                                 {"notifications/tools/list_changed",
                                  "notifications/prompts/list_changed"})

    def test_a_session_with_a_changed_server_keeps_it(self):
        client = self.client(capabilities={"elicitation": {}})
        client.call("logs__texts")
        client.call("elicit__plain")
        report = self.change(logs=entry("logs", exclude=["texts"]))
        self.assertEqual(report["changed"], ["logs"])
        self.assertEqual(client.call("logs__texts")["content"][0]["text"], "logged")
        self.assertEqual(client.call("elicit__plain")["content"][0]["text"], "plain")
        fresh = self.client()
        self.assertNotIn("logs__texts",
                         [tool["name"] for tool in fresh.result("tools/list")["tools"]])
        self.assertEqual(fresh.post("tools/call", {"name": "logs__texts"}).json["error"]["code"],
                         -32602)

    def test_a_session_with_a_removed_server_goes_on_with_the_others(self):
        client = self.client()
        client.call("logs__texts")
        client.call("elicit__plain")
        self.change(logs=None, other=entry("counter"))
        self.assertIn("error", client.post("tools/call", {"name": "logs__texts"}).json)
        self.assertEqual(client.call("elicit__plain")["content"][0]["text"], "plain")
        self.change(logs=entry("logs"))
        self.assertEqual(client.call("logs__texts")["content"][0]["text"], "logged")

    def test_the_endpoint_of_a_removed_server_ends_what_it_serves(self):
        client = self.client("/servers/logs/mcp")
        listening = client.listen()
        modern = self.client("/servers/logs/mcp", ModernClient).post("subscriptions/listen", {
            "notifications": {"toolsListChanged": True}})
        modern.next()
        call = client.post("tools/call", {"name": "progress_for_ever", "arguments": {},
                                          "_meta": {"progressToken": 1}})
        call.next()
        self.change(logs=None)
        last = call.messages()[-1]
        self.assertIn("taken out of the configuration", last["error"]["message"])
        listening.events()  # ends
        self.assertEqual(modern.messages()[-1]["result"]["resultType"], "complete")
        self.assertEqual(client.post("ping").status, 404)

    def test_a_question_that_waits_is_still_answered_after_a_change(self):
        session = self.start("elicit")
        asked = self.call("elicit", "pay", {"amount": 3}, session=session)
        self.assertEqual(asked.json["error"], "feedback_required", asked)
        self.change(elicit=entry("elicit", exclude=["pay"]))
        answer = self.call("elicit", "pay", {"_user_feedback": {
            "action": "accept", "content": {"confirm": "yes"}}}, session=session)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json["structuredContent"], {"effects": 1})

    def test_a_modern_client_gets_its_answer_from_the_server_it_asked(self):
        client = self.client(kind=ModernClient, capabilities={"elicitation": {"form": {}}})
        asked = client.call("elicit__pay", {"amount": 3})
        (key, _), = asked["inputRequests"].items()
        self.change(elicit=entry("elicit", exclude=["ask_*"]))
        paid = client.result("tools/call", {
            "name": "elicit__pay", "arguments": {"amount": 3},
            "requestState": asked["requestState"],
            "inputResponses": {key: {"action": "accept", "content": {"confirm": "yes"}}}})
        self.assertEqual(paid["structuredContent"], {"effects": 1})


if __name__ == "__main__":
    unittest.main()
