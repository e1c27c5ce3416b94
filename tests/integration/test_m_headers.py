# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 M1 to M5: the headers and credentials a remote MCP server is shown (§7.7, §8)."""
import json
import unittest

from bridge import fixture
from idp import IdpCase, bearer, needs_idp
from remote import Remote, RemoteCase, values

SECRET = "shared-token-4711"
ANONYMOUS = "anon-token-0815"


class Headers(RemoteCase):
    upstream = fixture("probe")
    env = {"MCP_REMOTE_HEADER_X_Api_Version": "7", "MCP_REMOTE_HEADER_X_EMPTY": "",
           "MCP_REMOTE_SERVER_FORWARD_HEADERS": "X-Tenant, x-trace"}

    def last(self):
        return self.remote.seen(rpc="tools/call")[-1]

    def test_static_headers_are_named_by_the_setting(self):
        """M1"""
        self.bridge.call("argv")
        self.assertEqual(values(self.last(), "X-Api-Version"), ["7"])
        self.assertEqual(values(self.last(), "X-EMPTY"), [])

    def test_listed_headers_match_in_any_case(self):
        """M2; since Qt 6.7 all names are sent in lower case."""
        self.bridge.call("argv", headers={"x-TENANT": "blue", "X-Other": "no"})
        self.assertEqual(values(self.last(), "X-Tenant"), ["blue"])
        self.assertEqual(values(self.last(), "X-Other"), [])

    def test_the_headers_of_one_caller_do_not_reach_the_next_call(self):
        self.bridge.call("argv", headers={"X-Tenant": "blue"})
        self.bridge.call("argv")
        self.assertEqual(values(self.last(), "X-Tenant"), [])

    def test_a_session_uses_the_headers_it_was_started_with(self):
        """§8 persistent sessions"""
        session = self.bridge.start_session(headers={"X-Tenant": "green"})
        self.bridge.call("argv", session=session)
        self.assertEqual(values(self.last(), "X-Tenant"), ["green"])
        self.bridge.post("/session/close", session=session)


class AllHeaders(RemoteCase):
    upstream = fixture("probe")
    env = {"MCP_REMOTE_SERVER_FORWARD_HEADERS": "*", "MCP_REMOTE_BEARER_TOKEN": SECRET}

    def test_a_star_leaves_out_what_is_private_or_of_the_connection(self):
        """M2"""
        given = {"X-Custom": "yes", "Cookie": "a=b", "authorization": "Bearer mine",
                 "X-Auth-Request-Access-Token": "mine", "x-inxm-other": "yes",
                 "X-Forwarded-For": "10.0.0.1", "TE": "trailers", "Keep-Alive": "5",
                 "Proxy-Authorization": "Basic x", "Accept-Encoding": "br", "Mcp-Method": "evil"}
        self.assertStatus(self.bridge.call("argv", headers=given), 200)
        call = self.remote.seen(rpc="tools/call")[-1]
        self.assertEqual(values(call, "X-Custom"), ["yes"])
        self.assertEqual(values(call, "x-inxm-other"), ["yes"])
        for name in ("Cookie", "X-Auth-Request-Access-Token", "X-Forwarded-For", "TE",
                     "Keep-Alive", "Proxy-Authorization", "x-inxm-mcp-session"):
            self.assertEqual(values(call, name), [], name)
        self.assertNotIn("br", values(call, "Accept-Encoding"))
        self.assertNotIn("evil", values(call, "Mcp-Method"))
        self.assertEqual(values(call, "Authorization"), ["Bearer " + SECRET])

    def test_the_token_is_in_no_log(self):
        self.bridge.call("argv")
        self.assertNotIn(SECRET, self.bridge.log())


class OperatorsHeaders(RemoteCase):
    upstream = fixture("probe")
    env = {"MCP_REMOTE_SERVER_FORWARD_HEADERS": "*, Cookie", "MCP_REMOTE_HEADER_X_TENANT": "acme"}

    def test_callers_do_not_say_what_the_operator_and_proxies_say(self):
        given = {"x-tenant": "other", "X-Auth-Request-User": "root", "X-Remote-User": "root",
                 "Forwarded": "for=1.2.3.4", "X-Real-IP": "1.2.3.4", "X-Custom": "yes"}
        self.assertStatus(self.bridge.call("argv", headers=given), 200)
        call = self.remote.seen(rpc="tools/call")[-1]
        self.assertEqual(values(call, "X-TENANT"), ["acme"])
        self.assertEqual(values(call, "X-Custom"), ["yes"])
        for name in ("X-Auth-Request-User", "X-Remote-User", "Forwarded", "X-Real-IP"):
            self.assertEqual(values(call, name), [], name)

    def test_the_bridges_own_cookies_stay(self):
        own = ("mcp-bridge=1; __Host-mcp-bridge=2; mcp-bridge-login=3; bridge-connect=4; "
               "_oauth2_proxy=5; _oauth2_proxy_0=6; x-inxm-mcp-session=")
        self.assertStatus(self.bridge.call("argv", headers={"Cookie": own + "; theme=dark"}), 200)
        call = self.remote.seen(rpc="tools/call")[-1]
        self.assertEqual(values(call, "Cookie"), ["theme=dark"])
        self.assertStatus(self.bridge.call("argv", headers={"Cookie": own}), 200)
        self.assertEqual(values(self.remote.seen(rpc="tools/call")[-1], "Cookie"), [])


class ForwardedCredential(RemoteCase):
    upstream = fixture("probe")
    env = {"MCP_REMOTE_SERVER_FORWARD_HEADERS": "authorization"}

    def test_the_callers_credential_is_sent_once_and_beats_a_forwarded_one(self):
        """M2, M3"""
        self.bridge.call("argv", headers={"authorization": "Bearer forwarded",
                                          "X-Auth-Request-Access-Token": "own"})
        call = self.remote.seen(rpc="tools/call")[-1]
        self.assertEqual(values(call, "Authorization"), ["Bearer own"])


class CustomHeader(RemoteCase):
    upstream = fixture("probe")
    env = {"MCP_REMOTE_BEARER_TOKEN": SECRET, "MCP_REMOTE_AUTH_HEADER_NAME": "X-Api-Key",
           "MCP_REMOTE_AUTH_HEADER_VALUE_TEMPLATE": "key={token};type={token_type}"}

    def test_the_template_fills_another_header_and_there_is_no_authorization(self):
        """M4"""
        self.bridge.call("argv")
        call = self.remote.seen(rpc="tools/call")[-1]
        self.assertEqual(values(call, "X-Api-Key"), [f"key={SECRET};type=Bearer"])
        self.assertEqual(values(call, "Authorization"), [])


class Tokens(RemoteCase):
    """M5, §7.7: which token a remote server is shown."""

    upstream = fixture("probe")
    shown_to_caller, shown_to_nobody = "Bearer mine", None

    def shown(self, **how):
        self.assertStatus(self.bridge.call("argv", **how), 200)
        return values(self.remote.seen(rpc="tools/call")[-1], "Authorization")

    def test_a_caller_with_a_token(self):
        self.assertEqual(self.shown(token="mine"), [self.shown_to_caller])

    def test_a_caller_without_a_token(self):
        wanted = [self.shown_to_nobody] if self.shown_to_nobody else []
        self.assertEqual(self.shown(), wanted)


class SharedToken(Tokens):
    env = {"MCP_REMOTE_BEARER_TOKEN": SECRET}
    shown_to_caller = shown_to_nobody = "Bearer " + SECRET


class AnonymousToken(Tokens):
    env = {"MCP_REMOTE_ANON_BEARER_TOKEN": ANONYMOUS}
    shown_to_nobody = "Bearer " + ANONYMOUS


class BothTokens(Tokens):
    env = {"MCP_REMOTE_BEARER_TOKEN_FILE": "{home}/token",
           "MCP_REMOTE_ANON_BEARER_TOKEN": ANONYMOUS}
    files = {"token": SECRET + "\n"}
    shown_to_caller, shown_to_nobody = "Bearer " + SECRET, "Bearer " + ANONYMOUS


@needs_idp
class GroupHeader(IdpCase):
    """§8: the group a caller acts for is told, and only by the bridge."""

    @classmethod
    def setUpClass(cls):
        cls.remote = Remote(fixture("probe"))
        cls.addClassCleanup(cls.remote.stop)
        cls.env = {"MCP_REMOTE_SERVER": cls.remote.url + "/mcp",
                   "MCP_REMOTE_GROUP_HEADER": "X-Group",
                   "MCP_REMOTE_SERVER_FORWARD_HEADERS": "*, x-group"}
        super().setUpClass()

    @classmethod
    def idp_env(cls, idp):
        partner = {"issuer": idp.issuer("partner"), "audience": "partner"}
        return idp.env(AUTH_ISSUERS=json.dumps([partner]))

    def test_another_issuers_group_is_not_told_as_ours(self):
        other = self.idp.mint(realm="partner", sub="eve", aud="partner", groups=["crew"])
        self.assertStatus(self.bridge.post("/tools/argv?group=crew", {}, headers=bearer(other)),
                          200)
        told = values(self.remote.seen(rpc="tools/call")[-1], "X-Group")
        self.assertRegex(told[0], "^crew~[0-9a-f]{16}$")
        self.assertEqual(self.told("crew"), ["crew"])

    def told(self, group=None, claimed=None, session=None):
        headers = bearer(self.idp.mint(sub="ada", groups=["crew", "ops"]))
        if claimed:
            headers["x-group"] = claimed
        path = "/tools/argv" + (f"?group={group}" if group else "")
        self.assertStatus(self.bridge.post(path, {}, headers=headers, session=session), 200)
        return values(self.remote.seen(rpc="tools/call")[-1], "X-Group")

    def test_the_group_of_the_request_is_told(self):
        self.assertEqual(self.told("crew"), ["crew"])
        self.assertEqual(self.told("ops"), ["ops"])

    def test_without_a_group_nothing_is_told_whatever_is_claimed(self):
        self.assertEqual(self.told(), [])
        self.assertEqual(self.told(claimed="admins"), [])
        self.assertEqual(self.told("crew", claimed="admins"), ["crew"])

    def test_a_session_tells_its_own(self):
        headers = bearer(self.idp.mint(sub="ada", groups=["crew", "ops"]))
        started = self.assertStatus(
            self.bridge.post("/session/start?group=crew", None, headers=headers), 200)
        self.assertEqual(self.told(session=started.json["session_id"]), ["crew"])

    def test_strangers_to_a_group_are_refused_before_anything_is_told(self):
        self.remote.forget()
        headers = bearer(self.idp.mint(sub="eve", groups=["other"]))
        self.assertError(self.bridge.post("/tools/argv?group=crew", {}, headers=headers), 403)
        self.assertEqual(self.remote.seen(), [])


if __name__ == "__main__":
    unittest.main()
