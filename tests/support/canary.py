# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 N1: secrets planted everywhere reach whom they are for, and nobody else: no log in
either format at any level, no metric, no audit line, no file, and, where they are credentials, no
answer of the bridge."""
import base64
import os
import secrets

from bridge import Bridge, fixture, wait_for
from client import token
from mcpclient import LegacyClient, ModernClient, SseClient

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
