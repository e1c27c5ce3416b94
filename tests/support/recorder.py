# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a proxy before a bridge that validates what the bridge says against the schemas of MCP."""
import json
import os
import urllib.request

from bridge import ROOT, SLOW
from nodejs import NODE, Scripts, Service

FOLDER = os.path.join(ROOT, "tests", "conformance")
SCHEMAS = os.path.join(ROOT, "..", "shared", "data", "mcp-schema")


class Recorder:
    """`url` is the address to use instead of the bridge's; without the schemas it is the bridge's
    own and nothing is checked. A context manager."""

    def __init__(self, bridge):
        self.url = f"http://127.0.0.1:{bridge.port}"
        self.scripts = self.service = None
        if not os.path.isdir(SCHEMAS):
            print("     the schemas of MCP are not here: messages are not validated")
            return
        if not NODE:
            print("     the npm clients are not installed: messages are not validated")
            return
        self.scripts = Scripts(FOLDER)
        self.service = Service(self.scripts.command("recorder.mjs", self.url, SCHEMAS))
        self.url = self.service.url

    def report(self):
        """{checked: {"revision definition": times}, problems: […]}"""
        if not self.service:
            return {"checked": {}, "problems": []}
        with urllib.request.urlopen(self.url + "/recorder/report", timeout=10 * SLOW) as answer:
            return json.load(answer)

    def check(self, case):
        """Fails `case` when a message was not valid or none came by."""
        if not self.service:
            return 0
        report = self.report()
        case.assertEqual(report["problems"], [], "the bridge broke the schema")
        case.assertTrue(report["checked"], "no message came by")
        return sum(report["checked"].values())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.service:
            self.service.stop()
            self.scripts.__exit__()
