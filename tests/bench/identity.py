# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call costs when its caller is known: the same call in a session by somebody without a
token and by somebody whose token was verified before, through the whole bridge."""
import base64
import http.server
import json
import os
import subprocess
import tempfile
import threading
import time

from measures import ARGUMENTS, TEXT, TIMES, counts, with_cpu
from programs import Bridge


TURNS = 4


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """Signs RS256 tokens by the openssl program and serves its key."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="bridge-bench-")
        self.key = os.path.join(self.folder.name, "key.pem")
        self.openssl("genrsa", "-out", self.key, "2048")
        modulus = self.openssl("rsa", "-in", self.key, "-noout", "-modulus").split(b"=")[1]
        key = {"kty": "RSA", "kid": "bench", "use": "sig", "alg": "RS256", "e": "AQAB",
               "n": encoded(bytes.fromhex(modulus.decode().strip()))}
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                keys = {"keys": [key]}
                about = {"issuer": issuer.url, "jwks_uri": issuer.url + "/jwks"}
                body = json.dumps(keys if self.path == "/jwks" else about).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.folder.cleanup()

    def openssl(self, *arguments, given=None):
        return subprocess.run(["openssl", *arguments], input=given, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    def token(self, subject):
        now = int(time.time())
        claims = {"iss": self.url, "sub": subject, "iat": now, "exp": now + 3600,
                  "groups": ["staff", "ops"], "email": subject + "@example.com"}
        text = ".".join(encoded(json.dumps(part).encode())
                        for part in ({"alg": "RS256", "kid": "bench"}, claims))
        signature = self.openssl("dgst", "-sha256", "-sign", self.key, given=text.encode())
        return f"{text}.{encoded(signature)}"


def identity(programs, plan):
    """A call in a session without a token, and with one that was verified before."""
    with Issuer() as issuer, Bridge(programs, OAUTH_ISSUER_URL=issuer.url) as bridge:
        header = "Authorization: Bearer " + issuer.token("alice")
        start = {"path": "/session/start", "count": 1}
        bridge.load(body='{"session_id":"nobody"}', **start)
        bridge.load(body='{"session_id":"alice"}', header=header, **start)
        for _ in range(plan.rounds):
            yield one_round(bridge, plan, {"anonymous": {"path": "/session/nobody/tools/echo"},
                                           "verified": {"path": "/session/alice/tools/echo",
                                                        "header": header}})


def one_round(bridge, plan, callers):
    """The two take turns several times, and the quietest turn of each counts: what there is to be
    seen is smaller than what the machine does meanwhile."""
    out = {}
    for _ in range(TURNS):
        for who, options in callers.items():
            turn = {}
            name = "identity." + who
            run = with_cpu(bridge, turn, name,
                           lambda: bridge.load(body=ARGUMENTS, expect=TEXT, **options,
                                               **counts(plan, 1)))
            turn.update({f"{name}.{key}": run[key] for key in TIMES})
            for key, value in turn.items():
                out[key] = min(value, out.get(key, value))
    for key in ("p50_us", "cpu_bridge_us"):
        out["identity.more_" + key] = (out["identity.verified." + key]
                                       - out["identity.anonymous." + key])
    return out


SECTIONS = {"identity": identity}
