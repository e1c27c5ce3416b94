# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract §12 N1: secrets stay with whom they are for, in front of children and remote servers."""
import base64
import json
import secrets
import unittest

from bridge import DEMO, fixture
from canary import Canary
from idp import Idp, needs_idp
from remote import Remote


class InText(Canary, unittest.TestCase):
    env = {"LOG_FORMAT": "text"}


class InJson(Canary, unittest.TestCase):
    env = {"LOG_FORMAT": "json", "AUDIT_LOG": "log", "API_KEYS": "a-key-of-nobody-0123456789"}


@needs_idp
class Verified(Canary, unittest.TestCase):
    """With an identity provider, the vault, the audit log and a key of each kind."""

    env = {"LOG_FORMAT": "json"}

    def prepare(self):
        self.idp = Idp().start()
        self.addCleanup(self.idp.__exit__)
        new = self.credentials.new
        subject = self.content.new("subject")
        own = self.content.new  # he may read about himself; no log may
        access = self.idp.mint(sub=subject, email=own("e-mail") + "@example.com",
                               name=own("name of a person"), groups=[own("group")],
                               preferred_username=own("user name"))
        self.credentials.planted[access.rpartition(".")[2]] = "signature of the caller's token"
        self.good = {"Authorization": "Bearer " + access}
        vault_key = base64.b64encode(secrets.token_bytes(32)).decode()
        audit_key, api_key, admin = new("AUDIT_KEY"), new("API_KEYS"), new("admin token")
        self.credentials.planted[vault_key] = "VAULT_KEY"
        return {**self.idp.env(), "VAULT_KEY": vault_key, "VAULT_FILE": "{home}/vault.db",
                "AUDIT_LOG": "{home}/audit.log", "AUDIT_KEY": audit_key, "API_KEYS": api_key,
                "ADMIN_TOKEN": admin, "OAUTH_ENV": "CALLER_TOKEN"}

    def check_files(self):
        files = dict(self.files_of_bridge())
        lines = [json.loads(line) for line in files["audit.log"].splitlines()]
        self.assertIn("refusal", {line["event"] for line in lines})


class BehindHttp(Canary, unittest.TestCase):
    """A remote server with a shared token and forwarded headers."""

    env = {"LOG_FORMAT": "json"}
    crashing = ()  # it is shared, and would be gone for all that follows
    flags = []

    def server(self):
        return DEMO

    def prepare(self):
        new = self.credentials.new
        self.remote = Remote(fixture("leaky", "--quiet"), self.flags)
        self.addCleanup(self.remote.stop)
        self.good = {"X-Tenant": new("forwarded header")}
        return {"MCP_REMOTE_SERVER": f"{self.remote.url}/mcp?key={new('query of the remote URL')}",
                "MCP_REMOTE_BEARER_TOKEN": new("shared token"),
                "MCP_REMOTE_HEADER_X_SERVICE_KEY": new("static header"),
                "MCP_REMOTE_SERVER_FORWARD_HEADERS": "X-Tenant"}


class BehindSickHttp(BehindHttp):
    flags = ["--refuse", "500"]  # of tools/call
    reached = 2


if __name__ == "__main__":
    unittest.main()
