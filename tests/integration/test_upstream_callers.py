# SPDX-License-Identifier: GPL-3.0-or-later
"""What one caller's credential does to a remote server is nobody else's business."""
import unittest

from bridge import fixture
from remote import RemoteCase

GOOD = "good-token-4711"


class Refused(RemoteCase):
    upstream = fixture("probe")
    remote_flags = ["--era", "legacy", "--token-file", "{remote}/token"]

    def setUp(self):
        with open(self.remote.path("token"), "w") as file:
            file.write(GOOD)
        self.assertStatus(self.bridge.call("argv", token=GOOD), 200)
        self.remote.forget()

    def refused(self, token):
        # 503 where the server sends callers to cannot be asked.
        self.assertIn(self.bridge.call("argv", token=token).status, (401, 503))

    def entry(self):
        return self.bridge.get("/servers").json["servers"][0]

    def test_a_bad_credential_says_nothing_of_the_server(self):
        before = self.entry()
        self.assertEqual((before["state"], before["last_error"]), ("ready", None))
        for token in ("bad", "worse", None):
            self.refused(token)
        after = self.entry()
        self.assertEqual((after["state"], after["last_error"]), ("ready", None))
        self.assertEqual(after["start_failures"], before["start_failures"] + 3)

    def test_the_next_caller_is_served_as_if_nothing_had_happened(self):
        self.refused("bad")
        self.remote.forget()
        self.assertStatus(self.bridge.call("argv", token=GOOD), 200)
        # Nobody has to find out anew which revision the server speaks.
        self.assertEqual(self.remote.seen(rpc="server/discover"), [])


class Gone(RemoteCase):
    upstream = fixture("probe")

    def test_a_server_that_is_down_for_everybody_is_degraded(self):
        self.assertStatus(self.bridge.call("argv"), 200)
        self.remote.process.kill()
        self.remote.process.wait()
        for _ in range(3):
            self.assertGreaterEqual(self.bridge.post("/session/start").status, 500)
        entry = self.bridge.get("/servers").json["servers"][0]
        self.assertEqual(entry["state"], "degraded")
        self.assertTrue(entry["last_error"])


if __name__ == "__main__":
    unittest.main()
