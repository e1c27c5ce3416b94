# SPDX-License-Identifier: GPL-3.0-or-later
"""The validating proxy of these tests finds what it is there to find."""
import http.server
import json
import os
import threading
import unittest
import urllib.request

from nodejs import needs_clients
from recorder import SCHEMAS, Recorder

MODERN = "2026-07-28"


class Liar(http.server.BaseHTTPRequestHandler):
    """Answers what the test tells it to."""

    answer, kind = b"", "application/json"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_):
        pass


@needs_clients
@unittest.skipUnless(os.path.isdir(SCHEMAS), "the schemas of MCP are not here")
class Finds(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.recorder = Recorder(self)
        self.addCleanup(self.recorder.__exit__)

    def problems(self, method, answer, version=MODERN):
        """What is wrong with `answer`, a message or the text of a stream."""
        is_stream = isinstance(answer, str)
        Liar.answer = answer.encode() if is_stream else json.dumps(answer).encode()
        Liar.kind = "text/event-stream" if is_stream else "application/json"
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method}).encode()
        request = urllib.request.Request(self.recorder.url + "/mcp", body, {
            "MCP-Protocol-Version": version, "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as got:
            self.assertEqual(got.read(), Liar.answer)
        return self.recorder.report()["problems"]

    def result(self, **members):
        return {"jsonrpc": "2.0", "id": 1, "result": members}

    def test_what_is_right_is_not_complained_about(self):
        self.assertEqual(self.problems("tools/list", self.result(
            tools=[], resultType="complete", ttlMs=0, cacheScope="public")), [])

    def test_a_result_that_lacks_something(self):
        problems = self.problems("tools/list", self.result(tools=[], resultType="complete"))
        self.assertEqual(len(problems), 1, problems)
        self.assertIn("ListToolsResult", problems[0])

    def test_the_same_may_be_right_in_another_revision(self):
        self.assertEqual(self.problems("tools/list", self.result(tools=[]), "2025-06-18"), [])

    def test_a_broken_message_in_a_stream(self):
        problems = self.problems("tools/call", 'event: message\ndata: {"jsonrpc":"2.0","method":'
                                 '"notifications/message","params":{"level":"loud"}}\n\n')
        self.assertEqual(len(problems), 1, problems)

    def test_an_error_without_a_code(self):
        problems = self.problems("ping", {"jsonrpc": "2.0", "id": 1, "error": {"message": "x"}})
        self.assertEqual(len(problems), 1, problems)
