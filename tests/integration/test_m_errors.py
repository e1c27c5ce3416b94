# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 C through a remote server: in both eras and over HTTP+SSE, without a session and in
one. C8 has its own tests here; what it means for retries is in test_m_remote."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import test_c_errors as errors  # noqa: E402  (needs the path above)
from bridge import DEMO, Bridge, fixture, records, wait_for  # noqa: E402
from case import BridgeCase, ModesMixin  # noqa: E402
from remote import WAYS, Remote, RemoteCase, remote_twins  # noqa: E402


class Timeouts(ModesMixin, BridgeCase):
    """C7"""

    server = fixture("slow", "--events", "{home}/events", "--delay-prompt", 30)
    args = ["--tool-timeout", "1", "--mcp-request-timeout", "1"]

    def test_a_tool_that_takes_too_long_is_504_and_cancelled(self):
        label = f"C7 {self.in_session}"
        self.assertError(self.call("sleep", {"seconds": 30, "label": label}), 504)
        # Over HTTP+SSE a call without a session ends with its stream.
        if self.in_session or self.route == "/mcp":
            wait_for(lambda: {"cancelled": label} in records(self.remote.path("events")),
                     what="the cancel")
        self.assertStatus(self.call("echo", {"text": "still here"}), 200)

    def test_a_prompt_that_takes_too_long_is_504(self):
        self.assertError(self.post("/prompts/slow"), 504)


class TimeoutsInSession(Timeouts):
    in_session = True


# C1 to C5, C9, C11; C6; C10
remote_twins(globals(), errors.Dialects, errors.DialectsInSession, errors.Ceiling,
             errors.CeilingInSession, errors.TinyCeiling, errors.TinyCeilingInSession,
             errors.Blocks, errors.BlocksInSession, Timeouts, TimeoutsInSession)
del Timeouts, TimeoutsInSession


class Refusals(RemoteCase):
    """C8: statuses of the remote server."""

    upstream = fixture("probe")

    def test_the_status_of_a_refusal_is_passed_on(self):
        for status, told in ((401, 401), (403, 403), (404, 404), (429, 429), (500, 502),
                             (503, 503)):
            for way in WAYS:
                with self.subTest(status=status, way=way):
                    self.check(status, told, WAYS[way])

    def check(self, status, told, way):
        remote = Remote(self.upstream, ["--refuse", status, *way.get("remote_flags", ())])
        self.addCleanup(remote.stop)
        url = remote.url + way.get("route", "/mcp")
        with Bridge(DEMO, {"MCP_REMOTE_SERVER": url}) as bridge:
            for session in (None, bridge.start_session()):
                remote.forget()
                answer = bridge.call("argv", session=session)
                body = self.assertError(answer, told, "upstream_status")
                self.assertEqual(len(remote.seen(rpc="tools/call")), 1)
                if told == 401:
                    self.assertNotIn("upstream-realm", answer.text)
                    self.assertIsNone(answer.headers["WWW-Authenticate"])
                    self.assertEqual(body["upstream"]["resource_metadata"],
                                     "https://auth.example.com/.well-known/x")

    def test_a_server_that_refuses_everything_does_so_every_time(self):
        for status, told in ((401, 401), (429, 429), (503, 503)):
            env = {"MCP_REMOTE_SERVER": f"{self.remote.url}/refuse/{status}"}
            with self.subTest(status), Bridge(DEMO, env) as bridge:
                for _ in range(7 if status == 401 else 1):
                    self.assertError(bridge.call("argv"), told, "upstream_status")
