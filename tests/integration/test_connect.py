# SPDX-License-Identifier: GPL-3.0-or-later
"""`mcp-bridge connect`: stdio clients reach a bridge (resources/docs/mcp.md)."""
import json
import subprocess
import time
import unittest

from bridge import PROGRAM, SLOW, fixture, methods, records, wait_for
from case import BridgeCase
from mcpclient import LEGACY, META
from stdioclient import StdioClient, modern


def connect(bridge, *options, path="/mcp", **how):
    return StdioClient([PROGRAM, "connect", f"http://127.0.0.1:{bridge.port}{path}", *options],
                       **how)


class Legacy(BridgeCase):
    server = fixture("logs")

    def setUp(self):
        self.client = connect(self.bridge)

    def tearDown(self):
        with self.client:
            pass

    def test_the_handshake_of_every_revision_passes(self):
        for revision in LEGACY:
            with self.subTest(revision), connect(self.bridge) as client:
                self.assertEqual(client.initialize(revision=revision)["protocolVersion"], revision)
                self.assertTrue(client.result("tools/list")["tools"])

    def test_progress_and_log_come_before_the_answer(self):
        self.client.initialize()
        self.client.result("logging/setLevel", {"level": "info"})
        answer = self.client.call("report", {"count": 3}, _meta={"progressToken": "mine"})
        self.assertEqual(answer["result"]["content"][0]["text"], "reported")
        seen = [one for one in self.client.aside if one.get("method") in (
            "notifications/progress", "notifications/message")]
        progress = [one["params"] for one in seen if one["method"] == "notifications/progress"]
        self.assertEqual([one["progress"] for one in progress], [1, 2, 3])
        self.assertEqual({one["progressToken"] for one in progress}, {"mine"})
        self.assertEqual(len(seen), 6)

    def test_ids_of_all_kinds_come_back_as_they_were(self):
        self.client.initialize()
        for ident in (0, -7, 12345678901234567, "text", "", "ü\"\\"):
            with self.subTest(ident=ident):
                self.client.send({"jsonrpc": "2.0", "id": ident, "method": "ping"})
                self.assertEqual(self.client.answer(ident)["result"], {})

    def test_a_hundred_calls_at_once_get_their_own_answers(self):
        self.client.initialize()
        idents = [self.client.ask("tools/call", {"name": "report", "arguments": {
            "count": n % 3}}) for n in range(100)]
        answers = {}
        while len(answers) < 100:
            one = self.client.next()
            if "id" in one and "method" not in one:
                self.assertNotIn(one["id"], answers)
                answers[one["id"]] = one
        self.assertEqual(set(answers), set(idents))
        self.assertTrue(all("result" in one for one in answers.values()))

    def test_what_is_sent_before_the_handshake_is_done_waits_for_it(self):
        self.client.write("\n".join(json.dumps(one) for one in (
            {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
                "protocolVersion": LEGACY[0], "capabilities": {},
                "clientInfo": {"name": "hasty", "version": "1"}}},
            {"jsonrpc": "2.0", "method": "notifications/initialized"},
            {"jsonrpc": "2.0", "id": 2, "method": "tools/list"})) + "\n")
        self.assertIn("protocolVersion", self.client.answer(1)["result"])
        self.assertTrue(self.client.answer(2)["result"]["tools"])

    def test_garbage_is_answered_and_harms_nothing(self):
        self.client.initialize()
        self.client.write("this is no JSON\n\n[]\n{\"jsonrpc\":\"1.0\",\"id\":1}\n")
        for _ in range(3):
            self.assertEqual(self.client.next()["error"]["code"], -32700)
        self.client.write('{"jsonrpc":"2.0","id":99,"result":{}}\n')  # nobody asked
        self.assertTrue(self.client.result("tools/list")["tools"])

    def test_an_id_in_use_is_refused(self):
        self.client.initialize()
        self.client.send({"jsonrpc": "2.0", "id": 5, "method": "tools/call",
                          "params": {"name": "report", "arguments": {"count": 1, "pause": 1}}})
        self.client.send({"jsonrpc": "2.0", "id": 5, "method": "ping"})
        self.assertEqual(self.client.answer(5)["error"]["code"], -32600)
        self.assertEqual(self.client.answer(5)["result"]["content"][0]["text"], "reported")

    def test_errors_of_the_server_pass_as_they_are(self):
        self.client.initialize()
        error = self.client.error("no/such/method")
        self.assertEqual(error["code"], -32601)

    def test_list_changes_arrive_without_a_request(self):
        self.client.initialize()
        self.client.text("add_tool", {"name": "fresh"})
        heard = list(self.client.aside)
        while not any(one.get("method") == "notifications/tools/list_changed" for one in heard):
            heard.append(self.client.next())

    def test_messages_come_by_the_older_transport_too(self):
        with connect(self.bridge, path="/sse") as client:
            client.initialize()
            client.result("logging/setLevel", {"level": "info"})
            client.call("report", {"count": 2}, _meta={"progressToken": 1})
            self.assertEqual(len([one for one in client.aside if "progress" in one["method"]]), 2)


class Questions(BridgeCase):
    server = fixture("elicit")

    def test_a_question_of_the_server_is_answered_by_the_client(self):
        for path in ("/mcp", "/sse"):
            with self.subTest(path), connect(self.bridge, path=path) as client:
                client.initialize({"elicitation": {}})
                call = client.ask("tools/call", {"name": "ask_name", "arguments": {}})
                question = client.next()
                while question.get("method") != "elicitation/create":
                    question = client.next()
                client.send({"jsonrpc": "2.0", "id": question["id"], "result": {
                    "action": "accept", "content": {"name": "Ada"}}})
                answer = client.answer(call)
                self.assertEqual(answer["result"]["structuredContent"]["content"], {"name": "Ada"})

    def test_a_modern_client_is_asked_by_its_result(self):
        can = {"elicitation": {"form": {}}}
        with connect(self.bridge) as client:
            asked = client.result("tools/call", modern({"name": "pay", "arguments": {"amount": 3}},
                                                       can))
            self.assertEqual(asked["resultType"], "input_required")
            key = next(iter(asked["inputRequests"]))
            paid = client.result("tools/call", modern({
                "name": "pay", "arguments": {"amount": 3}, "requestState": asked["requestState"],
                "inputResponses": {key: {"action": "accept", "content": {"confirm": "yes"}}}}, can))
            self.assertEqual(paid["structuredContent"], {"effects": 1})


class Modern(BridgeCase):
    server = fixture("logs")

    def test_a_modern_client_is_served_without_a_handshake(self):
        with connect(self.bridge) as client:
            self.assertIn("2026-07-28",
                          client.result("server/discover", modern())["supportedVersions"])
            result = client.result("tools/call", modern(
                {"name": "report", "arguments": {"count": 2}}, progressToken=7,
                **{META + "logLevel": "info"}))
            self.assertEqual(result["resultType"], "complete")
            self.assertEqual([one["method"].split("/")[1] for one in client.aside],
                             ["progress", "message"] * 2)

    def test_subscriptions_open_and_end(self):
        with connect(self.bridge) as client:
            ident = client.ask("subscriptions/listen", modern(
                {"notifications": {"toolsListChanged": True}}))
            opened = client.next()
            self.assertEqual(opened["method"], "notifications/subscriptions/acknowledged")
            client.notify("notifications/cancelled", {"requestId": ident})
            self.assertEqual(client.result("server/discover", modern())["resultType"], "complete")
            client.ask("subscriptions/listen", modern({"notifications": {}}))
            client.next()
            status, seconds = client.end()  # nobody waits for the end of a subscription
            self.assertEqual(status, 0)
            self.assertLess(seconds, 0.8 * SLOW)


class Cancel(BridgeCase):
    server = fixture("slow", "--events", "{home}/events", "--record", "{home}/record")

    def events(self):
        return records(self.bridge.path("events"))

    def cancels(self):
        return methods(self.bridge.path("record")).count("notifications/cancelled")

    def test_a_cancel_reaches_the_tool_in_both_eras(self):
        for label, how in (("legacy", lambda params: params), ("modern", modern)):
            with self.subTest(label), connect(self.bridge) as client:
                if label == "legacy":
                    client.initialize()
                ident = client.ask("tools/call", how({
                    "name": "sleep", "arguments": {"seconds": 60, "label": label}}))
                wait_for(lambda: {"started": label} in self.events(), what="the call")
                before, began = self.cancels(), time.monotonic()
                client.notify("notifications/cancelled", {"requestId": ident, "reason": "enough"})
                wait_for(lambda: self.cancels() > before, what="the cancel")
                self.assertLess(time.monotonic() - began, 3 * SLOW)
                probe = client.ask("tools/call", how({"name": "echo", "arguments": {"text": "x"}}))
                self.assertIn("result", client.answer(probe))
                self.assertNotIn(ident, [one.get("id") for one in client.aside])

    def test_the_end_of_stdin_ends_running_calls_and_the_session(self):
        with connect(self.bridge) as client:
            client.initialize()
            client.ask("tools/call", {"name": "sleep", "arguments": {"seconds": 60,
                                                                     "label": "left"}})
            wait_for(lambda: {"started": "left"} in self.events(), what="the call")
            before = self.cancels()
            status, seconds = client.end()
        self.assertEqual(status, 0)
        self.assertLess(seconds, 4 * SLOW)
        wait_for(lambda: self.cancels() > before or not self.bridge.children(),
                 what="the end of the call")

    def test_answers_that_are_nearly_there_are_waited_for(self):
        with connect(self.bridge) as client:
            client.initialize()
            ident = client.ask("tools/call", {"name": "sleep", "arguments": {"seconds": 0.4}})
            client.process.stdin.close()
            self.assertEqual(client.answer(ident)["result"]["content"][0]["text"], "Slept")


class Large(BridgeCase):
    server = fixture("huge")

    def test_a_client_that_reads_late_gets_everything(self):
        client = connect(self.bridge, read=False)
        with client:
            ident = client.ask("initialize", {"protocolVersion": LEGACY[0], "capabilities": {},
                                              "clientInfo": {"name": "late", "version": "1"}})
            client.notify("notifications/initialized")
            calls = [client.ask("tools/call", {"name": "bytes", "arguments": {"n": 3_000_000}})
                     for _ in range(3)]
            time.sleep(1)
            client.start_reading()
            client.answer(ident)
            for _ in calls:
                one = client.next(30)
                while one.get("id") not in calls:
                    one = client.next(30)
                self.assertGreaterEqual(len(json.dumps(one)), 3_000_000)


class Pipeline(BridgeCase):
    def test_a_file_works_as_standard_input(self):
        url = f"http://127.0.0.1:{self.bridge.port}/mcp"
        with open(self.bridge.path("in"), "w+") as file:
            for one in ({"id": 1, "method": "initialize", "params": {
                    "protocolVersion": LEGACY[0], "capabilities": {},
                    "clientInfo": {"name": "file", "version": "1"}}},
                    {"method": "notifications/initialized"},
                    {"id": 2, "method": "tools/call", "params": {
                        "name": "add", "arguments": {"a": 2, "b": 3}}}):
                file.write(json.dumps({"jsonrpc": "2.0", **one}) + "\n")
            file.seek(0)
            done = subprocess.run([PROGRAM, "connect", url], stdin=file, capture_output=True,
                                  timeout=20 * SLOW, cwd=self.bridge.home, env=self.bridge.env)
        self.assertEqual(done.returncode, 0, done.stderr)
        answers = {one["id"]: one for one in map(json.loads, done.stdout.splitlines())}
        self.assertEqual(answers[2]["result"]["structuredContent"], {"result": 5})


if __name__ == "__main__":
    unittest.main()
