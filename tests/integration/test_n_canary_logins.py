# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 N1 where people sign in: at the bridge, and at remote servers."""
import base64
import http.client
import json
import secrets
import unittest
import urllib.parse

from bridge import DEMO, SLOW, fixture
from canary import Canary
from idp import Idp, needs_idp
from remote import Remote


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


if __name__ == "__main__":
    unittest.main()
