# SPDX-License-Identifier: GPL-3.0-or-later
"""A remote MCP server: HTTP in front of a fixture of this folder. Standard library only.

    python3 remote.py --ready FILE [flags] -- python3 probe.py …

Streamable HTTP at /mcp in both eras and HTTP+SSE at /sse (or /events) with /messages. Legacy sessions and SSE
connections each have a process of the fixture; modern requests share one. What arrives is appended
to --record as JSON lines {"method", "path", "headers", "message"}. The address is written to
--ready once it listens. Requests to /refuse/STATUS are answered with that status.
"""
import argparse
import base64
import json
import os
import queue
import ssl
import subprocess
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

META = "io.modelcontextprotocol/"
MODERN = "2026-07-28"


def dump(message):
    """As the fixtures write, so that a result keeps its size."""
    return json.dumps(message, separators=(",", ":"))


class Child:
    """One process of the fixture; answers find their request by id."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.writing = threading.Lock()
        self.waiting = {}   # id → queue of its stream
        self.unrelated = queue.Queue()
        self.sink = None    # SSE: everything goes there
        self.last = None
        self.number = 0
        threading.Thread(target=self.read, daemon=True).start()

    def write(self, message):
        with self.writing:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()

    def ask(self, message):
        """A queue with what belongs to the request, its answer last."""
        stream = queue.Queue()
        self.waiting[message["id"]] = stream
        self.last = message["id"]
        self.write(message)
        return stream

    def read(self):
        for line in self.process.stdout:
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if self.sink:
                self.sink.put(message)
                continue
            if "method" in message:
                # The fixtures do not say which call they mean: the newest that is still open.
                token = (message.get("params") or {}).get("progressToken")
                key = token if token in self.waiting else self.last
                self.waiting.get(key, self.unrelated).put(message)
            else:
                stream = self.waiting.pop(message.get("id"), None)
                if stream:
                    stream.put(message)
        for stream in list(self.waiting.values()):
            stream.put(None)
        if self.sink:
            self.sink.put(None)

    def stop(self):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()


class Remote(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, options):
        super().__init__(("127.0.0.1", options.port), Handler)
        self.options = options
        self.sessions, self.streams = {}, {}
        self.lock = threading.Lock()
        self.shared = None
        self.refusals = options.refuse_times
        if options.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*options.tls)
            # The handshake is left to the thread of the connection.
            self.socket = context.wrap_socket(self.socket, server_side=True,
                                              do_handshake_on_connect=False)

    def handle_error(self, *_):
        """A client that left is no error worth a stack trace."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, ssl.SSLError)):
            super().handle_error(*_)

    def modern_child(self):
        with self.lock:
            if self.shared is None:
                self.shared = Child(self.options.command + ["--modern"])
            return self.shared

    def record(self, entry):
        if self.options.record:
            with self.lock, open(self.options.record, "a") as file:
                file.write(json.dumps(entry) + "\n")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    # --- answers -------------------------------------------------------------------------------

    def reply(self, status, body=b"", kind="application/json", **headers):
        if not isinstance(body, bytes):
            body = dump(body).encode()
        self.send_response(status)
        if body:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status):
        extra = {"Connection": "close"}
        if status == 401:
            extra["WWW_Authenticate"] = ('Bearer realm="upstream-realm", resource_metadata='
                                         '"https://auth.example.com/.well-known/x"')
        if self.server.options.retry_after:
            extra["Retry_After"] = self.server.options.retry_after
        self.reply(status, {"detail": f"refused with {status}"}, **extra)

    def begin_stream(self, **headers):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.close_connection = True

    def event(self, message, name=None, ident=None):
        text = message if isinstance(message, str) else dump(message)
        lines = [f"event: {name}"] if name else []
        lines += [f"id: {ident}"] if ident else []
        self.wfile.write(("\n".join([*lines, f"data: {text}"]) + "\n\n").encode())
        self.wfile.flush()

    # --- requests ------------------------------------------------------------------------------

    def receive(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        message = json.loads(body) if body else None
        self.server.record({"method": self.command, "path": self.path, "message": message,
                            "headers": [list(pair) for pair in self.headers.items()]})
        return message

    def is_stranger(self):
        """Refuses who does not show the token that is in --token-file now."""
        if self.server.options.issuer:
            return self.wants_login()
        if not self.server.options.token_file:
            return False
        with open(self.server.options.token_file) as file:
            wanted = "Bearer " + file.read().strip()
        if self.headers.get("Authorization") == wanted:
            return False
        self.refuse(401)
        return True

    def wants_login(self):
        """With --issuer: tokens of that authorization server only, which the metadata names."""
        options = self.server.options
        base = f"http://127.0.0.1:{self.server.server_port}"
        document = "/.well-known/oauth-protected-resource/mcp"
        if self.path == document:
            self.reply(200, {"resource": base + "/mcp", "authorization_servers": [options.issuer],
                             "scopes_supported": ["files:read", "files:write"]})
            return True
        token = (self.headers.get("Authorization") or "").partition("Bearer ")[2]
        revoked = ""
        if options.revoked and os.path.exists(options.revoked):
            with open(options.revoked) as file:
                revoked = file.read()
        try:
            payload = token.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (IndexError, ValueError):
            claims = {}
        if (claims.get("iss") == options.issuer and claims["exp"] > time.time()
                and "files:read" in claims.get("scope", "") and token not in revoked):
            return False
        self.reply(401, {"error": "invalid_token"}, Connection="close", WWW_Authenticate=(
            f'Bearer error="invalid_token", scope="files:read", '
            f'resource_metadata="{base}{document}"'))
        return True

    def do_POST(self):
        message = self.receive()
        options = self.server.options
        if self.is_stranger():
            return None
        if self.path.startswith("/redirect"):
            return self.reply(307, Location=options.redirect or "/mcp")
        if self.path.startswith("/refuse/"):
            return self.refuse(int(self.path.split("/")[2]))
        is_sse = self.path.startswith("/messages")
        if not is_sse and self.path.partition("?")[0] != "/mcp":
            return self.refuse(405 if self.path == "/events" else 404)
        if options.refuse and message.get("method") in options.refuse_methods:
            with self.server.lock:
                left = self.server.refusals
                self.server.refusals = left - 1
            if left != 0:
                return self.refuse(options.refuse)
        if message.get("method") in options.hang:
            while self.alive():
                time.sleep(0.05)
            return None
        if is_sse:
            return self.post_sse(message)
        modern = META + "protocolVersion" in ((message.get("params") or {}).get("_meta") or {})
        if modern and options.era == "legacy":
            return self.reply(400, {"jsonrpc": "2.0", "id": "server-error", "error":
                                    {"code": -32600, "message": "Bad Request: no session"}})
        if modern:
            return self.post_modern(message)
        if options.era == "modern":
            return self.reply(400, {"jsonrpc": "2.0", "id": message.get("id"), "error": {
                "code": -32022, "message": "Unsupported protocol version",
                "data": {"supported": [MODERN], "requested": None}}})
        self.post_legacy(message)

    def mismatch(self, message):
        params = message.get("params") or {}
        wanted = {"MCP-Protocol-Version": params["_meta"][META + "protocolVersion"],
                  "Mcp-Method": message["method"]}
        if message["method"] in ("tools/call", "prompts/get"):
            wanted["Mcp-Name"] = params.get("name")
        for name, value in wanted.items():
            if self.headers.get(name) != value:
                return f"{name} is {self.headers.get(name)!r}, not {value!r}"
        return None

    def post_modern(self, message):
        problem = self.mismatch(message)
        if problem:
            return self.reply(400, {"jsonrpc": "2.0", "id": message["id"],
                                    "error": {"code": -32020, "message": problem}})
        if message["method"] == "subscriptions/listen":
            self.begin_stream()
            self.event({"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged"})
            while self.alive():
                time.sleep(0.05)
            return None
        child = self.server.modern_child()
        with self.server.lock:
            child.number += 1
            own = 1_000_000 + child.number
        answer = {**message, "id": own}
        self.relay(child, child.ask(answer), message["id"], own)

    def post_legacy(self, message):
        server = self.server
        ident = self.headers.get("Mcp-Session-Id")
        extra = {}
        if message.get("method") == "initialize":
            child = Child(server.options.command)
            ident = uuid.uuid4().hex
            server.sessions[ident] = child
            if not server.options.sessionless:
                extra["Mcp_Session_Id"] = ident
        elif server.options.sessionless:
            child = list(server.sessions.values())[-1]
        elif ident not in server.sessions:
            return self.reply(404, {"jsonrpc": "2.0", "id": None, "error":
                                    {"code": -32001, "message": "Session not found"}})
        else:
            child = server.sessions[ident]
        if "id" not in message or "method" not in message:
            child.write(message)
            return self.reply(202)
        self.relay(child, child.ask(message), message["id"], message["id"], **extra)

    def relay(self, child, stream, ident, own, **extra):
        """JSON when the answer comes first and --json is set, else a stream."""
        if self.server.options.json:
            while True:
                message = stream.get()
                if message is None:
                    return self.refuse(502)
                if "method" not in message:
                    return self.reply(200, {**message, "id": ident}, **extra)
        self.begin_stream(**extra)
        while True:
            try:
                message = stream.get(timeout=0.1)
            except queue.Empty:
                if self.alive():
                    continue
                if own != ident:
                    child.write({"jsonrpc": "2.0", "method": "notifications/cancelled",
                                 "params": {"requestId": own}})
                return
            if message is None:
                return
            if "method" in message:
                self.event(message)
            else:
                return self.event({**message, "id": ident})

    def alive(self):
        """Whether the client still listens."""
        self.connection.settimeout(0)
        try:
            return self.connection.recv(1) != b""
        except (BlockingIOError, OSError) as error:
            return isinstance(error, (BlockingIOError, ssl.SSLWantReadError))
        finally:
            self.connection.settimeout(None)

    def do_GET(self):
        self.receive()
        if self.is_stranger():
            return None
        if self.path.startswith("/redirect"):
            return self.reply(307, Location=self.server.options.redirect or "/sse")
        if self.path in ("/sse", "/events"):
            return self.get_sse()
        if self.path.startswith("/refuse/"):
            return self.refuse(int(self.path.split("/")[2]))
        child = self.server.sessions.get(self.headers.get("Mcp-Session-Id"))
        if self.path.partition("?")[0] != "/mcp" or child is None or self.server.options.json:
            return self.refuse(405)
        self.begin_stream()
        while self.alive():
            try:
                self.event(child.unrelated.get(timeout=0.1))
            except queue.Empty:
                pass

    def do_DELETE(self):
        self.receive()
        if self.server.options.hang_close:
            time.sleep(self.server.options.hang_close)
        child = self.server.sessions.pop(self.headers.get("Mcp-Session-Id"), None)
        if child:
            child.stop()
        self.reply(204 if child else 404)

    # --- HTTP+SSE ------------------------------------------------------------------------------

    def get_sse(self):
        child = Child(self.server.options.command)
        child.sink = queue.Queue()
        ident = uuid.uuid4().hex
        self.server.streams[ident] = child
        self.begin_stream()
        origin = self.server.options.sse_origin or ""
        self.event(f"{origin}/messages?session={ident}", "endpoint")
        try:
            while self.alive():
                try:
                    message = child.sink.get(timeout=0.1)
                except queue.Empty:
                    continue
                if message is None:
                    return
                self.event(message, "message")
        finally:
            self.server.streams.pop(ident, None)
            child.stop()

    def post_sse(self, message):
        child = self.server.streams.get(self.path.partition("session=")[2])
        if child is None:
            return self.refuse(404)
        child.write(message)
        self.reply(202, b"Accepted", "text/plain")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ready", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--record")
    parser.add_argument("--era", choices=["both", "legacy", "modern"], default="both")
    parser.add_argument("--json", action="store_true", help="answer with JSON, not with streams")
    parser.add_argument("--sessionless", action="store_true", help="legacy without session ids")
    parser.add_argument("--refuse", type=int, help="status for --refuse-methods")
    parser.add_argument("--refuse-methods", nargs="*", default=["tools/call"])
    parser.add_argument("--refuse-times", type=int, default=-1, help="then it works")
    parser.add_argument("--retry-after")
    parser.add_argument("--redirect", help="where /redirect leads")
    parser.add_argument("--hang-close", type=float, default=0, help="seconds a DELETE takes")
    parser.add_argument("--hang", nargs="*", default=[], help="methods that are never answered")
    parser.add_argument("--token-file", help="holds the token clients must show")
    parser.add_argument("--issuer", help="wants tokens of this authorization server")
    parser.add_argument("--revoked", help="file with tokens of it that are no good any more")
    parser.add_argument("--sse-origin", help="put before the address of the endpoint event")
    parser.add_argument("--tls", nargs=2, metavar=("CERTIFICATE", "KEY"), help="speak https")
    mark = sys.argv.index("--")
    options = parser.parse_args(sys.argv[1:mark])
    options.command = sys.argv[mark + 1:]
    server = Remote(options)
    with open(options.ready + ".new", "w") as file:
        scheme = "https" if options.tls else "http"
        file.write(f"{scheme}://127.0.0.1:{server.server_address[1]}")
    os.rename(options.ready + ".new", options.ready)
    server.serve_forever()


if __name__ == "__main__":
    main()
