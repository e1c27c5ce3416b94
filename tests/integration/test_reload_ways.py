# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes the bridge read its configuration again, and what comes of it."""
import os
import signal
import threading
import unittest

from bridge import SLOW, Bridge, wait_for
from mcpclient import LegacyClient
from reloading import ReloadCase, entry, swap


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
        lines = [line for line in self.bridge.log().splitlines() if "was not reloaded" in line]
        self.assertIn("mcpServers.two.comand: ", lines[-1])
        self.assertNotIn("\\n", lines[-1])
        # It is what was sent that is wrong, and not the bridge.
        access = [line for line in self.bridge.log().splitlines() if "status=422" in line]
        self.assertIn("error_type=validation_error", access[-1])

    def test_only_callers_on_this_machine_may(self):
        for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "x-forwarded-proto"):
            answer = self.bridge.post("/admin/reload", headers={name: "10.0.0.1"})
            self.assertEqual((answer.status, answer.json["error"]), (403, "forbidden"), name)
        self.assertEqual(self.bridge.post("/admin/reload", headers={
            "Origin": "https://evil.example"}).status, 403)
        self.assertEqual(self.bridge.get("/admin/reload").status, 405)

    def test_no_web_page_may_even_where_every_origin_may_call_tools(self):
        with Bridge(("--config", self.path), {"CORS_ORIGINS": "*"}) as bridge:
            def status(origin):
                return bridge.post("/admin/reload", headers={"Origin": origin}).status
            self.assertEqual(status("https://evil.example"), 403)
            self.assertEqual(status("null"), 403)
            self.assertEqual(status(f"http://127.0.0.1:{bridge.port}"), 200)  # ours

    def test_settings_that_take_a_restart_are_named_and_stay(self):
        report = self.reload(settings={"SERVICE_NAME": "other", "MAX_CONNECTIONS": 77,
                                       "MAX_TOTAL_SESSIONS": 1})
        self.assertEqual(report["settings"], ["MAX_TOTAL_SESSIONS"])
        self.assertEqual(set(report["restart_required"]), {"SERVICE_NAME", "MAX_CONNECTIONS"})
        self.assertIn("take a restart", self.bridge.log())
        self.assertEqual(self.bridge.get("/").json["name"], "mcp-bridge")
        self.start("one")
        self.assertEqual(self.bridge.post("/servers/one/session/start").status, 429)
        self.assertEqual(self.reload()["restart_required"], report["restart_required"])

    def test_settings_of_all_servers_make_new_definitions(self):
        report = self.reload(settings={"EXCLUDE_TOOLS": "call_counter"})
        self.assertEqual((report["changed"], report["settings"]), (["one"], ["EXCLUDE_TOOLS"]))
        self.assertEqual(self.call("one", "call_counter").status, 404)

    def test_remote_servers_stay_as_well(self):
        servers = {**self.servers, "far": {"url": "https://127.0.0.1:9/mcp",
                                           "headers": {"X-Api-Key": "key-of-the-test"}}}
        self.assertEqual(self.reload(servers)["added"], ["far"])
        self.assertEqual(self.reload(servers)["unchanged"], ["one", "far"])
        servers["far"]["headers"] = {"X-Api-Key": "another-key"}
        self.assertEqual(self.reload(servers)["changed"], ["far"])
        self.assertEqual(self.reload(settings={"MCP_REMOTE_TIMEOUT": 7})["changed"], ["far"])

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
