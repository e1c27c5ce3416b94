# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 H: the bridge as an MCP server over HTTP+SSE (2024-11-05)."""
import unittest

from bridge import fixture, methods, wait_for
from case import BridgeCase
from mcpclient import SseClient, message


class SseCase(BridgeCase):
    def open(self, path="/sse", **how):
        client = SseClient(self.bridge, path, **how)
        self.addCleanup(client.close)
        return client


class Demo(SseCase):
    env = {"SERVICE_NAME": "bridge under test", "EXCLUDE_TOOLS": "error"}

    def test_h1_the_endpoint_comes_first_and_the_server_has_the_services_name(self):
        client = self.open()
        self.assertRegex(client.endpoint, r"^/sse/messages\?session_id=[0-9a-f]{32}$")
        server = client.initialize()
        self.assertEqual(server["protocolVersion"], "2024-11-05")
        self.assertEqual(server["serverInfo"]["name"], "bridge under test")
        self.assertIn("tools", server["capabilities"])

    def test_h2_lists_are_filtered_and_calls_work(self):
        client = self.open()
        client.initialize()
        tools, _ = client.request("tools/list")
        names = [tool["name"] for tool in tools["result"]["tools"]]
        self.assertIn("add", names)
        self.assertNotIn("error", names)
        called, _ = client.request("tools/call", {"name": "add", "arguments": {"a": 2, "b": 3}})
        self.assertEqual(called["result"]["content"][0]["text"], "5")
        prompts, _ = client.request("prompts/list")
        self.assertIn("prompts", prompts["result"])
        resources, _ = client.request("resources/list")
        self.assertIn("resources", resources["result"])

    def test_state_lives_as_long_as_the_stream(self):
        client = self.open()
        client.initialize()
        counts = [client.request("tools/call", {"name": "call_counter", "arguments": {}})[0]
                  ["result"]["content"][0]["text"] for _ in range(3)]
        self.assertEqual(counts, ["1", "2", "3"])

    def test_h5_messages_to_nobody_are_refused(self):
        listing = message("tools/list", id=1)
        self.assertStatus(self.bridge.post("/sse/messages", listing), 400)
        self.assertStatus(self.bridge.post("/sse/messages?session_id=", listing), 400)
        self.assertStatus(self.bridge.post("/sse/messages?session_id=xyz", listing), 400)
        self.assertStatus(self.bridge.post("/sse/messages?session_id=" + "0" * 32, listing), 404)
        client = self.open()
        self.assertStatus(client.send(b"{broken"), 400)
        self.assertEqual(client.next().json["error"]["code"], -32700)
        self.assertStatus(client.send({"no": "message"}), 400)
        self.assertEqual(client.next().json["error"]["code"], -32600)
        accepted = self.assertStatus(client.send(message("ping", id=9)), 202)
        self.assertEqual(accepted.text, "Accepted")
        self.assertEqual(client.next().json, {"jsonrpc": "2.0", "id": 9, "result": {}})

    def test_h7_the_stream_is_opened_by_get_only(self):
        for method in ("POST", "PUT", "DELETE", "HEAD"):
            self.assertStatus(self.bridge.request(method, "/sse"), 405)
        self.assertStatus(self.bridge.get("/sse/messages"), 405)

    def test_requests_wait_for_initialize(self):
        client = self.open()
        answer, _ = client.request("tools/list")
        self.assertEqual(answer["error"]["code"], -32600)
        client.initialize()
        again, _ = client.request("initialize", {"protocolVersion": "2024-11-05"})
        self.assertEqual(again["error"]["code"], -32600)

    def test_an_unknown_method_is_told_on_the_stream(self):
        client = self.open()
        client.initialize()
        answer, _ = client.request("no/such")
        self.assertEqual(answer["error"]["code"], -32601)

    def test_a_closed_stream_takes_its_session_along(self):
        client = self.open()
        client.initialize()
        client.close()
        wait_for(lambda: self.bridge.post(client.endpoint, message("ping", id=1)).status == 404,
                 what="the end of the session")

    def test_two_streams_with_the_same_ids_do_not_cross(self):
        one, two = self.open(), self.open()
        one.initialize()
        two.initialize()
        for value in range(20):
            for client, offset in ((one, 0), (two, 1000)):
                client.last_id = value
                client.send(message("tools/call", {
                    "name": "add", "arguments": {"a": value, "b": offset}}, value))
        for client, offset in ((one, 0), (two, 1000)):
            got = {}
            for _ in range(20):
                answer = client.next().json
                got[answer["id"]] = int(answer["result"]["content"][0]["text"])
            self.assertEqual(got, {value: value + offset for value in range(20)})


class BasePath(SseCase):
    args = ("--base-path", "/api")


    def test_the_endpoint_is_a_path_from_the_root(self):
        client = self.open("/api/sse")
        self.assertTrue(client.endpoint.startswith("/api/sse/messages?session_id="))
        client.initialize()
        self.assertIn("tools", client.request("tools/list")[0]["result"])


class Asking(SseCase):
    server = fixture("elicit", "--record", "{home}/record")

    def test_h6_a_question_reaches_the_client_and_the_call_goes_on(self):
        client = self.open()
        client.initialize(capabilities={"elicitation": {}})
        client.send(message("tools/call", {"name": "pay", "arguments": {"amount": 3}}, 77))
        question = client.next().json
        self.assertEqual(question["method"], "elicitation/create")
        self.assertIn("Pay 3?", question["params"]["message"])
        client.send({"jsonrpc": "2.0", "id": question["id"],
                     "result": {"action": "accept", "content": {"confirm": "yes"}}})
        answer = client.next().json
        self.assertEqual(answer["id"], 77)
        self.assertEqual(answer["result"]["content"][0]["text"], "Paid: yes")
        effects, _ = client.request("tools/call", {"name": "effects", "arguments": {}})
        self.assertIn('"effects": 1', effects["result"]["content"][0]["text"])


class Slow(SseCase):
    server = fixture("slow", "--progress", "--events", "{home}/events", "--record",
                     "{home}/record")

    def test_progress_comes_on_the_stream(self):
        client = self.open()
        client.initialize()
        answer, before = client.request("tools/call", {
            "name": "sleep", "arguments": {"seconds": 0.35}, "_meta": {"progressToken": "tok"}})
        self.assertIn("Slept", answer["result"]["content"][0]["text"])
        self.assertGreaterEqual(len(before), 2)
        for told in before:
            self.assertEqual(told["method"], "notifications/progress")
            self.assertEqual(told["params"]["progressToken"], "tok")

    def test_a_cancelled_call_is_not_answered(self):
        client = self.open()
        client.initialize()
        client.send(message("tools/call", {"name": "sleep", "arguments": {"seconds": 30}}, "long"))
        wait_for(lambda: "tools/call" in methods(self.bridge.path("record")), what="the call")
        client.send(message("notifications/cancelled", {"requestId": "long"}))
        wait_for(lambda: "notifications/cancelled" in methods(self.bridge.path("record")),
                 what="the cancel upstream")
        answer, before = client.request("ping")
        self.assertEqual(answer["result"], {})
        self.assertEqual([told for told in before if told.get("id") == "long"], [])


if __name__ == "__main__":
    unittest.main()
