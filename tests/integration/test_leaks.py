# SPDX-License-Identifier: GPL-3.0-or-later
"""What is abandoned leaves nothing: no child, no descriptor, no growth."""
import os

from bridge import SLOW, parallel, wait_for
from case import BridgeCase

COUNT = 200 if SLOW == 1 else 40
AT_ONCE = 20


class Abandoned(BridgeCase):
    env = {"SESSION_TIMEOUT_SECONDS": str(2 * SLOW), "SESSION_CLEANUP_INTERVAL_SECONDS": "1",
           "MAX_SESSIONS_PER_USER": "1000", "MCP_WARM_POOL_SIZE": "1"}

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.bridge.process.pid}/fd"))

    def resident_kb(self):
        with open(f"/proc/{self.bridge.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def abandon_many(self):
        def use_once():
            session = self.bridge.start_session()
            self.assertEqual(self.bridge.call("call_counter", session=session).result, 1)
        for _ in range(COUNT // AT_ONCE):
            parallel([use_once] * AT_ONCE)
        wait_for(lambda: self.bridge.metric("mcp_sessions_active") == 0, 60,
                 "every session to expire")
        wait_for(lambda: len(self.bridge.children()) <= 1, 60, "every child to end")

    def test_sessions_that_expire_leave_nothing_behind(self):
        self.abandon_many()  # caches and the heap find their size
        expired = self.bridge.metric("mcp_sessions_expired_total")
        descriptors, resident = self.descriptors(), self.resident_kb()
        self.abandon_many()
        print(f"     {COUNT} sessions: descriptors {descriptors} -> {self.descriptors()}, "
              f"resident {resident} -> {self.resident_kb()} kB", flush=True)
        self.assertEqual(self.bridge.metric("mcp_sessions_expired_total"), expired + COUNT)
        wait_for(lambda: self.descriptors() <= descriptors + 2, 10, "the descriptors to go")
        if SLOW == 1:  # sanitizers keep freed memory
            self.assertLess(self.resident_kb() - resident, 4096)

    def test_clients_that_hang_up_leave_nothing_behind(self):
        before = self.descriptors()
        for _ in range(10):
            stream = self.bridge.connect()
            stream.sendall(b"POST /tools/report_progress_and_logs/stream HTTP/1.1\r\n"
                           b"Host: localhost\r\nContent-Length: 0\r\n\r\n")
            stream.recv(64)
            stream.close()
        wait_for(lambda: len(self.bridge.children()) <= 1, 30, "the children to end")
        wait_for(lambda: self.descriptors() <= before + 2, 10, "the descriptors to go")
