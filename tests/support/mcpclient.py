# SPDX-License-Identifier: GPL-3.0-or-later
"""Bare MCP clients of both eras over HTTP, for tests that look at every byte."""
import json
import queue
import threading

from bridge import SLOW

BOTH = "application/json, text/event-stream"
META = "io.modelcontextprotocol/"
MODERN = "2026-07-28"
LEGACY = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]


def message(method, params=None, id=None):
    made = {"jsonrpc": "2.0", "method": method}
    if id is not None:
        made["id"] = id
    if params is not None:
        made["params"] = params
    return made


class Event:
    def __init__(self, name, id, data):
        self.name, self.id, self.text = name, id, data

    @property
    def json(self):
        return json.loads(self.text)

    def __repr__(self):
        return f"<{self.name} {self.id}: {self.text[:200]}>"


class Events:
    """An answer that is an event stream; events() ends with it."""

    def __init__(self, connection, response):
        self.connection, self.response = connection, response
        self.status, self.headers = response.status, response.headers
        self.comments = 0

    def next(self):
        """The next event, or None when the stream has ended."""
        name, id, data = None, None, None
        while True:
            line = self.response.readline()
            if not line:
                return None
            line = line.decode().rstrip("\r\n")
            if line.startswith(":"):
                self.comments += 1
            elif line.startswith("event:"):
                name = line[6:].strip()
            elif line.startswith("id:"):
                id = line[3:].strip()
            elif line.startswith("data:"):
                data = (data + "\n" if data is not None else "") + line[5:].strip()
            elif not line and data is not None:
                return Event(name, id, data)

    def next_message(self):
        """The next event that holds a message (an empty one only gives an id)."""
        event = self.next()
        while event is not None and not event.text:
            event = self.next()
        return event

    def events(self):
        return list(iter(self.next, None))

    def messages(self):
        return [event.json for event in self.events() if event.text]

    def close(self):
        self.response.close()
        self.connection.close()


class Http:
    """One endpoint of a bridge; answers are Answer or, when they are streams, Events. `extra` are
    header fields of every request, e.g. a credential."""

    extra = {}

    def __init__(self, bridge, path="/mcp"):
        self.bridge, self.path = bridge, path
        self.open = []

    def send(self, method, body=None, headers=None, path=None):
        from client import Answer
        fields = {"Accept": BOTH, **self.extra}
        for name, value in (headers or {}).items():
            if value is None:
                fields.pop(name, None)
            else:
                fields[name] = value
        connection = self.bridge.send(method, path or self.path, body, headers=fields)
        response = connection.getresponse()
        if response.status == 200 and (response.headers.get("Content-Type") or "").startswith(
                "text/event-stream"):
            self.open.append(Events(connection, response))
            return self.open[-1]
        try:
            return Answer(response, response.read())
        finally:
            connection.close()

    def close(self):
        for stream in self.open:
            stream.close()
        self.open.clear()


class ModernClient(Http):
    def __init__(self, bridge, path="/mcp", capabilities=None):
        super().__init__(bridge, path)
        self.capabilities = {} if capabilities is None else capabilities
        self.last_id = 0

    def meta(self, **more):
        return {META + "protocolVersion": MODERN,
                META + "clientInfo": {"name": "test", "version": "1"},
                META + "clientCapabilities": self.capabilities, **more}

    def headers(self, method, params):
        fields = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
        name = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri",
                "tasks/get": "taskId", "tasks/update": "taskId",
                "tasks/cancel": "taskId"}.get(method)
        if name and name in params:
            fields["Mcp-Name"] = params[name]
        return fields

    def post(self, method, params=None, headers=None, meta=None, id=None):
        """One request. `headers` replaces fields (None removes one), `meta` adds to _meta."""
        params = dict(params or {})
        params.setdefault("_meta", self.meta(**(meta or {})))
        if id is None:
            self.last_id += 1
            id = self.last_id
        fields = {**self.headers(method, params), **(headers or {})}
        return self.send("POST", message(method, params, id), fields)

    def result(self, method, params=None, **how):
        """The result of a request, whether it came as JSON or as a stream."""
        answer = self.post(method, params, **how)
        last = answer.messages()[-1] if isinstance(answer, Events) else answer.json
        assert "result" in last, last
        return last["result"]

    def call(self, tool, arguments=None, **how):
        return self.result("tools/call", {"name": tool, "arguments": arguments or {}}, **how)


class LegacyClient(Http):
    def __init__(self, bridge, path="/mcp", revision=LEGACY[0], capabilities=None):
        super().__init__(bridge, path)
        self.revision = revision
        self.capabilities = {} if capabilities is None else capabilities
        self.session = None
        self.last_id = 0

    def fields(self):
        fields = {}
        if self.session:
            fields["Mcp-Session-Id"] = self.session
            if self.revision >= "2025-06-18":
                fields["MCP-Protocol-Version"] = self.revision
        return fields

    def initialize(self):
        answer = self.raw(message("initialize", {
            "protocolVersion": self.revision, "capabilities": self.capabilities,
            "clientInfo": {"name": "test", "version": "1"}}, 0))
        assert answer.status == 200, answer
        self.session = answer.headers["Mcp-Session-Id"]
        self.server = answer.json["result"]
        accepted = self.raw(message("notifications/initialized"))
        assert accepted.status == 202, accepted
        return self.server

    def raw(self, body, headers=None):
        return self.send("POST", body, {**self.fields(), **(headers or {})})

    def post(self, method, params=None, headers=None, id=None):
        if id is None:
            self.last_id += 1
            id = self.last_id
        return self.raw(message(method, params, id), headers)

    def listen(self, last_event_id=None, headers=None):
        fields = {**self.fields(), "Accept": "text/event-stream", **(headers or {})}
        if last_event_id is not None:
            fields["Last-Event-ID"] = last_event_id
        return self.send("GET", None, fields)

    def result(self, method, params=None, **how):
        answer = self.post(method, params, **how)
        last = answer.messages()[-1] if isinstance(answer, Events) else answer.json
        assert "result" in last, last
        return last["result"]

    def call(self, tool, arguments=None, **how):
        return self.result("tools/call", {"name": tool, "arguments": arguments or {}}, **how)

    def answer(self, id, result):
        return self.raw({"jsonrpc": "2.0", "id": id, "result": result})


class SseClient:
    """The 2024-11-05 transport: one stream, read by a thread into a queue. `headers` go with every
    request."""

    def __init__(self, bridge, path="/sse", headers=None):
        self.bridge = bridge
        self.http = Http(bridge, path)
        self.headers = headers or {}
        self.stream = self.http.send("GET", None, {"Accept": "text/event-stream",
                                                   **self.headers})
        first = self.stream.next()
        assert first.name == "endpoint", first
        self.endpoint = first.text
        self.received = queue.Queue()
        self.last_id = 0
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            for event in iter(self.stream.next, None):
                self.received.put(event)
        except (OSError, ValueError, AttributeError):
            pass
        self.received.put(None)

    def next(self):
        return self.received.get(timeout=20 * SLOW)

    def send(self, body, endpoint=None):
        return self.bridge.post(endpoint or self.endpoint, body, headers=self.headers)

    def request(self, method, params=None):
        """Sends a request and returns its response; what comes before is returned beside it."""
        self.last_id += 1
        accepted = self.send(message(method, params, self.last_id))
        assert accepted.status == 202, accepted
        before = []
        while True:
            got = self.next()
            assert got is not None, "the stream has ended"
            if got.json.get("id") == self.last_id and "method" not in got.json:
                return got.json, before
            before.append(got.json)

    def initialize(self, revision="2024-11-05", capabilities=None):
        answer, _ = self.request("initialize", {
            "protocolVersion": revision, "capabilities": capabilities or {},
            "clientInfo": {"name": "test", "version": "1"}})
        self.send(message("notifications/initialized"))
        return answer["result"]

    def close(self):
        # The reading thread holds the buffered reader's lock: only the socket can be closed here.
        import socket
        try:
            self.stream.connection.sock.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            pass
