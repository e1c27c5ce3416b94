# SPDX-License-Identifier: GPL-3.0-or-later
"""The official TypeScript SDKs of both eras as clients and servers, each with each through the
bridge, and the SDKs of the older revisions as clients. Writes the page of the results."""
import json
import os
import subprocess
import unittest

from bridge import DEMO, SLOW, Bridge
from nodejs import Scripts, Service, needs_clients, version_of
from page import check_page
from recorder import Recorder

HERE = os.path.dirname(os.path.abspath(__file__))
ERAS = ["old", "new"]
TRANSPORTS = ["stdio", "http"]

SDK = "@modelcontextprotocol/sdk"
# Clients of the legacy era: what they speak, the package, and what carries it.
OLDER = [("2024-11-05", "sdk-2024-11-05", "sse"),
         ("2025-03-26", "sdk-2025-03-26", "sse"), ("2025-03-26", "sdk-2025-03-26", "http"),
         ("2025-06-18", "sdk-2025-06-18", "sse"), ("2025-06-18", "sdk-2025-06-18", "http"),
         ("2025-11-25", SDK, "sse"), ("2025-11-25", SDK, "http")]
PLACES = {"sse": "/sse", "http": "/servers/default/mcp"}

# Cells that cannot work: {(row, client, server, transport): why}. None now.
EXCEPTIONS = {}


class Matrix:
    """Results by (client, server, transport): {row: None or what went wrong}."""

    cells = {}
    older = {}  # by (revision, transport, server)
    valid = {}


def run_client(scripts, era, url, mark, names="", **more):
    """`names` is the server's at an endpoint of several."""
    env = {**os.environ, "BRIDGE_ROW_SECONDS": str(10 * SLOW), **more}
    if names:
        env["BRIDGE_NAME_PREFIX"] = names + "__"
        # Both have the same URIs; the first server keeps them.
        env["BRIDGE_URI_PREFIX"] = "" if names == ERAS[0] else f"bridge://{names}/"
    done = subprocess.run(scripts.command(f"{era}client.mjs", url, mark), capture_output=True,
                          timeout=120 * SLOW, env=env)
    lines = done.stdout.decode().splitlines()
    if not lines:
        raise AssertionError(f"the {era} client said nothing:\n{done.stderr.decode()}")
    return json.loads(lines[0])


def run_cells(case, scripts, server, transport):
    mark = scripts.path(f"mark-{server}-{transport}")
    command = scripts.command(f"{server}server.mjs", "--mark", mark)
    env, service = {}, None
    if transport == "http":
        service = Service(command + ["--http"])
        case.addClassCleanup(service.stop)
        env, command = {"MCP_REMOTE_SERVER": service.url}, DEMO
    with Bridge(command, env) as bridge, Recorder(bridge) as recorder:
        for client in ERAS:
            url = recorder.url + "/servers/default/mcp"
            Matrix.cells[client, server, transport] = run_client(scripts, client, url, mark)
        Matrix.valid[server, transport] = recorder.report()


def run_older(scripts, server):
    """The legacy clients in front of one server."""
    mark = scripts.path(f"mark-older-{server}")
    command = scripts.command(f"{server}server.mjs", "--mark", mark)
    for revision, package, transport in OLDER:
        with Bridge(command) as bridge, Recorder(bridge) as recorder:
            Matrix.older[revision, transport, server] = run_client(
                scripts, "old", recorder.url + PLACES[transport], mark, BRIDGE_SDK=package,
                BRIDGE_REVISION=revision, BRIDGE_TRANSPORT=transport)
            Matrix.valid[revision, transport, server] = recorder.report()


def run_together(case, scripts):
    """Both servers behind /mcp."""
    mark = scripts.path("mark-together")
    servers = {}
    for server in ERAS:
        command, *args = scripts.command(f"{server}server.mjs", "--mark", mark)
        servers[server] = {"command": command, "args": args}
    files = {"servers.json": json.dumps({"mcpServers": servers})}
    with Bridge(DEMO, args=["--config", "{home}/servers.json"], files=files) as bridge, \
            Recorder(bridge) as recorder:
        for server in ERAS:
            for client in ERAS:
                Matrix.cells[client, server, "/mcp"] = run_client(
                    scripts, client, recorder.url + "/mcp", mark, server)
        Matrix.valid["/mcp"] = recorder.report()


@needs_clients
class SdkMatrix(unittest.TestCase):
    longMessage = True

    @classmethod
    def setUpClass(cls):
        scripts = Scripts(os.path.join(HERE, "matrix"))
        cls.addClassCleanup(scripts.__exit__)
        for server in ERAS:
            for transport in TRANSPORTS:
                run_cells(cls, scripts, server, transport)
        run_together(cls, scripts)
        for server in ERAS:
            run_older(scripts, server)

    def test_every_cell_works_but_the_known_ones(self):
        bad = {}
        for (client, server, transport), rows in Matrix.cells.items():
            for row, problem in rows.items():
                key = (row, client, server, transport)
                if (problem is None) == (key in EXCEPTIONS):
                    bad[key] = problem or "works: take it off the list"
        self.assertEqual(bad, {})
        self.assertEqual(len(Matrix.cells), 12)
        self.assertGreaterEqual(min(map(len, Matrix.cells.values())), 16)

    def test_clients_of_older_revisions_work(self):
        bad = {key: problems for key, rows in Matrix.older.items()
               if (problems := {row: what for row, what in rows.items() if what})}
        self.assertEqual(bad, {})
        self.assertEqual(len(Matrix.older), 2 * len(OLDER))
        self.assertGreaterEqual(min(map(len, Matrix.older.values())), 13)
        self.assertIn("batch", Matrix.older["2025-03-26", "http", "old"])

    def test_older_clients_are_spoken_to_in_their_revision(self):
        for (revision, transport, server), rows in Matrix.older.items():
            checked = Matrix.valid[revision, transport, server]["checked"]
            if checked:
                self.assertIn(f"{revision} CallToolResult", checked)
                self.assertEqual({key.split()[0] for key in checked}, {revision})

    def test_every_message_is_valid_in_its_revision(self):
        for where, report in Matrix.valid.items():
            self.assertEqual(report["problems"], [], where)
        counts = [sum(report["checked"].values()) for report in Matrix.valid.values()]
        print(f"     {sum(counts)} messages checked")

    def test_the_page_says_so(self):
        check_page(self, "mcp-matrix.md", page())


def cell(row, client, server):
    """One sign for all ways when they agree."""
    signs = []
    for transport in [*TRANSPORTS, "/mcp"]:
        works = Matrix.cells[client, server, transport].get(row, "missing") is None
        signs.append("✔" if works else "✘")
    return signs[0] if len(set(signs)) == 1 else " / ".join(signs)


def older_table():
    names = {"sse": "HTTP+SSE", "http": "Streamable HTTP"}
    lines = ["| | " + " | ".join(f"{revision}<br>{names[transport]}"
                                 for revision, _, transport in OLDER) + " |",
             "|---|" + ":-:|" * len(OLDER)]
    known = [row for row in [*Matrix.cells["old", "old", "stdio"], "batch"]
             if any(row in rows for rows in Matrix.older.values())]
    for row in known:
        cells = []
        for revision, _, transport in OLDER:
            signs = ["–" if row not in rows else "✔" if rows[row] is None else "✘"
                     for rows in (Matrix.older[revision, transport, server] for server in ERAS)]
            cells.append(signs[0] if len(set(signs)) == 1 else " / ".join(signs))
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return "\n".join(lines)


def page():
    old = version_of("@modelcontextprotocol/sdk")
    new = version_of("@modelcontextprotocol/client")
    server = version_of("@modelcontextprotocol/server")
    with open(os.path.join(HERE, "matrix.md")) as file:
        text = file.read()
    lines = ["| | old client<br>old server | old client<br>new server | new client<br>old server "
             "| new client<br>new server |", "|---|:-:|:-:|:-:|:-:|"]
    for row in Matrix.cells["old", "old", "stdio"]:
        signs = [cell(row, a, b) for a in ERAS for b in ERAS]
        lines.append(f"| {row} | {' | '.join(signs)} |")
    text = text.replace("{table}", "\n".join(lines)).replace("{older}", older_table())
    for revision, package, _ in OLDER:
        text = text.replace("{" + revision + "}", version_of(package).split("@")[-1])
    for name, value in (("old", old), ("new", new), ("server", server),
                        ("inspector", version_of("@modelcontextprotocol/inspector"))):
        text = text.replace("{" + name + "}", value)
    notes = [f"- {row}, {client} client, {server} server over {transport}: {why}"
             for (row, client, server, transport), why in EXCEPTIONS.items()]
    return text.replace("{notes}", "\n".join(notes) or "Every cell works in all three ways.")
