# SPDX-License-Identifier: GPL-3.0-or-later
"""Base class of the black-box tests: one bridge for all tests of a class."""
import unittest

from bridge import DEMO, Bridge


class BridgeCase(unittest.TestCase):
    """Set `server`, `env`, `args` in the subclass; the bridge is `self.bridge`."""

    server = DEMO
    env = {}
    args = ()
    files = {}
    bridge = None
    longMessage = True

    @classmethod
    def setUpClass(cls):
        cls.bridge = Bridge(cls.server, cls.env, cls.args, files=cls.files)
        cls.bridge.start()

    @classmethod
    def tearDownClass(cls):
        try:
            cls.bridge.stop()
        finally:
            cls.bridge.directory.cleanup()

    def assertStatus(self, answer, status):
        self.assertEqual(answer.status, status, answer)
        return answer

    def assertError(self, answer, status, error=None):
        """The error shape of the contract, §1.1."""
        self.assertStatus(answer, status)
        body = answer.json
        self.assertIn("detail", body, answer)
        self.assertIsInstance(body["error"], str, answer)
        self.assertEqual(body["status_code"], status, answer)
        self.assertTrue(answer.headers["X-Request-Id"], answer)
        if error is not None:
            self.assertEqual(body["error"], error, answer)
        return body


class SessionCase(BridgeCase):
    """Closes the sessions that its tests started."""

    def setUp(self):
        self.opened = []

    def tearDown(self):
        for session in self.opened:
            self.bridge.post("/session/close", session=session)

    def start(self, body=None, **how):
        self.opened.append(self.bridge.start_session(body, **how))
        return self.opened[-1]

    def count(self, session=None, **how):
        answer = self.assertStatus(self.bridge.call("call_counter", session=session, **how), 200)
        return answer.result


class ModesMixin:
    """Runs every test once without and once with a session: the status table of §1.5 has to be
    the same. The subclass calls tools through self.call()."""

    in_session = False

    def setUp(self):
        super().setUp()
        self.session = self.bridge.start_session() if self.in_session else None

    def tearDown(self):
        if self.session:
            self.bridge.post("/session/close", session=self.session)
        super().tearDown()

    def call(self, tool, arguments=None, **how):
        how.setdefault("session", self.session)
        return self.bridge.call(tool, arguments, **how)

    def get(self, path, **how):
        how.setdefault("session", self.session)
        return self.bridge.get(path, **how)

    def post(self, path, body=None, **how):
        how.setdefault("session", self.session)
        return self.bridge.post(path, body, **how)
