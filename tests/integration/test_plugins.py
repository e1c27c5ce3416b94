# SPDX-License-Identifier: GPL-3.0-or-later
"""The example plugins of resources/examples/plugins in a running bridge."""
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))

from bridge import BIN_DIR, fixture, run_once  # noqa: E402
from idp import IdpCase, bearer, needs_idp  # noqa: E402

FOLDER = os.path.join(os.path.dirname(BIN_DIR), "plugins")
SETTINGS = {"department-token": {"header": "X-Department-Token",
                                 "tokens": {"engineering": "token-of-engineering"}},
            "bounded-store": {"sessionsPerOwner": 2}}


def private_copy(test):
    """Of the plugins, in a folder that only its owner may write to."""
    folder = tempfile.TemporaryDirectory(prefix="bridge-plugins-")
    for name in os.listdir(FOLDER):
        target = shutil.copy(os.path.join(FOLDER, name), folder.name)
        os.chmod(target, 0o700)
    if test is not None:
        test.addCleanup(folder.cleanup)
    return folder


@needs_idp
class Plugins(IdpCase):
    server = fixture("probe")

    @classmethod
    def setUpClass(cls):
        cls.folder = private_copy(None)
        cls.env = {"PLUGIN_DIR": cls.folder.name, "PLUGIN_SETTINGS": json.dumps(SETTINGS),
                   "SESSION_MANAGER_TYPE": "plugin", "AUTH_PROVIDER": "plugin",
                   "OAUTH_ENV": "SERVICE_TOKEN"}
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.folder.cleanup()

    def test_the_retrievers_token_is_verified_like_any_other(self):
        token = self.idp.mint(sub="alice", groups=["engineering"])
        good = {"X-Department-Token": token}
        self.assertStatus(self.bridge.get("/tools", headers=good), 200)
        bad = {"X-Department-Token": token + "x"}
        self.assertError(self.bridge.get("/tools", headers=bad), 401, "invalid_token")
        session = self.bridge.start_session(headers=good)
        same = self.bridge.call("pid", session=session, headers=bearer(token))
        self.assertStatus(same, 200)
        other = bearer(self.idp.mint(sub="bob", groups=["engineering"]))
        self.assertStatus(self.bridge.call("pid", session=session, headers=other), 404)

    def test_the_server_gets_the_token_the_retriever_gives(self):
        engineer = bearer(self.idp.mint(sub="erin", groups=["/engineering"]))
        answer = self.bridge.call("read_env", {"name": "SERVICE_TOKEN"}, headers=engineer)
        self.assertIn("token-of-engineering", self.assertStatus(answer, 200).text)
        stranger = bearer(self.idp.mint(sub="frank"))
        answer = self.bridge.call("read_env", {"name": "SERVICE_TOKEN"}, headers=stranger)
        self.assertError(answer, 401, "not_connected")
        self.assertNotIn("token-of-engineering", self.bridge.log())

    def test_sessions_are_kept_by_the_store(self):
        carol = bearer(self.idp.mint(sub="carol", groups=["engineering"]))
        first = self.bridge.start_session(headers=carol)
        self.bridge.start_session(headers=carol)
        third = self.bridge.post("/session/start", headers=carol)
        self.assertError(third, 429, "too_many_requests")
        self.assertIn("Close one", third.text)
        self.assertStatus(self.bridge.post("/session/close", session=first, headers=carol), 200)
        self.bridge.start_session(headers=carol)


class Refused(IdpCase):
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def tearDown(self):
        pass

    def refuses(self, *words, **env):
        code, output = run_once(env=env)
        self.assertEqual(code, 2, output)
        for word in words:
            self.assertIn(word, output)

    def test_what_others_can_change_is_not_loaded(self):
        folder = private_copy(self)
        os.chmod(folder.name, 0o777)
        self.refuses("PLUGIN_DIR", "write", PLUGIN_DIR=folder.name)

    def test_wrong_settings_of_a_plugin_end_the_start(self):
        folder = private_copy(self)
        self.refuses("PLUGIN_SETTINGS", "header", PLUGIN_DIR=folder.name)

    def test_names_that_no_plugin_has_end_the_start(self):
        folder = private_copy(self)
        self.refuses("AUTH_STRATEGIES", "plugin:nobody", PLUGIN_DIR=folder.name,
                     PLUGIN_SETTINGS=json.dumps(SETTINGS), AUTH_STRATEGIES="plugin:nobody",
                     OAUTH_ISSUER_URL="https://idp.example", OAUTH_AUDIENCE="bridge")
        self.refuses("AUTH_STRATEGIES: lets nobody in", "plugin:nobody, which knows nobody",
                     PLUGIN_DIR=folder.name, PLUGIN_SETTINGS=json.dumps(SETTINGS),
                     AUTH_STRATEGIES="plugin:nobody")
        self.refuses("SESSION_MANAGER_TYPE", SESSION_MANAGER_TYPE="plugin")
        self.refuses("AUTH_PROVIDER", AUTH_PROVIDER="plugin")


