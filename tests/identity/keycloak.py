# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Keycloak in dev mode with the realm of realm.json, fetched with Maven from wherever that
is set up to look. Skipped where Java, Maven or the download is missing.

    with Keycloak() as keycloak:
        token = keycloak.token("alice")["access_token"]
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request
import zipfile

from bridge import ROOT, SLOW, wait_for

VERSION = "26.5.5"
HERE = os.path.dirname(os.path.abspath(__file__))
STORE = os.environ.get("BRIDGE_KEYCLOAK_DIR", os.path.join(ROOT, "build", "keycloak"))
REALM = "bridge-test"
CLIENT, SECRET = "mcp-bridge", "bridge-secret-for-tests"
ADMIN = "admin-of-one-test-run"


def installed():
    """The folder of an unpacked Keycloak; a skip where there can be none."""
    folder = os.path.join(STORE, f"keycloak-{VERSION}")
    if os.path.exists(os.path.join(folder, ".complete")):
        return folder
    if not shutil.which("java") or not shutil.which("mvn"):
        raise unittest.SkipTest("Keycloak needs java and mvn, and one of them is missing")
    os.makedirs(STORE, exist_ok=True)
    done = subprocess.run(
        ["mvn", "-q", "-B", "org.apache.maven.plugins:maven-dependency-plugin:copy",
         f"-Dartifact=org.keycloak:keycloak-quarkus-dist:{VERSION}:zip",
         f"-DoutputDirectory={STORE}"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, cwd=STORE)
    archive = os.path.join(STORE, f"keycloak-quarkus-dist-{VERSION}.zip")
    if done.returncode != 0 or not os.path.exists(archive):
        raise unittest.SkipTest("Maven could not fetch Keycloak; is its repository out of reach?")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(STORE)
    os.chmod(os.path.join(folder, "bin", "kc.sh"), 0o755)
    os.remove(archive)
    open(os.path.join(folder, ".complete"), "w").close()
    return folder


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Keycloak:
    def __init__(self):
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.issuer = f"{self.base}/realms/{REALM}"
        self.process = None

    def __enter__(self):
        source = installed()
        # Its database and its build live beside its program: each run has its own.
        self.directory = tempfile.TemporaryDirectory(prefix="bridge-keycloak-",
                                                     ignore_cleanup_errors=True)
        home = os.path.join(self.directory.name, "keycloak")
        shutil.copytree(source, home, copy_function=link_or_copy)
        os.makedirs(os.path.join(home, "data", "import"), exist_ok=True)
        shutil.copy(os.path.join(HERE, "realm.json"), os.path.join(home, "data", "import"))
        self.log = os.path.join(self.directory.name, "log")
        environment = {**os.environ, "JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx512m",
                       "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
                       "KC_BOOTSTRAP_ADMIN_PASSWORD": ADMIN}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [os.path.join(home, "bin", "kc.sh"), "start-dev", "--import-realm",
                 "--http-host", "127.0.0.1", "--http-port", str(self.port), "--cache", "local"],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True)
        try:
            wait_for(self.is_ready, 180, "Keycloak's start")
        except BaseException:
            with open(self.log, errors="replace") as log:
                print(log.read()[-4000:])
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.directory.cleanup()

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError("Keycloak ended during its start")
        try:
            return self.get(f"/realms/{REALM}/.well-known/openid-configuration")["issuer"]
        except OSError:
            return None

    def ask(self, method, path, form=None, body=None, token=None):
        data, headers = None, {}
        if form is not None:
            data = urllib.parse.urlencode(form).encode()
        elif body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        if token:
            headers["Authorization"] = "Bearer " + token
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60 * SLOW) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def get(self, path, token=None):
        return self.ask("GET", path, token=token)

    def token(self, user, client=CLIENT, secret=SECRET):
        """The answer of the token endpoint to the user's password."""
        form = {"grant_type": "password", "username": user, "password": user + "-password",
                "client_id": client, "scope": "openid"}
        if secret:
            form["client_secret"] = secret
        return self.ask("POST", f"/realms/{REALM}/protocol/openid-connect/token", form)

    def admin(self, method, path, body=None):
        """Keycloak's administration, of the test realm."""
        form = {"grant_type": "password", "username": "admin", "password": ADMIN,
                "client_id": "admin-cli"}
        token = self.ask("POST", "/realms/master/protocol/openid-connect/token", form)
        return self.ask(method, f"/admin/realms/{REALM}{path}", body=body,
                        token=token["access_token"])

    def user_id(self, name):
        return self.admin("GET", f"/users?exact=true&username={name}")[0]["id"]

    def rotate_keys(self):
        """New tokens are signed with a new key; the old one is withdrawn."""
        realm = self.admin("GET", "")["id"]
        old = [component["id"] for component
               in self.admin("GET", "/components?type=org.keycloak.keys.KeyProvider")
               if component["providerId"] == "rsa-generated"]
        self.admin("POST", "/components", {
            "name": "rotated", "providerId": "rsa-generated", "parentId": realm,
            "providerType": "org.keycloak.keys.KeyProvider",
            "config": {"priority": ["1000"], "enabled": ["true"], "active": ["true"],
                       "algorithm": ["RS256"]}})
        for component in old:
            self.admin("DELETE", f"/components/{component}")


def link_or_copy(source, target):
    """Programs are shared, what Keycloak writes is not."""
    if source.endswith(".jar"):
        try:
            os.link(source, target)
            return
        except OSError:
            pass
    shutil.copy2(source, target)
