# SPDX-License-Identifier: GPL-3.0-or-later
"""Two users and two groups on real single-user servers: their data never meets, also while many
call at once and sessions come and go."""
import json
import os
import random
import shutil
import tempfile
import unittest

from bridge import SLOW, Bridge, parallel
from idp import Idp, bearer, needs_idp
from mcpclient import LegacyClient, ModernClient

NPM = os.environ.get("BRIDGE_NPM_DIR", "")
needs_npm = unittest.skipUnless(os.path.isdir(os.path.join(NPM, "node_modules")),
                                "the npm servers are not installed (is the registry out of reach?)")
ROUNDS = 2

# Who works where: user, group he asks for, the place it has to be.
PLACES = (("alice", None, "u/alice"), ("bob", None, "u/bob"),
          ("alice", "red", "g/red"), ("bob", "red", "g/red"), ("alice", "blue", "g/blue"))


def npm_server(name):
    return os.path.join(NPM, "node_modules", ".bin", "mcp-server-" + name)


@needs_npm
@needs_idp
class TwoUsersTwoGroups(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = tempfile.mkdtemp(prefix="bridge-data-")
        for place in {place for _, _, place in PLACES}:
            os.makedirs(os.path.join(cls.data, "files", place))
        for kind in ("u", "g"):
            os.makedirs(os.path.join(cls.data, "memory", kind))
        config = {"mcpServers": {
            "memory": {"command": npm_server("memory"),
                       "env": {"MEMORY_FILE_PATH": cls.data + "/memory/{data_path}.jsonl"}},
            "files": {"command": npm_server("filesystem"),
                      "args": [cls.data + "/files/{data_path}"]}}}
        cls.idp = Idp().start()
        cls.bridge = Bridge(args=["--config", "{home}/config.json"],
                            env=cls.idp.env(MAX_SESSIONS_PER_USER="50",
                                            MAX_CONCURRENT_CHILDREN="24"),
                            files={"config.json": json.dumps(config)})
        cls.bridge.start()
        cls.tokens = {"alice": cls.idp.mint(sub="alice", groups=["red", "blue"]),
                      "bob": cls.idp.mint(sub="bob", groups=["/red"])}

    @classmethod
    def tearDownClass(cls):
        try:
            cls.bridge.stop()
        finally:
            cls.bridge.directory.cleanup()
            cls.idp.__exit__()
            shutil.rmtree(cls.data)

    # --- ways to call ---------------------------------------------------------------------------

    def query(self, group):
        return f"?group={group}" if group else ""

    def rest(self, server, user, group, session=None):
        def call(tool, arguments):
            answer = self.bridge.post(f"/servers/{server}/tools/{tool}"
                                      + ("" if session else self.query(group)), arguments,
                                      token=self.tokens[user], session=session,
                                      timeout=60 * SLOW)
            return answer.status, answer.text
        return call

    def in_session(self, server, user, group, work):
        started = self.bridge.post(f"/servers/{server}/session/start" + self.query(group), {},
                                   token=self.tokens[user], timeout=60 * SLOW)
        self.assertEqual(started.status, 200, started)
        id = started.json["session_id"]
        try:
            work(self.rest(server, user, group, id))
        finally:
            self.bridge.post(f"/servers/{server}/session/close", session=id,
                             token=self.tokens[user])

    def mcp(self, server, user, group, kind=ModernClient):
        client = kind(self.bridge, f"/servers/{server}/mcp" + self.query(group))
        headers = bearer(self.tokens[user])
        if kind is LegacyClient:
            client.fields = lambda plain=client.fields: {**plain(), **headers}
            client.initialize()

        def call(tool, arguments):
            how = {} if kind is LegacyClient else {"headers": headers}
            result = client.call(tool, arguments, **how)
            return 200 if not result.get("isError") else 422, json.dumps(result)
        return call

    # --- what is done with them -----------------------------------------------------------------

    def remember(self, call, place, mark):
        """Writes into the memory of a place and looks whether only its own is in there."""
        name = f"{place}#{mark}"
        status, text = call("create_entities", {"entities": [
            {"name": name, "entityType": "test", "observations": [place]}]})
        self.assertEqual(status, 200, text)
        status, text = call("read_graph", {})
        self.assertEqual(status, 200, text)
        self.assertIn(name, text)
        self.check_marks(text, place)

    def write_file(self, call, place, mark):
        path = os.path.join(self.data, "files", place, mark + ".txt")
        status, text = call("write_file", {"path": path, "content": f"{place}#{mark}"})
        self.assertEqual(status, 200, text)
        status, text = call("read_text_file", {"path": path})
        self.assertEqual(status, 200, text)
        self.assertIn(f"{place}#{mark}", text)
        for other in {other for _, _, other in PLACES} - {place}:
            foreign = os.path.join(self.data, "files", other)
            status, text = call("list_directory", {"path": foreign})
            self.assertIn("denied", text.lower())
            self.check_marks(text.replace(foreign, ""), place)

    def check_marks(self, text, place):
        for other in {other for _, _, other in PLACES} - {place}:
            self.assertNotIn(other + "#", text)

    def work_of(self, user, group, place, number):
        """One caller: all ways in, in an order of his own, sessions beginning and ending."""
        ways = []
        for round in range(ROUNDS):
            mark = f"{user}-{number}-{round}"
            ways += [
                lambda m=mark: self.remember(self.rest("memory", user, group), place, m + "r"),
                lambda m=mark: self.in_session("memory", user, group, lambda call: self.remember(
                    call, place, m + "s")),
                lambda m=mark: self.remember(self.mcp("memory", user, group), place, m + "m"),
                lambda m=mark: self.remember(self.mcp("memory", user, group, LegacyClient), place,
                                             m + "l"),
                lambda m=mark: self.write_file(self.rest("files", user, group), place, m + "r"),
                lambda m=mark: self.in_session("files", user, group, lambda call: self.write_file(
                    call, place, m + "s")),
            ]
        random.Random(number).shuffle(ways)
        for way in ways:
            way()

    def test_data_of_users_and_groups_never_meets(self):
        # The memory server rewrites its file: one writer at a time per place, or its own race
        # shows. Different places work at the same time.
        groups = {}
        for number, (user, group, place) in enumerate(PLACES):
            groups.setdefault(place, []).append((user, group, place, number))

        def run(callers):
            for caller in callers:
                self.work_of(*caller)
        parallel([lambda callers=callers: run(callers) for callers in groups.values()])

        # What is on disk tells the same.
        for place in groups:
            with open(os.path.join(self.data, "memory", place + ".jsonl")) as file:
                self.check_marks(file.read(), place)
            folder = os.path.join(self.data, "files", place)
            names = os.listdir(folder)
            self.assertGreaterEqual(len(names), 2 * ROUNDS)
            for name in names:
                with open(os.path.join(folder, name)) as file:
                    self.assertTrue(file.read().startswith(place + "#"), name)
        found = sorted(os.path.relpath(os.path.join(path, name), self.data)
                       for path, _, names in os.walk(os.path.join(self.data, "memory"))
                       for name in names)
        self.assertEqual(found, sorted(f"memory/{place}.jsonl" for place in groups))
        self.assertNotIn("{data_path}", "".join(found))

        # Members share the group's place, others do not get in.
        _, text = self.rest("memory", "bob", "red")("read_graph", {})
        self.assertIn("g/red#alice-", text)
        self.assertIn("g/red#bob-", text)
        status, text = self.rest("memory", "bob", "blue")("read_graph", {})
        self.assertEqual(status, 403, text)
        self.assertNotIn("#", text)


if __name__ == "__main__":
    unittest.main()
