# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 B: how sessions start, run, die and end."""
import os
import signal
import time
import unittest

from bridge import SLOW, Bridge, fixture, parallel, processes_of, records, wait_for
from case import BridgeCase, SessionCase


class Expiry(BridgeCase):
    env = {"SESSION_TIMEOUT_SECONDS": "1", "SESSION_CLEANUP_INTERVAL_SECONDS": "1",
           "MCP_WARM_POOL_SIZE": "0"}

    def test_an_unused_session_expires_with_its_child(self):
        """B13"""
        session = self.bridge.start_session()
        self.assertEqual(len(self.bridge.children()), 1)
        wait_for(lambda: not self.bridge.children(), 15, "the end of the child")
        self.assertError(self.bridge.call("hello", session=session), 404)
        self.assertEqual(self.bridge.metric("mcp_sessions_expired_total"), 1)
        self.assertEqual(self.bridge.metric("mcp_sessions_active"), 0)

    def test_an_expired_session_is_gone_on_access_before_the_cleanup(self):
        """§2: cleanup also on access"""
        with Bridge(env={**self.env, "SESSION_CLEANUP_INTERVAL_SECONDS": "3600"}) as bridge:
            session = bridge.start_session()
            time.sleep(1.3)
            self.assertError(bridge.call("hello", session=session), 404)

    def test_use_keeps_a_session_alive(self):
        session = self.bridge.start_session()
        for _ in range(6):
            time.sleep(0.4)
            self.assertStatus(self.bridge.post(f"/session/{session}/ping"), 200)
        self.assertStatus(self.bridge.post("/session/close", session=session), 200)


class Unstartable(unittest.TestCase):
    def test_start_fails_in_bounded_time_and_stores_nothing(self):
        """B14; a message names the command and the last line of stderr"""
        cases = ((["/nonexistent/some-server"], 502, "some-server"),
                 (fixture("crash", "--how", "exit"), 502, "cannot open the database"),
                 (fixture("crash", "--how", "silent"), 504, ""),
                 (fixture("crash", "--how", "garbage"), 502, ""),
                 (fixture("crash", "--how", "refuse"), 502, ""))
        for command, status, words in cases:
            with self.subTest(command[-1]), Bridge(command, args=["--start-timeout", "2"]) as bridge:
                began = time.monotonic()
                answer = bridge.post("/session/start", {"session_id": "mine"})
                self.assertIn(answer.status, {status, 502} if words == "" else {status}, answer)
                self.assertLess(time.monotonic() - began, 6 * SLOW)
                self.assertIn(words, answer.json["detail"])
                self.assertIsNone(answer.headers["Set-Cookie"])
                self.assertEqual(bridge.get("/session/mine/status").status, 404)
                self.assertEqual(bridge.metric("mcp_sessions_active"), 0)
                self.assertEqual(bridge.get("/health").status, 200)


class Dying(SessionCase):
    server = fixture("crash")

    def test_a_child_that_dies_fails_the_call_and_is_restarted_for_the_next(self):
        """B15"""
        session = self.start()
        for tool in ("exit", "kill"):
            with self.subTest(tool):
                answer = self.bridge.call(tool, session=session)
                self.assertError(answer, 502)
                after = self.assertStatus(self.bridge.call("ok", session=session), 200)
                self.assertEqual(after.headers["X-Session-Restarted"], "true")
                again = self.bridge.call("ok", session=session)
                self.assertIsNone(again.headers["X-Session-Restarted"])

    def test_the_answer_tells_the_last_words_of_the_child(self):
        """B15"""
        session = self.start()
        answer = self.bridge.call("exit", {"status": 7, "message": "out of paper"}, session=session)
        detail = self.assertError(answer, 502)["detail"]
        self.assertIn("out of paper", detail)
        self.assertIn("7", detail)

    def test_every_pending_call_fails_when_the_child_dies(self):
        """B15"""
        session = self.start()

        def hang():
            return self.bridge.call("hang", session=session).status

        def leave():
            time.sleep(0.5)
            return self.bridge.call("exit", session=session).status
        self.assertEqual(parallel([hang, hang, leave]), [502, 502, 502])


class DyingForGood(SessionCase):
    server = fixture("crash")
    args = ["--session-restart-policy", "fail"]

    def test_a_session_whose_child_died_stays_dead_when_asked_to(self):
        """B15"""
        session = self.start()
        self.assertError(self.bridge.call("exit", session=session), 502)
        self.assertIn(self.bridge.call("ok", session=session).status, (404, 410))


class Overlapping(SessionCase):
    server = fixture("slow", "--events", "{home}/events")

    def events(self):
        return records(self.bridge.path("events"))

    def test_calls_of_one_session_overlap(self):
        """B16"""
        session = self.start()

        def fast():
            time.sleep(0.3)
            began = time.monotonic()
            self.assertStatus(self.bridge.call("echo", {"text": "quick"}, session=session), 200)
            return time.monotonic() - began
        slow, quick = parallel([
            lambda: self.bridge.call("sleep", {"seconds": 2, "label": "B16"}, session=session),
            fast])
        self.assertStatus(slow, 200)
        self.assertLess(quick, 1.0 * SLOW)

    def test_after_a_client_left_the_next_call_gets_its_own_answer(self):
        """B17"""
        session = self.start()
        leaving = self.bridge.send("POST", "/tools/sleep", {"seconds": 30, "label": "B17"},
                                   session=session)
        wait_for(lambda: {"started": "B17"} in self.events(), what="the start of the call")
        leaving.close()
        answer = self.bridge.call("echo", {"text": "mine"}, session=session)
        self.assertEqual(answer.json["content"][0]["text"], "mine")
        wait_for(lambda: {"cancelled": "B17"} in self.events(), what="the cancel")

    def test_close_does_not_wait_for_a_running_call(self):
        """B19"""
        session = self.start()
        running = self.bridge.send("POST", "/tools/sleep", {"seconds": 30, "label": "B19"},
                                   session=session)
        wait_for(lambda: {"started": "B19"} in self.events(), what="the start of the call")
        began = time.monotonic()
        self.assertStatus(self.bridge.post("/session/close", session=session), 200)
        self.assertLess(time.monotonic() - began, 2 * SLOW)
        answer = running.getresponse()
        self.assertGreaterEqual(answer.status, 400)
        answer.read()
        running.close()

    def test_many_calls_of_one_session_each_get_their_own_answer(self):
        session = self.start()
        calls = [lambda n=n: self.bridge.call("echo", {"text": str(n)}, session=session)
                 for n in range(40)]
        texts = [answer.json["content"][0]["text"] for answer in parallel(calls)]
        self.assertEqual(texts, [str(n) for n in range(40)])


class WithoutPrompts(SessionCase):
    server = fixture("noprompts")

    def test_a_missing_feature_is_404_and_disturbs_nothing(self):
        """B18"""
        session = self.start()
        for path in ("/prompts", "/resources"):
            began = time.monotonic()
            self.assertError(self.bridge.get(path, session=session), 404)
            self.assertLess(time.monotonic() - began, 2 * SLOW)
            answer = self.bridge.call("echo", {"text": path}, session=session)
            self.assertEqual(answer.json["content"][0]["text"], path)


class Ending(unittest.TestCase):
    def test_sigterm_leaves_no_child_behind(self):
        """B21"""
        for how in ("none", "stubborn"):
            with self.subTest(how), Bridge(fixture("crash", "--how", how)) as bridge:
                for _ in range(3):
                    bridge.start_session()
                bridge.call("ok")
                self.assertGreaterEqual(len(bridge.children()), 3)
                # leaving the block stops the bridge and looks for what is left

    def test_children_die_with_a_killed_bridge(self):
        """Design §6: parent-death signal"""
        bridge = Bridge()
        bridge.start()
        try:
            bridge.start_session()
            self.assertTrue(bridge.children())
            os.kill(bridge.process.pid, signal.SIGKILL)
            bridge.process.wait()
            wait_for(lambda: not processes_of(bridge.home), what="the end of the children")
        finally:
            bridge.stop(check=False)
            bridge.directory.cleanup()

    def test_nothing_is_left_after_many_abandoned_sessions(self):
        """B13: no child, no descriptor"""
        env = {"SESSION_TIMEOUT_SECONDS": "2", "SESSION_CLEANUP_INTERVAL_SECONDS": "1",
               "MAX_SESSIONS_PER_USER": "1000", "MCP_WARM_POOL_SIZE": "0"}
        with Bridge(env=env) as bridge:
            descriptors = f"/proc/{bridge.process.pid}/fd"
            bridge.start_session()
            wait_for(lambda: not bridge.children(), 20, "the end of the first child")
            before = len(os.listdir(descriptors))
            for _ in range(20):
                bridge.call("hello", session=bridge.start_session())
            wait_for(lambda: not bridge.children(), 30, "the end of the children")
            wait_for(lambda: len(os.listdir(descriptors)) <= before, what="closed descriptors")
            self.assertEqual(bridge.metric("mcp_sessions_created_total"), 21)
            self.assertEqual(bridge.metric("mcp_sessions_expired_total"), 21)
