# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge whose configuration file changes while it runs."""
import json
import os
import unittest

from bridge import Bridge, fixture, wait_for


def entry(name, *flags, **more):
    """An entry of mcpServers that runs a fixture."""
    command = fixture(name, *flags)
    return {"command": command[0], "args": command[1:], **more}


class ReloadCase(unittest.TestCase):
    """Set `servers`, `settings` and `env`; `watch` says whether the bridge looks at the file."""

    servers = {}
    settings = {}
    env = {}
    watch = False

    def setUp(self):
        settings = {"BRIDGE_CONFIG_WATCH": self.watch, **self.settings}
        self.bridge = Bridge(args=["--config", "{home}/config.json"], env=self.env, files={
            "config.json": self.text(self.servers, settings)})
        self.path = self.bridge.path("config.json")
        self.current = (dict(self.servers), settings)
        self.bridge.start()
        self.addCleanup(self.bridge.directory.cleanup)
        self.addCleanup(self.bridge.stop)

    @staticmethod
    def text(servers, settings):
        return json.dumps({"mcpServers": servers, "bridge": settings})

    def write(self, servers=None, settings=None, path=None):
        """Changes the file, in place; what is not given stays as it was."""
        old_servers, old_settings = self.current
        self.current = (dict(old_servers if servers is None else servers),
                        {**old_settings, **(settings or {})})
        with open(path or self.path, "w") as file:
            file.write(self.text(*self.current))

    def change(self, **servers):
        """Adds or replaces entries of mcpServers (None removes one) and reloads."""
        merged = {**self.current[0], **servers}
        return self.reload({name: entry for name, entry in merged.items() if entry is not None})

    def reload(self, servers=None, settings=None):
        """Changes the file and reloads; returns the answer's body."""
        self.write(servers, settings)
        answer = self.bridge.post("/admin/reload")
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def names(self):
        return [server["name"] for server in self.bridge.get("/servers").json["servers"]]

    def wait_for_names(self, *names):
        wait_for(lambda: self.names() == list(names), what=f"the servers {names}")

    def start(self, server):
        answer = self.bridge.post(f"/servers/{server}/session/start")
        self.assertEqual(answer.status, 200, answer)
        return answer.json["session_id"]

    def call(self, server, tool, arguments=None, session=None, **how):
        return self.bridge.post(f"/servers/{server}/tools/{tool}", arguments or {},
                                session=session, **how)

    def text_of(self, *what, **how):
        answer = self.call(*what, **how)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["content"][0]["text"]


def swap(link, target):
    """Makes `link` lead to `target` in one step, as Kubernetes does."""
    os.symlink(target, link + ".new")
    os.rename(link + ".new", link)
