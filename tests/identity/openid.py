# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenID provider of npm, and its login as a person goes through it, without a browser.

    with OpenIdProvider() as provider:
        token = provider.token("alice")["access_token"]
"""
import base64
import hashlib
import html
import http.cookiejar
import json
import os
import re
import secrets
import urllib.error
import urllib.parse
import urllib.request

import nodejs
from bridge import SLOW

HERE = os.path.dirname(os.path.abspath(__file__))
CLIENT, SECRET = "mcp-bridge", "bridge-secret-for-tests"
needs_provider = nodejs.needs_clients


class Stay(urllib.request.HTTPRedirectHandler):
    """Redirects are followed by hand: the last one leads to a client that may not be there."""

    def redirect_request(self, *_):
        return None


class OpenIdProvider:
    def __init__(self, *flags):
        self.flags = flags
        self.fields = None  # of the login form, when it is not the provider's own

    def __enter__(self):
        self.scripts = nodejs.Scripts(HERE)
        try:
            self.service = nodejs.Service(self.scripts.command("provider.mjs", *self.flags))
        except BaseException:
            self.scripts.__exit__()
            raise
        self.issuer = self.service.url
        return self

    def __exit__(self, *_):
        self.service.stop()
        self.scripts.__exit__()

    def rotate_keys(self):
        urllib.request.urlopen(self.issuer + "/control/rotate", data=b"", timeout=20 * SLOW).close()

    def walk(self, address, user):
        """Follows `address` through the provider's login and consent pages as `user` until it
        leads away from the provider; the address it leads to."""
        # Browsers send Secure cookies to loopback without TLS as well.
        policy = http.cookiejar.DefaultCookiePolicy(secure_protocols=("http", "https"))
        jar = http.cookiejar.CookieJar(policy)
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar), Stay)
        data = None
        for _ in range(20):
            if not address.startswith(self.issuer):
                return address
            try:
                with opener.open(address, data, timeout=20 * SLOW) as answer:
                    page = answer.read().decode()
            except urllib.error.HTTPError as answer:
                if answer.code not in (302, 303):
                    raise AssertionError(f"{answer.code}: {answer.read().decode()[:2000]}")
                address = urllib.parse.urljoin(address, answer.headers["Location"])
                data = None
                continue
            form = re.search(r'<form[^>]*action="([^"]+)"(.*?)</form>', page, re.DOTALL)
            assert form, page
            address = urllib.parse.urljoin(address, html.unescape(form[1]))
            fields = dict(re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', form[2]))
            if 'type="password"' in form[2]:
                fields.update(self.fields or {"login": user, "password": "any"})
            data = urllib.parse.urlencode(fields).encode()
        raise AssertionError("the login does not end")

    def token(self, user, scope="openid offline_access email profile groups"):
        """The token endpoint's answer after a login of `user`."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        back = "http://127.0.0.1/oauth/callback"
        query = {"client_id": CLIENT, "response_type": "code", "redirect_uri": back,
                 "scope": scope, "state": "any", "prompt": "consent",
                 "code_challenge": challenge.decode().rstrip("="), "code_challenge_method": "S256"}
        end = self.walk(self.issuer + "/auth?" + urllib.parse.urlencode(query), user)
        answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(end).query))
        assert "code" in answer, answer
        return self.post("/token", {"grant_type": "authorization_code", "code": answer["code"],
                                    "redirect_uri": back, "code_verifier": verifier})

    def post(self, path, form):
        request = urllib.request.Request(self.issuer + path, urllib.parse.urlencode(form).encode())
        login = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        request.add_header("Authorization", "Basic " + login)
        with urllib.request.urlopen(request, timeout=20 * SLOW) as answer:
            return json.loads(answer.read())
