# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration changes while the bridge runs (resources/docs/operating.md, "Reload")."""
import json
import os
import signal
import threading
import unittest

from bridge import SLOW, records, wait_for
from mcpclient import LegacyClient, ModernClient
from reloading import ReloadCase, entry, swap




class Servers(ReloadCase):
    servers = {"keep": entry("counter", "--tools", "kept"), "old": entry("probe"),
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


class Ways(ReloadCase):
    """What makes the bridge read its configuration again."""

    servers = {"one": entry("counter")}
    watch = True

    def test_a_file_written_in_place(self):
        self.write({**self.servers, "two": entry("probe")})
        self.wait_for_names("one", "two")
        self.write(self.servers)
        self.wait_for_names("one")

    def test_a_file_replaced_as_editors_do_again_and_again(self):
        for names in (["one", "two"], ["one"], ["one", "three"]):
            self.write({name: entry("counter") for name in names}, path=self.path + "~")
            os.rename(self.path + "~", self.path)
            self.wait_for_names(*names)
        os.unlink(self.path)  # some remove it first
        self.write({"four": entry("counter")})
        self.wait_for_names("four")

    def test_sighup_with_a_new_log(self):
        self.reload(settings={"BRIDGE_CONFIG_WATCH": False,
                              "LOG_OUTPUT": self.bridge.path("bridge.log")})
        self.write({"two": entry("probe")})
        os.rename(self.bridge.path("bridge.log"), self.bridge.path("bridge.log.1"))
        self.bridge.process.send_signal(signal.SIGHUP)
        self.wait_for_names("two")
        with open(self.bridge.path("bridge.log")) as file:
            self.assertIn("cause=SIGHUP", file.read())

    def test_the_watch_can_be_switched_off_and_on(self):
        self.reload(settings={"BRIDGE_CONFIG_WATCH": False})
        self.write({"two": entry("probe")})
        self.assertRaises(AssertionError, wait_for, lambda: self.names() == ["two"], 1 / SLOW)
        self.reload(settings={"BRIDGE_CONFIG_WATCH": True})
        self.write({"three": entry("probe")})
        self.wait_for_names("three")

    def test_half_a_file_changes_nothing(self):
        with open(self.path, "w") as file:
            file.write('{"mcpServers": {"two":')
        wait_for(lambda: "was not reloaded" in self.bridge.log(), what="the refusal")
        self.assertEqual(self.names(), ["one"])
        self.write({"two": entry("probe")})
        self.wait_for_names("two")


class Swapped(unittest.TestCase):
    def test_a_mounted_config_map(self):
        from bridge import Bridge
        bridge = Bridge(args=["--config", "{home}/mount/config.json"])
        mount = bridge.path("mount")

        def version(name, servers):
            os.makedirs(os.path.join(mount, name))
            with open(os.path.join(mount, name, "config.json"), "w") as file:
                file.write(ReloadCase.text(servers, {}))
            swap(os.path.join(mount, "..data"), name)
        version("..2026_01", {"one": entry("counter")})
        os.symlink("..data/config.json", os.path.join(mount, "config.json"))
        with bridge:
            for number, name in ((2, "two"), (3, "three")):
                version(f"..2026_0{number}", {name: entry("counter")})
                wait_for(lambda: [one["name"] for one in bridge.get("/servers").json["servers"]]
                         == [name], what=name)


class Route(ReloadCase):
    servers = {"one": entry("counter")}

    def test_problems_are_listed_and_nothing_changes(self):
        session = self.start("one")
        self.write({"one": entry("probe"), "two": {"comand": "x"}, "three__": entry("probe")},
                   {"PORT": 99999, "LOG_LEVEL": "loud"})
        answer = self.bridge.post("/admin/reload")
        self.assertEqual(answer.status, 422, answer)
        self.assertEqual(answer.json["error"], "invalid_config")
        self.assertIn("nothing has changed", answer.detail)
        self.assertEqual({problem["path"] for problem in answer.json["errors"]},
                         {"file: bridge.PORT", "file: bridge.LOG_LEVEL"})
        self.assertNotIn(self.bridge.home, answer.text)
        self.write(settings={"PORT": 8000, "LOG_LEVEL": "info"})
        answer = self.bridge.post("/admin/reload")
        self.assertEqual({problem["path"] for problem in answer.json["errors"]},
                         {"file: mcpServers.two.comand", "file: mcpServers.two.command",
                          "file: mcpServers.three__"})
        self.assertEqual(self.names(), ["one"])
        self.assertEqual(self.call("one", "call_counter", session=session).status, 200)
        self.assertIn("was not reloaded", self.bridge.log())

    def test_only_callers_on_this_machine_may(self):
        for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "x-forwarded-proto"):
            answer = self.bridge.post("/admin/reload", headers={name: "10.0.0.1"})
            self.assertEqual((answer.status, answer.json["error"]), (403, "forbidden"), name)
        self.assertEqual(self.bridge.post("/admin/reload", headers={
            "Origin": "https://evil.example"}).status, 403)
        self.assertEqual(self.bridge.get("/admin/reload").status, 405)

    def test_settings_that_take_a_restart_are_named_and_stay(self):
        report = self.reload(settings={"PORT": 1, "SERVICE_NAME": "other", "MAX_TOTAL_SESSIONS": 1,
                                       "MCP_ENV_X": "1"} if False else
                             {"PORT": 1, "SERVICE_NAME": "other", "MAX_TOTAL_SESSIONS": 1})
        self.assertEqual(report["settings"], ["MAX_TOTAL_SESSIONS"])
        self.assertEqual(set(report["restart_required"]), {"SERVICE_NAME"})
        self.assertIn("take a restart", self.bridge.log())
        self.assertEqual(self.bridge.get("/").json["name"], "mcp-bridge")
        self.start("one")
        self.assertEqual(self.bridge.post("/servers/one/session/start").status, 429)
        self.assertEqual(self.reload()["restart_required"], report["restart_required"])

    def test_settings_of_all_servers_make_new_definitions(self):
        report = self.reload(settings={"EXCLUDE_TOOLS": "call_counter"})
        self.assertEqual((report["changed"], report["settings"]), (["one"], ["EXCLUDE_TOOLS"]))
        self.assertEqual(self.call("one", "call_counter").status, 404)

    def test_new_secrets_are_kept_out_of_the_log_from_the_start(self):
        secret = "secret-of-the-test-0815"
        self.reload({"one": {**entry("probe"), "env": {"API_TOKEN": secret}}},
                    {"LOG_LEVEL": "debug", "LOG_CATEGORIES": "bridge.mcp.wire=debug"})
        self.assertEqual(self.text_of("one", "read_env", {"name": "API_TOKEN"}), secret)
        self.assertNotIn(secret, self.bridge.log())

    def test_prompts_of_the_configuration_follow(self):
        self.reload(settings={"SYSTEM_DEFINED_PROMPTS": [
            {"name": "greet", "description": "x", "template": {"content": "Hello"}}]})
        self.assertEqual(self.bridge.post("/prompts/greet").status, 200)
        self.reload(settings={"SYSTEM_DEFINED_PROMPTS": []})
        self.assertEqual(self.bridge.post("/prompts/greet").status, 404)


class Storm(ReloadCase):
    servers = {"stay": entry("counter"), "other": entry("slow")}
    settings = {"MCP_WARM_POOL_SIZE": 0}

    def test_reloads_in_a_row_under_load_leave_nothing_behind(self):
        session = self.start("stay")
        stop = threading.Event()
        statuses, counts = set(), []

        def load(number):
            client = LegacyClient(self.bridge)
            client.initialize()
            while not stop.is_set():
                if number % 2:
                    statuses.add(self.call("other", "echo", {"text": "x"}).status)
                else:
                    answer = client.post("tools/call", {"name": "other__echo",
                                                        "arguments": {"text": "x"}})
                    statuses.add(answer.status)
                counts.append(self.call("stay", "call_counter", session=session).json[
                    "structuredContent"]["count"])
            client.send("DELETE", None, client.fields())
            client.close()
        threads = [threading.Thread(target=load, args=[number]) for number in range(4)]
        for thread in threads:
            thread.start()
        for number in range(60):
            if number % 3 == 2:
                self.change(other=None)
            else:
                self.change(other=entry("slow", warmPoolSize=number % 2, timeout=100 + number))
        self.change(other=entry("slow"))
        stop.set()
        for thread in threads:
            thread.join(30 * SLOW)
        self.assertLessEqual(statuses, {200, 404})
        self.assertEqual(sorted(counts), list(range(1, len(counts) + 1)))
        wait_for(lambda: len(self.bridge.children()) == 1, 20, "the end of old processes")


if __name__ == "__main__":
    unittest.main()
