# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the MCP Inspector against the bridge's endpoints."""
import json
import os
import subprocess
import unittest

from bridge import DEMO, SLOW, Bridge
from nodejs import NODE, Scripts, module, needs_clients
from recorder import Recorder

HERE = os.path.dirname(os.path.abspath(__file__))
LAUNCHER = module("@modelcontextprotocol/inspector", "clients", "launcher", "build", "index.js")


class Inspecting:
    """Mixed into a test case: `era` is what the Inspector speaks."""

    era = None
    longMessage = True

    @classmethod
    def setUpClass(cls):
        cls.scripts = Scripts(os.path.join(HERE, "matrix"))
        cls.addClassCleanup(cls.scripts.__exit__)
        servers = {}
        for name in ("old", "new"):
            command, *args = cls.scripts.command(name + "server.mjs", "--mark", os.devnull)
            servers[name] = {"command": command, "args": args}
        files = {"servers.json": json.dumps({"mcpServers": servers})}
        cls.bridge = Bridge(DEMO, args=["--config", "{home}/servers.json"], files=files)
        cls.bridge.start()
        cls.addClassCleanup(cls.bridge.__exit__, None, None, None)
        cls.recorder = Recorder(cls.bridge)
        cls.addClassCleanup(cls.recorder.__exit__)

    def inspect(self, path, method, *args, transport="http"):
        command = [NODE, LAUNCHER, "--cli", self.recorder.url + path, "--transport", transport,
                   "--protocol-era", self.era, "--quiet", "--method", method, *args]
        done = subprocess.run(command, capture_output=True, timeout=60 * SLOW,
                              cwd=self.bridge.home, env=self.bridge.env)
        self.assertEqual(done.returncode, 0, (command, done.stderr.decode(errors="replace")))
        self.recorder.check(self)
        return json.loads(done.stdout)

    def names(self, path, method, member, key="name", **how):
        return [one[key] for one in self.inspect(path, method, **how)[member]]

    def test_tools_of_all_servers(self):
        names = self.names("/mcp", "tools/list", "tools")
        self.assertIn("old__add", names)
        self.assertIn("new__add", names)
        for server in ("old", "new"):
            result = self.inspect("/mcp", "tools/call", "--tool-name", server + "__add",
                                  "--tool-arg", "a=2", "b=3")
            self.assertEqual(result["content"][0]["text"], "5")
            self.assertEqual(result["structuredContent"], {"sum": 5})

    def test_prompts_of_all_servers(self):
        names = self.names("/mcp", "prompts/list", "prompts")
        self.assertEqual(sorted(names), ["new__greet", "old__greet"])
        for name in names:
            result = self.inspect("/mcp", "prompts/get", "--prompt-name", name, "--prompt-args",
                                  "name=Eve")
            self.assertEqual(result["messages"][0]["content"]["text"], "Greet Eve")

    def test_resources_of_all_servers(self):
        uris = self.names("/mcp", "resources/list", "resources", "uri")
        self.assertEqual(len(set(uris)), 2)
        for uri in uris:
            contents = self.inspect("/mcp", "resources/read", "--uri", uri)["contents"]
            self.assertEqual((contents[0]["uri"], contents[0]["text"]), (uri, "milk"))
        templates = self.names("/mcp", "resources/templates/list", "resourceTemplates",
                               "uriTemplate")
        self.assertEqual(len(set(templates)), 2)

    def test_one_server_alone(self):
        for server in ("old", "new"):
            path = f"/servers/{server}/mcp"
            self.assertIn("add", self.names(path, "tools/list", "tools"))
            result = self.inspect(path, "tools/call", "--tool-name", "add", "--tool-arg", "a=1",
                                  "b=1")
            self.assertEqual(result["content"][0]["text"], "2")
            self.assertEqual(self.names(path, "prompts/list", "prompts"), ["greet"])
            uris = self.names(path, "resources/list", "resources", "uri")
            self.assertEqual(uris, ["note://today"])


@needs_clients
class Legacy(Inspecting, unittest.TestCase):
    era = "legacy"

    def test_the_transport_of_2024(self):
        result = self.inspect("/sse", "tools/call", "--tool-name", "new__add", "--tool-arg",
                              "a=2", "b=3", transport="sse")
        self.assertEqual(result["content"][0]["text"], "5")


@needs_clients
class Modern(Inspecting, unittest.TestCase):
    era = "modern"
