# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 O1, O2, O3, O5, O6, O7: bad peers on either side and bad settings."""
import socket
import time
import unittest

from bridge import SLOW, Bridge, fixture, parallel, run_once, wait_for
from case import BridgeCase
from client import read_all


class Bodies(BridgeCase):
    env = {"MAX_REQUEST_BODY_BYTES": "2000"}

    def test_a_body_over_the_limit_is_413(self):
        """O1"""
        self.assertError(self.bridge.post("/tools/hello", b'{"a":"' + b"x" * 2000 + b'"}'), 413)
        self.assertStatus(self.bridge.post("/tools/hello", b'{"a":"' + b"x" * 1900 + b'"}'), 200)

    def test_a_chunked_body_over_the_limit_is_413(self):
        """O1"""
        with self.bridge.connect() as peer:
            peer.sendall(b"POST /tools/hello HTTP/1.1\r\nHost: localhost\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\n")
            try:
                for _ in range(10):
                    peer.sendall(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
            except OSError:
                pass
            self.assertTrue(read_all(peer).startswith(b"HTTP/1.1 413"))

    def test_a_length_over_the_limit_is_refused_before_the_body_comes(self):
        """O1"""
        with self.bridge.connect() as peer:
            peer.sendall(b"POST /tools/hello HTTP/1.1\r\nHost: localhost\r\n"
                         b"Content-Length: 99999999999\r\n\r\n")
            self.assertTrue(read_all(peer).startswith(b"HTTP/1.1 413"))


class UnfinishedBodies(unittest.TestCase):
    """One address gets a quarter of MAX_BUFFERED_BODY_BYTES, but room for one body."""
    limits = {"MAX_REQUEST_BODY_BYTES": "200000", "MAX_BUFFERED_BODY_BYTES": "400000"}

    def beside_another(self, **env):
        """The status of a body that comes while another of the same address is unfinished."""
        body = b'{"name":"' + b"x" * 150000 + b'"}'
        message = (b"POST /tools/hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                   b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        with Bridge(env={**self.limits, **env}) as bridge, bridge.connect() as other:
            other.sendall(message[:-1])
            bridge.raw(message)  # when this was read, so was the other's
            return bridge.raw(message).split(b" ")[1]

    def test_another_of_the_same_address_is_503(self):
        self.assertEqual(self.beside_another(), b"503")

    def test_a_proxy_has_all_the_room(self):
        self.assertEqual(self.beside_another(TRUSTED_PROXIES="127.0.0.0/8"), b"200")

    def test_a_proxy_that_vouches_for_callers_has_all_the_room(self):
        self.assertEqual(self.beside_another(AUTH_TRUSTED_PROXIES="127.0.0.1"), b"200")


class ChildCap(unittest.TestCase):
    def test_calls_beyond_the_cap_of_children_are_503(self):
        """O2"""
        env = {"MAX_CONCURRENT_CHILDREN": "4", "MCP_WARM_POOL_SIZE": "0"}
        with Bridge(fixture("slow"), env=env) as bridge:
            most = []

            def call():
                return bridge.call("sleep", {"seconds": 0.5}, timeout=60).status

            def watch():
                for _ in range(10):
                    most.append(len(bridge.children()))
                    time.sleep(0.05)
                return 200
            statuses = parallel([call] * 60 + [watch])
            self.assertLessEqual(set(statuses), {200, 503})
            self.assertIn(503, statuses)
            self.assertIn(200, statuses[:-1])
            self.assertLessEqual(max(most), 4)
            # The last children may still be on their way out.
            wait_for(lambda: bridge.call("echo", {"text": "x"}).status == 200)


class SlowPeers(BridgeCase):
    env = {"HEADER_TIMEOUT_SECONDS": "1", "REQUEST_TIMEOUT_SECONDS": "1"}

    def test_a_slow_head_disturbs_nobody_and_ends_with_408(self):
        """O3"""
        with self.bridge.connect() as peer:
            peer.sendall(b"GET /health HTTP/1.1\r\nHo")
            began = time.monotonic()
            self.assertStatus(self.bridge.get("/health"), 200)
            self.assertLess(time.monotonic() - began, 0.5 * SLOW)
            answer = read_all(peer)
            self.assertIn(b" 408 ", answer.split(b"\r\n")[0])

    def test_a_slow_body_ends_with_408(self):
        """O3"""
        with self.bridge.connect() as peer:
            peer.sendall(b"POST /tools/hello HTTP/1.1\r\nHost: localhost\r\n"
                         b"Content-Length: 10\r\n\r\n{")
            self.assertIn(b" 408 ", read_all(peer).split(b"\r\n")[0])

    def test_a_half_closed_client_still_gets_its_answer(self):
        """O3"""
        with self.bridge.connect() as peer:
            peer.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            peer.shutdown(socket.SHUT_WR)
            self.assertTrue(read_all(peer).startswith(b"HTTP/1.1 200"))


class BadChildren(BridgeCase):
    server = fixture("crash")
    args = ["--tool-timeout", "3"]

    def test_what_a_child_writes_never_brings_the_bridge_down(self):
        """O5"""
        for tool in ("garbage", "utf8", "long_line"):
            with self.subTest(tool):
                answer = self.bridge.call(tool, timeout=60)
                self.assertIn(answer.status, (502, 504), answer)
                self.assertStatus(self.bridge.call("ok"), 200)

    def test_a_child_that_floods_stderr_does_not_block(self):
        """O6"""
        answer = self.bridge.call("flood", {"megabytes": 16}, timeout=60)
        self.assertIn(answer.status, (200, 504), answer)
        session = self.bridge.start_session()
        self.assertStatus(self.bridge.call("ok", session=session), 200)
        self.bridge.post("/session/close", session=session)


class BadStarts(unittest.TestCase):
    def test_a_child_that_misbehaves_at_its_start_is_told_in_bounded_time(self):
        """O5, O6"""
        cases = {"garbage": (502, 504), "utf8": (502, 504), "long-line": (502, 504),
                 "refuse": (502,), "wrong-id": (502, 504), "version": (502,), "exit": (502,),
                 "silent": (504,)}
        for how, statuses in cases.items():
            server = fixture("crash", "--how", how)
            with self.subTest(how), Bridge(server, args=["--start-timeout", "2"]) as bridge:
                began = time.monotonic()
                answer = bridge.call("ok", timeout=60)
                self.assertIn(answer.status, (*statuses, 503), answer)
                self.assertLess(time.monotonic() - began, 8 * SLOW)
                self.assertIn("detail", answer.json)

    def test_a_child_that_floods_stderr_at_its_start_still_starts(self):
        """O6"""
        with Bridge(fixture("crash", "--how", "flood")) as bridge:
            self.assertEqual(bridge.call("ok", timeout=60).status, 200)
            memory = bridge.metric("process_resident_memory_bytes")
            self.assertLess(memory, 200e6 * SLOW)

    def test_a_child_that_failed_once_is_tried_again(self):
        server = fixture("crash", "--how", "exit", "--once", "{home}/once")
        with Bridge(server, args=["--warm-pool", "0"]) as bridge:
            statuses = []
            for _ in range(40):
                statuses.append(bridge.call("ok").status)
                if statuses[-1] == 200:
                    break
                time.sleep(0.25)
            self.assertEqual(statuses[-1], 200, statuses)


class Settings(unittest.TestCase):
    def test_invalid_settings_are_listed_together(self):
        """O7"""
        env = {"PORT": "many", "MCP_TOOL_TIMEOUT_SECONDS": "-1", "LOG_FORMAT": "xml",
               "TOOL_OUTPUT_SCHEMAS": "{", "MCP_MAX_RESPONSE_BYTES": "lots"}
        status, output = run_once(env=env, listen=False)
        self.assertEqual(status, 2, output)
        for name in env:
            self.assertIn(name, output)

    def test_problems_in_the_file_are_told_with_its_name(self):
        """O7"""
        files = {"servers.json": '{"mcpServers":{"notes":{"comand":"cat"}}}'}
        status, output = run_once(args=["--config", "{home}/servers.json"], files=files)
        self.assertEqual(status, 2, output)
        self.assertRegex(output, r"The settings have 2 problems \(file: \S*/servers\.json\)")
        self.assertIn("mcpServers.notes.comand", output)

    def test_problems_of_every_kind_are_counted_together(self):
        """O7"""
        files = {"servers.json": '{"mcpServers":{"notes":{"args":[]}}}'}
        status, output = run_once(args=["--config", "{home}/servers.json", "--host", "0.0.0.0"],
                                  env={"SYSTEM_DEFINED_PROMPTS": '[{"title":"x"}]'}, files=files)
        self.assertEqual(status, 2, output)
        self.assertRegex(output, r"The settings have [3-9] problems \(file: ")
        for place in ("  HOST: ", "mcpServers.notes", "SYSTEM_DEFINED_PROMPTS[0]"):
            self.assertIn(place, output)

    def test_an_unknown_flag_is_told(self):
        """O7"""
        status, output = run_once(args=["--no-such-flag"])
        self.assertEqual(status, 2, output)
        self.assertIn("--no-such-flag", output)

    def test_a_public_address_needs_authentication(self):
        """Design §9"""
        status, output = run_once(args=["--host", "0.0.0.0"])
        self.assertEqual(status, 2, output)
        self.assertIn("allow", output.lower())

    def test_help_and_version_end_well(self):
        for flag in ("--help", "--version"):
            status, output = run_once(args=[flag])
            self.assertEqual(status, 0, output)
            self.assertTrue(output.strip())
        _, output = run_once(args=["--help"])
        for words in ("MCP_SERVER_COMMAND", "--port", "MCP_BASE_PATH"):
            self.assertIn(words, output)
