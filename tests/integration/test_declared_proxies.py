# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients behind proxies: whose address counts, in logs and limits, and from when on."""
import unittest

from auditcase import AuditLines
from bridge import Bridge, run_once, wait_for
from idp import Idp, needs_idp
from reloading import ReloadCase, entry


def behind(client):
    return {"X-Forwarded-For": client}


@needs_idp
class Reloaded(ReloadCase, AuditLines):
    servers = {"one": entry("counter")}

    def setUp(self):
        self.idp = Idp().start()
        self.addCleanup(self.idp.__exit__)
        self.env = {**self.idp.env(), "AUDIT_LOG": "{home}/audit.jsonl",
                    "AUTH_BAD_TOKENS_PER_MINUTE": "3", "ADMIN_TOKEN": "t" * 32}
        super().setUp()

    def statuses(self, *clients):
        def forged(who):
            return self.idp.mint(how={"spoil": "signature"}, sub=who)
        return [self.bridge.get("/tools", token=forged(client), headers=behind(client)).status
                for client in clients]

    def declare(self, *proxies):
        self.write(settings={"TRUSTED_PROXIES": list(proxies)})
        answer = self.bridge.post("/admin/reload", token="t" * 32)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json["settings"], ["TRUSTED_PROXIES"])

    def test_a_proxy_that_a_reload_declares_is_believed_by_limits_and_logs_alike(self):
        self.declare("127.0.0.1")
        self.assertEqual(self.statuses(*(f"203.0.113.{i}" for i in range(1, 7))), [401] * 6)
        self.line("refusal", address="203.0.113.6")
        wait_for(lambda: "client=203.0.113.6" in self.bridge.log(), what="the access log")
        self.assertFalse(self.lines("rate_limited"))
        self.declare("0.0.0.0/0")
        self.assertIn("TRUSTED_PROXIES holds nearly all addresses", self.bridge.log())
        self.declare()
        self.assertEqual(self.statuses(*(f"203.0.113.{i}" for i in range(11, 16))),
                         [401] * 3 + [429] * 2)
        self.assertEqual(self.line("rate_limited")["address"], "127.0.0.1")
        self.assertNotIn("203.0.113.11", self.bridge.log())


class Strangers(ReloadCase, AuditLines):
    servers = {"one": entry("counter")}
    settings = {"policy": {"default": "allow", "rules": [
        {"name": "closed", "effect": "deny", "tools": "call_counter"}]}}
    env = {"AUDIT_LOG": "{home}/audit.jsonl", "TRUSTED_PROXIES": "127.0.0.1,10.0.0.0/8",
           "AUDIT_TOOL_CALLS": "true"}

    def ask(self, client):
        return self.call("one", "call_counter", headers=behind(client)).status

    def test_rules_that_stop_a_flood_of_strangers_do_not_flood_the_audit_log(self):
        for _ in range(30):
            self.assertEqual(self.ask("203.0.113.1"), 404)
        self.assertEqual(self.ask("203.0.113.2"), 404)
        self.line("policy_decision", address="203.0.113.2", reason="closed")
        for event in ("policy_decision", "tool_call"):
            self.assertEqual(len(self.lines(event, address="203.0.113.1")), 1, event)

    def test_what_clients_write_gets_into_no_log(self):
        for text in ("fe80::1%eth0 was verified", "203.0.113.9 was verified"):
            self.ask(text)
            self.ask("198.51.100.77, " + text)
        self.ask("203.0.113.3")
        wait_for(lambda: "client=203.0.113.3" in self.bridge.log(), what="the access log")
        for text in (self.bridge.log(), str(self.lines())):
            self.assertNotIn("was verified", text)
            self.assertNotIn("198.51.100.77", text)


class Settings(unittest.TestCase):
    def test_short_forms_are_refused_at_the_start(self):
        for name in ("TRUSTED_PROXIES", "AUTH_TRUSTED_PROXIES"):
            status, output = run_once(env={name: "10.0.0.5,127/8"})
            self.assertEqual(status, 2, output)
            self.assertIn(f'{name}: "127/8" is no network.', output)

    def test_networks_that_hold_everybody_are_warned_of(self):
        with Bridge(env={"TRUSTED_PROXIES": "0.0.0.0/0"}) as bridge:
            self.assertIn("TRUSTED_PROXIES holds nearly all addresses", bridge.log())
        with Bridge(env={"TRUSTED_PROXIES": "10.0.0.0/8"}) as bridge:
            self.assertNotIn("holds nearly all addresses", bridge.log())


if __name__ == "__main__":
    unittest.main()
