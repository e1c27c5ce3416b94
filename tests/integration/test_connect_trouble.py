# SPDX-License-Identifier: GPL-3.0-or-later
"""`mcp-bridge connect` with tokens, lost sessions and servers that are away."""
import os
import subprocess
import tempfile
import unittest

from bridge import PROGRAM, SLOW, fixture, wait_for
from remote import Remote, values
from stdioclient import StdioClient, modern

TOKEN = "token-of-the-test-4711"
NEWER = "newer-token-of-the-test-0815"


def options(*arguments, env=None):
    """What `connect` says to these arguments; it is expected to refuse them."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run([PROGRAM, "connect", *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=20 * SLOW, cwd=home,
                              env={"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8",
                                   **(env or {})})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class RemoteTest(unittest.TestCase):
    def remote(self, *flags, upstream="counter", more=()):
        made = Remote(fixture(upstream, *more), flags)
        self.addCleanup(made.stop)
        return made

    def connect(self, remote, *arguments, path="/mcp", env=None):
        client = StdioClient([PROGRAM, "connect", remote.url + path, *arguments], env=env)
        self.addCleanup(client.__exit__, None, None, None)
        return client

    def restart(self, remote, *flags, upstream="counter"):
        """Another process at the same address, which knows nothing of before."""
        port = remote.url.rpartition(":")[2]
        remote.process.kill()
        remote.process.wait()
        return self.remote("--port", port, *flags, upstream=upstream)


class Tokens(RemoteTest):
    def file(self, text):
        handle, path = tempfile.mkstemp()
        os.close(handle)
        self.addCleanup(os.unlink, path)
        self.write(path, text)
        return path

    def write(self, path, text):
        with open(path, "w") as file:
            file.write(text)

    def replace(self, path, text):
        self.write(path + ".new", text)
        os.rename(path + ".new", path)

    def test_a_token_of_the_environment_is_shown_with_every_request(self):
        remote = self.remote("--era", "legacy")
        client = self.connect(remote, "--token-env", "MY_TOKEN", "--header", "X-Team: red",
                              "--header", "X-Api-Key: ${MY_KEY}-1",
                              env={"MY_TOKEN": TOKEN, "MY_KEY": "key-of-the-test"})
        client.initialize()
        client.text("call_counter")
        self.assertNotIn(TOKEN, client.command_line())
        self.assertEqual(client.end()[0], 0)
        seen = remote.seen()
        self.assertIn("DELETE", [one["method"] for one in seen])
        for one in seen:
            self.assertEqual(values(one, "Authorization"), ["Bearer " + TOKEN], one["method"])
            self.assertEqual(values(one, "X-Team"), ["red"])
            self.assertEqual(values(one, "X-Api-Key"), ["key-of-the-test-1"])

    def test_a_refused_token_is_read_again_and_the_request_repeated(self):
        path = self.file(TOKEN)
        remote = self.remote("--token-file", path, "--era", "legacy")
        mine = self.file(TOKEN)
        client = self.connect(remote, "--token-file", mine)
        client.initialize()
        client.text("call_counter")
        self.write(path, NEWER)
        self.write(mine, NEWER)  # whoever rotates tokens does it on both sides
        self.assertEqual(client.text("call_counter"), "{}")
        for token in (TOKEN, NEWER):
            self.assertNotIn(token, client.log())

    def test_a_replaced_token_file_counts_without_a_refusal(self):
        remote, mine = self.remote("--era", "legacy"), self.file(TOKEN)
        client = self.connect(remote, "--token-file", mine)
        client.initialize()
        self.replace(mine, NEWER + "\n")

        def newer():
            client.text("call_counter")
            return values(remote.seen(rpc="tools/call")[-1], "Authorization") == ["Bearer " + NEWER]
        wait_for(newer, what="the new token")

    def test_a_token_that_stays_wrong_is_an_error_that_tells_what_to_do(self):
        remote = self.remote("--token-file", self.file(TOKEN))
        wrong = self.file("wrong-token-of-the-test")
        client = self.connect(remote, "--token-file", wrong, "--log-level", "debug")
        for method, params in (("initialize", {"protocolVersion": "2025-11-25", "capabilities": {},
                                               "clientInfo": {"name": "x", "version": "1"}}),
                               ("server/discover", modern())):
            error = client.error(method, params)
            self.assertIn("401", error["message"])
            self.assertIn("--token-file", error["message"])
            self.assertEqual(error["data"]["resource_metadata"],
                             "https://auth.example.com/.well-known/x")
        self.assertIn("401", client.log())
        self.assertNotIn("wrong-token-of-the-test", client.log())
        self.write(wrong, TOKEN)
        client.initialize()
        client.text("call_counter")

    def test_secrets_on_the_command_line_are_refused(self):
        url = "http://127.0.0.1:9/mcp"
        for arguments, advice in (
                ([url, "--header", "Authorization: Bearer " + TOKEN], "--token-env"),
                ([url, "--header", "authorization:x"], "--token-file"),
                ([url, "--header", "X-Api-Key: " + TOKEN], "${VARIABLE}"),
                ([url, "--header", "Cookie: a=" + TOKEN], "${VARIABLE}"),
                ([url, "--token", TOKEN], "--token-env"),
                ([url, "--token-env", TOKEN], "--token-env"),
                ([url, TOKEN], "one address"),
                (["http://me:" + TOKEN + "@127.0.0.1:9/mcp"], "--token-env")):
            with self.subTest(arguments[-1]):
                status, out, log = options(*arguments)
                self.assertEqual((status, out), (2, ""))
                self.assertIn(advice, log)
                self.assertNotIn(TOKEN, log)

    def test_mistakes_are_told_together_before_anything_runs(self):
        status, out, log = options("ftp://x", "--timeout", "soon", "--header", "broken",
                                   "--header", "Host: x", "--nonsense", "--transport", "carrier")
        self.assertEqual((status, out), (2, ""))
        for word in ("URL", "--timeout", "'Name: value'", "Host", "--nonsense", "--transport"):
            self.assertIn(word, log)
        self.assertEqual(options()[0], 2)
        self.assertIn("MY_TOKEN", options("http://127.0.0.1:9", "--token-env", "MY_TOKEN")[2])
        mistaken = options("http://127.0.0.1:9", "--token-env", "ghp_tokenLikeAName")
        self.assertEqual(mistaken[0], 2)
        self.assertNotIn("tokenLikeAName", mistaken[2])
        self.assertEqual(options("http://127.0.0.1:9", "--token-file", "/nowhere")[0], 2)
        self.assertEqual(options("https://127.0.0.1:9", "--remote-ca-bundle", "/nowhere")[0], 2)
        self.assertEqual(options("http://127.0.0.1:9", "--token-env", "T",
                                 env={"T": "two words"})[0], 2)

    def test_help_goes_to_stdout(self):
        status, out, log = options("--help")
        self.assertEqual((status, log), (0, ""))
        self.assertIn("--token-file", out)


class Away(RemoteTest):
    def test_a_server_that_is_away_is_tried_again_with_the_next_request(self):
        remote = self.remote("--era", "legacy")
        client = self.connect(remote)
        remote.process.kill()
        remote.process.wait()
        error = client.error("initialize", {"protocolVersion": "2025-11-25", "capabilities": {},
                                            "clientInfo": {"name": "x", "version": "1"}})
        self.assertIn("cannot be reached", error["message"])
        self.assertIn("cannot be reached", client.log())
        self.restart(remote, "--era", "legacy")
        client.initialize()
        self.assertEqual(client.text("call_counter"), "{}")

    def test_a_lost_session_is_begun_anew(self):
        remote = self.remote("--era", "legacy", upstream="logs")
        client = self.connect(remote)
        first = client.initialize()
        client.result("logging/setLevel", {"level": "info"})
        again = self.restart(remote, "--era", "legacy", upstream="logs")
        self.assertTrue(client.result("tools/list")["tools"])
        self.assertEqual(first["protocolVersion"], "2025-11-25")
        wait_for(lambda: "logging/setLevel" in [one["message"]["method"] for one in again.seen(
            "POST")], what="the log level, told again")
        heard = list(client.aside)
        while not any(one.get("method") == "notifications/tools/list_changed" for one in heard):
            heard.append(client.next())
        self.assertEqual(len(again.seen(rpc="initialize")), 1)

    def test_a_tool_call_in_a_lost_session_is_an_error_and_the_next_one_works(self):
        remote = self.remote("--era", "legacy")
        client = self.connect(remote)
        client.initialize()
        client.text("call_counter")
        again = self.restart(remote, "--era", "legacy")
        answer = client.call("call_counter")
        self.assertIn("has ended", answer["error"]["message"])
        self.assertIn("A new session is begun", answer["error"]["message"])
        self.assertEqual(client.call("call_counter")["result"]["structuredContent"]["count"], 1)
        self.assertEqual(len(again.seen(rpc="tools/call")), 2)

    def test_a_server_that_is_another_one_now_is_an_error(self):
        remote = self.remote("--era", "legacy", upstream="logs")
        client = self.connect(remote)
        client.initialize()
        self.restart(remote, "--era", "legacy", upstream="counter")
        error = client.error("tools/list")
        self.assertIn("no longer offers", error["message"])
        self.assertIn("Restart the client", error["message"])

    def test_a_lost_stream_of_the_older_transport_is_opened_anew(self):
        remote = self.remote()
        client = self.connect(remote, path="/sse")
        client.initialize()
        client.text("call_counter")
        self.restart(remote)

        def works():
            return client.call("call_counter").get("result")
        self.assertEqual(wait_for(works)["structuredContent"]["count"], 1)

    def test_a_call_under_way_fails_when_the_server_dies(self):
        remote = self.remote("--era", "legacy", upstream="slow")
        client = self.connect(remote)
        client.initialize()
        ident = client.ask("tools/call", {"name": "sleep", "arguments": {"seconds": 60}})
        wait_for(lambda: remote.seen(rpc="tools/call"), what="the call")
        remote.process.kill()
        self.assertIn("error", client.answer(ident))

    def test_silence_is_given_up(self):
        remote = self.remote("--era", "legacy", "--json", upstream="slow")
        client = self.connect(remote, "--timeout", str(1.5 * SLOW))
        client.initialize()
        error = client.error("tools/call", {"name": "sleep", "arguments": {"seconds": 60 * SLOW}})
        self.assertIn("did not answer in time", error["message"])


class Ends(RemoteTest):
    def test_the_session_is_deleted_at_the_end_of_stdin_and_at_sigterm(self):
        for how in ("end", "terminate"):
            with self.subTest(how):
                remote = self.remote("--era", "legacy")
                client = self.connect(remote)
                client.initialize()
                status, seconds = getattr(client, how)()
                self.assertEqual(status, 0)
                self.assertLess(seconds, 2 * SLOW)
                self.assertEqual(len(remote.seen("DELETE")), 1)

    def test_a_server_that_does_not_let_go_is_left(self):
        remote = self.remote("--era", "legacy", "--hang-close", "30")
        client = self.connect(remote)
        client.initialize()
        status, seconds = client.end()
        self.assertEqual(status, 0)
        self.assertLess(seconds, 4 * SLOW)

    def test_a_server_that_is_away_does_not_delay_the_end(self):
        remote = self.remote("--era", "legacy")
        client = self.connect(remote)
        client.initialize()
        remote.process.kill()
        remote.process.wait()
        status, seconds = client.end()
        self.assertEqual(status, 0)
        self.assertLess(seconds, 3 * SLOW)

    def test_a_stdin_that_was_never_there_is_its_end(self):
        remote = self.remote()
        done = subprocess.run(["sh", "-c", 'exec "$0" connect "$1" <&-', PROGRAM,
                               remote.url + "/mcp"], capture_output=True, timeout=10 * SLOW)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    def test_nothing_else_gets_the_numbers_of_standard_streams(self):
        with tempfile.TemporaryDirectory() as home:
            server = subprocess.Popen(["sh", "-c", 'exec "$0" --port 0 <&- >&- 2>&-', PROGRAM],
                                      cwd=home)
            self.addCleanup(server.wait)
            self.addCleanup(server.kill)
            links = [f"/proc/{server.pid}/fd/{number}" for number in range(3)]

            def target(link):
                try:
                    return os.readlink(link)
                except OSError:  # not there yet
                    return ""
            wait_for(lambda: all(target(link) == os.devnull for link in links),
                     what="the opening of the streams")

    def test_a_client_that_no_longer_reads_is_left_in_the_middle_of_a_batch(self):
        remote = self.remote()
        reading, writing = os.pipe()
        client = subprocess.Popen([PROGRAM, "connect", remote.url + "/mcp"],
                                  stdin=subprocess.PIPE, stdout=writing, stderr=subprocess.DEVNULL)
        self.addCleanup(client.stdin.close)
        self.addCleanup(client.kill)
        os.close(writing)
        os.close(reading)
        ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
        client.stdin.write(f"[{ping},{ping},{ping}]\n".encode())  # the second is refused at once
        client.stdin.flush()
        self.assertEqual(client.wait(10 * SLOW), 0)


class Fallback(RemoteTest):
    def test_an_older_server_is_found_out(self):
        remote = self.remote()
        client = self.connect(remote, path="/events")
        self.assertIn("error", client.request("server/discover", modern()))
        client.initialize()
        self.assertEqual(client.text("call_counter"), "{}")

    def test_a_wrong_address_is_told_in_the_servers_words(self):
        remote = self.remote()
        client = self.connect(remote, path="/nowhere")
        error = client.error("initialize", {"protocolVersion": "2025-11-25", "capabilities": {},
                                            "clientInfo": {"name": "x", "version": "1"}})
        self.assertIn("404", error["message"])
        self.assertIn("Check the address", error["message"])


if __name__ == "__main__":
    unittest.main()
