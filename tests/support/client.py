# SPDX-License-Identifier: GPL-3.0-or-later
"""A small HTTP client: JSON requests, event streams, and raw bytes for what is malformed."""
import base64
import http.client
import json
import socket
import time

SF = "x-inxm-mcp-session"


def token(subject="alice", **claims):
    """An access token of that user, unsigned: for bridges that verify nothing."""
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    now = int(time.time())
    claims = {"sub": subject, "iat": now, "exp": now + 3600, **claims}
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}.c2lnbmF0dXJl"


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def detail(self):
        return self.json["detail"]

    @property
    def result(self):
        """structuredContent.result, which the demo server's tools have."""
        return self.json["structuredContent"]["result"]

    def __repr__(self):
        return f"<{self.status} {self.text[:300]}>"


class Stream:
    """An open event stream. Events are the decoded `data` fields; comments are counted."""

    def __init__(self, connection, response):
        self.connection, self.response = connection, response
        self.status, self.headers = response.status, response.headers
        self.comments = 0

    def next_event(self):
        """The next event, or None when the stream ended."""
        data = []
        while True:
            line = self.response.readline()
            if not line:
                return None
            line = line.decode().rstrip("\r\n")
            if line.startswith(":"):
                self.comments += 1
            elif line.startswith("data:"):
                data.append(line[5:].lstrip(" "))
            elif not line and data:
                return json.loads("\n".join(data))

    def events(self):
        """All events until the end."""
        return list(iter(self.next_event, None))

    def close(self):
        self.response.close()
        self.connection.close()


class Client:
    def __init__(self, host, port, timeout=20):
        self.host, self.port, self.timeout = host, port, timeout
        self.streams = []

    def send(self, method, path, body=None, headers=None, session=None, token=None, cookie=None,
             timeout=None):
        """Sends one request on a connection of its own. A body that is not bytes becomes JSON."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout or self.timeout)
        fields = {}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            fields["Content-Type"] = "application/json"
        if session is not None:
            fields[SF] = session
        if token is not None:
            fields["Authorization"] = "Bearer " + token
        if cookie is not None:
            fields["Cookie"] = cookie
        fields.update(headers or {})
        connection.request(method, path, body, fields)
        return connection

    def request(self, method, path, body=None, **how):
        connection = self.send(method, path, body, **how)
        try:
            response = connection.getresponse()
            return Answer(response, response.read())
        finally:
            connection.close()

    def get(self, path, **how):
        return self.request("GET", path, **how)

    def post(self, path, body=None, **how):
        return self.request("POST", path, body, **how)

    def stream(self, tool, arguments=None, path=None, **how):
        """Opens POST /tools/{tool}/stream."""
        connection = self.send("POST", path or f"/tools/{tool}/stream",
                               {} if arguments is None else arguments, **how)
        opened = Stream(connection, connection.getresponse())
        self.streams.append(opened)
        return opened

    def close_streams(self):
        for stream in self.streams:
            stream.close()
        self.streams.clear()

    def connect(self, timeout=None):
        """A bare socket, for tests of framing."""
        return socket.create_connection((self.host, self.port), timeout or self.timeout)

    def raw(self, data, timeout=None):
        """Sends bytes as they are and returns what comes until the peer closes."""
        with self.connect(timeout) as peer:
            peer.sendall(data)
            return read_all(peer)


def read_all(peer):
    """Everything until the peer closes the connection."""
    received = b""
    while True:
        try:
            more = peer.recv(65536)
        except ConnectionResetError:
            more = b""
        if not more:
            return received
        received += more
