# SPDX-License-Identifier: GPL-3.0-or-later
"""`mcp-bridge client-config`: what clients are told works as it is printed."""
import json
import os
import shlex
import subprocess
import tempfile
import unittest

from bridge import PROGRAM, SLOW, Bridge, fixture
from case import BridgeCase
from stdioclient import StdioClient

CLIENTS = ["claude-desktop", "claude-code", "claude-code-project", "cursor", "vscode", "windsurf",
           "zed", "gemini-cli", "codex", "http", "stdio"]


def run(*arguments, env=None, cwd=None):
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run([PROGRAM, "client-config", *arguments], capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=20 * SLOW, cwd=cwd or home,
                              env={"PATH": os.environ["PATH"], "HOME": home, **(env or {})})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def entries(*arguments, **how):
    status, out, log = run("--json", *arguments, **how)
    assert status == 0, log
    return {entry["client"]: entry for entry in json.loads(out)}


def servers(config):
    """The one entry of a configuration in any of the clients' shapes."""
    section, = [value for key, value in config.items() if key != "inputs"]
    (name, entry), = section.items()
    return name, entry


class Texts(unittest.TestCase):
    def test_every_client_is_known_and_every_json_text_parses(self):
        for how in ((), ("--token-env", "MY_TOKEN"), ("--token-file", "/run/token")):
            found = entries("--url", "https://bridge.example.com", *how)
            self.assertEqual(list(found), CLIENTS)
            for client, entry in found.items():
                with self.subTest(client, how=how):
                    if "config" in entry:
                        self.assertEqual(json.loads(entry["text"]), entry["config"])
                    status, text, note = run("--url", "https://bridge.example.com", *how, client)
                    self.assertEqual((status, text), (0, entry["text"]))
                    self.assertIn(entry["place"], note)

    def test_addresses_are_completed(self):
        for given, arguments, wanted in (
                ("https://b.example", (), "https://b.example/mcp"),
                ("https://b.example/", (), "https://b.example/mcp"),
                ("https://b.example/base/mcp", (), "https://b.example/base/mcp"),
                ("https://b.example/base", ("--server", "git"),
                 "https://b.example/base/servers/git/mcp"),
                ("https://b.example/mcp", ("--server", "git"), "https://b.example/servers/git/mcp"),
                ("https://b.example/base", ("--view", "dev"),
                 "https://b.example/base/views/dev/mcp"),
                ("https://b.example/sse", (), "https://b.example/sse")):
            with self.subTest(given):
                name, entry = servers(entries("--url", given, *arguments)["cursor"]["config"])
                self.assertEqual(entry["url"], wanted)
                self.assertEqual(name, arguments[1] if arguments else "mcp-bridge")

    def test_without_an_address_it_is_the_one_of_the_settings(self):
        found = entries(env={"PORT": "9123", "MCP_BASE_PATH": "/api"})
        self.assertEqual(servers(found["http"]["config"])[1]["url"],
                         "http://127.0.0.1:9123/api/mcp")

    def test_settings_that_cannot_be_read_are_told(self):
        with tempfile.TemporaryDirectory() as home:
            broken = os.path.join(home, "broken.json")
            with open(broken, "w") as file:
                file.write('{"mcpServers": {')
            for path in (broken, os.path.join(home, "missing.json")):
                with self.subTest(path):
                    status, out, log = run("cursor", env={"BRIDGE_CONFIG": path})
                    self.assertEqual((status, out), (2, ""))
                    self.assertIn("BRIDGE_CONFIG" if "missing" in path else path, log)
                    self.assertEqual(
                        run("--url", "https://b.example", "cursor", env={"BRIDGE_CONFIG": path})[0],
                        0)

    def test_servers_and_views_must_be_among_those_of_the_settings(self):
        with tempfile.TemporaryDirectory() as home:
            path = os.path.join(home, "config.json")
            with open(path, "w") as file:
                json.dump({"mcpServers": {"git": {"command": "x"}, "files": {"command": "x"}},
                           "bridge": {"views": {"dev": {"servers": {"git": {}}}}}}, file)
            env = {"BRIDGE_CONFIG": path}
            for arguments, words in (
                    (["--server", "gitt"], "Did you mean git? There are: git, files."),
                    (["--view", "prod"], "There are: dev.")):
                status, out, log = run(*arguments, env=env)
                self.assertEqual((status, out), (2, ""))
                self.assertIn(words, log)
            for arguments in (["--server", "files"], ["--view", "dev"]):
                self.assertEqual(run(*arguments, env=env)[0], 0, arguments)
        status, out, log = run("--view", "dev")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("There is none.", log)
        self.assertEqual(run("--server", "default")[0], 0)

    def test_tokens_are_named_in_the_way_of_each_client_and_never_shown(self):
        secret = "secret-of-the-test-4711"
        found = entries("--url", "https://b.example", "--token-env", "MY_TOKEN",
                        env={"MY_TOKEN": secret})
        self.assertNotIn(secret, json.dumps(found))
        for client, reference in (("claude-code-project", "${MY_TOKEN}"),
                                  ("cursor", "${env:MY_TOKEN}"), ("windsurf", "${env:MY_TOKEN}"),
                                  ("vscode", "${input:MY_TOKEN}"), ("gemini-cli", "${MY_TOKEN}")):
            with self.subTest(client):
                entry = servers(found[client]["config"])[1]
                self.assertEqual(entry["headers"], {"Authorization": "Bearer " + reference})
        self.assertEqual(found["vscode"]["config"]["inputs"][0]["id"], "MY_TOKEN")
        self.assertIn('bearer_token_env_var = "MY_TOKEN"', found["codex"]["text"])
        for client in ("claude-desktop", "zed", "stdio"):
            self.assertEqual(servers(found[client]["config"])[1]["args"][2:],
                             ["--token-env", "MY_TOKEN"])

    def test_mistakes_are_refused(self):
        for arguments, word in ((["cursr"], "Did you mean cursor?"), (["--nonsense"], "--help"),
                                (["cursor", "zed"], "not expected"), (["--url"], "needs a value"),
                                (["--url", "b.example"], "absolute"),
                                (["--url", "https://me:pw@b.example"], "--token-env"),
                                (["--url", "https://b.example?key=1"], "--token-env"),
                                (["--server", "../x"], "name of a server"),
                                (["--view", "a/b"], "name of a view"),
                                (["--view", "a", "--server", "b"], "give one"),
                                (["--token-env", "a b"], "not the token")):
            with self.subTest(arguments):
                status, out, log = run(*arguments)
                self.assertEqual((status, out), (2, ""))
                self.assertIn(word, log)


class Works(BridgeCase):
    server = fixture("counter")

    def url(self):
        return f"http://127.0.0.1:{self.bridge.port}"

    def try_stdio(self, command):
        with StdioClient(command) as client:
            client.initialize()
            self.assertEqual(client.text("call_counter"), "{}")

    def test_what_starts_a_program_runs_word_for_word(self):
        for client in ("claude-desktop", "stdio"):
            with self.subTest(client):
                entry = servers(json.loads(run("--url", self.url(), client)[1]))[1]
                self.try_stdio([entry["command"], *entry["args"]])

    def test_so_does_the_one_with_a_token_file(self):
        token = self.bridge.path("my token")
        with open(token, "w") as file:
            file.write("some-token-of-the-test")
        found = entries("--url", self.url(), "--token-file", token)
        for client in ("cursor", "vscode", "windsurf", "zed", "gemini-cli", "claude-code-project"):
            entry = servers(found[client]["config"])[1]
            self.assertEqual(entry["args"][-2:], ["--token-file", token])
        self.try_stdio([entry["command"], *entry["args"]])
        words = shlex.split(found["claude-code"]["text"])
        self.assertEqual(words[:5], ["claude", "mcp", "add", "mcp-bridge", "--"])
        self.try_stdio(words[5:])

    def test_what_names_an_address_names_the_endpoint(self):
        entry = servers(entries("--url", self.url())["http"]["config"])[1]
        path = entry["url"].removeprefix(self.url())
        answer = self.bridge.post(path, {"jsonrpc": "2.0", "id": 1, "method": "initialize",
                                         "params": {"protocolVersion": "2025-11-25",
                                                    "capabilities": {}, "clientInfo": {
                                                        "name": "x", "version": "1"}}},
                                  headers={"Accept": "application/json, text/event-stream"})
        self.assertStatus(answer, 200)


class OneOfMany(unittest.TestCase):
    def test_the_snippet_of_one_server_reaches_that_one_alone(self):
        config = {"mcpServers": {name: dict(zip(("command", "args"), (
            command[0], command[1:]))) for name, command in (
                ("one", fixture("counter", "--tools", "alpha")),
                ("two", fixture("counter", "--tools", "beta")))}}
        with Bridge(args=["--config", "{home}/c.json"],
                    files={"c.json": json.dumps(config)}) as bridge:
            url = f"http://127.0.0.1:{bridge.port}"
            entry = servers(json.loads(run("--url", url, "--server", "two", "stdio")[1]))[1]
            with StdioClient([entry["command"], *entry["args"]]) as client:
                client.initialize()
                self.assertEqual([tool["name"] for tool in client.result("tools/list")["tools"]],
                                 ["beta"])


if __name__ == "__main__":
    unittest.main()
