# SPDX-License-Identifier: GPL-3.0-or-later
"""Official clients with their OAuth provider: they find out where to log in from a refusal, and ask
for another scope in the middle of a session when a tool needs one (MCP authorization, "Step-Up
Authorization Flow")."""
import json
import os
import subprocess
import unittest

from bridge import SLOW, Bridge
from idp import Idp
from nodejs import Scripts, needs_clients
from reloading import entry

HERE = os.path.dirname(os.path.abspath(__file__))
SDKS = ("@modelcontextprotocol/sdk", "@modelcontextprotocol/client")
POLICY = {"default": "deny", "rules": [
    {"effect": "allow", "users": "*", "tools": "write", "requireScope": "files:write"},
    {"effect": "allow", "users": "*"}]}


@needs_clients
class StepUp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scripts = Scripts(os.path.join(HERE, "login"))
        cls.addClassCleanup(cls.scripts.directory.cleanup)
        cls.idp = Idp().start()
        cls.addClassCleanup(cls.idp.__exit__)
        cls.idp.set(user={"sub": "ada", "groups": ["crew"]})
        config = {"mcpServers": {"one": entry("counter", "--tools", "read,write")},
                  "bridge": {"policy": POLICY, "views": {"some": {"servers": ["one"]}}}}
        cls.bridge = Bridge(
            args=["--config", "{home}/config.json"],
            env=cls.idp.env(MCP_OAUTH_SCOPES="mcp:tools", BRIDGE_REQUIRED_GROUPS="crew"),
            files={"config.json": json.dumps(config)})
        cls.bridge.start()
        cls.addClassCleanup(cls.bridge.directory.cleanup)
        cls.addClassCleanup(cls.bridge.stop)

    def steps(self, sdk, path, prefix):
        done = subprocess.run(
            self.scripts.command("stepup.mjs", sdk, f"http://127.0.0.1:{self.bridge.port}{path}",
                                 prefix + "read", prefix + "write"),
            capture_output=True, timeout=60 * SLOW)
        self.assertEqual(done.returncode, 0, done.stderr.decode() + done.stdout.decode())
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    def test_a_client_logs_in_and_asks_for_the_scope_a_tool_needs(self):
        for sdk in SDKS:
            for path, prefix in (("/mcp", ""), ("/servers/one/mcp", ""), ("/views/some/mcp", "")):
                with self.subTest(sdk=sdk, path=path):
                    login, read, again, write = self.steps(sdk, path, prefix)
                    self.assertEqual(login["login"], "mcp:tools")
                    self.assertEqual(read["called"], prefix + "read")
                    self.assertIn("files:write", again["login"].split())
                    self.assertEqual(write["called"], prefix + "write")


if __name__ == "__main__":
    unittest.main()
