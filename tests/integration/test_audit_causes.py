# SPDX-License-Identifier: GPL-3.0-or-later
"""What the audit log tells of accounts, stored keys, logins and acts of administrators: which
request it was and how it ended."""
import unittest
import urllib.parse

from auditcase import AuditLines
from bridge import fixture
from farcase import AccountCase, Browser
from idp import IdpCase, needs_idp

ADMIN = "0123456789abcdef0123456789abcdef"
PAGE = {"Accept": "text/html", "Sec-Fetch-Site": "none"}


@needs_idp
class Accounts(AuditLines, AccountCase):
    @classmethod
    def settings(cls):
        return {**super().settings(), "AUDIT_LOG": "{home}/audit.jsonl"}

    def setUp(self):
        super().setUp()
        self.idp.set(realm="far", lifetime=300)

    def test_accounts_tell_their_request(self):
        token = self.idp.mint(sub="bob")
        page, text = Browser().sign_in(self.invitation(token))
        self.assertEqual(page.status, 200, text)
        connected = self.line_of(page, "exchange", action="account_connected", target="default")
        gone = self.bridge.request("DELETE", "/accounts/default", token=token)
        self.assertStatus(gone, 200)
        line = self.line_of(gone, "exchange", action="account_disconnected", target="default")
        self.assertEqual(line["user"], connected["user"])


@needs_idp
class StoredKeys(AuditLines, IdpCase):
    server = fixture("probe")

    @classmethod
    def idp_env(cls, idp):
        return idp.env(AUTH_PROVIDER="user-api-key", AUTH_TOKENS_INTERNAL_URL=idp.url,
                       MCP_CONNECTION_ID="c", INTERNAL_API_SECRET="an-internal-secret",
                       USER_API_KEY_ALLOWED_CLIENTS="test-client", OAUTH_ENV="API_KEY",
                       AUDIT_LOG="{home}/audit.jsonl")

    def refused(self, **claims):
        answer = self.bridge.call("env", {"name": "API_KEY"}, token=self.idp.mint(**claims))
        self.assertError(answer, 401, "invalid_token")
        line = self.line_of(answer, "exchange", action="user-api-key")
        self.assertEqual((line["success"], line["reason"]), (False, "invalid_token"))
        return line

    def test_whoever_may_not_have_one_is_told_of_once_in_a_while(self):
        first = self.refused(sub="eve", email="ceo@x.org", email_verified=False)
        second = self.refused(sub="mallory", email="m@x.org", email_verified=True, azp="evil")
        self.assertNotEqual(first["user"], second["user"])
        token = self.idp.mint(sub="eve", email="ceo@x.org", email_verified=False)
        for _ in range(20):
            self.assertStatus(self.bridge.call("env", {"name": "API_KEY"}, token=token), 401)
        self.bridge.get("/tools", token="no-token")
        self.line("refusal")  # everything before it is written
        self.assertEqual(len(self.lines("exchange", user=first["user"])), 1)


@needs_idp
class Logins(AuditLines, IdpCase):
    env = {"OAUTH_CLIENT_ID": "bridge-client", "OAUTH_CLIENT_SECRET": "bridge-secret-0815",
           "AUDIT_LOG": "{home}/audit.jsonl"}

    def fail(self, **back):
        begun = self.bridge.get("/oauth/login", headers=PAGE)
        self.assertStatus(begun, 302)
        asked = urllib.parse.urlsplit(begun.headers["Location"])
        state = dict(urllib.parse.parse_qsl(asked.query))["state"]
        cookie = begun.headers["Set-Cookie"].partition(";")[0]
        query = urllib.parse.urlencode({"state": state, "iss": self.idp.issuer(), **back})
        answer = self.bridge.get("/oauth/callback?" + query, headers={**PAGE, "Cookie": cookie})
        self.assertGreaterEqual(answer.status, 400)
        return answer

    def test_each_way_to_fail_has_a_line(self):
        for reason, back in (("access_denied", {"error": "access_denied"}),
                             ("invalid_grant", {"code": "code-nobody-gave"}),
                             ("not a code", {"error": "a line of my own"})):
            with self.subTest(reason):
                line = self.line_of(self.fail(**back), "login", action="login_failed")
                self.assertEqual((line["reason"], line["success"]), (reason, False))
        answer = self.bridge.get("/oauth/callback?code=x&state=made-up")
        self.assertEqual(self.line_of(answer, "login")["reason"], "bad_request")


@needs_idp
class Administrators(AuditLines, IdpCase):
    env = {"ADMIN_TOKEN": ADMIN, "AUDIT_LOG": "{home}/audit.jsonl", "LOG_GROUP_ACCESS": "true"}

    def explain(self, **body):
        return self.bridge.post("/admin/policy/explain", body, token=ADMIN,
                                headers={"User-Agent": "the-console"})

    def test_what_failed_is_no_success(self):
        for body, status, reason in (
                ({"tool": "add", "principal": "alice"}, 400, "invalid_arguments"),
                ({"server": "nobody", "tool": "add"}, 404, "server_not_found")):
            with self.subTest(body):
                answer = self.explain(**body)
                self.assertStatus(answer, status)
                line = self.line_of(answer, "admin_action")
                self.assertEqual((line["success"], line["reason"]), (False, reason))
        done = self.explain(tool="add", principal={"user_id": "alice"})
        self.assertStatus(done, 200)
        line = self.line_of(done, "admin_action", action="POST /admin/policy/explain")
        self.assertEqual((line["success"], line["strategy"]), (True, "admin-token"))
        self.assertNotIn("reason", line)
        self.assertEqual(line["user_agent"], "the-console")

    def test_explanations_are_no_access_to_data(self):
        told = self.explain(tool="add", group="ops",
                            principal={"user_id": "alice", "groups": ["staff"]})
        self.assertEqual(told.json["decided_by"], "data_access")
        self.assertNotIn("data of a group", self.bridge.log())
        self.assertStatus(self.bridge.get("/tools?group=ops", token=self.idp.mint(sub="bob")), 403)
        self.assertIn("Access to the data of a group was refused", self.bridge.log())


if __name__ == "__main__":
    unittest.main()
