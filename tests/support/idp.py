# SPDX-License-Identifier: GPL-3.0-or-later
"""An identity provider for the black-box tests: servers/idp.mjs and how to speak to it.

    with Idp() as idp:
        env = {"AUTH_BASE_URL": idp.url, "KEYCLOAK_REALM": "test"}
        token = idp.mint(sub="bob", groups=["ops"])
        idp.mode("jwks", "down")
        ...
        idp.seen("jwks")   # what was asked, oldest first

Realms come into being when they are named; the first is `test`. `exp=None` leaves a claim out.
"""
import json
import os
import shutil
import subprocess
import tempfile
import unittest
import urllib.request

from bridge import HERE, SLOW, wait_for
from case import BridgeCase

NODE = shutil.which("node")
needs_idp = unittest.skipUnless(NODE, "Node.js is not installed, so there is no identity provider")
REALM = "test"


class Idp:
    def __init__(self, realm=REALM, port=0, tls=False):
        self.realm = realm
        self.port = port
        self.tls = tls
        self.directory = tempfile.TemporaryDirectory(prefix="bridge-idp-")
        self.process = None
        self.url = None

    # --- life ----------------------------------------------------------------------------------

    def start(self):
        if NODE is None:
            raise unittest.SkipTest("Node.js is not installed")
        flags = [f"port={self.port}"]
        if self.tls:
            flags += [f"cert={self.certificate()}", f"key={self.path('key.pem')}"]
        self.log = open(self.path("stderr.log"), "ab")
        self.process = subprocess.Popen([NODE, os.path.join(HERE, "servers", "idp.mjs"), *flags],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=self.log)
        self.url = self.process.stdout.readline().decode().strip()
        if not self.url.startswith("http"):
            raise AssertionError(f"the identity provider did not start, see {self.log.name}")
        self.port = int(self.url.rpartition(":")[2])
        return self

    def stop(self):
        """Ends it; start() brings it back at the same address, with new keys."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.log.close()
            self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        self.directory.cleanup()

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def certificate(self):
        """A self-signed certificate for 127.0.0.1, which is also its own authority."""
        path = self.path("cert.pem")
        if not os.path.exists(path):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=idp",
                            "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:idp.example",
                            "-keyout", self.path("key.pem"), "-out", path],
                           check=True, capture_output=True)
        return path

    # --- the side entrance ---------------------------------------------------------------------

    def control(self, name, **values):
        request = urllib.request.Request(
            f"{self.url}/control/{name}", json.dumps(values).encode(),
            {"Content-Type": "application/json"}, method="POST")
        context = None
        if self.tls:
            import ssl
            context = ssl.create_default_context(cafile=self.certificate())
        with urllib.request.urlopen(request, timeout=20 * SLOW, context=context) as answer:
            return json.load(answer)

    def issuer(self, realm=None):
        return self.control("issuer", realm=realm or self.realm)["issuer"]

    def mint(self, realm=None, how=None, **claims):
        """An access token. `how`: alg, header, kid, key, secret, rawPayload, spoil, expires_in,
        see servers/idpkeys.mjs."""
        return self.control("mint", realm=realm or self.realm, claims=claims, **(how or {}))["token"]

    def opaque(self, realm=None, **claims):
        """An access token that only introspection can read."""
        return self.control("opaque", realm=realm or self.realm, claims=claims)["token"]

    def revoke(self, token, realm=None):
        self.control("revoke", realm=realm or self.realm, token=token)

    def rotate(self, keep=False, realm=None):
        self.control("rotate", realm=realm or self.realm, keep=keep)

    def set(self, realm=None, **values):
        """user, metadata, lifetime, rotateRefresh, opaqueAccess, exchangeError."""
        self.control("set", realm=realm or self.realm, **values)

    def client(self, ident, secret="", realm=None):
        """Once one client is known, the others are refused."""
        self.control("client", realm=realm or self.realm, id=ident, secret=secret)

    def broker(self, alias, realm=None, **how):
        """format: json or form; status; tokens."""
        self.control("broker", realm=realm or self.realm, alias=alias, **how)

    def refresh_token(self, token, realm=None, **claims):
        """Makes `token` a refresh token for `claims`."""
        self.control("refresh", realm=realm or self.realm, token=token, claims=claims)

    def store_key(self, email, connection, key):
        self.control("key", email=email, connection=connection, key=key)

    def mode(self, endpoint, mode, **how):
        """endpoint: discovery, discovery-inserted, jwks, token, introspect, revoke, auth,
        userinfo, logout, register, broker, entra, graph, store or all; mode: see
        servers/idptrouble.mjs."""
        self.control("mode", endpoint=endpoint, mode=mode, **how)

    def well(self):
        self.control("well")

    def seen(self, endpoint=None):
        return [one for one in self.control("seen") if endpoint in (None, one["endpoint"])]

    def forget(self):
        self.control("forget")

    # --- settings of a bridge ------------------------------------------------------------------

    def env(self, **more):
        """What a bridge needs to verify its tokens."""
        return {"AUTH_BASE_URL": self.url, "KEYCLOAK_REALM": self.realm, **more}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


class IdpCase(BridgeCase):
    """A bridge that knows `self.idp`; `idp_env(idp)` may add settings."""

    @classmethod
    def idp_env(cls, idp):
        return idp.env()

    @classmethod
    def setUpClass(cls):
        cls.idp = Idp().start()
        plain = cls.env
        try:
            cls.env = {**cls.idp_env(cls.idp), **plain}
            super().setUpClass()
        except BaseException:
            cls.idp.__exit__()
            raise
        finally:
            cls.env = plain

    @classmethod
    def tearDownClass(cls):
        try:
            super().tearDownClass()
        finally:
            cls.idp.__exit__()

    def tearDown(self):
        self.idp.well()
        super().tearDown()


__all__ = ["Idp", "IdpCase", "bearer", "needs_idp", "wait_for"]
