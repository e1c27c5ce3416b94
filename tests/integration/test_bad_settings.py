# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that would not do what they look like: the bridge says so, or does not start."""
import json
import os
import subprocess
import unittest

from bridge import PROGRAM, Bridge, run_once


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

        with Bridge(env={"API_KEYS": "a-key-of-more-than-16-bytes",
                         "BRIDGE_REQUIRED_GROUPS": "staff"}) as bridge:
            answer = bridge.get("/tools")
            self.assertEqual(answer.status, 401)
            self.assertIn("Send an API key in the header X-API-Key", str(answer.json))
            self.assertNotIn("access token", str(answer.json))

    def test_only_ways_that_are_in_force_are_named(self):
        key = "a-key-of-more-than-16-bytes"
        issuer = {"OAUTH_ISSUER_URL": "https://idp.example", "OAUTH_AUDIENCE": "bridge"}
        with Bridge(env={**issuer, "API_KEYS": key, "AUTH_STRATEGIES": "api-key",
                         "ADMIN_TOKEN": "an admin token of good length"}) as bridge:
            self.assertIn("Callers: told apart by API keys; nobody else is let in", bridge.log())
            self.assertIn("AUTH_STRATEGIES leaves out bearer", bridge.log())
            answer = bridge.get("/tools", token="x.y.z")
            self.assertEqual(answer.status, 401)
            self.assertIn("Send an API key in the header X-API-Key.", str(answer.json))
        with Bridge(env={**issuer, "OAUTH_CLIENT_ID": "bridge", "API_KEYS": key}) as bridge:
            self.assertIn("told apart by access tokens of https://idp.example, the login of people "
                          "there, API keys; anybody else is let in", bridge.log())
        with Bridge(env={**issuer, "OAUTH_CLIENT_ID": "bridge",
                         "AUTH_STRATEGIES": "login"}) as bridge:
            self.assertIn("told apart by the login of people at https://idp.example; nobody else",
                          bridge.log())
            self.assertIn("/oauth/login", str(bridge.get("/tools").json))
            self.assertNotIn("X-API-Key", str(bridge.get("/tools").json))

    def test_strategies_that_nothing_is_configured_for_are_told(self):
        with Bridge(env={"OAUTH_ISSUER_URL": "https://idp.example",
                         "AUTH_STRATEGIES": "bearer,login,api-key,anonymous"}) as bridge:
            self.assertIn("AUTH_STRATEGIES names login", bridge.log())
            self.assertIn("AUTH_STRATEGIES names api-key", bridge.log())
            self.assertNotIn("AUTH_STRATEGIES names bearer", bridge.log())
        for given in ("login", "api-key,bearer", "admin-token"):
            self.assertRefused("AUTH_STRATEGIES: lets nobody in", env={"AUTH_STRATEGIES": given})
        self.assertRefused("AUTH_STRATEGIES: lets nobody in", env={
            "AUTH_STRATEGIES": "login", "OAUTH_ISSUER_URL": "https://idp.example"})

    def test_settings_that_wait_for_an_issuer_are_told(self):
        with Bridge(env={"BRIDGE_ADMIN_GROUPS": "ops", "OAUTH_AUDIENCE": "bridge"}) as bridge:
            for text in ("BRIDGE_ADMIN_GROUPS makes nobody", "OAUTH_AUDIENCE has no effect"):
                self.assertIn(text, bridge.log())
        with Bridge(env={"BRIDGE_ADMIN_GROUPS": "ops", "AUTH_TRUST_PROXY_HEADERS": "true",
                         "AUTH_TRUSTED_PROXIES": "127.0.0.1"}) as bridge:
            self.assertNotIn("BRIDGE_ADMIN_GROUPS", bridge.log())

    def test_proxies_that_are_not_the_ones_that_were_named_are_told(self):
        env = {"AUTH_TRUST_PROXY_HEADERS": "true", "HOST": "0.0.0.0"}
        with Bridge(env={**env, "AUTH_TRUSTED_PROXIES": "10.9.9.9"}) as bridge:
            for _ in range(3):
                answer = bridge.get("/tools", headers={"X-Forwarded-User": "alice"})
                self.assertEqual(answer.status, 401)
                self.assertIn("proxy", str(answer.json))
                self.assertNotIn("access token", str(answer.json))
            lines = [line for line in bridge.log().splitlines() if "AUTH_TRUSTED_PROXIES" in line]
            self.assertEqual(len(lines), 1, lines)
            self.assertIn("127.0.0.1", lines[0])
            self.assertNotIn("alice", bridge.log())
        for all_of_them in ("0.0.0.0/0", "10.0.0.1,::/0", "::ffff:0:0/96"):
            with Bridge(env={**env, "AUTH_TRUSTED_PROXIES": all_of_them}) as bridge:
                self.assertIn("AUTH_TRUSTED_PROXIES holds", bridge.log())
        with Bridge(env={**env, "AUTH_TRUSTED_PROXIES": "10.0.0.0/8,fd00::/16"}) as bridge:
            self.assertNotIn("AUTH_TRUSTED_PROXIES holds", bridge.log())

    def test_routes_tells_what_its_list_means(self):
        for option in ("--help", "-h"):
            done = subprocess.run([PROGRAM, "routes", option], capture_output=True, text=True,
                                  timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("Usage: mcp-bridge routes", done.stdout)
            self.assertNotIn("/tools", done.stdout)

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
