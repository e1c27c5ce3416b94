# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the configuration again keeps nobody waiting, and the log is opened once."""
import ctypes
import os
import signal
import struct
import threading
import time
import unittest

from bridge import SLOW, wait_for
from reloading import ReloadCase, entry

IN_MODIFY, IN_CLOSE_WRITE, IN_OPEN = 0x2, 0x8, 0x20
OPENS = IN_MODIFY | IN_CLOSE_WRITE | IN_OPEN  # the others keep two openings from becoming one


class Opens:
    """Counts how often a file is opened, by inotify."""

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0 or libc.inotify_add_watch(self.fd, path.encode(), OPENS) < 0:
            raise unittest.SkipTest("no inotify")

    def count(self):
        try:
            events = os.read(self.fd, 65536)
        except BlockingIOError:
            return 0
        found, at = 0, 0
        while at < len(events):
            _, mask, _, length = struct.unpack_from("iIII", events, at)
            found += bool(mask & IN_OPEN)
            at += 16 + length
        return found

    def close(self):
        os.close(self.fd)


class Slow(ReloadCase):
    """The configuration is on something that takes its time: a pipe nobody has written to."""

    servers = {"one": entry("counter")}

    def setUp(self):
        super().setUp()
        os.unlink(self.path)
        os.mkfifo(self.path)

    def answers_at_once(self):
        began = time.monotonic()
        self.assertEqual(self.bridge.get("/health").status, 200)
        self.assertEqual(self.call("one", "call_counter").status, 200)
        self.assertLess(time.monotonic() - began, 3 * SLOW)

    def test_requests_are_answered_meanwhile(self):
        self.bridge.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "opened anew" in self.bridge.log(), what="the signal")
        self.answers_at_once()
        self.write({"two": entry("probe")})
        self.wait_for_names("two")
        self.assertIn("cause=SIGHUP", self.bridge.log())

    def test_the_route_answers_when_it_is_done(self):
        answers = []
        asking = threading.Thread(
            target=lambda: answers.append(self.bridge.post("/admin/reload")))
        asking.start()
        time.sleep(0.3)
        self.answers_at_once()
        self.assertEqual(answers, [])
        self.write({"two": entry("probe")})
        asking.join(20 * SLOW)
        self.assertEqual(answers[0].status, 200, answers[0])
        self.assertEqual((answers[0].json["added"], answers[0].json["removed"]), (["two"], ["one"]))

    def test_who_asks_meanwhile_gets_what_is_there_then(self):
        answers = []

        def ask():
            answers.append(self.bridge.post("/admin/reload").json)
        first, second = threading.Thread(target=ask), threading.Thread(target=ask)
        first.start()
        time.sleep(0.3)
        second.start()
        time.sleep(0.3)
        self.write({"two": entry("probe")})
        first.join(20 * SLOW)
        self.assertEqual(answers[0]["added"], ["two"])
        self.write({"three": entry("probe")})
        second.join(20 * SLOW)
        self.assertEqual(answers[1]["added"], ["three"])
        self.assertEqual(self.names(), ["three"])

    def test_a_bridge_that_reads_can_be_stopped(self):
        self.bridge.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "opened anew" in self.bridge.log(), what="the signal")
        self.bridge.process.terminate()
        wait_for(lambda: "Stopping" in self.bridge.log(), what="the end")
        self.write({"two": entry("probe")})  # a thread that reads cannot be interrupted
        self.assertEqual(self.bridge.process.wait(20 * SLOW), 0)

    def test_a_bridge_that_reads_for_ever_ends_without(self):
        self.bridge.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "opened anew" in self.bridge.log(), what="the signal")
        self.bridge.process.terminate()
        self.assertEqual(self.bridge.process.wait(20 * SLOW), 0)
        self.assertIn("A file that was being read does not come", self.bridge.log())


class Log(ReloadCase):
    servers = {"one": entry("counter")}

    def setUp(self):
        super().setUp()
        self.log = self.bridge.path("bridge.log")
        self.reload(settings={"LOG_OUTPUT": self.log})

    def opened_by(self, what):
        opens = Opens(self.log)
        self.addCleanup(opens.close)
        what()
        return opens.count()

    def sighup(self, servers):
        self.write(servers)
        self.bridge.process.send_signal(signal.SIGHUP)
        self.wait_for_names(*servers)

    def test_a_signal_opens_it_once(self):
        self.assertEqual(self.opened_by(lambda: self.sighup({"two": entry("probe")})), 1)

    def test_a_reload_leaves_it_open(self):
        self.assertEqual(self.opened_by(lambda: self.change(two=entry("probe"))), 0)

    def test_another_log_is_opened_by_a_reload(self):
        other = self.bridge.path("other.log")
        self.reload(settings={"LOG_OUTPUT": other})
        with open(other) as file:
            self.assertIn("POST /admin/reload", file.read())

    def test_secrets_that_come_by_a_reload_are_masked(self):
        secret = "tell-nobody-0815-4711"
        self.reload(settings={"MCP_REMOTE_BEARER_TOKEN": secret})
        self.reload({"two": entry("probe", secret)})
        self.call("two", "argv")
        with open(self.log) as file:
            self.assertNotIn(secret, file.read())


if __name__ == "__main__":
    unittest.main()
