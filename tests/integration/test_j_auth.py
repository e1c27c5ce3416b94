# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 J: who is let in, and how he is turned away."""
import json
import os
import unittest

from bridge import Bridge, fixture, methods, run_once, wait_for
from case import BridgeCase
from idp import Idp, IdpCase, needs_idp
from mcpclient import message

INITIALIZE = message("initialize", {"protocolVersion": "2025-06-18", "capabilities": {},
                                    "clientInfo": {"name": "t", "version": "1"}}, id=1)
ACCEPT = {"Accept": "application/json, text/event-stream"}
#: One request of each kind that touches an MCP server.
DOORS = [("GET", "/tools", None), ("GET", "/tools/argv", None), ("POST", "/tools/argv", {}),
         ("POST", "/tools/argv/stream", {}), ("GET", "/prompts", None),
         ("POST", "/prompts/x", {}), ("GET", "/resources", None), ("GET", "/resources/x", None),
         ("POST", "/session/start", None), ("GET", "/servers", None), ("GET", "/sse", None),
         ("POST", "/mcp", INITIALIZE), ("GET", "/servers/default/tools", None)]


@needs_idp
class TokenPlaces(IdpCase):
    """J1"""
    env = {"TOKEN_SOURCE": "cookie"}

    def who(self, **how):
        answer = self.bridge.get("/oauth/userinfo", **how)
        return answer.json["sub"] if answer.status == 200 else answer.status

    def test_j1_a_cookie_goes_before_headers_and_they_stand_in_for_it(self):
        alice, bob, carol = (self.idp.mint(sub=name) for name in ("alice", "bob", "carol"))
        own = {"X-Auth-Request-Access-Token": bob}
        self.assertEqual(self.who(cookie=f"_oauth2_proxy={alice}", headers=own, token=carol),
                         "alice")
        self.assertEqual(self.who(headers=own, token=carol), "bob")
        self.assertEqual(self.who(headers={"X-Auth-Request-Access-Token": "Bearer " + bob}), "bob")
        self.assertEqual(self.who(headers={"Authorization": "bEaReR " + carol}), "carol")
        self.assertEqual(self.who(cookie=f"other={alice}", token=carol), "carol")
        self.assertEqual(self.who(), 401)


@needs_idp
class HeaderMode(IdpCase):
    def test_j1_cookies_mean_nothing_in_header_mode(self):
        alice = self.idp.mint(sub="alice")
        answer = self.bridge.get("/oauth/userinfo", cookie=f"_oauth2_proxy={alice}")
        self.assertStatus(answer, 401)

    def test_j5_anonymous_callers_are_served_without_a_gate(self):
        self.assertStatus(self.bridge.call("add", {"a": 1, "b": 2}), 200)
        self.assertStatus(self.bridge.get("/servers"), 200)

    def test_j6_garbage_is_refused_where_tokens_are_verified(self):
        for door in DOORS:
            with self.subTest(door):
                answer = self.bridge.request(*door, token="garbage", headers=ACCEPT)
                self.assertStatus(answer, 401)

    def test_a_public_page_does_not_look_at_credentials(self):
        for path in ("/health", "/docs", "/metrics", "/.well-known/oauth-protected-resource"):
            self.assertStatus(self.bridge.get(path, token="garbage"), 200)

    def test_who_is_logged_in_is_told(self):
        token = self.idp.mint(sub="alice", email="a@example.com", groups=["ops"])
        answer = self.assertStatus(self.bridge.get("/oauth/userinfo", token=token), 200)
        self.assertEqual(answer.json["sub"], "alice")
        self.assertEqual(answer.json["groups"], ["ops"])
        self.assertFalse(answer.json["admin"])


@needs_idp
class Gate(IdpCase):
    """J2: BRIDGE_REQUIRED_GROUPS stands in front of everything that reaches an MCP server."""
    server = fixture("probe", "--record", "{home}/record", "{user_id}")
    env = {"BRIDGE_REQUIRED_GROUPS": "staff, ops"}

    def tearDown(self):
        # Whatever was refused, nobody asked the server for anything.
        self.assertEqual(methods(self.bridge.path("record")), self.asked)
        super().tearDown()

    def setUp(self):
        self.asked = methods(self.bridge.path("record"))

    def everywhere(self, status, **how):
        headers = {**ACCEPT, **how.pop("headers", {})}
        for door in DOORS:
            with self.subTest(door):
                answer = self.bridge.request(*door, headers=headers, **how)
                self.assertStatus(answer, status)
                if status == 401:
                    self.assertRegex(answer.headers["WWW-Authenticate"], "^Bearer ")

    def test_nobody_without_a_token(self):
        self.everywhere(401)

    def test_nobody_with_a_forged_one(self):
        for how, claims in (
                ({"alg": "none"}, {}), ({"spoil": "signature"}, {}),
                ({"alg": "HS256", "secret": "public"}, {}), ({}, {"exp": 1}),
                ({}, {"exp": None}), ({}, {"iss": "https://elsewhere.example"}),
                ({}, {"nbf": 4_000_000_000})):
            token = self.idp.mint(how=how, sub="mallory", groups=["staff"], **claims)
            with self.subTest(how=how, claims=claims):
                self.everywhere(401, token=token)

    def test_no_outsider(self):
        self.everywhere(403, token=self.idp.mint(sub="eve", groups=["guests"]))

    def test_no_role_of_another_client(self):
        token = self.idp.mint(sub="eve", resource_access={"shop": {"roles": ["staff"]}},
                              groups=["staff:readers"])
        self.everywhere(403, token=token)

    def test_f10_feedback_comes_behind_the_gate(self):
        answer = self.bridge.post("/tools/argv", {"_user_feedback": "yes"})
        self.assertError(answer, 401)
        outsider = self.idp.mint(sub="eve", groups=["guests"])
        answer = self.bridge.post("/tools/argv", {"_user_feedback": "yes"}, token=outsider)
        self.assertError(answer, 403)

    def test_refusals_on_sse_are_plain_text(self):
        answer = self.bridge.get("/sse")
        self.assertStatus(answer, 401)
        self.assertIn("text/plain", answer.headers["Content-Type"])

    def test_ending_a_session_is_not_gated(self):
        outsider = self.idp.mint(sub="eve", groups=["guests"])
        answer = self.bridge.post("/session/close", session="nothing", token=outsider)
        self.assertError(answer, 404)
        self.assertError(self.bridge.post("/session/close", token=outsider), 400)


@needs_idp
class Members(IdpCase):
    """J2, those who may come in."""
    server = fixture("probe")
    env = {"BRIDGE_REQUIRED_GROUPS": "staff,ops"}

    def test_members_by_group_by_realm_role_and_by_path(self):
        for claims in ({"groups": ["staff"]}, {"groups": ["/ops"]},
                       {"realm_access": {"roles": ["ops"]}}, {"roles": "staff"}):
            with self.subTest(claims):
                token = self.idp.mint(sub="alice", **claims)
                self.assertStatus(self.bridge.call("argv", token=token), 200)

    def test_the_documentation_names_no_tools_to_strangers(self):
        self.assertNotIn("/tools/argv", self.bridge.get("/openapi.json").json["paths"])
        token = self.idp.mint(sub="alice", groups=["staff"])
        self.assertIn("/tools/argv", self.bridge.get("/openapi.json", token=token).json["paths"])
        skills = self.bridge.get("/.well-known/agent.json").json["skills"]
        self.assertEqual(len(skills), 1)


@needs_idp
class Keys(IdpCase):
    """J3, J4: keys come and go, and so does the provider."""

    def call(self, token):
        return self.bridge.call("add", {"a": 1, "b": 2}, token=token)

    def test_j3_a_new_key_is_fetched_and_a_flood_of_unknown_ones_is_not(self):
        self.assertStatus(self.call(self.idp.mint(sub="alice")), 200)
        self.idp.forget()
        for number in range(20):
            token = self.idp.mint(sub="alice", how={"kid": f"unknown-{number}"})
            self.assertStatus(self.call(token), 401)
        self.assertLessEqual(len(self.idp.seen("jwks")), 1)

    def test_j4_an_idp_that_is_down_is_not_the_callers_fault(self):
        with Idp() as other:
            env = other.env()
            token = other.mint(sub="alice")
            other.mode("all", "down")
            with Bridge(env=env) as bridge:
                answer = bridge.call("add", {"a": 1, "b": 2}, token=token)
                self.assertError(answer, 503, "idp_unavailable")
                self.assertEqual(answer.headers["Retry-After"], "5")
                self.assertStatus(bridge.call("add", {"a": 1, "b": 2}), 200)


@needs_idp
class Challenge(IdpCase):
    """J7"""
    env = {"MCP_OAUTH_SCOPES": "mcp:tools offline_access"}

    def test_j7_a_refusal_tells_where_to_get_a_token(self):
        answer = self.bridge.get("/tools", token="garbage")
        self.assertError(answer, 401, "invalid_token")
        challenge = answer.headers["WWW-Authenticate"]
        self.assertRegex(challenge, r'^Bearer error="invalid_token", error_description="[^"]+", '
                                    r'scope="mcp:tools offline_access", resource_metadata="')
        url = challenge.rpartition('resource_metadata="')[2].rstrip('"')
        base = f"http://127.0.0.1:{self.bridge.port}"
        self.assertTrue(url.startswith(base), url)
        document = self.assertStatus(self.bridge.get(url.removeprefix(base)), 200).json
        self.assertEqual(document["resource"], base)
        self.assertEqual(document["authorization_servers"], [self.idp.issuer()])

    def test_an_expired_token_says_so(self):
        answer = self.bridge.get("/tools", token=self.idp.mint(sub="alice", exp=1_000_000_000))
        self.assertError(answer, 401, "token_expired")
        self.assertIn('error="invalid_token"', answer.headers["WWW-Authenticate"])

    def test_pages_may_read_the_challenge(self):
        with Bridge(env={**self.idp.env(), "CORS_ORIGINS": "https://app.example"}) as bridge:
            answer = bridge.get("/tools", token="garbage",
                                headers={"Origin": "https://app.example"})
            self.assertIn("WWW-Authenticate", answer.headers["Access-Control-Expose-Headers"])


class Documents(BridgeCase):
    """J8: the well-known documents of an issuer nobody verifies tokens of."""
    env = {"MCP_OAUTH_ISSUER": "https://idp.example/realms/x", "MCP_BASE_PATH": "/api/v1",
           "MCP_OAUTH_CLIENT_ID": "my bridge", "MCP_OAUTH_SCOPES": "openid mcp",
           "ALLOWED_HOSTS": "*"}

    def test_the_protected_resource_at_each_of_its_places(self):
        place = "/.well-known/oauth-protected-resource"
        for path in (place, "/api/v1" + place, place + "/api/v1", place + "/api/v1/mcp",
                     place + "/api/v1/servers/default/mcp"):
            with self.subTest(path):
                answer = self.assertStatus(self.bridge.get(path), 200)
                self.assertEqual(answer.headers["Cache-Control"], "no-store")
                self.assertEqual(answer.json, {
                    "resource": f"http://127.0.0.1:{self.bridge.port}/api/v1",
                    "authorization_servers": ["https://idp.example/realms/x"],
                    "scopes_supported": ["openid", "mcp"],
                    "bearer_methods_supported": ["header"], "resource_name": "my bridge"})

    def test_the_authorization_server_as_keycloak_has_it(self):
        issuer = "https://idp.example/realms/x"
        for path in ("/.well-known/oauth-authorization-server",
                     "/.well-known/oauth-authorization-server/api/v1"):
            answer = self.assertStatus(self.bridge.get(path), 200)
            self.assertEqual(answer.headers["Cache-Control"], "public, max-age=3600")
            document = answer.json
            connect = issuer + "/protocol/openid-connect"
            self.assertEqual(document["issuer"], issuer)
            self.assertEqual(document["authorization_endpoint"], connect + "/auth")
            self.assertEqual(document["token_endpoint"], connect + "/token")
            self.assertEqual(document["jwks_uri"], connect + "/certs")
            self.assertEqual(document["registration_endpoint"],
                             issuer + "/clients-registrations/openid-connect")
            self.assertEqual(document["code_challenge_methods_supported"], ["S256"])
            self.assertNotIn(None, document.values())

    def test_what_a_proxy_says_is_believed_of_listed_ones_only(self):
        said = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "mcp.example.com"}
        path = "/.well-known/oauth-protected-resource"
        self.assertIn("127.0.0.1", self.bridge.get(path, headers=said).json["resource"])
        with Bridge(env={**self.env, "TRUSTED_PROXIES": "127.0.0.0/8"}) as bridge:
            self.assertEqual(bridge.get(path, headers=said).json["resource"],
                             "https://mcp.example.com/api/v1")
            said["X-Forwarded-Host"] = 'evil.example/"x'
            self.assertIn("//127.0.0.1", bridge.get(path, headers=said).json["resource"])

    def test_explicit_addresses_win(self):
        env = {**self.env, "MCP_OAUTH_RESOURCE_URL": "https://mcp.example.com/resource",
               "MCP_OAUTH_REGISTRATION_ENDPOINT": "https://idp.example/register",
               "BRIDGE_PUBLIC_URL": "https://mcp.example.com/public"}
        with Bridge(env=env) as bridge:
            document = bridge.get("/.well-known/oauth-protected-resource/public/mcp").json
            self.assertEqual(document["resource"], "https://mcp.example.com/resource")
            document = bridge.get("/.well-known/oauth-authorization-server").json
            self.assertEqual(document["registration_endpoint"], "https://idp.example/register")
            client = bridge.get("/api/v1/oauth/client-metadata.json").json
            self.assertEqual(client["client_id"],
                             "https://mcp.example.com/public/oauth/client-metadata.json")
            self.assertEqual(client["token_endpoint_auth_method"], "none")


@needs_idp
class Exposure(IdpCase):
    """Design §9: what others can reach does not serve just anybody."""
    args = ("--host", "0.0.0.0")

    def test_without_authentication_it_does_not_start(self):
        status, output = run_once(args=self.args)
        self.assertEqual(status, 2, output)
        self.assertIn("--allow-anonymous", output)

    def test_with_an_issuer_callers_without_a_token_are_turned_away(self):
        self.assertError(self.bridge.get("/tools"), 401, "unauthorized")
        self.assertStatus(self.bridge.get("/tools", token=self.idp.mint(sub="alice")), 200)
        self.assertStatus(self.bridge.get("/health"), 200)

    def test_unless_that_is_asked_for(self):
        with Bridge(env=self.idp.env(), args=(*self.args, "--allow-anonymous")) as bridge:
            self.assertStatus(bridge.get("/tools"), 200)
            self.assertStatus(bridge.get("/tools", token="garbage"), 401)

    def test_a_list_of_strategies_opens_no_address_that_others_can_reach(self):
        for given in ("bearer,anonymous", "anonymous", "anonymous,bearer"):
            env = {**self.idp.env(), "AUTH_STRATEGIES": given}
            for how in ({"env": env, "args": self.args}, {"env": {**env, "HOST": "::"}},
                        {"env": self.idp.env(), "args": ("--config", "config.json", *self.args),
                         "server": (), "files": {"config.json": json.dumps({
                             "mcpServers": {"a": {"command": "true"}},
                             "bridge": {"AUTH_STRATEGIES": given.split(",")}})}}):
                with self.subTest(given, how=str(how)[:40]):
                    status, output = run_once(**how)
                    self.assertEqual(status, 2, output)
                    self.assertIn("AUTH_STRATEGIES: ", output)
                    self.assertIn("--allow-anonymous", output)
        # Nor does an issuer guard what nobody asks for its tokens.
        status, output = run_once(env={"OAUTH_ISSUER_URL": "https://idp.example",
                                       "AUTH_STRATEGIES": "api-key"}, args=self.args)
        self.assertEqual(status, 2, output)
        self.assertIn("HOST: 0.0.0.0 can be reached by others", output)
        self.assertIn("AUTH_STRATEGIES", output)

    def test_it_is_open_when_both_say_so(self):
        env = {**self.idp.env(), "AUTH_STRATEGIES": "bearer,anonymous"}
        with Bridge(env=env, args=(*self.args, "--allow-anonymous")) as bridge:
            self.assertStatus(bridge.get("/tools"), 200)
            self.assertStatus(bridge.get("/tools", token="x.y.z"), 401)
            self.assertIn("anybody else is let in", bridge.log())
            self.assertNotIn("leaves out bearer", bridge.log())

    def test_a_reload_does_not_open_it_either(self):
        config = {"mcpServers": {"a": {"command": "true"}}, "bridge": {}}
        token = "an admin token of good length"
        with Bridge(env={**self.idp.env(), "ADMIN_TOKEN": token}, server=(),
                    args=("--config", "{home}/config.json", *self.args),
                    files={"config.json": json.dumps(config)}) as bridge:
            for strategies in (["bearer", "anonymous"], ["anonymous"]):
                config["bridge"]["AUTH_STRATEGIES"] = strategies
                with open(bridge.path("config.json"), "w") as file:
                    json.dump(config, file)
                answer = bridge.post("/admin/reload", {}, token=token)
                self.assertNotEqual(answer.status, 200)
                self.assertIn("AUTH_STRATEGIES", json.dumps(answer.json))
                self.assertError(bridge.get("/tools"), 401, "unauthorized")

    def test_tokens_nobody_looks_at_are_told(self):
        with Bridge(env={**self.idp.env(), "AUTH_STRATEGIES": "anonymous"}) as bridge:
            self.assertStatus(bridge.get("/tools", token="x.y.z"), 200)
            self.assertIn("AUTH_STRATEGIES leaves out bearer", bridge.log())
            self.assertIn("nothing tells them apart; anybody else is let in", bridge.log())
        with Bridge(env={**self.idp.env(), "AUTH_STRATEGIES": "bearer,anonymous"}) as bridge:
            self.assertStatus(bridge.get("/tools"), 200)
            self.assertIn(f"access tokens of {self.idp.issuer()}; anybody else is let in",
                          bridge.log())
            self.assertNotIn("leaves out bearer", bridge.log())

    def test_an_admin_token_is_made_that_only_its_owner_can_read(self):
        path = self.bridge.path(".local/share/mcp-bridge/admin-token")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        with open(path) as file:
            token = file.read().strip()
        self.assertStatus(self.bridge.get("/admin/config", token=token), 200)
        self.assertNotIn(token, self.bridge.log())

    def test_strategies_without_anonymous_shut_out_who_has_no_token(self):
        env = {**self.idp.env(), "AUTH_STRATEGIES": "bearer,api-key"}
        with Bridge(env=env) as bridge:
            self.assertError(bridge.get("/tools"), 401)
            self.assertStatus(bridge.get("/tools", token=self.idp.mint(sub="alice")), 200)


@needs_idp
class Audit(IdpCase):
    env = {"AUDIT_LOG": "{home}/audit.jsonl", "ADMIN_TOKEN": "an admin token of good length"}

    def test_refusals_and_what_administrators_do_are_written_down(self):
        self.bridge.get("/tools", token="garbage-4711")
        self.bridge.get("/admin/config", token=self.env["ADMIN_TOKEN"])

        def lines():
            with open(self.bridge.path("audit.jsonl")) as file:
                return [json.loads(line) for line in file]
        wait_for(lambda: len(lines()) >= 2, what="two lines of the audit log")
        refusal, admin = lines()[-2:]
        self.assertEqual((refusal["event"], refusal["action"]), ("refusal", "GET /tools"))
        self.assertEqual(refusal["reason"], "invalid_token")
        self.assertEqual((admin["event"], admin["action"]), ("admin_action", "GET /admin/config"))
        with open(self.bridge.path("audit.jsonl")) as file:
            text = file.read()
        self.assertNotIn("garbage-4711", text)
        self.assertNotIn(self.env["ADMIN_TOKEN"], text)


@needs_idp
class Derived(IdpCase):
    def test_the_issuer_is_the_one_whose_tokens_are_verified(self):
        document = self.bridge.get("/.well-known/oauth-authorization-server").json
        self.assertEqual(document["issuer"], self.idp.issuer())
        self.assertTrue(document["token_endpoint"].startswith(self.idp.url))


class NoIssuer(BridgeCase):
    def test_without_an_issuer_there_are_no_documents(self):
        for path in ("oauth-protected-resource", "oauth-authorization-server"):
            self.assertError(self.bridge.get("/.well-known/" + path), 404)
            self.assertError(self.bridge.get(f"/.well-known/{path}/mcp"), 404)

    def test_j9_the_agent_card_has_a_skill_for_each_tool_and_one_for_the_whole(self):
        card = self.assertStatus(self.bridge.get("/.well-known/agent.json"), 200).json
        tools = self.bridge.get("/tools").json
        self.assertEqual(len(card["skills"]), len(tools) + 1)
        self.assertEqual([skill["id"] for skill in card["skills"][1:]],
                         [tool["name"] for tool in tools])
        self.assertEqual(card["skills"][0]["parameter_schema"]["required"], ["prompt"])
        self.assertEqual(card["authentication"], {"schemes": []})
        self.assertEqual(card, self.bridge.get("/.well-known/agent-card.json").json)
        for skill in card["skills"]:
            self.assertTrue(skill["examples"])


if __name__ == "__main__":
    unittest.main()
