# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that would not do what they look like: the bridge says so, or does not start."""
import json
import os
import subprocess
import unittest

from bridge import Bridge, run_once


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

    def test_groups_without_anybody_who_tells_them_keep_it_from_starting(self):
        self.assertRefused("BRIDGE_REQUIRED_GROUPS: lets nobody in",
                           env={"BRIDGE_REQUIRED_GROUPS": "staff"})

    def test_what_is_wrong_is_said_once(self):
        servers = {name: {"command": "true"} for name in ("a", "b", "c")}
        status, output = run_once(
            server=(), args=("--config", "config.json"), env={"AUTH_PROVIDER": "user-api-key"},
            files={"config.json": json.dumps({"mcpServers": servers})})
        self.assertEqual(status, 2, output)
        for name in ("AUTH_TOKENS_INTERNAL_URL", "INTERNAL_API_SECRET", "MCP_CONNECTION_ID"):
            self.assertEqual(output.count(f"  {name}: "), 1, output)
        # Nor is what merely follows from it.
        status, output = run_once(env={
            "HOST": "0.0.0.0", "OAUTH_ISSUER_URL": "https://idp.example", "AUTH_ALGORITHMS": "XX",
            "BRIDGE_REQUIRED_GROUPS": "staff"})
        self.assertEqual(status, 2, output)
        self.assertIn("AUTH_ALGORITHMS: ", output)
        for name in ("HOST", "BRIDGE_REQUIRED_GROUPS"):
            self.assertNotIn(name + ": ", output)
        status, output = run_once(env={"HOST": "0.0.0.0"})
        self.assertEqual(status, 2, output)
        self.assertIn("  HOST: 0.0.0.0 can be reached by others", output)

    def test_settings_that_have_no_effect_are_told(self):
        with Bridge(env={"VAULT_FILE": "{home}/vault.db", "AUDIT_KEY": "a key of good length",
                         "OAUTH_CLIENT_ID": "bridge"}) as bridge:
            for text in ("VAULT_FILE has no effect", "AUDIT_KEY has no effect",
                         "OAUTH_CLIENT_ID has no effect"):
                self.assertIn(text, bridge.log())

    def test_those_that_have_one_are_summed_up(self):
        key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
        with Bridge(env={"VAULT_KEY": key, "AUDIT_LOG": "{home}/audit.log",
                         "VAULT_FILE": "{home}/v", "API_KEYS": "a-key-of-more-than-16-bytes",
                         "RATE_LIMIT_PER_USER": "5/s"}) as bridge:
            self.assertIn("told apart by API keys", bridge.log())
            self.assertIn("Policy: none. Limits: yes. Audit log: file without a key. Vault: on.",
                          bridge.log())
            self.assertNotIn("has no effect", bridge.log())
        with Bridge() as bridge:
            self.assertIn("nothing tells them apart; anybody else is let in", bridge.log())

    def test_callers_are_told_to_send_what_is_configured(self):
        with Bridge(env={"API_KEYS": "a-key-of-more-than-16-bytes", "HOST": "0.0.0.0",
                         "ADMIN_TOKEN": "an admin token of good length"}) as bridge:
            answer = bridge.get("/tools")
            self.assertEqual(answer.status, 401)
            self.assertIn("Send an API key in the header X-API-Key; under /admin the admin token",
                          str(answer.json))

    def test_a_key_file_that_others_can_open_is_refused(self):
        key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
        for mode, fine in ((0o644, False), (0o640, False), (0o620, False), (0o604, False),
                           (0o600, True), (0o400, True)):
            with self.subTest(oct(mode)):
                bridge = Bridge(env={"VAULT_KEY_FILE": "{home}/key", "VAULT_FILE": "{home}/v"},
                                files={"key": key})
                os.chmod(bridge.path("key"), mode)
                with bridge.directory:
                    done = subprocess.run([bridge.command[0], "routes", *bridge.command[1:]],
                                          env=bridge.env, cwd=bridge.home, capture_output=True,
                                          text=True, timeout=60)
                status, text = done.returncode, done.stderr + done.stdout
                self.assertEqual(status, 0 if fine else 2, text)
                self.assertEqual("VAULT_KEY_FILE" in text and "chmod 600" in text, not fine, text)
                self.assertNotIn(key, text)

    @unittest.skipUnless(os.geteuid() == 0, "Only root can give files away")
    def test_a_key_file_of_somebody_else_is_told(self):
        """Secrets that a container is given belong to root and are for all to read."""
        key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
        bridge = Bridge(env={"VAULT_KEY_FILE": "{home}/key", "VAULT_FILE": "{home}/v"},
                        files={"key": key})
        os.chown(bridge.path("key"), 65534, 65534)
        os.chmod(bridge.path("key"), 0o444)
        with bridge:
            self.assertIn("VAULT_KEY_FILE", bridge.log())
            self.assertIn("others", bridge.log())


if __name__ == "__main__":
    unittest.main()
