# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge between verified callers and a remote MCP server, and a browser for those who connect
accounts there."""
import http.client
import re
import urllib.parse

from bridge import DEMO, Bridge, fixture
from case import BridgeCase
from idp import Idp
from remote import Remote, values


class FarCase(BridgeCase):
    """`self.idp`, `self.remote` and a bridge between them; `settings()` tells its environment."""

    remote_flags = ()

    @classmethod
    def flags(cls):
        return cls.remote_flags

    @classmethod
    def settings(cls):
        return {}

    @classmethod
    def setUpClass(cls):
        cls.idp = Idp().start()
        cls.addClassCleanup(cls.idp.__exit__)
        cls.remote = Remote(fixture("probe"), cls.flags())
        cls.addClassCleanup(cls.remote.stop)
        cls.bridge = Bridge(DEMO, {**cls.idp.env(), "MCP_REMOTE_SERVER": cls.remote.url + "/mcp",
                                   **cls.settings()}, cls.args, files=cls.files)
        cls.bridge.start()

    def setUp(self):
        self.idp.forget()
        self.idp.well()
        self.remote.forget()

    def last(self):
        return self.remote.seen(rpc="tools/call")[-1]

    def shown(self, **how):
        """The credential the server was shown for a call."""
        self.assertStatus(self.bridge.call("argv", **how), 200)
        return values(self.last(), "Authorization")


class Browser:
    """Follows links as a browser does: one cookie jar, redirects by hand."""

    def __init__(self):
        self.cookies = {}

    def open(self, url, form=None, headers=None):
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        fields = {"Accept": "text/html", **(headers or {})}
        mine = self.cookies.get(parts.port, {})
        if mine:
            fields["Cookie"] = "; ".join(f"{name}={value}" for name, value in mine.items())
        body = None
        if form is not None:
            body = urllib.parse.urlencode(form)
            fields["Content-Type"] = "application/x-www-form-urlencoded"
            fields.setdefault("Origin", f"http://{parts.netloc}")
        try:
            connection.request("GET" if form is None else "POST",
                               urllib.parse.urlunsplit(("", "", parts.path, parts.query, "")),
                               body, fields)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies.setdefault(parts.port, {})[name] = value
        return answer, text

    def confirm(self, url, **how):
        """Opens the page and presses its button; where that leads."""
        answer, text = self.open(url)
        if answer.status != 200:
            raise AssertionError(f"{answer.status} {text}")
        ticket = re.search(r'name="ticket" value="([^"]+)"', text).group(1)
        return self.open(url.partition("?")[0], {"ticket": ticket}, **how)

    def sign_in(self, url):
        """All the way; the page at the end."""
        answer, _ = self.confirm(url)
        consent, _ = self.open(answer.headers["Location"])
        return self.open(consent.headers["Location"])


class AccountCase(FarCase):
    """A server that wants accounts of the realm `far`, and a bridge with a vault."""

    @classmethod
    def flags(cls):
        return ["--issuer", cls.idp.issuer("far"), "--revoked", "{remote}/revoked"]

    @classmethod
    def settings(cls):
        key = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE="
        return {"EGRESS_ALLOWED_NETWORKS": "127.0.0.0/8", "EGRESS_ALLOWED_PORTS": cls.idp.port,
                "VAULT_KEY": key, "VAULT_FILE": "{home}/vault.db"}

    def setUp(self):
        super().setUp()
        self.idp.set(realm="far", user={"sub": "far-user", "scope": "files:read"})

    def invitation(self, token):
        answer = self.bridge.call("argv", token=token)
        self.assertError(answer, 401, "not_connected")
        return answer.json["authorization_url"]

    def connect(self, token):
        answer, text = Browser().sign_in(self.invitation(token))
        self.assertEqual(answer.status, 200, text)
        return text
