# SPDX-License-Identifier: GPL-3.0-or-later
"""Defects a review has found, each as the request that showed it."""
import json
import os
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


class SessionValues(unittest.TestCase):
    def test_a_token_behind_the_id_is_not_echoed(self):
        """§2.2, §4"""
        with Bridge(fixture("elicit")) as bridge:
            session = bridge.start_session()
            answer = bridge.call("ask_name", session=f"{session}:the-callers-token")
            self.assertEqual(answer.json["detail"]["resume_token"], session)

    def test_the_cookie_of_an_expired_session_is_taken_away(self):
        """§2.5"""
        with Bridge(args=["--session-timeout", "1"]) as bridge:
            cookie = f"{SF}={bridge.start_session()}"
            wait_for(lambda: bridge.get("/sessions").json["sessions"] == [], what="the expiry")
            for answer in (bridge.get("/tools", cookie=cookie), bridge.call("hello", cookie=cookie),
                           bridge.get("/prompts", cookie=cookie),
                           bridge.post("/session/ping", cookie=cookie)):
                self.assertEqual(answer.status, 404, answer)
                self.assertEqual(answer.headers["Set-Cookie"],
                                 f"{SF}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0", answer)
            self.assertIsNone(bridge.get("/tools", session="gone").headers["Set-Cookie"])

    def test_refused_calls_keep_a_session_alive(self):
        """§2 lifetime: any request resets the idle timer"""
        with Bridge(args=["--session-timeout", "3"]) as bridge:
            session = bridge.start_session()
            self.assertEqual(bridge.call("hello", session=session).status, 200)
            for _ in range(3):
                time.sleep(1.5)
                self.assertEqual(bridge.call("add", {"a": 1}, session=session).status, 400)

    def test_configured_entries_need_the_session_too(self):
        """B24"""
        env = {"SYSTEM_DEFINED_PROMPTS": '[{"name": "p", "template": {"content": "hi"}}]',
               "SYSTEM_DEFINED_RESOURCES": '[{"name": "r", "uri": "x://r", "text": "hi"}]'}
        with Bridge(env=env) as bridge:
            self.assertEqual(bridge.post("/prompts/p", {}).status, 200)
            self.assertEqual(bridge.get("/resources?uri=x://r").text, "hi")
            self.assertEqual(bridge.post("/session/none/prompts/p", {}).status, 404)
            self.assertEqual(bridge.get("/session/none/resources?uri=x://r").status, 404)


class Secrets(unittest.TestCase):
    def test_session_ids_in_paths_are_not_logged(self):
        """§9.4: only the fingerprint"""
        for base in ("/", "/api/v1"):
            with Bridge(args=["--base-path", base]) as bridge:
                prefix = base.rstrip("/")
                session = bridge.post(prefix + "/session/start").json["session_id"]
                for path in (f"/session/{session}:the-token/tools", f"/session/{session}/nothing",
                             f"/session//{session}/tools", f"/Session/{session}/tools",
                             f"/session%2F{session}", f"/%73ession/{session}/nothing",
                             f"/servers/default/session/{session}/tools/",
                             f"/%73ession/{session}/status?x"):
                    bridge.get(prefix + path)
                wait_for(lambda: "/status" in bridge.log(), what="the last line")
                self.assertIn("/session/{session}/tools", bridge.log())
                self.assertNotIn(session, bridge.log())
                self.assertNotIn("the-token", bridge.log())

    def test_a_failed_start_tells_no_secret_and_no_folder(self):
        command = ["sh", "-c", "echo token $MY_API_TOKEN >&2; exit 3", "x", "--file=/home/me/a.json"]
        env = {"MY_API_TOKEN": "correcthorsebattery", "MCP_CHILD_ENV_PASSTHROUGH": "MY_*"}
        with Bridge(command, env) as bridge:
            text = bridge.get("/tools").json["detail"]
        self.assertIn("token [REDACTED]", text)
        self.assertIn("--file=…/a.json", text)


class StartHook(unittest.TestCase):
    def test_ends_with_the_bridge(self):
        """B21 while MCP_RUN_ON_START is still at work"""
        bridge = Bridge(env={"MCP_RUN_ON_START": "sleep 301 & sleep 302; true"})
        with bridge.directory:
            process = subprocess.Popen(bridge.command, env=bridge.env, cwd=bridge.home,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            wait_for(lambda: len(processes_of(bridge.home)) == 4, what="the hook's processes")
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(20), 0)
            try:
                wait_for(lambda: not processes_of(bridge.home), 3, "the end of all processes")
            finally:
                for pid in processes_of(bridge.home):
                    os.kill(pid, signal.SIGKILL)


class RestartedSession(unittest.TestCase):
    def broken_session(self, bridge):
        session = bridge.start_session()
        self.assertEqual(bridge.call("call_counter", session=session).result, 1)
        for pid in bridge.children():
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: bridge.get(f"/session/{session}/status").json["status"] == "broken")
        return session

    def test_is_told_by_a_stream(self):
        """§2 child death: X-Session-Restarted"""
        with Bridge(env={"MCP_WARM_POOL_SIZE": "0"}) as bridge:
            session = self.broken_session(bridge)
            stream = bridge.stream("call_counter", session=session)
            self.assertEqual(stream.headers["X-Session-Restarted"], "true")
            self.assertEqual(stream.events()[-1]["data"]["structuredContent"]["result"], 1)
            again = bridge.stream("call_counter", session=session)
            self.assertIsNone(again.headers["X-Session-Restarted"])

    def test_is_refused_by_a_stream_when_it_may_not_be(self):
        env = {"MCP_WARM_POOL_SIZE": "0", "SESSION_RESTART_POLICY": "fail"}
        with Bridge(env=env) as bridge:
            stream = bridge.stream("call_counter", session=self.broken_session(bridge))
            self.assertEqual(stream.status, 410)


class ManyServersCookies(BridgeCase):
    files = {"bridge.json": json.dumps({"mcpServers": {
        "first": {"command": fixture("counter")[0], "args": list(fixture("counter")[1:])},
        "second": {"command": fixture("counter")[0], "args": list(fixture("counter")[1:])}}})}
    args = ("--config", "{home}/bridge.json")

    def test_the_default_servers_cookie_means_nothing_to_a_named_server(self):
        first = self.bridge.post("/session/start").headers["Set-Cookie"].split(";")[0]
        answer = self.bridge.get("/servers/second/tools", headers={"Cookie": first})
        self.assertStatus(answer, 200)
        second = self.bridge.post("/servers/second/session/start").headers["Set-Cookie"]
        self.assertIn("Path=/servers/second", second)
        self.assertNotEqual(first.split("=")[0], second.split("=")[0])
        status = self.bridge.get("/servers/second/session/status",
                                 headers={"Cookie": f"{first}; {second.split(';')[0]}"})
        self.assertEqual(self.assertStatus(status, 200).json["server"], "second")


class TwoQuestions(BridgeCase):
    server = fixture("elicit")

    def test_each_of_two_waiting_tools_gets_its_own_answer(self):
        session = self.bridge.start_session()
        for tool in ("ask_name", "ask_integer"):
            self.assertStatus(self.bridge.call(tool, session=session), 409)
        later = self.bridge.call("ask_integer", {"_user_feedback": "7"}, session=session)
        self.assertStatus(later, 200)
        earlier = self.bridge.call("ask_name", {"_user_feedback": "Ann"}, session=session)
        self.assertStatus(earlier, 200)
        self.assertIn("7", later.text)
        self.assertIn("Ann", earlier.text)


class Exposed(BridgeCase):
    args = ("--host", "0.0.0.0", "--allow-anonymous")

    def test_anonymous_callers_do_not_learn_each_others_sessions(self):
        session = self.bridge.start_session()
        self.assertEqual(self.bridge.get("/sessions").json, {"sessions": []})
        self.assertStatus(self.bridge.get(f"/session/{session}/status"), 200)


class LogLines(BridgeCase):
    def test_a_call_with_endless_argument_names_makes_no_endless_line(self):
        self.bridge.call("hello", {f"key{index}" + "x" * 200: 1 for index in range(500)})
        wait_for(lambda: "arg_keys" in self.bridge.log())
        line = next(line for line in self.bridge.log().splitlines() if "arg_keys" in line)
        self.assertLess(len(line), 2000)
