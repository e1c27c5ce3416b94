# SPDX-License-Identifier: GPL-3.0-or-later
"""What the audit log tells of requests: which one, from where, and how floods are kept small."""
import http.client
import json
import os
import re
import subprocess
import unittest

from auditcase import AuditLines
from bridge import PROGRAM, SLOW, Bridge, wait_for
from client import Answer
from idp import Idp, bearer, needs_idp
from mcpclient import Events, LegacyClient, ModernClient, SseClient
from reloading import entry

ADMIN = "0123456789abcdef0123456789abcdef"


def last(answer):
    return answer.messages()[-1] if isinstance(answer, Events) else answer.json


class AuditCase(AuditLines, unittest.TestCase):
    settings = {}
    env = {}

    @classmethod
    def setUpClass(cls):
        cls.idp = Idp().start()
        config = {"mcpServers": {"one": entry("counter", "--tools", "read,write,hidden"),
                                 "two": entry("watched", "--changes", os.devnull)},
                  "bridge": cls.settings}
        cls.bridge = Bridge(args=["--config", "{home}/config.json"],
                            env=cls.idp.env(AUDIT_LOG="{home}/audit.jsonl", ADMIN_TOKEN=ADMIN,
                                            **cls.env),
                            files={"config.json": json.dumps(config)})
        cls.bridge.start()

    @classmethod
    def tearDownClass(cls):
        try:
            cls.bridge.stop()
        finally:
            cls.bridge.directory.cleanup()
            cls.idp.__exit__()


@needs_idp
class Requests(AuditCase):
    settings = {"policy": {"default": "allow", "rules": [
        {"effect": "deny", "tools": "hidden"}, {"effect": "deny", "resources": "test://secret"}]},
        "limits": [{"name": "writing", "quota": "1/h", "tools": "write"}]}
    env = {"AUDIT_TOOL_CALLS": "true"}

    def check(self, line, answer):
        self.assertEqual(line["request_id"], answer.headers["X-Request-Id"], line)
        self.assertEqual(line["address"], "127.0.0.1", line)

    def test_each_line_tells_its_request(self):
        token = self.idp.mint(sub="alice")
        denied = self.bridge.post("/tools/hidden", {}, token=token)
        self.assertEqual(denied.status, 404)
        self.check(self.line("policy_decision", target="one/hidden",
                             request_id=denied.headers["X-Request-Id"]), denied)
        modern = ModernClient(self.bridge).post("tools/call", {"name": "one__hidden"},
                                                headers=bearer(token))
        self.check(self.line("policy_decision", request_id=modern.headers["X-Request-Id"]), modern)
        stranger = ModernClient(self.bridge).post("tools/call", {"name": "one__hidden"})
        self.check(self.line("policy_decision", request_id=stranger.headers["X-Request-Id"]),
                   stranger)
        refused = self.bridge.get("/tools", token="no-token")
        self.check(self.line("refusal", request_id=refused.headers["X-Request-Id"]), refused)
        acted = self.bridge.get("/admin/config", token=ADMIN)
        self.check(self.line("admin_action", request_id=acted.headers["X-Request-Id"]), acted)

    def test_calls_beyond_a_limit_are_told_of(self):
        token = self.idp.mint(sub="bob")
        self.assertEqual(self.bridge.post("/tools/write", {}, token=token).status, 200)
        first = self.bridge.post("/tools/write", {}, token=token)
        self.assertEqual(first.status, 429)
        line = self.line("rate_limited", reason="writing", target="one/write",
                         request_id=first.headers["X-Request-Id"])
        self.check(line, first)
        self.assertEqual((line["action"], line["success"]), ("tools/call", False))
        for _ in range(50):
            self.assertEqual(self.bridge.post("/tools/write", {}, token=token).status, 429)
        again = self.bridge.post("/tools/read", {}, token=token)
        self.line("tool_call", request_id=again.headers["X-Request-Id"])  # everything is written
        self.assertEqual(len(self.lines("rate_limited", user=line["user"])), 1)
        self.assertEqual(len(self.lines("tool_call", user=line["user"],
                                        reason="too_many_requests")), 1)

    def test_calls_are_told_of_on_every_face(self):
        token = self.idp.mint(sub="carol")
        modern = ModernClient(self.bridge)
        legacy = LegacyClient(self.bridge)
        legacy.fields = lambda plain=legacy.fields: {**plain(), **bearer(token)}
        legacy.initialize()
        secret = {"text": "an-argument-of-carol"}
        params = {"name": "one__read", "arguments": secret}
        answers = [self.bridge.post("/tools/read", secret, token=token),
                   self.bridge.post("/servers/one/tools/read/stream", secret, token=token),
                   modern.post("tools/call", params, headers=bearer(token)),
                   legacy.post("tools/call", params)]
        for answer in answers:
            line = self.line("tool_call", request_id=answer.headers["X-Request-Id"])
            self.check(line, answer)
            self.assertEqual((line["target"], line["action"], line["success"], line["strategy"]),
                             ("one/read", "tools/call", True, "bearer"))
            self.assertGreaterEqual(line["duration_ms"], 0)
            self.assertNotIn("reason", line)
        missing = self.bridge.post("/tools/carols-invention", {}, token=token)
        line = self.line("tool_call", request_id=missing.headers["X-Request-Id"])
        self.assertEqual((line["success"], line["reason"], line["target"]),
                         (False, "tool_not_found", "one"))
        missing = modern.post("tools/call", {"name": "one__carols-invention"},
                              headers=bearer(token))
        line = self.line("tool_call", request_id=missing.headers["X-Request-Id"])
        self.assertEqual((line["success"], line["reason"]), (False, "tool_not_found"))
        with open(self.bridge.path("audit.jsonl")) as file:
            text = file.read()
        for word in ("carol", "an-argument", "invention"):
            self.assertNotIn(word, text)


@needs_idp
class Limits(AuditCase):
    """429 with the same fields on each way in."""
    settings = {"limits": [{"name": "reading", "quota": "1/h", "tools": "read"},
                           {"name": "free", "quota": "9/h", "tools": "write"},
                           {"name": "prompting", "quota": "1/h", "prompts": "*"}]}
    env = {"MAX_SESSIONS_PER_USER": "3"}

    def check(self, answer, status=429):
        self.assertEqual(answer.status, status, answer)
        self.assertIn(int(answer.headers["Retry-After"]), range(3500, 3601))
        self.assertEqual(answer.headers["RateLimit-Policy"], '"reading";q=1;w=3600')
        self.assertRegex(answer.headers["RateLimit"], r'^"reading";r=0;t=(3600|35\d\d)$')

    def test_each_face_says_when_to_come_again(self):
        token = self.idp.mint(sub="dora")
        self.assertEqual(self.bridge.post("/tools/read", {}, token=token).status, 200)
        for path in ("/tools/read", "/tools/read/stream", "/servers/one/tools/read",
                     "/servers/one/tools/read/stream"):
            with self.subTest(path):
                answer = self.bridge.post(path, {}, token=token)
                self.check(answer)
                self.assertEqual(answer.json["error"], "too_many_requests")
        session = self.bridge.start_session(token=token)
        self.check(self.bridge.post("/tools/read", {}, token=token, session=session))
        for path, name in (("/mcp", "one__read"), ("/servers/one/mcp", "read")):
            with self.subTest(path):
                modern = ModernClient(self.bridge, path=path)
                answer = modern.post("tools/call", {"name": name}, headers=bearer(token))
                self.check(answer)
                self.assertGreater(answer.json["error"]["data"]["retry_after"], 3500)
                # Older clients would forget a request answered with another status than 200.
                legacy = LegacyClient(self.bridge, path=path)
                legacy.fields = lambda plain=legacy.fields: {**plain(), **bearer(token)}
                legacy.initialize()
                answer = legacy.post("tools/call", {"name": name})
                self.check(answer, 200)
                self.assertGreater(last(answer)["error"]["data"]["retry_after"], 3500)

    def test_calls_that_are_counted_say_what_is_left(self):
        token = self.idp.mint(sub="erin")
        modern = ModernClient(self.bridge)
        legacy = LegacyClient(self.bridge)
        legacy.fields = lambda plain=legacy.fields: {**plain(), **bearer(token)}
        legacy.initialize()
        params = {"name": "one__write"}
        answers = [self.bridge.post("/tools/write", {}, token=token),
                   self.bridge.post("/tools/write/stream", {}, token=token),
                   modern.post("tools/call", params, headers=bearer(token)),
                   legacy.post("tools/call", params)]
        for left, answer in zip((8, 7, 6, 5), answers):
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers["RateLimit-Policy"], '"free";q=9;w=3600')
            self.assertIn(f'"free";r={left};', answer.headers["RateLimit"])
            self.assertIsNone(answer.headers["Retry-After"])

    def test_too_many_sessions_are_told_of(self):
        token = self.idp.mint(sub="fred")
        for _ in range(3):
            self.bridge.start_session(token=token)
        refused = self.bridge.post("/session/start", token=token)
        self.assertEqual(refused.status, 429)
        line = self.line("rate_limited", request_id=refused.headers["X-Request-Id"])
        self.assertEqual((line["action"], line["reason"], line["address"]),
                         ("POST /session/start", "too_many_requests", "127.0.0.1"))

    def check_sharing(self, name, begin):
        """On these streams a prompt is looked for after its request was answered. Another request
        of the same id is refused then, and has a line as well."""
        token = self.idp.mint(sub=name)
        again = {"X-Request-Id": name}
        self.assertEqual(self.bridge.post("/servers/two/prompts/greeting", {},
                                          token=token).status, 200)
        stream = SseClient(self.bridge, headers={**bearer(token), **begin})
        self.addCleanup(stream.close)
        stream.initialize()
        stream.headers.update(again)
        refused, _ = stream.request("prompts/get", {"name": "two__greeting"})
        self.assertGreater(refused["error"]["data"]["retry_after"], 3500)
        self.line("rate_limited", reason="prompting", request_id=name)
        while self.bridge.post("/servers/one/session/start", token=token).status == 200:
            pass
        refused = self.bridge.post("/session/start", token=token, headers=again)
        self.assertEqual(refused.status, 429)
        self.line("rate_limited", action="POST /session/start", request_id=name)

    def test_what_is_remembered_of_a_request_ends_with_it(self):
        self.check_sharing("hugo", {})

    def test_what_is_remembered_of_a_request_is_not_of_others_with_its_id(self):
        self.check_sharing("ida", {"X-Request-Id": "ida"})

    def test_calls_are_not_told_of_unless_asked_for(self):
        self.bridge.post("/tools/write", {}, token=self.idp.mint(sub="gina"))
        refused = self.bridge.get("/tools", token="no-token")
        self.line("refusal", request_id=refused.headers["X-Request-Id"])
        self.assertEqual(self.lines("tool_call"), [])


@needs_idp
class BadTokens(AuditCase):
    """Turned away at the gate, where a flood is made of the cheapest requests."""
    env = {"AUTH_BAD_TOKENS_PER_MINUTE": "5"}

    def test_a_flood_makes_one_line(self):
        answers = [self.bridge.get("/tools", token=self.idp.mint(sub=str(n), how={
            "key": "stranger"})) for n in range(60)]
        limited = [answer for answer in answers if answer.status == 429]
        self.assertGreater(len(limited), 40)
        self.assertTrue(limited[0].headers["Retry-After"])
        line = self.line("rate_limited", request_id=limited[0].headers["X-Request-Id"])
        self.assertEqual((line["address"], line["action"]), ("127.0.0.1", "GET /tools"))
        self.bridge.get("/admin/config", token=ADMIN)
        self.line("admin_action")  # everything before it is written
        self.assertEqual(len(self.lines("rate_limited")), 1)
        self.assertLess(len(self.lines("refusal")), 20)


@needs_idp
class Exchanges(AuditCase):
    """Tokens retrieved and logins that failed know their request as well."""
    env = {"OAUTH_ENV": "GITHUB_TOKEN", "KEYCLOAK_PROVIDER_ALIAS": "github",
           "OAUTH_CLIENT_ID": "bridge-client", "OAUTH_CLIENT_SECRET": "bridge-secret-0815",
           "BRIDGE_PUBLIC_URL": "http://127.0.0.1:8000"}

    def test_a_retrieved_token_tells_for_which_request(self):
        self.idp.broker("github")
        for number, ask in enumerate((
                lambda token: self.bridge.post("/tools/read", {}, token=token),
                lambda token: ModernClient(self.bridge).post(
                    "tools/call", {"name": "one__read"}, headers=bearer(token)))):
            answer = ask(self.idp.mint(sub=f"user-{number}"))
            self.assertEqual(answer.status, 200, answer)
            line = self.line("exchange", request_id=answer.headers["X-Request-Id"])
            self.assertEqual((line["address"], line["target"], line["success"]),
                             ("127.0.0.1", "one", True))

    def test_a_failed_login_tells_which_request_it_was(self):
        answer = self.bridge.get("/oauth/callback?code=x&state=made-up")
        self.assertEqual(answer.status, 400, answer)
        line = self.line("login", action="login_failed",
                         request_id=answer.headers["X-Request-Id"])
        self.assertEqual((line["address"], line["success"]), ("127.0.0.1", False))
        self.assertNotIn("made-up", json.dumps(line))


@needs_idp
class Rotation(AuditCase):
    def ask(self):
        refused = self.bridge.get("/tools", token="no-token")
        self.line("refusal", request_id=refused.headers["X-Request-Id"])

    def again(self):
        os.remove(self.bridge.log_path)  # it names the port of before
        self.bridge.start()

    def verify(self, *files):
        done = subprocess.run([PROGRAM, "audit", "verify", *files], env=self.bridge.env,
                              cwd=self.bridge.home, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=20 * SLOW)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_files_renamed_while_the_bridge_was_stopped_are_one_chain(self):
        log = self.bridge.path("audit.jsonl")
        self.ask()
        self.bridge.stop()
        os.rename(log, log + ".1")
        self.again()
        self.ask()
        self.bridge.stop()
        os.rename(log + ".1", log + ".2")
        os.rename(log, log + ".1")
        self.again()
        self.ask()
        files = ("audit.jsonl.2", "audit.jsonl.1", "audit.jsonl")
        status, out, note = self.verify(*files)
        self.assertEqual((status, note), (0, ""), out)
        self.assertIn("one unbroken chain", out)
        self.assertEqual(self.verify(*files[1:])[0], 0)
        status, out, note = self.verify(*reversed(files))
        self.assertEqual(status, 1)
        self.assertIn("audit.jsonl.1: line 1 is wrong", out + note)
        status, out, note = self.verify(files[0], files[2])
        self.assertEqual(status, 1)
        self.assertIn("Lines are missing", out + note)
        # Where the file before is gone, a new chain begins, and that is what is said.
        self.bridge.stop()
        for name in ("audit.jsonl", "audit.jsonl.1", "audit.jsonl.2"):
            os.rename(self.bridge.path(name), self.bridge.path("old-" + name))
        self.again()
        self.ask()
        status, out, note = self.verify("old-audit.jsonl", "audit.jsonl")
        self.assertEqual(status, 1)
        self.assertIn("audit.jsonl: line 1 is wrong: a new chain begins here", out + note)
        self.assertEqual(self.verify("audit.jsonl")[0], 0)


@needs_idp
class Strangers(AuditCase):
    env = {"BRIDGE_REQUIRED_GROUPS": "staff"}

    def test_what_strangers_are_refused_again_and_again_is_counted(self):
        bad = self.idp.mint(sub="alice", how={"key": "stranger"})
        for _ in range(50):
            self.assertEqual(self.bridge.get("/tools").status, 401)
            self.assertEqual(self.bridge.get("/tools", token=bad).status, 401)
        self.assertEqual(self.bridge.get("/admin/config").status, 401)
        member = self.idp.mint(sub="bob", groups=["staff"])
        for _ in range(2):
            self.assertEqual(self.bridge.get("/admin/config", token=member).status, 403)
        self.line("refusal", reason="forbidden")
        wait_for(lambda: len(self.lines("refusal", reason="forbidden")) == 2, what="his name")
        refused = self.lines("refusal", action="GET /tools")
        self.assertEqual(sorted(line["reason"] for line in refused),
                         ["invalid_token", "unauthorized"])
        self.assertEqual(len(self.lines("refusal", action="GET /admin/config",
                                        reason="unauthorized")), 1)
        self.bridge.stop()
        counted = [line for line in self.lines("refusal", action="GET /tools")
                   if "repeated" in line]
        self.assertEqual([line["repeated"] for line in counted], [49, 49])


@needs_idp
class Floods(AuditCase):
    """Whoever is refused as often as he likes hides nothing, neither of others nor of his own."""
    env = {"BRIDGE_REQUIRED_GROUPS": "staff", "OAUTH_CLIENT_ID": "bridge-client",
           "OAUTH_CLIENT_SECRET": "bridge-secret-0815", "BRIDGE_PUBLIC_URL": "http://127.0.0.1:8000"}

    def ask(self, method, path, address):
        connection = http.client.HTTPConnection("127.0.0.1", self.bridge.port, timeout=20 * SLOW,
                                                source_address=(address, 0))
        try:
            connection.request(method, path, headers={"Content-Length": "0"})
            response = connection.getresponse()
            return Answer(response, response.read())
        finally:
            connection.close()

    def told(self, event, answer, address):
        line = self.line(event, request_id=answer.headers["X-Request-Id"])
        self.assertEqual((line["address"], line["success"]), (address, False))

    def test_a_flood_from_one_address_keeps_nothing_out(self):
        env = {**self.bridge.env, "AUDIT_LOG": ""}
        done = subprocess.run([PROGRAM, "routes", *self.bridge.command[1:]], env=env,
                              cwd=self.bridge.home, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        routes = [line.split() for line in done.stdout.splitlines() if line.endswith(" member")]
        self.assertGreater(len(routes), 60)
        for method, pattern, _ in routes:
            answer = self.ask("GET" if method == "*" else method,
                              re.sub(r"\{\w+\}", "one", pattern), "127.0.0.2")
            self.assertEqual(answer.status, 401, (method, pattern))
        self.told("login", self.ask("GET", "/oauth/callback?code=x&state=y", "127.0.0.2"),
                  "127.0.0.2")
        self.told("refusal", self.ask("GET", "/admin/config", "127.0.0.2"), "127.0.0.2")
        for number in range(3, 10):
            self.told("refusal", self.ask("GET", "/tools", f"127.0.0.{number}"),
                      f"127.0.0.{number}")
        self.assertLess(len(self.lines("refusal", address="127.0.0.2")), 35)


if __name__ == "__main__":
    unittest.main()
