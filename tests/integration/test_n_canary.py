# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 N1: secrets planted everywhere reach whom they are for, and nobody else: no log in
either format at any level, no metric, no audit line, no file, and, where they are credentials, no
answer of the bridge."""
import base64
import http.client
import json
import os
import secrets
import unittest
import urllib.parse

from bridge import DEMO, SLOW, Bridge, fixture, wait_for
from client import token
from idp import Idp, needs_idp
from mcpclient import LegacyClient, ModernClient, SseClient
from remote import Remote

EVERYTHING = {"LOG_LEVEL": "debug", "LOG_CATEGORIES": "bridge.*=debug,bridge.mcp.wire=debug"}


class Canaries:
    """Words that exist nowhere else, by the place they are planted in."""

    def __init__(self):
        self.planted = {}

    def new(self, place):
        word = "cnry" + secrets.token_hex(9)
        self.planted[word] = place
        return word

    def in_text(self, text):
        """Places whose words stand in `text`, as they are or coded."""
        found = set()
        for word, place in self.planted.items():
            coded = base64.b64encode(word.encode()).decode().rstrip("=")[:-1]
            if word in text or coded in text or word.encode().hex() in text:
                found.add(place)
        return sorted(found)


class Canary:
    """The walk over all paths; subclasses say which bridge."""

    env = {}
    files = {}
    crashing = ("garbage",)
    reached = 5  # at least so many words have to come back to their callers
    owned = ()  # files of the test in the bridge's folder

    def prepare(self):
        """More settings for the bridge, and self.good: headers of a caller who is let in."""
        self.good = {}
        return {}

    def server(self):
        return fixture("leaky")

    def more(self):
        """Further paths of a subclass; runs before the log is looked at."""

    def setUp(self):
        self.content = Canaries()  # what callers say and get back
        self.credentials = Canaries()  # what no answer may repeat
        self.answers = []
        env = {**EVERYTHING, **self.env, **self.prepare(),
               "MCP_ENV_API_TOKEN": self.credentials.new("environment of the child")}
        self.bridge = Bridge(self.server(), env, files=self.files)
        self.bridge.start()

    def tearDown(self):
        self.bridge.stop(check=False)
        self.bridge.directory.cleanup()

    # --- planting ------------------------------------------------------------------------------

    def keep(self, what, answer):
        self.answers.append((what, answer.text + str(answer.headers)))
        return answer

    def disguises(self):
        """Credentials in the wrong places and of the wrong kind, as headers of a request."""
        new = self.credentials.new
        basic = base64.b64encode(("user:" + new("basic credential")).encode()).decode()
        yield {"Authorization": "Bearer " + new("opaque token")}
        yield {"Authorization": "Bearer " + token(
            self.content.new("subject of an unsigned token"), email=new("e-mail") + "@example.com")}
        yield {"Authorization": "Bearer a." + new("broken token") + ".c"}
        yield {"Authorization": "Basic " + basic}
        yield {"Authorization": new("no scheme")}
        yield {"X-Auth-Request-Access-Token": new("proxy token")}
        yield {"X-API-Key": new("API key")}
        yield {"X-API-Key": "mbk_" + "a" * 12 + "_" + (new("API key of the right shape") + "x" * 43)[:43]}
        yield {"Cookie": "_oauth2_proxy=" + new("cookie") + "; __Host-bridge=" + new("own cookie")}
        yield {"X-Admin-Token": new("admin token")}
        yield {"X-Inxm-Mcp-Session": new("session id")}
        yield {"Proxy-Authorization": "Bearer " + new("proxy credential")}

    def targets(self):
        """Method, path and body of every face of the bridge; {s} is content."""
        def new(place):
            return self.content.new(place)
        for tool in ("tell", "fail", "refuse", *self.crashing, "missing"):
            args = {"secret": new(f"argument of {tool}"), "nested": {"deep": [new("deep argument")]}}
            yield "POST", f"/tools/{tool}", args
            yield "POST", f"/tools/{tool}/stream", args
        yield "POST", "/tools/tell", {"secret": 7, "unknown": new("value of an unknown argument")}
        yield "POST", "/tools/tell", b'{"secret": "' + new("broken body").encode()
        yield "POST", "/prompts/tell", {"secret": new("prompt argument")}
        yield "POST", "/prompts/fail", {"secret": new("failing prompt argument")}
        yield "POST", "/prompts/missing", {"secret": new("argument of no prompt")}
        for path in ("/tools", "/prompts", "/resources", "/servers", "/sessions", "/health",
                     "/docs", "/openapi.json", "/.well-known/agent.json",
                     "/.well-known/oauth-protected-resource", "/oauth/userinfo", "/admin/state",
                     "/resources/fixed", "/resources/missing"):
            yield "GET", path, None
        yield "POST", "/session/start", {}
        yield "POST", "/session/close", {}
        yield "POST", "/admin/reload", {}
        yield "POST", "/oauth/logout", {}

    def walk_rest(self):
        for method, path, body in self.targets():
            self.keep(path, self.bridge.request(method, path, body, headers=self.good))
        for headers in self.disguises():
            for method, path, body in (("GET", "/tools", None),
                                       ("POST", "/tools/tell", {"secret": "x"}),
                                       ("POST", "/session/start", {}),
                                       ("POST", "/admin/reload", {}),
                                       ("POST", "/prompts/tell", {"secret": "x"}),
                                       ("GET", "/resources", None),
                                       ("POST", "/mcp", {"jsonrpc": "2.0", "id": 1,
                                                         "method": "tools/list"})):
                self.keep(path, self.bridge.request(method, path, body, headers=headers))

    def walk_addresses(self):
        """Secrets in the address: query, user information, fragment of a redirect."""
        new = self.credentials.new
        for path in ("/tools", "/oauth/callback", "/oauth/login", "/sse/messages", "/nowhere",
                     "/mcp", "/health"):
            query = "&".join(f"{name}={new(name + ' in the query')}" for name in
                             ("access_token", "code", "state", "session_id", "x", "rd", "iss"))
            self.keep(path, self.bridge.get(f"{path}?{query}", headers=self.good))
            self.keep(path, self.bridge.get(f"{path}?{query}"))
        word = new("user information")
        raw = self.bridge.raw(f"GET http://ann:{word}@127.0.0.1/tools HTTP/1.1\r\n"
                              "Host: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        self.answers.append(("absolute form", raw.decode(errors="replace")))
        raw = self.bridge.raw(b"GET /tools HTTP/1.1\r\nAuthorization Bearer "
                              + new("malformed header").encode() + b"\r\n\r\n")
        self.answers.append(("malformed", raw.decode(errors="replace")))

    def walk_sessions(self):
        started = self.bridge.post("/session/start", {}, headers=self.good)
        if started.status != 200:
            return
        session = started.json["session_id"]
        self.credentials.planted[session] = "id of a session"
        for tool in ("tell", "fail", "refuse", "ask", "tell", *self.crashing):
            body = {"secret": self.content.new(f"argument of {tool} in a session")}
            answer = self.bridge.post(f"/tools/{tool}", body, headers=self.good, session=session)
            if tool != "ask":  # tells its own caller the session to answer in
                self.answers.append((tool, answer.text))
        self.bridge.post("/tools/ask?feedback=" + self.content.new("feedback"), {},
                         headers=self.good, session=session)
        self.bridge.post("/session/close", {}, headers=self.good, session=session)

    def walk_mcp(self):
        for client in (ModernClient(self.bridge), LegacyClient(self.bridge)):
            if isinstance(client, LegacyClient):
                answer = client.raw({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
                    "protocolVersion": "2025-11-25", "capabilities": {},
                    "clientInfo": {"name": self.content.new("client name"), "version": "1"}}},
                    headers=self.good)
                if answer.status != 200:
                    continue
                client.session = answer.headers["Mcp-Session-Id"]
                self.credentials.planted[client.session] = "id of an MCP session"
            for method, params in self.messages():
                answer = client.post(method, params, headers=self.good)
                text = answer.text if hasattr(answer, "text") else repr(answer.messages())
                self.answers.append((method, text))
            client.close()
        try:
            sse = SseClient(self.bridge, headers=self.good)
        except (AssertionError, AttributeError):
            return
        self.credentials.planted[sse.endpoint.rpartition("=")[2]] = "id of an SSE session"
        for method, params in [("initialize", {"protocolVersion": "2024-11-05", "capabilities": {},
                                               "clientInfo": {"name": "t", "version": "1"}}),
                               *self.messages()]:
            sse.last_id += 1
            self.bridge.post(sse.endpoint, {"jsonrpc": "2.0", "id": sse.last_id, "method": method,
                                            "params": params}, headers=self.good)
            wait_for(lambda: not sse.received.empty(), what=f"an answer to {method}")
            sse.next()
        self.bridge.post(sse.endpoint, b"{" + self.content.new("broken message").encode(),
                         headers=self.good)
        sse.close()

    def messages(self):
        new = self.content.new
        for tool in ("tell", "fail", "refuse", "no-such-tool"):
            yield "tools/call", {"name": tool, "arguments": {"secret": new("argument over MCP")}}
        yield "prompts/get", {"name": "tell", "arguments": {"secret": new("prompt over MCP")}}
        yield "prompts/get", {"name": "fail", "arguments": {"secret": new("prompt over MCP")}}
        yield "resources/read", {"uri": "leak://tell/" + new("resource over MCP")}
        yield "resources/read", {"uri": "leak://fail/" + new("failing resource over MCP")}
        yield "resources/read", {"uri": f"https://ann:{new('user in a URI')}@example.com/x"}
        yield "no/such/method", {"x": new("parameter of no method")}

    # --- looking -------------------------------------------------------------------------------

    def files_of_bridge(self):
        for folder, _, names in os.walk(self.bridge.home):
            for name in names:
                path = os.path.join(folder, name)
                if name not in self.owned and os.path.isfile(path):
                    with open(path, "rb") as file:
                        yield name, file.read().decode("utf-8", "replace")

    def test_secrets_stay_with_whom_they_are_for(self):
        self.walk_rest()
        self.walk_addresses()
        self.walk_sessions()
        self.walk_mcp()
        self.more()
        metrics = self.bridge.get("/metrics").text
        self.assertIn("# TYPE", metrics)
        self.bridge.stop()
        found = []
        for name, text in [*self.files_of_bridge(), ("metrics", metrics)]:
            for line in text.splitlines():
                for place in self.content.in_text(line) + self.credentials.in_text(line):
                    found.append(f"{name}: {place}: {line}")
        for what, text in self.answers:
            for place in self.credentials.in_text(text):
                found.append(f"answer of {what}: {place}: {text[:300]}")
        self.assertFalse(found, "\n".join(found[:40]))
        # The walk went somewhere: what was for the callers did reach them.
        reached = "".join(text for _, text in self.answers)
        self.assertGreater(len(self.content.in_text(reached)), self.reached)
        self.check_files()

    def check_files(self):
        """What has to stand in the files all the same."""


class InText(Canary, unittest.TestCase):
    env = {"LOG_FORMAT": "text"}


class InJson(Canary, unittest.TestCase):
    env = {"LOG_FORMAT": "json", "AUDIT_LOG": "log", "API_KEYS": "a-key-of-nobody-0123456789"}


@needs_idp
class Verified(Canary, unittest.TestCase):
    """With an identity provider, the vault, the audit log and a key of each kind."""

    env = {"LOG_FORMAT": "json"}

    def prepare(self):
        self.idp = Idp().start()
        self.addCleanup(self.idp.__exit__)
        new = self.credentials.new
        subject = self.content.new("subject")
        own = self.content.new  # he may read about himself; no log may
        access = self.idp.mint(sub=subject, email=own("e-mail") + "@example.com",
                               name=own("name of a person"), groups=[own("group")],
                               preferred_username=own("user name"))
        self.credentials.planted[access.rpartition(".")[2]] = "signature of the caller's token"
        self.good = {"Authorization": "Bearer " + access}
        vault_key = base64.b64encode(secrets.token_bytes(32)).decode()
        audit_key, api_key, admin = new("AUDIT_KEY"), new("API_KEYS"), new("admin token")
        self.credentials.planted[vault_key] = "VAULT_KEY"
        return {**self.idp.env(), "VAULT_KEY": vault_key, "VAULT_FILE": "{home}/vault.db",
                "AUDIT_LOG": "{home}/audit.log", "AUDIT_KEY": audit_key, "API_KEYS": api_key,
                "ADMIN_TOKEN": admin, "OAUTH_ENV": "CALLER_TOKEN"}

    def check_files(self):
        files = dict(self.files_of_bridge())
        lines = [json.loads(line) for line in files["audit.log"].splitlines()]
        self.assertIn("refusal", {line["event"] for line in lines})


class WithCredentials(Canary):
    """Children get a credential that was retrieved for their caller."""

    env = {"LOG_FORMAT": "json", "OAUTH_ENV": "API_TOKEN", "AUDIT_LOG": "{home}/audit.log"}

    def prepare(self):
        self.idp = Idp().start()
        self.addCleanup(self.idp.__exit__)
        self.good = self.caller("good")
        return self.settings(self.credentials.new)

    def caller(self, name):
        token_ = self.idp.mint(sub=name, email=f"{name}@example.com", email_verified=True)
        self.credentials.planted[token_.rpartition(".")[2]] = f"token of {name}"
        return {"Authorization": "Bearer " + token_}

    def ask(self, name):
        self.keep(name, self.bridge.post("/tools/tell", {"secret": "x"},
                                         headers=self.caller(name)))

    def check_files(self):
        events = [json.loads(line)["event"]
                  for line in dict(self.files_of_bridge())["audit.log"].splitlines()]
        self.assertIn("exchange", events)


@needs_idp
class Brokered(WithCredentials, unittest.TestCase):
    def settings(self, new):
        self.idp.broker("far", tokens={"access_token": new("brokered token"),
                                       "refresh_token": new("brokered refresh token")})
        return self.idp.env(KEYCLOAK_PROVIDER_ALIAS="far")

    def more(self):
        for status in (400, 401, 403, 500):
            self.idp.broker("far", status=status)
            self.ask(f"refused-{status}")
        for mode in ("drop", "garbage", "down"):
            self.idp.mode("broker", mode)
            self.ask(f"mode-{mode}")
        self.idp.well()
        self.idp.broker("far", tokens={"access_token": 7, "error": self.credentials.new("lie")})
        self.ask("lied-to")


@needs_idp
class Exchanged(WithCredentials, unittest.TestCase):
    def settings(self, new):
        secret = new("client secret")
        self.idp.client("bridge", secret)
        return self.idp.env(OAUTH_ENABLE_TOKEN_EXCHANGE="true", OAUTH_CLIENT_ID="bridge",
                            OAUTH_CLIENT_SECRET=secret, KEYCLOAK_PROVIDER_ALIAS="far",
                            OAUTH_TOKEN_EXCHANGE_AUDIENCE="far-api")

    def more(self):
        for number, error in enumerate(("access_denied", "invalid_grant", "invalid_client")):
            self.idp.set(exchangeError={"status": 400, "body": {
                "error": error, "error_description": self.credentials.new(error)}})
            self.ask(f"denied-{number}")
        self.idp.set(exchangeError={"status": 500, "body": {"oops": self.credentials.new("oops")}})
        self.ask("failed")


@needs_idp
class StoredKeys(WithCredentials, unittest.TestCase):
    def settings(self, new):
        self.idp.store_key("good@example.com", "mail", new("stored key"))
        return self.idp.env(AUTH_PROVIDER="user-api-key", AUTH_TOKENS_INTERNAL_URL=self.idp.url,
                            MCP_CONNECTION_ID="mail", INTERNAL_API_SECRET=new("store secret"),
                            USER_API_KEY_ALLOWED_CLIENTS="test-client")

    def more(self):
        self.ask("keyless")
        self.idp.mode("store", "down", status=500)
        self.ask("unlucky")


@needs_idp
class LoggedIn(Canary, unittest.TestCase):
    """People who sign in, and those whose sign-in fails in every way."""

    env = {"LOG_FORMAT": "text", "AUDIT_LOG": "{home}/audit.log"}

    def prepare(self):
        self.idp = Idp().start()
        self.addCleanup(self.idp.__exit__)
        self.good = {}
        secret = self.credentials.new("client secret")
        self.idp.client("bridge", secret)
        self.idp.set(user={"sub": self.content.new("subject"), "name": self.content.new("name"),
                           "email": self.content.new("e-mail") + "@example.com"})
        return self.idp.env(OAUTH_CLIENT_ID="bridge", OAUTH_CLIENT_SECRET=secret)

    def plant(self, place, value):
        self.credentials.planted[value] = place

    def begin(self):
        """Cookies of a sign-in under way and what the identity provider would send back."""
        answer = self.bridge.get("/oauth/login?return_to=/docs")
        self.assertEqual(answer.status, 302, answer)
        at = urllib.parse.urlsplit(answer.headers["Location"])
        for name in ("state", "nonce"):
            self.plant(name, urllib.parse.parse_qs(at.query)[name][0])
        connection = http.client.HTTPConnection(at.hostname, at.port, timeout=20 * SLOW)
        connection.request("GET", f"{at.path}?{at.query}")
        back = urllib.parse.urlsplit(connection.getresponse().headers["Location"])
        connection.close()
        query = {name: values[0] for name, values in urllib.parse.parse_qs(back.query).items()}
        self.plant("code", query["code"])
        return self.cookies(answer), back.path, query

    def cookies(self, answer):
        pairs = [field.split(";")[0] for field in answer.headers.get_all("Set-Cookie") or []]
        for pair in pairs:
            if len(pair.partition("=")[2]) > 8:
                self.plant("cookie " + pair.partition("=")[0], pair.partition("=")[2])
        return "; ".join(pairs)

    def end(self, cookies, path, query):
        return self.bridge.get(f"{path}?{urllib.parse.urlencode(query)}",
                               headers={"Cookie": cookies} if cookies else {})

    def more(self):
        new = self.credentials.new
        signed_in = self.end(*self.begin())
        self.assertEqual(signed_in.status, 303, signed_in)
        cookies = self.cookies(signed_in)
        for post in self.idp.seen("token"):
            self.plant("code verifier", post["form"]["code_verifier"])
        for path in ("/oauth/userinfo", "/tools", "/oauth/userinfo?x=" + new("query")):
            self.assertEqual(self.keep(path, self.bridge.get(
                path, headers={"Cookie": cookies})).status, 200)
        for origin in ("null", "https://evil.example"):
            self.keep("logout", self.bridge.post("/oauth/logout", {}, headers={
                "Cookie": cookies, "Origin": origin}))
        cookie, path, query = self.begin()
        self.keep("no cookie", self.end("", path, query))
        self.keep("other state", self.end(cookie, path, {**query, "state": new("wrong state")}))
        cookie, path, query = self.begin()
        self.keep("other issuer", self.end(cookie, path, {**query, "iss": new("wrong issuer")}))
        cookie, path, query = self.begin()
        self.keep("other code", self.end(cookie, path, {**query, "code": new("wrong code")}))
        cookie, path, query = self.begin()
        self.keep("denied", self.end(cookie, path, {
            "state": query["state"], "iss": query["iss"], "error": "access_denied",
            "error_description": new("error description")}))
        for mode in ("garbage", "down", "drop"):
            begun = self.begin()
            self.idp.mode("token", mode)
            self.keep(mode, self.end(*begun))
            self.idp.well()
        self.keep("tampered", self.bridge.get("/oauth/userinfo", headers={
            "Cookie": cookies[:-3] + new("tail of a cookie")}))

    def check_files(self):
        events = [json.loads(line)["event"]
                  for line in dict(self.files_of_bridge())["audit.log"].splitlines()]
        self.assertIn("login", events)


@needs_idp
class Connected(Canary, unittest.TestCase):
    """A remote server that wants an account of each user, whose tokens lie in the vault."""

    env = {"LOG_FORMAT": "json", "AUDIT_LOG": "{home}/audit.log", "VAULT_FILE": "{home}/vault.db"}
    crashing = ()
    reached = 3

    def server(self):
        return DEMO

    def prepare(self):
        self.idp = Idp().start()
        self.addCleanup(self.idp.__exit__)
        self.remote = Remote(fixture("leaky", "--quiet"), ["--issuer", self.idp.issuer()])
        self.addCleanup(self.remote.stop)
        self.access = self.idp.mint(sub="ann")
        self.plant("the caller's token", self.access.rpartition(".")[2])
        self.good = {"Authorization": "Bearer " + self.access}
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        self.plant("VAULT_KEY", key)
        return self.idp.env(MCP_REMOTE_SERVER=self.remote.url + "/mcp", VAULT_KEY=key,
                            EGRESS_ALLOWED_NETWORKS="127.0.0.1", EGRESS_ALLOWED_PORTS=self.idp.port)

    def plant(self, place, value):
        self.credentials.planted[value] = place

    def follow(self, address):
        """Where the authorization server sends the browser back to."""
        at = urllib.parse.urlsplit(address)
        self.plant("state", urllib.parse.parse_qs(at.query)["state"][0])
        connection = http.client.HTTPConnection(at.hostname, at.port, timeout=20 * SLOW)
        connection.request("GET", f"{at.path}?{at.query}")
        back = urllib.parse.urlsplit(connection.getresponse().headers["Location"])
        connection.close()
        query = {name: values[0] for name, values in urllib.parse.parse_qs(back.query).items()}
        self.plant("code", query["code"])
        return back.path, query

    def begin(self):
        refused = self.bridge.post("/tools/tell", {"secret": "x"}, headers=self.good)
        self.assertEqual(refused.status, 401, refused)
        at = urllib.parse.urlsplit(refused.json["authorization_url"])
        self.plant("ticket", urllib.parse.parse_qs(at.query)["ticket"][0])
        self.assertEqual(self.bridge.get(f"{at.path}?{at.query}").status, 200)
        left = self.bridge.post(at.path, at.query.encode(), headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"http://127.0.0.1:{self.bridge.port}"})
        self.assertEqual(left.status, 303, left)
        cookie = left.headers["Set-Cookie"].split(";")[0]
        self.plant("cookie of the browser", cookie.partition("=")[2])
        return cookie, *self.follow(left.headers["Location"])

    def end(self, cookie, path, query):
        return self.bridge.get(f"{path}?{urllib.parse.urlencode(query)}",
                               headers={"Cookie": cookie})

    def walk_rest(self):
        """First fail in every way, then connect, then walk as all do."""
        new = self.credentials.new
        cookie, path, query = self.begin()
        self.keep("wrong state", self.end(cookie, path, {**query, "state": new("wrong state")}))
        self.keep("wrong cookie", self.end(cookie[:-9] + new("wrong cookie"), path, query))
        cookie, path, query = self.begin()
        self.keep("denied", self.end(cookie, path, {
            "state": query["state"], "error": "access_denied",
            "error_description": new("error description"), "iss": query.get("iss", "")}))
        cookie, path, query = self.begin()
        self.keep("wrong code", self.end(cookie, path, {**query, "code": new("wrong code")}))
        self.assertEqual(self.end(*self.begin()).status, 200)
        for post in self.idp.seen("token"):
            for name in ("code_verifier", "client_secret", "refresh_token"):
                if post["form"].get(name):
                    self.plant(name, post["form"][name])
        self.assertEqual(self.bridge.post("/tools/tell", {"secret": "x"},
                                          headers=self.good).status, 200)
        for request in self.remote.seen():
            for name, value in request["headers"]:
                if name.lower() == "authorization":
                    self.plant("token of the account", value.rpartition(".")[2])
        super().walk_rest()

    def check_files(self):
        # The account is there, so what is not found was sealed.
        self.assertIn("ann", dict(self.files_of_bridge())["vault.db"])


class BehindHttp(Canary, unittest.TestCase):
    """A remote server with a shared token and forwarded headers."""

    env = {"LOG_FORMAT": "json"}
    crashing = ()  # it is shared, and would be gone for all that follows
    flags = []

    def server(self):
        return DEMO

    def prepare(self):
        new = self.credentials.new
        self.remote = Remote(fixture("leaky", "--quiet"), self.flags)
        self.addCleanup(self.remote.stop)
        self.good = {"X-Tenant": new("forwarded header")}
        return {"MCP_REMOTE_SERVER": f"{self.remote.url}/mcp?key={new('query of the remote URL')}",
                "MCP_REMOTE_BEARER_TOKEN": new("shared token"),
                "MCP_REMOTE_HEADER_X_SERVICE_KEY": new("static header"),
                "MCP_REMOTE_SERVER_FORWARD_HEADERS": "X-Tenant"}


class BehindSickHttp(BehindHttp):
    flags = ["--refuse", "500"]  # of tools/call
    reached = 2


if __name__ == "__main__":
    unittest.main()
