# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics of who is turned away and why, and of issuers that cannot be asked."""
import json
import re
import time
import unittest

from bridge import wait_for
from idp import IdpCase, bearer, needs_idp
from mcpclient import ModernClient
from reloading import entry

REASONS = ("no_credential", "bad_token", "expired", "not_member", "forbidden", "policy",
           "rate_limited", "provider_down", "other")


@needs_idp
class Refusals(IdpCase):
    server = None
    args = ["--config", "{home}/config.json"]
    files = {"config.json": json.dumps({
        "mcpServers": {"one": entry("counter", "--tools", "read,write,hidden")},
        "bridge": {"policy": {"default": "allow",
                              "rules": [{"effect": "deny", "tools": "hidden"}]},
                   "limits": [{"name": "writing", "quota": "1/h", "tools": "write"}]}})}
    env = {"BRIDGE_REQUIRED_GROUPS": "staff", "ADMIN_TOKEN": "0123456789abcdef0123456789abcdef"}

    def counts(self):
        text = self.bridge.get("/metrics").text
        found = re.findall(r'^mcp_auth_refusals_total\{reason="([^"]*)"\} (\d+)', text, re.M)
        return {reason: int(count) for reason, count in found}

    def refused(self, reason, ask, status):
        before = self.counts()
        self.assertStatus(ask(), status)
        self.assertEqual(self.counts(), {**before, reason: before[reason] + 1})

    def test_each_reason_is_counted_for_itself(self):
        bridge, mint = self.bridge, self.idp.mint
        token = mint(sub="alice", groups=["staff"])
        self.refused("no_credential", lambda: bridge.get("/tools"), 401)
        self.refused("bad_token", lambda: bridge.get("/tools", token="a.b.c"), 401)
        self.refused("bad_token", lambda: bridge.get("/tools", token=mint(
            sub="alice", how={"key": "stranger"})), 401)
        self.refused("expired", lambda: bridge.get("/tools", token=mint(
            sub="alice", exp=int(time.time()) - 3600)), 401)
        self.refused("not_member", lambda: bridge.get("/tools", token=mint(sub="bob")), 403)
        self.refused("not_member", lambda: bridge.get("/tools?group=ops", token=token), 403)
        self.refused("forbidden", lambda: bridge.get("/admin/config", token=token), 403)
        self.refused("policy", lambda: bridge.post("/tools/hidden", {}, token=token), 404)
        self.assertStatus(bridge.post("/tools/write", {}, token=token), 200)
        self.refused("rate_limited", lambda: bridge.post("/tools/write", {}, token=token), 429)
        self.refused("rate_limited", lambda: ModernClient(bridge).post(
            "tools/call", {"name": "write"}, headers=bearer(token)), 429)

    def test_nobody_makes_labels(self):
        self.assertEqual(set(self.counts()), set(REASONS))  # from the start, so that rates can be had


@needs_idp
class Issuers(IdpCase):
    @classmethod
    def idp_env(cls, idp):
        down = json.dumps([{"issuer": "http://127.0.0.1:9/down"}])
        return idp.env(AUTH_ISSUERS=down)

    def test_issuers_are_up_or_down(self):
        up = lambda issuer: self.bridge.metric("mcp_issuer_up", issuer=issuer)
        wait_for(lambda: up(self.idp.issuer()) == 1, what="the issuer that is up")
        wait_for(lambda: 'mcp_issuer_up{issuer="http://127.0.0.1:9/down"} 0'
                 in self.bridge.get("/metrics").text, what="the issuer that is down")
        self.assertStatus(self.bridge.get("/readyz"), 200)
        before = self.bridge.metric("mcp_auth_refusals_total", reason="provider_down")
        token = self.idp.mint(sub="bob", iss="http://127.0.0.1:9/down")
        self.assertStatus(self.bridge.get("/tools", token=token), 503)
        self.assertEqual(self.bridge.metric("mcp_auth_refusals_total", reason="provider_down"),
                         before + 1)


class NoIssuers(IdpCase):
    @classmethod
    def idp_env(cls, idp):
        return {}

    def test_there_is_nothing_to_tell_of(self):
        self.assertNotIn("mcp_issuer_up{", self.bridge.get("/metrics").text)


if __name__ == "__main__":
    unittest.main()
