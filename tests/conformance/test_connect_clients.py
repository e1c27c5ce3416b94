# SPDX-License-Identifier: GPL-3.0-or-later
"""The official TypeScript SDKs of both eras by way of `mcp-bridge connect`: what works for them over
HTTP works as well when they start a program instead."""
import os
import unittest

from bridge import PROGRAM, Bridge
from nodejs import Scripts, needs_clients
from test_matrix import EXCEPTIONS, run_client

# The SDKs lose progress that arrives in one read with the answer, from their own stdio servers as
# well; integration_connect looks at the order of the lines itself.
LOST = {"progress"}

HERE = os.path.dirname(os.path.abspath(__file__))


@needs_clients
class ByConnect(unittest.TestCase):
    longMessage = True

    def run_all(self, client):
        os.environ["BRIDGE_CONNECT"] = PROGRAM
        self.addCleanup(os.environ.pop, "BRIDGE_CONNECT")
        for server in ("old", "new"):
            with self.subTest(server=server), Scripts(os.path.join(HERE, "matrix")) as scripts:
                mark = scripts.path("mark")
                with Bridge(scripts.command(f"{server}server.mjs", "--mark", mark)) as bridge:
                    rows = run_client(scripts, client,
                                      f"http://127.0.0.1:{bridge.port}/servers/default/mcp", mark)
                bad = {row: problem for row, problem in rows.items()
                       if problem and row not in LOST
                       and (row, client, server, "stdio") not in EXCEPTIONS}
                self.assertEqual(bad, {})
                self.assertGreaterEqual(len(rows), 16)

    def test_a_client_of_the_legacy_era(self):
        self.run_all("old")

    def test_a_client_of_the_modern_era(self):
        self.run_all("new")


if __name__ == "__main__":
    unittest.main()
