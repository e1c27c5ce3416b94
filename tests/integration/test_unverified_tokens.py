# SPDX-License-Identifier: GPL-3.0-or-later
"""Where nothing verifies access tokens, one that somebody made up opens nothing, names nobody and
takes nobody's place; what a trusted proxy did not say itself, its clients said."""
import json
import unittest

from bridge import PROGRAM, Bridge, fixture, run_once
from client import token
from idp import bearer
from mcpclient import message

KEY = "a-key-of-good-length-4711"
OPEN = {"HOST": "0.0.0.0"}
ELSEWHERE = {"AUTH_TRUST_PROXY_HEADERS": "true", "AUTH_TRUSTED_PROXIES": "10.9.9.9"}
HERE = {"AUTH_TRUST_PROXY_HEADERS": "true", "AUTH_TRUSTED_PROXIES": "127.0.0.1"}
MADE_UP = {"text": "x", "token": token("alice", groups=["staff", "ops"])}
INITIALIZE = message("initialize", {"protocolVersion": "2025-06-18", "capabilities": {},
                                    "clientInfo": {"name": "t", "version": "1"}}, id=1)
MCP = {"Accept": "application/json, text/event-stream"}


def policy(**rule):
    return {"files": {"c.json": json.dumps({
                "bridge": {"policy": {"default": "deny", "rules": [{"effect": "allow", **rule}]}},
                "mcpServers": {"pub": {"command": PROGRAM, "args": ["demo-server"]}}})},
            "args": ["--config", "{home}/c.json"]}


class MadeUpTokens(unittest.TestCase):
    def test_open_no_bridge_that_keys_or_a_proxy_guard(self):
        keys = {"API_KEYS": KEY}
        for env in (keys, {**keys, "AUTH_STRATEGIES": "api-key,bearer"},
                    {**keys, "AUTH_STRATEGIES": "api-key,cookie", "TOKEN_SOURCE": "cookie"},
                    {**keys, "AUTH_STRATEGIES": "bearer,api-key"}, ELSEWHERE, {**ELSEWHERE, **keys},
                    {**ELSEWHERE, "AUTH_STRATEGIES": "bearer,proxy"},
                    {**HERE, "AUTH_STRATEGIES": "proxy,bearer"}):
            with Bridge(env={**env, **OPEN}) as bridge:
                for text in MADE_UP.values():
                    for how in ({"token": text}, {"cookie": f"_oauth2_proxy={text}"},
                                {"headers": {"X-Auth-Request-Access-Token": text}},
                                {"headers": {"X-Forwarded-Access-Token": text}}):
                        with self.subTest(env=env, how=how):
                            for answer in (bridge.get("/tools", **how),
                                           bridge.call("add", {"a": 1, "b": 2}, **how),
                                           bridge.get("/oauth/userinfo", **how)):
                                self.assertEqual(answer.status, 401, answer)

    def test_are_told_why(self):
        with Bridge(env={"API_KEYS": KEY, **OPEN}) as bridge:
            answer = bridge.get("/tools", token="x")
            self.assertEqual(answer.json["error"], "invalid_token")
            self.assertIn("verif", answer.detail)
            self.assertIn('error="invalid_token"', answer.headers["WWW-Authenticate"])
            self.assertEqual(bridge.get("/tools", headers={"X-API-Key": KEY}).status, 200)
            both = {"X-API-Key": KEY, **bearer("x")}
            self.assertEqual(bridge.get("/tools", headers=both).status, 200)

    def test_are_no_members_of_required_groups(self):
        with Bridge(env={"API_KEYS": KEY, "BRIDGE_REQUIRED_GROUPS": "staff"}) as bridge:
            answer = bridge.get("/tools", token=MADE_UP["token"])
            self.assertEqual((answer.status, answer.json["error"]), (401, "invalid_token"))

    def test_share_the_place_of_strangers(self):
        with Bridge(env={"API_KEYS": KEY, "MAX_TOTAL_SESSIONS": "4",
                         "MAX_ANONYMOUS_SESSIONS": "2"}) as bridge:
            taken = [bridge.post("/session/start", {}, token=f"x{i}").status for i in range(5)]
            self.assertEqual(taken, [200, 200, 429, 429, 429])
            taken = [bridge.post("/mcp", INITIALIZE, headers={**MCP, **bearer(f"y{i}")}).status
                     for i in range(2200)]
            self.assertIn(429, taken)
            own = {**MCP, "X-API-Key": KEY}
            self.assertEqual(bridge.post("/mcp", INITIALIZE, headers=own).status, 200)
            self.assertEqual(bridge.post("/session/start", {}, headers=own).status, 200)

    def test_share_the_rate_limit_of_their_address(self):
        with Bridge(env={"RATE_LIMIT_PER_USER": "2/h"}) as bridge:
            calls = [bridge.call("add", {"a": 1, "b": 2}, token=token(f"u{i}")).status
                     for i in range(4)]
            self.assertEqual(calls, [200, 200, 429, 429])

    def test_name_nobody(self):
        with Bridge(fixture("probe"), env={"MCP_ENV_PLACE": "{data_path}", **ELSEWHERE}) as bridge:
            for path in ("/tools/read_env", "/tools/read_env?group=staff"):
                answer = bridge.post(path, {"name": "PLACE"}, token=MADE_UP["token"])
                self.assertIn(answer.status, (401, 403), answer)
                self.assertNotIn("alice", answer.text)
        for env in (ELSEWHERE, {"API_KEYS": KEY}, {}):
            for rule in ({"groups": ["staff"]}, {"users": ["alice"]}):
                with self.subTest(env=env, rule=rule), Bridge((), env, **policy(**rule)) as bridge:
                    answer = bridge.post("/servers/pub/tools/add", {"a": 1, "b": 2},
                                         token=MADE_UP["token"])
                    self.assertEqual(answer.status, 404, answer)

    def test_are_believed_where_that_is_asked_for_and_it_is_warned_of(self):
        env = {"AUTH_VERIFY_TOKENS": "false", "API_KEYS": KEY}
        status, output = run_once(env={**env, **OPEN})
        self.assertNotEqual(status, 0)
        self.assertIn("AUTH_VERIFY_TOKENS: is false, so that whoever reaches 0.0.0.0", output)
        with Bridge(env={**env, **OPEN, "BRIDGE_ALLOW_ANONYMOUS": "true"}) as bridge:
            answer = bridge.get("/oauth/userinfo", token=MADE_UP["token"])
            self.assertEqual(answer.json["sub"], "alice")
            self.assertIn("AUTH_VERIFY_TOKENS is false", bridge.log())

    def test_go_on_to_servers_of_a_bridge_that_guards_nothing(self):
        with Bridge(fixture("probe"), env={"OAUTH_ENV": "THEIRS"}) as bridge:
            answer = bridge.call("read_env", {"name": "THEIRS"}, token="of-the-caller")
            self.assertEqual(answer.result, "of-the-caller", answer)
            answer = bridge.call("read_env", {"name": "THEIRS"}, token="of-another")
            self.assertEqual(answer.result, "of-another", answer)


class WhatAProxyVouchesFor(unittest.TestCase):
    """Its own headers of the family it was said to set, and nothing its client can send."""

    def test_is_never_a_token_alone(self):
        own = {"forwarded": "X-Forwarded", "auth-request": "X-Auth-Request"}
        text = token("alice", groups=["ops"])
        for family, prefix in own.items():
            env = {**HERE, "BRIDGE_ADMIN_GROUPS": "ops", "AUTH_PROXY_HEADERS": family}
            other = next(name for name in own.values() if name != prefix)
            with Bridge(env=env) as bridge:
                for headers in (bearer(text), {other + "-Access-Token": text},
                                {prefix + "-Access-Token": text},
                                {other + "-User": "alice", other + "-Access-Token": text}):
                    with self.subTest(family=family, headers=list(headers)):
                        answer = bridge.get("/oauth/userinfo", headers=headers)
                        self.assertNotIn("alice", answer.text)
                        self.assertIn(bridge.get("/admin/config", headers=headers).status,
                                      (401, 403))
                for name in ("Authorization", other + "-Access-Token"):
                    headers = {prefix + "-User": "mallory", name: "Bearer " + text}
                    answer = bridge.get("/oauth/userinfo", headers=headers)
                    self.assertEqual((answer.json["sub"], answer.json["admin"]),
                                     ("mallory", False), answer)
                    self.assertEqual(bridge.get("/admin/config", headers=headers).status, 403)


if __name__ == "__main__":
    unittest.main()
