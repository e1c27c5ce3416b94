# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 H with a remote server behind /sse: in both eras and over HTTP+SSE itself."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import test_h_sse as faces  # noqa: E402  (needs the path above)
from bridge import PROGRAM, fixture, methods, wait_for  # noqa: E402
from mcpclient import SseClient, message  # noqa: E402
from remote import WAYS, RemoteCase, remote_twins, values  # noqa: E402


class Demo(faces.Demo):
    """H1, H2, H5, H7; the demo server is a legacy one."""

    server = [PROGRAM, "demo-server"]

    def test_h3_the_token_of_who_opened_the_stream_reaches_the_server(self):
        client = self.open(headers={"Authorization": "Bearer of-the-stream"})
        client.initialize()
        self.remote.forget()
        client.request("tools/call", {"name": "add", "arguments": {"a": 1, "b": 1}})
        self.assertEqual(values(self.remote.seen(rpc="tools/call")[-1], "Authorization"),
                         ["Bearer of-the-stream"])


class Asking(faces.Asking):
    """H6"""

    def test_who_cannot_be_asked_is_not_asked(self):
        client = self.open()
        client.initialize()
        answer, before = client.request("tools/call", {"name": "pay", "arguments": {"amount": 3}})
        self.assertEqual([one for one in before if one.get("method") == "elicitation/create"], [])
        self.assertTrue("error" in answer or answer["result"]["isError"], answer)


class Slow(faces.SseCase):
    """Progress and cancel, which the original reads from files beside its bridge."""

    server = fixture("slow", "--progress", "--record", "{home}/record")

    test_progress_comes_on_the_stream = faces.Slow.test_progress_comes_on_the_stream

    def test_a_cancelled_call_is_not_answered(self):
        client = self.open()
        client.initialize()
        seen = self.remote.path("record")
        client.send(message("tools/call", {"name": "sleep", "arguments": {"seconds": 30}}, "long"))
        wait_for(lambda: "tools/call" in methods(seen), what="the call")
        client.send(message("notifications/cancelled", {"requestId": "long"}))
        wait_for(lambda: "notifications/cancelled" in methods(seen), what="the cancel upstream")
        answer, before = client.request("ping")
        self.assertEqual(answer["result"], {})
        self.assertEqual([told for told in before if told.get("id") == "long"], [])


class Logs(faces.SseCase):
    server = fixture("logs")

    def test_log_messages_of_a_call_come_on_the_stream(self):
        client = self.open()
        client.initialize()
        client.request("logging/setLevel", {"level": "info"})
        _, before = client.request("tools/call", {"name": "texts", "arguments": {}})
        told = [one["params"]["data"] for one in before
                if one.get("method") == "notifications/message"]
        self.assertEqual(told, ["words", 7, None])


legacy = {way: WAYS[way] for way in ("legacy", "sse")}
remote_twins(globals(), Demo, ways=legacy)
remote_twins(globals(), Asking, Slow, Logs)
del Demo, Asking, Slow, Logs


class Refused(RemoteCase):
    """A server that does not want the call: the stream tells, and stays."""

    upstream = fixture("probe")
    remote_flags = ["--refuse", 503]

    def test_a_refusal_is_an_answer_on_the_stream(self):
        client = SseClient(self.bridge)
        self.addCleanup(client.close)
        client.initialize()
        answer, _ = client.request("tools/call", {"name": "argv", "arguments": {}})
        self.assertIn("error", answer)
        self.assertIn("tools", client.request("tools/list")[0]["result"])
