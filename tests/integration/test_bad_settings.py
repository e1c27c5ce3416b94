# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that would not do what they look like: the bridge says so, or does not start."""
import json
import unittest

from bridge import run_once


class BadSettings(unittest.TestCase):
    def assertRefused(self, text, **how):
        status, output = run_once(**how)
        self.assertEqual(status, 2, output)
        self.assertIn(text, output)

    def test_a_mistyped_placeholder_keeps_the_bridge_from_starting(self):
        server = {"command": "true", "env": {"DB": "/d/{datapath}.db"}}
        self.assertRefused("file: mcpServers.a.env.DB: {datapath} is no placeholder. "
                           "Did you mean {data_path}?",
                           server=(), args=("--config", "config.json"),
                           files={"config.json": json.dumps({"mcpServers": {"a": server}})})
        self.assertRefused("MCP_ENV_DB: {userid} is no placeholder. Did you mean {user_id}?",
                           env={"MCP_ENV_DB": "/d/{userid}.db"})
        self.assertRefused("{groupid} is no placeholder. Did you mean {group_id}?",
                           server=("true", "{groupid}"))


if __name__ == "__main__":
    unittest.main()
