# SPDX-License-Identifier: GPL-3.0-or-later
"""Every revision of the protocol gets messages that fit its schema, whatever the server speaks."""
import os
import unittest
from urllib.parse import urlsplit

from bridge import SLOW, Bridge
from client import Client
from mcpclient import LEGACY, Events, LegacyClient, ModernClient, message
from nodejs import Scripts, needs_clients
from recorder import Recorder

HERE = os.path.dirname(os.path.abspath(__file__))
TOOLS = ["test_simple_text", "test_image_content", "test_audio_content", "test_embedded_resource",
         "test_multiple_content_types", "test_error_handling", "test_tool_with_logging",
         "test_tool_with_progress", "json_schema_2020_12_tool"]
ARGUMENTS = {"json_schema_2020_12_tool": {"phone": "1", "contactMethod": "phone"}}
PROMPTS = {"test_simple_prompt": {}, "test_prompt_with_arguments": {"arg1": "a", "arg2": "b"},
           "test_prompt_with_embedded_resource": {"resourceUri": "test://static-text"},
           "test_prompt_with_image": {}}
RESOURCES = ["test://static-text", "test://static-binary", "test://template/7/data"]


class Fitting:
    """Mixed into a test case; `era` is the server's."""

    era = None

    @classmethod
    def setUpClass(cls):
        cls.scripts = Scripts(HERE)
        cls.addClassCleanup(cls.scripts.__exit__)
        command = cls.scripts.command("everything.mjs", "--era", cls.era)
        cls.bridge = Bridge(command, args=["--warm-pool", "1"])
        cls.bridge.start()
        cls.addClassCleanup(cls.bridge.__exit__, None, None, None)

    def setUp(self):
        self.recorder = Recorder(self.bridge)
        self.addCleanup(self.recorder.__exit__)
        at = urlsplit(self.recorder.url)
        self.way = Client(at.hostname, at.port, timeout=20 * SLOW)

    def use_everything(self, client):
        for method in ("tools/list", "prompts/list", "resources/list", "resources/templates/list"):
            client.result(method)
        for tool in TOOLS:
            client.result("tools/call", {"name": tool, "arguments": ARGUMENTS.get(tool, {}),
                                         **self.token(client)})
        for prompt, arguments in PROMPTS.items():
            client.result("prompts/get", {"name": prompt, "arguments": arguments})
        for uri in RESOURCES:
            client.result("resources/read", {"uri": uri})
        client.result("completion/complete", {
            "ref": {"type": "ref/prompt", "name": "test_prompt_with_arguments"},
            "argument": {"name": "arg1", "value": "o"}})
        for method, params in (("tools/call", {"name": "nobody", "arguments": {}}),
                               ("tools/call", {}), ("prompts/get", {"name": "nobody"}),
                               ("resources/read", {"uri": "test://nobody"}), ("nonsense", {})):
            answer = client.post(method, params)
            last = answer.messages()[-1] if isinstance(answer, Events) else answer.json
            self.assertTrue("error" in last or last["result"]["isError"], last)

    @staticmethod
    def token(client):
        return {"_meta": {"progressToken": "p"}} if isinstance(client, LegacyClient) else {}

    def legacy(self, revision):
        client = LegacyClient(self.way, "/servers/default/mcp", revision)
        self.addCleanup(client.close)
        self.assertEqual(client.initialize()["protocolVersion"], revision)
        client.result("logging/setLevel", {"level": "info"})
        client.result("ping")
        self.use_everything(client)
        if revision == "2025-03-26":
            batch = client.raw([message("ping", None, "a"), message("tools/list", None, "b")])
            self.assertEqual(len(batch.json), 2)
        self.check(revision)

    def check(self, revision):
        if self.recorder.check(self):
            self.assertIn(revision + " CallToolResult", self.recorder.report()["checked"])

    def test_2024_11_05(self):
        self.legacy(LEGACY[3])

    def test_2025_03_26(self):
        self.legacy(LEGACY[2])

    def test_2025_06_18(self):
        self.legacy(LEGACY[1])

    def test_2025_11_25(self):
        self.legacy(LEGACY[0])

    def test_2026_07_28(self):
        client = ModernClient(self.way, "/servers/default/mcp")
        self.addCleanup(client.close)
        client.result("server/discover")
        self.use_everything(client)
        self.check("2026-07-28")


@needs_clients
class LegacyServer(Fitting, unittest.TestCase):
    era = "legacy"


@needs_clients
class ModernServer(Fitting, unittest.TestCase):
    era = "modern"
