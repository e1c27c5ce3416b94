# SPDX-License-Identifier: GPL-3.0-or-later
"""API keys, the vault and the audit log of a running bridge, and the commands beside it."""
import base64
import json
import os
import signal
import subprocess
import unittest

from bridge import PROGRAM, SLOW, Bridge, fixture, run_once, wait_for
from mcpclient import SseClient

KEY = base64.b64encode(b"k" * 32).decode()
OTHER = base64.b64encode(b"o" * 32).decode()


def command(bridge, *arguments, **env):
    done = subprocess.run([PROGRAM, *arguments], env={**bridge.env, **env}, cwd=bridge.home,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=20 * SLOW)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def lines(path):
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


def start_again(bridge):
    os.remove(bridge.log_path)  # it names the port of before
    bridge.start()


class ApiKeys(unittest.TestCase):
    env = {"API_KEY_STORE": "{home}/keys.json", "AUDIT_LOG": "{home}/audit.log",
           "AUTH_STRATEGIES": "api-key", "BRIDGE_ALLOW_ANONYMOUS": "false"}

    def setUp(self):
        self.bridge = Bridge(fixture("counter"), self.env)
        self.addCleanup(self.bridge.directory.cleanup)

    def make(self, *how):
        status, out, log = command(self.bridge, "apikey", "create", *how)
        self.assertEqual(status, 0, log)
        return out.strip(), log.split()[3].rstrip(";")

    def tools(self, key):
        return self.bridge.get("/tools", headers={"X-API-Key": key})

    def test_each_key_has_a_place_of_its_own(self):
        self.bridge = Bridge(fixture("probe"), {**self.env, "MCP_ENV_PLACE": "/data/{data_path}"})
        self.addCleanup(self.bridge.directory.cleanup)
        keys = [self.make("--name", "nightly", "--group", "ci") for _ in range(2)]
        with self.bridge as bridge:
            def place(key, query=""):
                answer = bridge.post("/tools/read_env" + query, {"name": "PLACE"},
                                     headers={"X-API-Key": key})
                self.assertEqual(answer.status, 200, answer.text)
                return answer.text
            for key, ident in keys:
                self.assertIn(f"/data/u/{ident}~key", place(key))
                self.assertIn("/data/g/ci~key", place(key, "?group=ci"))
            key, ident = keys[0]
            answer = bridge.post("/tools/read_env?group=hr", {"name": "PLACE"},
                                 headers={"X-API-Key": key})
            self.assertEqual(answer.status, 403)
            self.assertIn(f'The API key "{ident}" is no member', answer.json["detail"])

    def test_a_stream_ends_with_its_key(self):
        key, ident = self.make("--name", "listener")
        other, _ = self.make("--name", "other")
        with self.bridge as bridge:
            streams = []
            for one in (key, other):
                client = SseClient(bridge, headers={"X-API-Key": one})
                self.addCleanup(client.close)
                client.initialize()
                streams.append(client)
            self.assertEqual(command(bridge, "apikey", "revoke", ident)[0], 0)
            self.assertIsNone(streams[0].next())
            self.assertEqual(streams[1].request("ping")[0]["result"], {})
            wait_for(lambda: "The caller's credential has ended" in bridge.log(), what="the log")

    def test_a_key_lets_in_from_its_making_until_its_end(self):
        early, early_id = self.make("--name", "early")
        with self.bridge as bridge:
            self.assertEqual(bridge.get("/tools").status, 401)
            self.assertEqual(self.tools(early).status, 200)
            late, late_id = self.make("--name", "late")
            wait_for(lambda: self.tools(late).status == 200, what="the new key")
            self.assertEqual(command(bridge, "apikey", "revoke", early_id)[0], 0)
            wait_for(lambda: self.tools(early).status == 401, what="the end of the old key")
            self.assertEqual(self.tools(early).json["error"], "invalid_token")
            self.assertEqual(self.tools(late).status, 200)
            wait_for(lambda: "api_key_revoked" in str(lines(bridge.path("audit.log"))))
            bridge.stop()
            written = lines(bridge.path("audit.log"))
            self.assertIn(("api_key_created", late_id),
                          [(line["event"], line.get("target")) for line in written])
            self.assertIn(("api_key_revoked", early_id),
                          [(line["event"], line.get("target")) for line in written])
            refused = [line for line in written if line["event"] == "refusal"]
            self.assertEqual({line["success"] for line in refused}, {False})
            self.assertEqual(command(bridge, "audit", "verify", "audit.log")[0], 0)

    def test_sessions_of_two_keys_do_not_meet(self):
        ann, _ = self.make()
        bob, _ = self.make()
        with self.bridge as bridge:
            session = bridge.start_session(headers={"X-API-Key": ann})
            mine = bridge.call("call_counter", session=session, headers={"X-API-Key": ann})
            self.assertEqual(mine.status, 200, mine)
            his = bridge.call("call_counter", session=session, headers={"X-API-Key": bob})
            self.assertEqual(his.status, 404, his)

    def test_a_broken_file_ends_the_start_with_a_clear_text(self):
        status, output = run_once(env={"API_KEY_STORE": "{home}/keys.json"},
                                  files={"keys.json": '{"version": 1, "keys": [{"id": "x"}]}'})
        self.assertEqual(status, 2, output)
        self.assertIn("number 1 has no proper id", output)


class Vault(unittest.TestCase):
    env = {"VAULT_KEY": KEY, "VAULT_FILE": "{home}/vault.db"}

    def test_a_bridge_with_another_key_does_not_start(self):
        with Bridge(env=self.env) as bridge:
            bridge.stop()
            self.assertEqual(os.stat(bridge.path("vault.db")).st_mode & 0o777, 0o600)
            status, _, log = command(bridge, "--port", "0", VAULT_KEY=OTHER)
            self.assertEqual(status, 2, log)
            self.assertIn("no key that opens the vault", log)
            self.assertNotIn(OTHER, log)
            bridge.env["VAULT_KEY"] = f"{OTHER},{KEY}"
            start_again(bridge)
            bridge.stop()
            status, _, log = command(bridge, "vault", "rekey")
            self.assertEqual(status, 0, log)
            bridge.env["VAULT_KEY"] = OTHER
            start_again(bridge)

    def test_a_key_of_the_wrong_size_is_refused(self):
        status, output = run_once(env={**self.env, "VAULT_KEY": "aHVudGVyMg=="})
        self.assertEqual(status, 2, output)
        self.assertIn("VAULT_KEY", output)
        self.assertNotIn("aHVudGVyMg", output)

    def test_the_process_leaves_no_core(self):
        with Bridge(env=self.env) as bridge:
            with open(f"/proc/{bridge.process.pid}/limits") as file:
                core = next(line for line in file if line.startswith("Max core file size"))
            self.assertEqual(core.split()[4:6], ["0", "0"])
            # Without this flag a process's files under /proc belong to its user.
            self.assertEqual(os.stat(f"/proc/{bridge.process.pid}/environ").st_uid, 0)


class Audit(unittest.TestCase):
    env = {"AUDIT_LOG": "{home}/audit.log", "AUDIT_KEY": "an-audit-key-of-the-test",
           "API_KEYS": "the-key-of-the-test-0123456789"}

    def refuse(self, bridge):
        answer = bridge.get("/tools", headers={"X-API-Key": "not-the-key"})
        self.assertEqual(answer.status, 401, answer)

    def test_the_chain_goes_on_through_rotation_and_restart(self):
        with Bridge(env=self.env) as bridge:
            self.refuse(bridge)
            log = bridge.path("audit.log")
            wait_for(lambda: lines(log))
            os.rename(log, log + ".1")
            bridge.process.send_signal(signal.SIGHUP)
            wait_for(lambda: os.path.exists(log), what="the new file")
            self.refuse(bridge)
            bridge.stop()
            start_again(bridge)
            self.refuse(bridge)
            bridge.stop()
            self.assertEqual(len(lines(log)), 2)
            status, out, note = command(bridge, "audit", "verify", "audit.log.1", "audit.log")
            self.assertEqual(status, 0, note)
            self.assertTrue(out.startswith("3 lines are one unbroken chain."), out)
            with open(log) as file:
                text = file.read()
            with open(log, "w") as file:
                file.write(text.replace("refusal", "login", 1))
            status, _, note = command(bridge, "audit", "verify", "audit.log.1", "audit.log")
            self.assertEqual(status, 1)
            self.assertIn("audit.log: line 1 is wrong: it was changed", note)

    def test_two_bridges_do_not_share_a_file(self):
        with Bridge(env=self.env) as bridge:
            status, _, log = command(bridge, "--port", "0")
            self.assertEqual(status, 2, log)
            self.assertIn("another mcp-bridge", log)


if __name__ == "__main__":
    unittest.main()
