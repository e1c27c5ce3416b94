# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks of a server made with the official SDK, for clients of both eras."""
import os
import unittest

from bridge import wait_for
from case import BridgeCase
from mcpclient import META, LegacyClient, ModernClient

NPM = os.environ.get("BRIDGE_NPM_DIR", "")
needs_npm = unittest.skipUnless(os.path.isdir(os.path.join(NPM, "node_modules")),
                                "the npm servers are not installed (is the registry out of reach?)")
TOOL = "simulate-research-query"
ANSWER = {"action": "accept", "content": {"interpretation": "snake"}}


@needs_npm
class Everything(BridgeCase):
    server = [os.path.join(NPM, "node_modules", ".bin", "mcp-server-everything")]

    def test_in_a_legacy_session(self):
        client = LegacyClient(self.bridge, capabilities={"elicitation": {"form": {}}})
        self.addCleanup(client.close)
        self.assertIn("call", client.initialize()["capabilities"]["tasks"]["requests"]["tools"])
        tools = {tool["name"]: tool for tool in client.result("tools/list")["tools"]}
        self.assertEqual(tools[TOOL]["execution"], {"taskSupport": "required"})
        task = client.result("tools/call", {"name": TOOL, "task": {"ttl": 60000}, "arguments": {
            "topic": "python", "ambiguous": True}})["task"]["taskId"]
        wait_for(lambda: client.result("tasks/get", {"taskId": task})["status"] == "input_required",
                 20, what="its question")
        stream = client.post("tasks/result", {"taskId": task})
        question = stream.next_message().json
        self.assertEqual(question["params"]["_meta"][META + "related-task"], {"taskId": task})
        client.answer(question["id"], ANSWER)
        result = stream.messages()[-1]["result"]
        self.assertIn("snake", result["content"][0]["text"])
        listed = client.result("tasks/list")["tasks"]
        self.assertEqual([(one["taskId"], one["status"]) for one in listed], [(task, "completed")])

    def test_by_the_extension_without_a_session(self):
        client = ModernClient(self.bridge, capabilities={
            "elicitation": {"form": {}}, "extensions": {META + "tasks": {}}})
        self.addCleanup(client.close)
        begun = client.call(TOOL, {"topic": "python", "ambiguous": True})
        self.assertEqual((begun["resultType"], begun["ttlMs"]), ("task", 300000))
        task = {"taskId": begun["taskId"]}

        def until(status):
            told = client.result("tasks/get", task)
            return told if told["status"] == status else None
        asked = wait_for(lambda: until("input_required"), 20, what="its question")["inputRequests"]
        key, = asked
        client.result("tasks/update", {**task, "inputResponses": {key: ANSWER}})
        done = wait_for(lambda: until("completed"), 20, what="its end")
        self.assertIn("snake", done["result"]["content"][0]["text"])


if __name__ == "__main__":
    unittest.main()
