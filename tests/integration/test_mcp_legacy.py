# SPDX-License-Identifier: GPL-3.0-or-later
"""/mcp for clients of the handshake era: sessions over Streamable HTTP."""
import time
import unittest

from bridge import fixture, methods, parallel, records, wait_for
from case import BridgeCase
from mcpclient import LEGACY, MODERN, Events, LegacyClient, ModernClient, message


class LegacyCase(BridgeCase):
    def client(self, path="/mcp", initialize=True, **how):
        client = LegacyClient(self.bridge, path, **how)
        self.addCleanup(self.finish, client)
        if initialize:
            client.initialize()
        return client

    def finish(self, client):
        client.close()
        if client.session:
            client.send("DELETE", None, client.fields())

    def assertRpcError(self, answer, status, code, id=None):
        self.assertStatus(answer, status)
        body = answer.json
        self.assertEqual(body["error"]["code"], code, body)
        if id is None:
            self.assertNotIn("id", body)
        else:
            self.assertEqual(body["id"], id)
        return body["error"]


class Sessions(LegacyCase):
    env = {"SERVICE_NAME": "bridge under test"}

    def test_every_legacy_revision_is_spoken(self):
        for revision in LEGACY:
            with self.subTest(revision=revision):
                client = self.client(revision=revision)
                self.assertEqual(client.server["protocolVersion"], revision)
                self.assertEqual(client.server["serverInfo"]["name"], "bridge under test")
                self.assertEqual(client.call("add", {"a": 2, "b": 3})["content"][0]["text"], "5")

    def test_other_revisions_get_the_newest_legacy_one(self):
        for revision in (MODERN, "1900-01-01", "draft"):
            client = self.client(initialize=False, revision=revision)
            answer = client.raw(message("initialize", {"protocolVersion": revision,
                                                       "capabilities": {}}, 1))
            self.assertEqual(self.assertStatus(answer, 200).json["result"]["protocolVersion"],
                             LEGACY[0])
            self.assertStatus(client.send("DELETE", None, {
                "Mcp-Session-Id": answer.headers["Mcp-Session-Id"]}), 204)

    def test_the_session_id_is_long_random_and_visible(self):
        ids = {self.client().session for _ in range(3)}
        self.assertEqual(len(ids), 3)
        for id in ids:
            self.assertRegex(id, r"^[\x21-\x7e]{22,}$")

    def test_state_lives_in_the_session(self):
        one, two = self.client(), self.client()
        counts = [client.call("call_counter")["content"][0]["text"]
                  for client in (one, one, two, one)]
        self.assertEqual(counts, ["1", "2", "1", "3"])

    def test_the_session_id_must_be_given_and_known(self):
        client = self.client()
        for method in ("POST", "GET", "DELETE"):
            body = message("tools/list", id=1) if method == "POST" else None
            id = 1 if body else None
            with self.subTest(method=method):
                self.assertRpcError(client.send(method, body), 400, -32600, id)
                self.assertRpcError(client.send(method, body, {"Mcp-Session-Id": "none"}), 404,
                                    -32600, id)

    def test_a_session_belongs_to_its_endpoint(self):
        name = self.bridge.get("/servers").json["servers"][0]["name"]
        client = self.client()
        other = client.send("POST", message("ping", id=1), client.fields(),
                            path=f"/servers/{name}/mcp")
        self.assertRpcError(other, 404, -32600, 1)
        alone = self.client(f"/servers/{name}/mcp")
        self.assertEqual(alone.call("add", {"a": 1, "b": 1})["content"][0]["text"], "2")

    def test_delete_ends_the_session(self):
        client = self.client()
        stream = client.listen()
        ended = self.assertStatus(client.send("DELETE", None, client.fields()), 204)
        self.assertEqual(ended.body, b"")
        self.assertIsNone(stream.next_message())
        self.assertRpcError(client.post("ping", id=1), 404, -32600, 1)
        self.assertStatus(client.send("DELETE", None, client.fields()), 404)
        client.session = None

    def test_an_invalid_version_header_is_refused(self):
        client = self.client()
        for version in ("1900-01-01", "junk", "2025-11-26"):
            with self.subTest(version=version):
                answer = client.post("ping", headers={"MCP-Protocol-Version": version}, id=1)
                error = self.assertRpcError(answer, 400, -32022, 1)
                self.assertEqual(error["data"]["requested"], version)
        self.assertStatus(client.post("ping", headers={"MCP-Protocol-Version": LEGACY[1]}), 200)

    def test_initialize_is_for_new_sessions_and_needs_a_revision(self):
        client = self.client()
        again = client.post("initialize", {"protocolVersion": LEGACY[0], "capabilities": {}}, id=1)
        self.assertRpcError(again, 400, -32600, 1)
        session, client.session = client.session, None
        self.assertRpcError(client.post("initialize", {}, id=2), 400, -32602, 2)
        client.session = session

    def test_unknown_methods_and_tools_are_errors_of_the_answer(self):
        client = self.client()
        self.assertRpcError(client.post("no/such", id=1), 200, -32601, 1)
        self.assertRpcError(client.post("tools/call", {"name": "none"}, id=2), 200, -32602, 2)
        self.assertRpcError(client.post("server/discover", id=3), 200, -32601, 3)

    def test_what_is_no_message_is_refused(self):
        client = self.client()
        for body, code in ((b"{broken", -32700), (b"", -32700), (b"7", -32600), (b"[]", -32600),
                           (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600)):
            with self.subTest(body=body):
                self.assertRpcError(client.raw(body), 400, code)

    def test_responses_nobody_asked_for_are_refused(self):
        self.assertRpcError(self.client().answer(1, {}), 400, -32600)

    def test_notifications_are_accepted_without_a_body(self):
        answer = self.client().raw(message("notifications/roots/list_changed"))
        self.assertStatus(answer, 202)
        self.assertEqual(answer.body, b"")

    def test_batches_are_of_one_revision(self):
        client = self.client(revision="2025-03-26")
        batch = [message("tools/call", {"name": "add", "arguments": {"a": n, "b": n}}, n)
                 for n in range(3)] + [message("notifications/roots/list_changed")]
        answer = client.raw(batch)
        got = {one["id"]: one["result"]["content"][0]["text"]
               for one in (answer.messages() if isinstance(answer, Events) else answer.json)}
        self.assertEqual(got, {0: "0", 1: "2", 2: "4"})
        self.assertStatus(client.raw([message("notifications/roots/list_changed")]), 202)
        self.assertRpcError(client.raw([message("initialize", {}, 1)]), 400, -32600)
        for revision in ("2025-11-25", "2025-06-18", "2024-11-05"):
            self.assertRpcError(self.client(revision=revision).raw(batch), 400, -32600)

    def test_a_client_that_takes_neither_kind_is_told(self):
        client = self.client()
        self.assertRpcError(client.post("ping", headers={"Accept": "text/html"}, id=1), 406,
                            -32600, 1)
        self.assertStatus(client.listen(headers={"Accept": "application/json"}), 406)

    def test_a_client_that_takes_only_events_gets_them(self):
        answer = self.client().post("ping", headers={"Accept": "text/event-stream"})
        self.assertIsInstance(answer, Events)
        self.assertEqual(answer.messages()[-1]["result"], {})

    def test_streams_of_a_session_are_limited(self):
        client = self.client()
        streams = [client.listen() for _ in range(8)]
        self.assertEqual({stream.status for stream in streams}, {200})
        self.assertStatus(client.listen(), 429)
        streams[0].close()
        wait_for(lambda: client.listen().status == 200, what="room for a stream")

    def test_clients_of_both_eras_with_the_same_ids_do_not_cross(self):
        modern = ModernClient(self.bridge)
        clients = [self.client(), self.client(), modern]

        def caller(client, offset):
            def run():
                return [int(client.call("add", {"a": value, "b": offset}, id=value)
                            ["content"][0]["text"]) for value in range(15)]
            return run
        offsets = (0, 1000, 2000)
        answers = parallel([caller(*pair) for pair in zip(clients, offsets)])
        for offset, got in zip(offsets, answers):
            self.assertEqual(got, [value + offset for value in range(15)])


class Caps(LegacyCase):
    env = {"MAX_SESSIONS_PER_USER": "2", "SESSION_TIMEOUT_SECONDS": "1"}

    def test_busy_sessions_are_kept_and_idle_ones_end(self):
        one, two = self.client(), self.client()
        streams = one.listen(), two.listen()
        third = self.client(initialize=False)
        refused = third.raw(message("initialize", {"protocolVersion": LEGACY[0]}, 1))
        self.assertRpcError(refused, 429, -32603, 1)
        for stream in streams:
            stream.close()
        wait_for(lambda: third.raw(message("initialize", {"protocolVersion": LEGACY[0]}, 1)).status
                 == 200, what="room for a session")


class Idle(LegacyCase):
    env = {"SESSION_TIMEOUT_SECONDS": "1"}

    def test_a_session_nobody_uses_ends(self):
        client = self.client()
        stream = client.listen()
        stream.close()
        time.sleep(3)  # asking whether it is there would be a use
        self.assertStatus(client.post("ping"), 404)


class Logs(LegacyCase):
    server = fixture("logs")

    def test_progress_and_logs_come_on_the_stream_of_the_call(self):
        client = self.client()
        client.result("logging/setLevel", {"level": "info"})
        listening = client.listen()
        answer = client.post("tools/call", {"name": "report", "arguments": {"count": 3},
                                            "_meta": {"progressToken": "tok"}})
        self.assertIsInstance(answer, Events)
        self.assertEqual(answer.headers["X-Accel-Buffering"], "no")
        events = answer.events()
        self.assertEqual(events[0].text, "")  # primes the client to resume
        ids = [event.id for event in events]
        self.assertEqual(len(set(ids)), len(ids))
        told = [event.json for event in events if event.text]
        progress = [one["params"] for one in told if one.get("method") == "notifications/progress"]
        self.assertEqual([one["progress"] for one in progress], [1, 2, 3])
        self.assertEqual({one["progressToken"] for one in progress}, {"tok"})
        logged = [one["params"]["data"] for one in told
                  if one.get("method") == "notifications/message"]
        self.assertEqual(logged, ["log 1", "log 2", "log 3"])
        self.assertEqual(told[-1]["result"]["content"][0]["text"], "reported")
        listening.close()

    def test_older_clients_get_no_empty_event(self):
        client = self.client(revision="2025-06-18")
        events = client.post("tools/call", {"name": "report", "arguments": {"count": 1},
                                            "_meta": {"progressToken": 1}}).events()
        self.assertTrue(all(event.text for event in events))


class Resuming(LegacyCase):
    server = fixture("slow", "--progress", "--events", "{home}/events", "--record",
                     "{home}/record")

    def call(self, client, seconds, label, id=None):
        return client.post("tools/call", {
            "name": "sleep", "arguments": {"seconds": seconds, "label": label},
            "_meta": {"progressToken": label}}, id=id)

    def test_a_broken_stream_is_resumed_without_loss(self):
        client = self.client()
        answer = self.call(client, 1.0, "broken", id="b")
        other = self.call(client, 1.0, "other", id="o")
        answer.next()
        last = answer.next_message()
        answer.close()
        resumed = client.listen(last.id)
        self.assertIsInstance(resumed, Events)
        events = [event for event in resumed.events() if event.text]
        self.assertEqual(events[-1].json["id"], "b")
        self.assertEqual(events[-1].json["result"]["content"][0]["text"], "Slept broken")
        tokens = {event.json["params"]["progressToken"] for event in events[:-1]}
        self.assertLessEqual(tokens, {"broken"})
        progress = [event.json["params"]["progress"] for event in [last, *events[:-1]]]
        self.assertEqual(progress, sorted(progress))
        self.assertEqual(other.messages()[-1]["id"], "o")
        again = client.listen(last.id)  # what was delivered once can be asked for again
        self.assertEqual([e.id for e in again.events() if e.text], [e.id for e in events])

    def test_the_call_goes_on_when_the_client_leaves(self):
        client = self.client()
        answer = self.call(client, 0.5, "alone")
        last = answer.next()
        answer.close()
        wait_for(lambda: {"finished": "alone"} in records(self.bridge.path("events")),
                 what="the end of the call")
        messages = client.listen(last.id).messages()
        self.assertEqual(messages[-1]["result"]["content"][0]["text"], "Slept alone")

    def test_foreign_and_invented_event_ids_are_refused(self):
        client, other = self.client(), self.client()
        answer = self.call(client, 0.2, "mine")
        id = answer.events()[0].id
        for wrong in ("junk", "1-999999", "99-1"):
            self.assertStatus(client.listen(wrong), 400)
        self.assertStatus(other.listen(id), 400)

    def test_a_cancelled_call_ends_without_a_response(self):
        client = self.client()
        answer = self.call(client, 60, "gone", id="x")
        answer.next_message()
        self.assertStatus(client.raw(message("notifications/cancelled", {"requestId": "x"})), 202)
        self.assertEqual([m for m in answer.messages() if "id" in m], [])
        wait_for(lambda: {"cancelled": "gone"} in records(self.bridge.path("events")),
                 what="the cancel upstream")
        self.assertStatus(client.raw(message("notifications/cancelled", {"requestId": "x"})), 202)

    def test_an_id_in_use_is_refused(self):
        client, other = self.client(), self.client()
        answer = self.call(client, 1.0, "first", id=1)
        self.assertRpcError(client.post("ping", id=1), 400, -32600, 1)
        self.assertStatus(other.post("ping", id=1), 200)
        self.assertEqual(answer.messages()[-1]["id"], 1)
        self.assertStatus(client.post("ping", id=1), 200)

    def test_delete_cancels_what_runs(self):
        client = self.client()
        answer = self.call(client, 60, "deleted")
        answer.next_message()
        before = methods(self.bridge.path("record")).count("notifications/cancelled")
        self.assertStatus(client.send("DELETE", None, client.fields()), 204)
        self.assertEqual([m for m in answer.messages() if "id" in m], [])
        wait_for(lambda: methods(self.bridge.path("record")).count("notifications/cancelled")
                 > before, what="the cancel upstream")
        client.session = None


class Asking(LegacyCase):
    server = fixture("elicit")

    def test_a_question_comes_on_the_stream_and_is_answered_by_post(self):
        client = self.client(capabilities={"elicitation": {}})
        answer = client.post("tools/call", {"name": "pay", "arguments": {"amount": 3}}, id="p")
        self.assertIsInstance(answer, Events)
        question = answer.next_message().json
        self.assertEqual(question["method"], "elicitation/create")
        self.assertIn("Pay 3?", question["params"]["message"])
        accepted = client.answer(question["id"], {"action": "accept",
                                                  "content": {"confirm": "yes"}})
        self.assertStatus(accepted, 202)
        result = answer.next_message().json
        self.assertEqual(result["id"], "p")
        self.assertEqual(result["result"]["content"][0]["text"], "Paid: yes")
        self.assertIn('"effects": 1', client.call("effects")["content"][0]["text"])

    def test_several_questions_in_one_call(self):
        client = self.client(capabilities={"elicitation": {}})
        answer = client.post("tools/call", {"name": "ask_twice", "arguments": {}})
        for key in ("a", "b"):
            question = answer.next_message().json
            client.answer(question["id"], {"action": "accept", "content": {key: key * 2}})
        text = answer.next_message().json["result"]["content"][0]["text"]
        self.assertIn('"bb"', text)

    def test_an_answer_of_another_session_changes_nothing(self):
        client = self.client(capabilities={"elicitation": {}})
        other = self.client(capabilities={"elicitation": {}})
        answer = client.post("tools/call", {"name": "ask_name", "arguments": {}})
        question = answer.next_message().json
        self.assertStatus(other.answer(question["id"], {"action": "decline"}), 400)
        client.answer(question["id"], {"action": "accept", "content": {"name": "Ada"}})
        self.assertIn("Ada", answer.next_message().json["result"]["content"][0]["text"])

    def test_a_question_survives_a_broken_stream(self):
        client = self.client(capabilities={"elicitation": {}})
        answer = client.post("tools/call", {"name": "ask_name", "arguments": {}})
        first = answer.next()
        answer.close()
        resumed = client.listen(first.id)
        question = resumed.next_message().json
        client.answer(question["id"], {"action": "accept", "content": {"name": "Ada"}})
        self.assertIn("Ada", resumed.next_message().json["result"]["content"][0]["text"])


if __name__ == "__main__":
    unittest.main()
