# SPDX-License-Identifier: GPL-3.0-or-later
"""Defects a review has found, each as the request that showed it."""
import json
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest

from bridge import SF, Bridge, fixture, parallel, processes_of, records, wait_for
from case import BridgeCase


class Caller:
    """A client that may leave without a word."""

    def __init__(self, bridge, path, body, session=None):
        data = json.dumps(body).encode()
        fields = f"{SF}: {session}\r\n" if session else ""
        self.socket = socket.create_connection(("127.0.0.1", bridge.port))
        self.socket.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{fields}"
                            "Content-Type: application/json\r\n"
                            f"Content-Length: {len(data)}\r\n\r\n".encode() + data)

    def leave(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def listings(bridge):
    return [entry for entry in records(bridge.path("record"))
            if entry.get("method") == "tools/list"]


class SharedListing(unittest.TestCase):
    server = fixture("slow", "--delay-list", 2, "--record", "{home}/record")
    env = {"MCP_WARM_POOL_SIZE": "0"}

    def others_call_while(self, leave, session=None):
        """The answer to somebody who joined the listing of a caller that is gone before its end."""
        with Bridge(self.server, self.env) as bridge:
            if session:
                session = bridge.start_session()
            caller = Caller(bridge, "/tools/echo", {"text": "first"}, session)
            wait_for(lambda: listings(bridge), what="the listing")
            answers = []
            other = threading.Thread(
                target=lambda: answers.append(bridge.call("echo", {"text": "other"})))
            other.start()
            wait_for(lambda: len(bridge.children()) == 2, what="the other's child")
            time.sleep(0.5)
            leave(bridge, caller, session)
            other.join()
            return answers[0]

    def test_outlives_the_client_that_began_it(self):
        answer = self.others_call_while(lambda bridge, caller, session: caller.leave())
        self.assertEqual((answer.status, answer.json.get("content", [{}])[0].get("text")),
                         (200, "other"), answer)

    def test_outlives_the_session_that_began_it(self):
        answer = self.others_call_while(
            lambda bridge, caller, session: bridge.post(f"/session/{session}/close"), True)
        self.assertEqual(answer.status, 200, answer)

    def test_reaches_everybody_when_nothing_is_cached(self):
        env = {**self.env, "ENABLE_SCHEMA_CACHE": "false", "EFFECT_TOOLS": "*"}
        dry = {"X-Inxm-Dry-Run": "true"}
        with Bridge(self.server, env) as bridge:
            answers = parallel([lambda: bridge.call("echo", {"text": "x"}, headers=dry)] * 4)
        self.assertEqual([answer.status for answer in answers], [200] * 4)
