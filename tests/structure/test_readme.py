# SPDX-License-Identifier: GPL-3.0-or-later
"""The README's curl examples, run word for word but for the port."""
import json
import pathlib
import re
import shutil
import subprocess
import unittest

from bridge import Bridge

ROOT = pathlib.Path(__file__).resolve().parents[2]


@unittest.skipUnless(shutil.which("curl"), "curl is not installed")
class Readme(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        cls.commands = re.findall(r"^\$ (curl .*)$", text, re.MULTILINE)
        cls.bridge = Bridge()
        cls.bridge.__enter__()
        cls.outputs = [cls.run_one(command) for command in cls.commands]

    @classmethod
    def tearDownClass(cls):
        cls.bridge.__exit__(None, None, None)

    @classmethod
    def run_one(cls, command):
        here = command.replace("http://127.0.0.1:8000", f"http://127.0.0.1:{cls.bridge.port}")
        done = subprocess.run(["sh", "-c", here], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def test_there_are_six_examples(self):
        self.assertEqual(len(self.commands), 6)

    def test_the_first_lists_the_tools(self):
        self.assertIn("add", [tool["name"] for tool in json.loads(self.outputs[0])])

    def test_the_second_adds(self):
        self.assertEqual(json.loads(self.outputs[1])["structuredContent"], {"result": 5})

    def test_the_third_starts_the_named_session(self):
        self.assertEqual(json.loads(self.outputs[2])["session_id"], "mine")

    def test_the_fourth_counts_in_it(self):
        self.assertEqual(json.loads(self.outputs[3])["structuredContent"], {"result": 1})

    def test_the_fifth_streams_progress_and_the_result(self):
        events = [json.loads(line[6:]) for line in self.outputs[4].splitlines()
                  if line.startswith("data: ")]
        self.assertEqual([event["progress"] for event in events if event["type"] == "progress"],
                         [20, 40, 60, 80, 100])
        self.assertEqual(events[-1]["type"], "result")

    def test_the_sixth_closes_it(self):
        answer = json.loads(self.outputs[5])
        self.assertEqual((answer["status"], answer["total_requests"]), ("closed", 1))


if __name__ == "__main__":
    unittest.main()
