# SPDX-License-Identifier: GPL-3.0-or-later
"""What looks like somebody else's: addresses a request makes up, names a caller gives himself,
authorization servers that stand in for others, and streams of people who have left."""
import http.client
import json
import re
import threading
import unittest
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bridge import Bridge
from case import BridgeCase
from farcase import AccountCase, Browser
from idp import Idp, IdpCase, needs_idp

DOCUMENT = "/.well-known/oauth-protected-resource"


@needs_idp
class Addresses(IdpCase):
    def test_nobody_keeps_what_another_ones_request_said(self):
        for path in (DOCUMENT, "/.well-known/agent-card.json"):
            with self.subTest(path):
                answer = self.bridge.get(path)
                self.assertEqual(answer.headers.get_all("Cache-Control"), ["no-store"])
                self.assertIn("X-Forwarded-Host", ",".join(answer.headers.get_all("Vary")))
        answer = self.bridge.get("/tools", token="garbage")
        self.assertEqual(answer.status, 401)
        self.assertEqual(answer.headers.get_all("Cache-Control"), ["no-store"])
        self.assertIn("Host", ",".join(answer.headers.get_all("Vary")))

    def test_an_address_that_is_configured_may_be_kept(self):
        env = self.idp.env(BRIDGE_PUBLIC_URL="https://mcp.example.com")
        with Bridge(env=env) as bridge:
            answer = bridge.get(DOCUMENT, headers={"Host": "localhost"})
            self.assertEqual(answer.headers["Cache-Control"], "public, max-age=3600")
            self.assertEqual(answer.json["resource"], "https://mcp.example.com")
            self.assertIsNone(bridge.get("/tools", token="garbage").headers.get("Vary"))

    def test_who_takes_any_name_for_his_own_is_warned(self):
        warning = "any host name in a request is taken for its own"
        for more, warns in (({}, True), ({"ALLOWED_HOSTS": "mcp.example.com"}, False),
                            ({"BRIDGE_PUBLIC_URL": "https://mcp.example.com"}, False)):
            with self.subTest(**more), Bridge(env=self.idp.env(HOST="0.0.0.0", **more)) as bridge:
                self.assertEqual(warning in bridge.log(), warns)
        self.assertNotIn(warning, self.bridge.log())


@needs_idp
class Names(AccountCase):
    def test_the_page_says_for_whom_it_is_as_his_issuer_knows_him(self):
        issuer = self.idp.issuer()
        for sub, claims, shown in (
                ("one", {}, "one"), ("two", {"email": "eve@x.org"}, "two"),
                ("three", {"email": "eve@x.org", "email_verified": True}, "eve@x.org")):
            with self.subTest(sub):
                token = self.idp.mint(sub=sub, name="Bob Victim", **claims)
                page = Browser().open(self.invitation(token))[1]
                self.assertNotIn("Bob Victim", page)
                self.assertIn(f"{shown} of {issuer}", page)


@needs_idp
class KnownBrowsers(AccountCase):
    @classmethod
    def settings(cls):
        return {**super().settings(), "MCP_REMOTE_OAUTH_REQUIRE_LOGIN": "true"}

    def test_accounts_are_connected_in_browsers_that_show_whose_they_are(self):
        token = self.idp.mint(sub="bob")
        url = self.invitation(token)
        self.assertEqual(Browser().open(url)[0].status, 403)
        form = {"ticket": urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["ticket"][0]}
        self.assertEqual(Browser().open(url.partition("?")[0], form)[0].status, 403)
        known = {"Authorization": "Bearer " + token}
        self.assertEqual(Browser().open(url, headers=known)[0].status, 200)


class Impostor:
    """An MCP server that is its own authorization server and names the login page of another."""

    def __init__(self, **metadata):
        impostor = self
        self.redeemed, self.registered, self.metadata = [], [], metadata

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, body, **headers):
                data = json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                me = impostor.url
                if "oauth-protected-resource" in self.path:
                    return self.answer(200, {"resource": me + "/mcp",
                                             "authorization_servers": [me]})
                if "oauth-authorization-server" in self.path:
                    return self.answer(200, {
                        "issuer": me, "authorization_endpoint": me + "/authorize",
                        "token_endpoint": me + "/token", "registration_endpoint": me + "/register",
                        "code_challenge_methods_supported": ["S256"], **impostor.metadata})
                return self.answer(404, {})

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                if self.path == "/register":
                    impostor.registered.append(json.loads(body))
                    return self.answer(201, {"client_id": "bridge",
                                             "token_endpoint_auth_method": "none"})
                if self.path == "/token":
                    impostor.redeemed.append(body)
                    return self.answer(200, {"access_token": "t", "token_type": "Bearer"})
                place = impostor.url + "/.well-known/oauth-protected-resource/mcp"
                return self.answer(401, {},
                                   WWW_Authenticate=f'Bearer resource_metadata="{place}"')

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@needs_idp
class MixUp(BridgeCase):
    """RFC 9700 §4.4."""

    def invite(self, **metadata):
        impostor = Impostor(**metadata)
        self.addCleanup(impostor.stop)
        idp = Idp().start()
        self.addCleanup(idp.__exit__)
        servers = {"mcpServers": {"far": {"url": impostor.url + "/mcp"}}}
        bridge = Bridge(env=idp.env(), files={"c.json": json.dumps(servers)},
                        args=["--config", "{home}/c.json"])
        bridge.start()
        self.addCleanup(bridge.stop)
        return impostor, bridge.get("/servers/far/tools", token=idp.mint(sub="alice"))

    def test_the_login_page_of_another_is_not_used(self):
        impostor, answer = self.invite(
            authorization_endpoint="https://login.honest.example/authorize")
        self.assertError(answer, 401, "not_connected")
        self.assertNotIn("authorization_url", answer.json)
        self.assertIn("RFC 9207", answer.detail)
        self.assertEqual(impostor.registered, [])

    def test_an_answer_is_redeemed_in_its_own_place_only(self):
        impostor, answer = self.invite()
        browser = Browser()
        url = answer.json["authorization_url"]
        leaving, _ = browser.confirm(url)
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(leaving.headers["Location"]).query)
        redirect = asked["redirect_uri"][0]
        self.assertEqual(impostor.registered[0]["redirect_uris"], [redirect])
        self.assertRegex(redirect, "/oauth/upstream/callback/[0-9a-f]{32}$")
        query = "?" + urllib.parse.urlencode({"code": "of-another", "state": asked["state"][0]})
        for place in (redirect.rpartition("/")[0], redirect[:-1] + "x"):
            page, _ = browser.open(place + query)
            self.assertEqual(page.status, 400)
        self.assertEqual(impostor.redeemed, [])

    def test_a_login_in_its_own_place_goes_through(self):
        impostor, answer = self.invite()
        browser = Browser()
        leaving, _ = browser.confirm(answer.json["authorization_url"])
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(leaving.headers["Location"]).query)
        query = "?" + urllib.parse.urlencode({"code": "fine", "state": asked["state"][0]})
        page, text = browser.open(asked["redirect_uri"][0] + query)
        self.assertEqual(page.status, 200, text)
        self.assertEqual(len(impostor.redeemed), 1)


@needs_idp
class LeavingPeople(IdpCase):
    @classmethod
    def idp_env(cls, idp):
        return idp.env(OAUTH_CLIENT_ID="bridge", OAUTH_CLIENT_SECRET="a secret of good length")

    def log_in(self):
        self.idp.set(user={"sub": "alice"})
        browser = Browser()
        home = f"http://127.0.0.1:{self.bridge.port}"
        page, _ = browser.open(home + "/oauth/login")
        consent, _ = browser.open(page.headers["Location"])
        page, text = browser.open(consent.headers["Location"])
        self.assertEqual(page.status, 303, text)
        cookies = browser.cookies[self.bridge.port]
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}

    def stream(self, headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.bridge.port, timeout=10)
        self.addCleanup(connection.close)
        connection.request("GET", "/sse", headers=headers)
        stream = connection.getresponse()
        self.assertEqual(stream.status, 200)
        self.assertTrue(re.match(b"event: endpoint", stream.readline()))
        return stream

    def test_streams_end_with_the_login(self):
        leaving, staying = self.log_in(), self.log_in()
        streams = [self.stream(leaving), self.stream(leaving)]
        other = self.stream(staying)
        answer = self.bridge.request("POST", "/oauth/logout", b"",
                                     headers={**leaving, "X-Requested-With": "x"})
        self.assertLess(answer.status, 400)
        for stream in streams:
            stream.read()  # returns when the stream has ended, or runs into the time limit
        other.fp.readline()
        self.assertEqual(self.bridge.get("/tools", headers=staying).status, 200)


if __name__ == "__main__":
    unittest.main()
