# SPDX-License-Identifier: GPL-3.0-or-later
"""/mcp for clients of revision 2026-07-28: stateless requests over Streamable HTTP."""
import base64
import json
import time
import unittest

from bridge import SLOW, Bridge, fixture, methods, records, wait_for
from case import BridgeCase
from mcpclient import META, MODERN, Events, ModernClient, message


class ModernCase(BridgeCase):
    path = "/mcp"

    def client(self, path=None, **how):
        client = ModernClient(self.bridge, path or self.path, **how)
        self.addCleanup(client.close)
        return client

    def assertRpcError(self, answer, status, code, id=None):
        self.assertStatus(answer, status)
        self.assertEqual(answer.headers.get_content_type(), "application/json")
        body = answer.json
        self.assertEqual(body["error"]["code"], code, body)
        self.assertTrue(body["error"]["message"])
        if id is None:
            self.assertNotIn("id", body)
        else:
            self.assertEqual(body["id"], id)
        return body["error"]


class Demo(ModernCase):
    env = {"SERVICE_NAME": "bridge under test"}

    def test_discover_tells_revisions_and_capabilities(self):
        result = self.client().result("server/discover")
        self.assertIn(MODERN, result["supportedVersions"])
        self.assertIn("tools", result["capabilities"])
        self.assertEqual(result["_meta"][META + "serverInfo"]["name"], "bridge under test")

    def test_a_call_is_answered_with_one_json_object(self):
        answer = self.client().post("tools/call", {"name": "add", "arguments": {"a": 2, "b": 3}},
                                    id="text-id")
        self.assertStatus(answer, 200)
        self.assertEqual(answer.json["id"], "text-id")
        self.assertEqual(answer.json["result"]["resultType"], "complete")
        self.assertEqual(answer.json["result"]["content"][0]["text"], "5")
        self.assertNotIn("Mcp-Session-Id", answer.headers)

    def test_one_server_has_an_endpoint_of_its_own(self):
        name = self.bridge.get("/servers").json["servers"][0]["name"]
        self.assertEqual(self.client(f"/servers/{name}/mcp").call("add", {"a": 1, "b": 1})
                         ["content"][0]["text"], "2")
        gone = self.client("/servers/none/mcp").post("tools/list")
        self.assertRpcError(gone, 404, -32600)

    def test_lists_are_the_same_each_time(self):
        client = self.client()
        first = client.result("tools/list")
        self.assertEqual(first, client.result("tools/list"))
        self.assertIn("ttlMs", first)
        self.assertIn(first["cacheScope"], ("public", "private"))

    # --- refusals --------------------------------------------------------------------------------

    def test_headers_must_be_there_and_match_the_body(self):
        client = self.client()
        call = {"name": "add", "arguments": {"a": 1, "b": 1}}
        for headers in ({"MCP-Protocol-Version": None}, {"MCP-Protocol-Version": "2025-11-25"},
                        {"Mcp-Method": None}, {"Mcp-Method": "tools/list"},
                        {"Mcp-Method": "TOOLS/CALL"}, {"Mcp-Name": None}, {"Mcp-Name": "sub"},
                        {"Mcp-Name": "=?base64?%%%?="}):
            with self.subTest(headers=headers):
                self.assertRpcError(client.post("tools/call", call, headers, id=5), 400, -32020, 5)

    def test_an_encoded_name_is_decoded(self):
        name = "=?base64?" + base64.b64encode(b"add").decode() + "?="
        result = self.client().call("add", {"a": 1, "b": 1}, headers={"Mcp-Name": name})
        self.assertEqual(result["content"][0]["text"], "2")

    def test_an_unknown_revision_is_refused_with_the_list(self):
        client = self.client()
        for wanted in ("1900-01-01", "2031-01-01"):
            error = self.assertRpcError(
                client.post("tools/list", headers={"MCP-Protocol-Version": wanted},
                            meta={META + "protocolVersion": wanted}, id=1), 400, -32022, 1)
            self.assertEqual(error["data"]["requested"], wanted)
            self.assertIn(MODERN, error["data"]["supported"])
            self.assertIn("2025-11-25", error["data"]["supported"])

    def test_required_metadata_must_be_there(self):
        client = self.client()
        for meta in ({}, {META + "protocolVersion": MODERN},
                     {META + "protocolVersion": MODERN, META + "clientCapabilities": 3}):
            with self.subTest(meta=meta):
                self.assertRpcError(client.post("tools/list", {"_meta": meta}, id=3), 400, -32602,
                                    3)

    def test_unknown_methods_are_404(self):
        client = self.client()
        for method in ("no/such", "initialize", "ping", "logging/setLevel", "resources/subscribe"):
            with self.subTest(method=method):
                self.assertRpcError(client.post(method, id=1), 404, -32601, 1)

    def test_an_unknown_tool_is_an_error_of_the_call(self):
        self.assertRpcError(self.client().post("tools/call", {"name": "none"}, id=1), 200, -32602,
                            1)

    def test_what_is_no_message_is_refused(self):
        client = self.client()
        headers = {"MCP-Protocol-Version": MODERN}
        for body, code in ((b"", -32700), (b"{broken", -32700), (b"\xff\xfe", -32700),
                           (b"7", -32600), (b"[]", -32600), (b'{"jsonrpc":"1.0"}', -32600)):
            with self.subTest(body=body):
                self.assertRpcError(client.send("POST", body, headers), 400, code)
        answer = client.send("POST", {"jsonrpc": "2.0", "id": 4, "method": 5}, headers)
        self.assertRpcError(answer, 400, -32600, 4)
        text = client.send("POST", b"{}", {**headers, "Content-Type": "text/plain"})
        self.assertRpcError(text, 415, -32600)

    def test_batches_and_responses_do_not_exist(self):
        client = self.client()
        headers = {"MCP-Protocol-Version": MODERN}
        batch = [message("tools/list", {"_meta": client.meta()}, 1)]
        self.assertRpcError(client.send("POST", batch, headers), 400, -32600)
        response = {"jsonrpc": "2.0", "id": 1, "result": {}}
        self.assertRpcError(client.send("POST", response, headers), 400, -32600)

    def test_notifications_are_accepted(self):
        client = self.client()
        answer = client.send("POST", message("notifications/cancelled", {"requestId": 1}),
                             {"MCP-Protocol-Version": MODERN})
        self.assertStatus(answer, 202)
        self.assertEqual(answer.body, b"")

    def test_get_and_delete_are_not_of_this_revision(self):
        client = self.client()
        for method in ("GET", "DELETE"):
            self.assertStatus(client.send(method, None, {"MCP-Protocol-Version": MODERN}), 405)
        self.assertStatus(self.bridge.request("PUT", "/mcp"), 405)

    def test_a_client_that_takes_neither_kind_is_told(self):
        self.assertRpcError(self.client().post("tools/list", headers={"Accept": "text/html"},
                                               id=1), 406, -32600, 1)

    def test_a_client_that_takes_only_events_gets_them(self):
        answer = self.client().post("tools/list", headers={"Accept": "text/event-stream"})
        self.assertIsInstance(answer, Events)
        self.assertIn("tools", answer.messages()[-1]["result"])

    def test_a_foreign_web_page_is_refused(self):
        answer = self.client().post("tools/list", headers={"Origin": "https://evil.example"})
        self.assertStatus(answer, 403)
        self.assertStatus(self.client().post("tools/list", headers={"Host": "evil.example"}), 403)

    # --- handles ---------------------------------------------------------------------------------

    def test_calls_without_a_handle_share_nothing(self):
        client = self.client()
        counts = [client.call("call_counter")["content"][0]["text"] for _ in range(3)]
        self.assertEqual(counts, ["1", "1", "1"])

    def test_a_rest_session_is_a_handle(self):
        client = self.client()
        for field in ("Mcp-Bridge-Session", "x-inxm-mcp-session"):
            session = self.bridge.start_session()
            with self.subTest(field=field):
                counts = [client.call("call_counter", headers={field: session})
                          ["content"][0]["text"] for _ in range(2)]
                self.assertEqual(counts, ["1", "2"])
                self.assertEqual(self.bridge.call("call_counter", session=session).result, 3)
            self.bridge.post("/session/close", session=session)
            closed = client.post("tools/call", {"name": "call_counter"}, {field: session}, id=1)
            self.assertRpcError(closed, 400, -32602, 1)

    def test_an_unknown_handle_is_refused(self):
        answer = self.client().post("tools/list", headers={"Mcp-Bridge-Session": "none"}, id=1)
        self.assertRpcError(answer, 400, -32602, 1)

    # --- many clients ----------------------------------------------------------------------------

    def test_clients_with_the_same_ids_do_not_cross(self):
        from bridge import parallel

        def caller(offset):
            client = self.client()

            def run():
                return [int(client.call("add", {"a": value, "b": offset}, id=value)
                            ["content"][0]["text"]) for value in range(15)]
            return run
        answers = parallel([caller(offset) for offset in (0, 1000, 2000)])
        for offset, got in zip((0, 1000, 2000), answers):
            self.assertEqual(got, [value + offset for value in range(15)])


class Logs(ModernCase):
    server = fixture("logs")

    def test_progress_turns_the_answer_into_a_stream(self):
        answer = self.client().post("tools/call", {"name": "report", "arguments": {"count": 3}},
                                    meta={"progressToken": 7, META + "logLevel": "info"})
        self.assertIsInstance(answer, Events)
        self.assertEqual(answer.headers["X-Accel-Buffering"], "no")
        messages = answer.messages()
        told = [m["params"] for m in messages if m.get("method") == "notifications/progress"]
        self.assertEqual([one["progress"] for one in told], [1, 2, 3])
        self.assertEqual({one["progressToken"] for one in told}, {7})
        logged = [m["params"]["data"] for m in messages
                  if m.get("method") == "notifications/message"]
        self.assertEqual(logged, ["log 1", "log 2", "log 3"])
        self.assertEqual(messages[-1]["result"]["content"][0]["text"], "reported")

    def test_no_notification_comes_unasked(self):
        answer = self.client().post("tools/call", {"name": "report", "arguments": {"count": 3}})
        self.assertNotIsInstance(answer, Events)
        self.assertEqual(answer.json["result"]["content"][0]["text"], "reported")

    def test_a_client_without_streams_gets_the_result_only(self):
        answer = self.client().post("tools/call", {"name": "report", "arguments": {"count": 3}},
                                    {"Accept": "application/json"}, {"progressToken": 7})
        self.assertEqual(answer.json["result"]["content"][0]["text"], "reported")


class Slow(ModernCase):
    server = fixture("slow", "--progress", "--events", "{home}/events", "--record",
                     "{home}/record")

    def cancels(self):
        return methods(self.bridge.path("record")).count("notifications/cancelled")

    def wait_for_cancel(self, before):
        # The server is gone right afterwards, so that its tool may have no time to take notes.
        wait_for(lambda: self.cancels() > before, what="the cancel")

    def test_closing_the_stream_cancels(self):
        answer = self.client().post("tools/call", {
            "name": "sleep", "arguments": {"seconds": 60, "label": "streamed"}},
            meta={"progressToken": 1})
        self.assertIsInstance(answer, Events)
        before = self.cancels()
        answer.next()
        answer.close()
        self.wait_for_cancel(before)

    def test_leaving_before_any_event_cancels(self):
        client = self.client()
        params = {"name": "sleep", "arguments": {"seconds": 60, "label": "silent"},
                  "_meta": client.meta()}
        connection = self.bridge.send("POST", "/mcp", message("tools/call", params, 1),
                                      headers=client.headers("tools/call", params))
        wait_for(lambda: {"started": "silent"} in records(self.bridge.path("events")),
                 what="the call")
        before = self.cancels()
        connection.close()
        self.wait_for_cancel(before)


class Asking(ModernCase):
    server = fixture("elicit")

    def test_input_required_is_answered_by_a_retry(self):
        client = self.client(capabilities={"elicitation": {"form": {}}})
        first = client.call("pay", {"amount": 3})
        self.assertEqual(first["resultType"], "input_required")
        (key, question), = first["inputRequests"].items()
        self.assertEqual(question["method"], "elicitation/create")
        self.assertIn("Pay 3?", question["params"]["message"])
        paid = client.result("tools/call", {
            "name": "pay", "arguments": {"amount": 3}, "requestState": first["requestState"],
            "inputResponses": {key: {"action": "accept", "content": {"confirm": "yes"}}}})
        self.assertEqual(paid["resultType"], "complete")
        self.assertEqual(paid["content"][0]["text"], "Paid: yes")
        self.assertEqual(paid["structuredContent"]["effects"], 1)

    def test_a_client_that_cannot_be_asked_is_told_what_it_lacks(self):
        answer = self.client().post("tools/call", {"name": "ask_name", "arguments": {}}, id=1)
        error = self.assertRpcError(answer, 400, -32021, 1)
        self.assertIn("elicitation", json.dumps(error["data"]["requiredCapabilities"]))


    def test_a_waiting_call_does_not_hold_up_the_end(self):
        with Bridge(self.server) as bridge:
            client = ModernClient(bridge, capabilities={"elicitation": {"form": {}}})
            first = client.call("pay", {"amount": 3})
            self.assertEqual(first["resultType"], "input_required")
            bridge.process.terminate()
            bridge.process.wait(4 * SLOW)


class Listening(ModernCase):
    server = fixture("watched", "--changes", "{home}/changes")
    env = {"MCP_WARM_POOL_SIZE": "0", "STREAM_HEARTBEAT_SECONDS": "1"}

    def setUp(self):
        wait_for(lambda: not self.bridge.children(), what="the end of all servers")
        open(self.bridge.path("changes"), "w").close()

    def change(self, *lines):
        with open(self.bridge.path("changes"), "a") as file:
            file.write("".join(line + "\n" for line in lines))

    def listen(self, id, **filter):
        """A stream and what its acknowledgement says it tells."""
        stream = self.client().post("subscriptions/listen", {"notifications": filter}, id=id)
        self.assertIsInstance(stream, Events, stream)
        return stream, self.heard(stream, "subscriptions/acknowledged", id)["notifications"]

    def heard(self, stream, method, id):
        got = stream.next_message().json
        self.assertEqual(got["method"], "notifications/" + method)
        self.assertEqual(got["params"].pop("_meta"), {META + "subscriptionId": id})
        return got["params"]

    def test_the_acknowledgement_says_what_will_be_told(self):
        _, told = self.listen("sub-1", toolsListChanged=True, promptsListChanged=False,
                              nonsense=True, resourceSubscriptions=["test://a", "test://none"])
        self.assertEqual(told, {"toolsListChanged": True, "resourceSubscriptions": ["test://a"]})

    def test_only_what_was_asked_for_arrives(self):
        stream, _ = self.listen(5, resourceSubscriptions=["test://a"])
        other, _ = self.listen(6, resourceSubscriptions=["test://b"])
        self.change("prompts", "tools", "test://b", "test://a")
        self.assertEqual(self.heard(stream, "resources/updated", 5), {"uri": "test://a"})
        self.assertEqual(self.heard(other, "resources/updated", 6), {"uri": "test://b"})

    def test_a_changed_list_is_told_and_listed_anew(self):
        before = [tool["name"] for tool in self.client().result("tools/list")["tools"]]
        self.assertEqual(before, ["first"])
        stream, _ = self.listen(7, toolsListChanged=True, resourceSubscriptions=["test://a"])
        time.sleep(2.5)  # what a server tells while it starts is nobody's news
        self.change("prompts", "tools")
        self.assertEqual(self.heard(stream, "tools/list_changed", 7), {})
        after = [tool["name"] for tool in self.client().result("tools/list")["tools"]]
        self.assertEqual(after, ["first", "added_2"])

    def test_comments_keep_a_silent_stream_alive(self):
        stream, _ = self.listen(8, resourceSubscriptions=["test://a"])
        time.sleep(1.5)
        self.change("test://a")
        self.heard(stream, "resources/updated", 8)
        self.assertGreaterEqual(stream.comments, 1)

    def test_closing_the_stream_ends_the_subscription(self):
        stream, _ = self.listen(9, resourceSubscriptions=["test://a"])
        self.assertEqual(len(self.bridge.children()), 1)
        stream.close()
        wait_for(lambda: not self.bridge.children(), what="the end of the server")

    def test_a_request_without_a_filter_is_refused(self):
        self.assertRpcError(self.client().post("subscriptions/listen", id=1), 200, -32602, 1)

    def test_a_client_that_takes_no_stream_is_refused(self):
        answer = self.client().post("subscriptions/listen", {"notifications": {}},
                                    {"Accept": "application/json"}, id=1)
        self.assertRpcError(answer, 406, -32600, 1)

    def test_the_end_of_the_bridge_ends_the_stream_in_order(self):
        with Bridge(self.server, self.env) as bridge:
            client = ModernClient(bridge)
            stream = client.post("subscriptions/listen", {"notifications": {}}, id=3)
            stream.next_message()
            bridge.process.terminate()
            last = stream.next_message().json
            self.assertEqual((last["id"], last["result"]["resultType"]), (3, "complete"))
            self.assertIsNone(stream.next())
            client.close()
            bridge.process.wait(10 * SLOW)


class Mirrored(ModernCase):
    server = fixture("mirrored")

    def test_mirrored_arguments_must_match_their_headers(self):
        client = self.client()
        arguments = {"region": "us", "count": 42}
        good = {"Mcp-Param-Region": "us", "Mcp-Param-Count": "42.0"}
        self.assertEqual(client.call("where", arguments, headers=good)["content"][0]["text"],
                         "us 42")
        encoded = "=?base64?" + base64.b64encode("über".encode()).decode() + "?="
        self.assertEqual(client.call("where", {"region": "über"}, headers={
            "Mcp-Param-Region": encoded})["content"][0]["text"], "über None")
        for headers in ({}, {**good, "Mcp-Param-Region": "eu"}, {**good, "Mcp-Param-Count": "43"},
                        {"Mcp-Param-Region": "us"}):
            with self.subTest(headers=headers):
                answer = client.post("tools/call", {"name": "where", "arguments": arguments},
                                     headers, id=1)
                self.assertRpcError(answer, 400, -32020, 1)
        self.assertEqual(client.call("where", {})["content"][0]["text"], "None None")


if __name__ == "__main__":
    unittest.main()
